"""Steps are made once, whole or not at all."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from fuzzer.build.steps import MARKER, Job, Silent, Step, Workshop, ensure, is_done
from fuzzer.build.tools import Stopped, ToolFailed
from fuzzer.errors import StoreError, ToolchainError
from fuzzer.home import Home


def a_shop(folder: Path) -> Workshop:
    return Workshop(Home(root=folder, cache=folder / ".fuzz"), Silent())


def a_step(shop: Workshop, count: Path, *, seconds: float = 0.0) -> Step:
    """A step that notes each time it is made in a file outside its folder."""

    def make(_job: Job, folder: Path) -> None:
        with count.open("a") as file:
            file.write("made\n")
        (folder / "first").write_text("1")
        time.sleep(seconds)
        (folder / "second").write_text("2")

    return Step(title="a step", folder=shop.home.cache / "things" / "abc", make=make, made_from={"from": "x"})


def times_made(count: Path) -> int:
    return len(count.read_text().splitlines())


def test_a_step_is_made_once(tmp_path: Path) -> None:
    shop, count = a_shop(tmp_path), tmp_path / "count"
    for _ in range(2):
        folder = ensure(shop, a_step(shop, count))
    assert times_made(count) == 1
    assert (folder / "second").read_text() == "2"
    assert (folder / MARKER).read_text() == '{"from":"x"}'


def test_a_failing_step_leaves_nothing(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)

    def fail(_job: Job, folder: Path) -> None:
        (folder / "half").write_text("1")
        raise ToolchainError("it failed")

    step = Step(title="a step", folder=shop.home.cache / "things" / "abc", make=fail)
    with pytest.raises(ToolchainError, match="it failed"):
        ensure(shop, step)
    assert list((shop.home.cache / "things").iterdir()) == []
    ensure(shop, a_step(shop, tmp_path / "count"))
    assert is_done(step.folder)


def test_a_full_disk_is_an_error_with_a_hint(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)

    def fill_the_disk(_job: Job, _folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left") as caught:
        ensure(shop, Step(title="a step", folder=shop.home.cache / "abc", make=fill_the_disk))
    assert "fuzz clean" in caught.value.hint


def test_a_folder_without_its_marker_is_made_again(tmp_path: Path) -> None:
    shop, count = a_shop(tmp_path), tmp_path / "count"
    step = a_step(shop, count)
    step.folder.mkdir(parents=True)
    (step.folder / "stray").write_text("x")
    ensure(shop, step)
    assert is_done(step.folder)
    assert not (step.folder / "stray").exists()


def _make_slowly(folder: Path, started: Event) -> None:
    shop = a_shop(folder)
    started.set()
    ensure(shop, a_step(shop, folder / "count", seconds=1.0))


def test_two_processes_make_a_thing_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    both = [context.Process(target=_make_slowly, args=(tmp_path, started)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    assert times_made(tmp_path / "count") == 1


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_make_for_ever, args=(tmp_path,))
    process.start()
    draft = _wait_for_draft(tmp_path / ".fuzz" / "things")
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert draft.exists()
    shop = a_shop(tmp_path)
    folder = ensure(shop, a_step(shop, tmp_path / "count"))
    assert is_done(folder)
    assert [entry.name for entry in folder.parent.iterdir()] == ["abc"]


def _make_for_ever(folder: Path) -> None:
    shop = a_shop(folder)
    ensure(shop, a_step(shop, folder / "count", seconds=600))


def _wait_for_draft(folder: Path) -> Path:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for draft in folder.glob(".abc.draft-*"):
            if (draft / "first").exists():
                return draft
        time.sleep(0.02)
    raise AssertionError("the other process did not start its step")


def test_the_first_error_ends_what_else_is_running(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ToolchainError, match="broken"), a_shop(tmp_path) as shop:  # noqa: PT012 - both belong
        sleeping = threading.Event()

        def sleep() -> None:
            with shop.working("sleeper") as job:
                sleeping.set()
                job.run(["sleep", "60"], cwd=tmp_path, env=dict(os.environ))

        def fail() -> None:
            sleeping.wait(10)
            raise ToolchainError("broken")

        sleeper = shop.start(sleep)
        shop.start(fail)
        shop.wait()
    assert isinstance(sleeper.exception(), Stopped)
    assert time.monotonic() - begin < 10


def test_a_step_waits_for_the_ones_before_it(tmp_path: Path) -> None:
    with a_shop(tmp_path) as shop:
        first = shop.start(lambda: 20)
        second = shop.start(lambda: first.result() + 1)
        shop.wait()
    assert second.result() == 21


def test_a_failed_program_shows_its_last_lines_and_its_log(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    program = "for n in range(100): print('line', n)\nraise SystemExit(3)"
    with pytest.raises(ToolFailed) as caught, shop.working("some tool") as job:
        job.run([sys.executable, "-c", program], cwd=tmp_path, env=dict(os.environ))
    assert "exit code 3" in caught.value.message
    assert ".fuzz/logs/" in caught.value.message
    assert str(tmp_path) not in caught.value.message
    assert caught.value.details.splitlines()[-1] == "line 99"
    assert "line 0\n" in job.log.read_text()


def test_a_missing_program_is_a_toolchain_error(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    with pytest.raises(ToolchainError, match="cannot be started"), shop.working("some tool") as job:
        job.run(["no-such-program-at-all"], cwd=tmp_path, env=dict(os.environ))
