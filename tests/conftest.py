"""Fixtures for tests that need real parts. They build what is missing; nothing is skipped."""

import signal
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from cli_project import CliProject

from fuzzer.build.plan import build
from fuzzer.build.sources import CoreRequest
from fuzzer.build.steps import Silent
from fuzzer.campaign.program import Program, programs
from fuzzer.execute.runner import RunnerCommand
from fuzzer.home import Home, find_home
from fuzzer.model import NATIVE

CommandsOf = Callable[[str, Sequence[str]], list[RunnerCommand]]


@pytest.fixture(autouse=True, scope="session")
def signals_are_heeded() -> None:
    """A job in the background, or one under nohup, starts with signals ignored; what is tested heeds them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@pytest.fixture(scope="session")
def home() -> Home:
    """This checkout."""
    return find_home()


@pytest.fixture(scope="session")
def program_of(home: Home) -> Callable[[str], Program]:
    """A core of the checkout, or a guest of the tests, by name, built for every target."""

    @cache
    def built(core: str) -> Program:
        folders = (home.cores / core, home.root / "tests" / "guests" / core)
        request = CoreRequest(name=core, path=next(path for path in folders if path.exists()))
        parts = build(home, cores=[request], targets=["sp1", "sp1-portable"], progress=Silent())
        return programs(parts, project=home.root, plants={})[0]

    return built


@pytest.fixture(scope="session")
def commands_of(program_of: Callable[[str], Program]) -> CommandsOf:
    """The commands that start the runners of some targets for a core, `native` among them only if named."""

    def commands(core: str, targets: Sequence[str] = (NATIVE, "sp1")) -> list[RunnerCommand]:
        return [command for command in program_of(core).commands if command.target in targets]

    return commands


@pytest.fixture(scope="session")
def fuzz(home: Home) -> Path:
    """The launcher that users call."""
    return home.root / "scripts" / "fuzz"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[CliProject]:
    """A user's empty project; what a failed test has left running in it is ended."""
    project = CliProject(tmp_path / "project")
    yield project
    project.close()
