"""The generator's client, on real processes that keep the protocol or break it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from fake_generator import fake_generator, generates
from fake_machine import described, execute

from fuzzer.errors import RunnerError, StoreError
from fuzzer.execute.generator import GeneratorProcess, Source
from fuzzer.generate.program import Block

SOURCE = Source(generator="riscv", xlen=64, seed=7)
ECHO = """
    hello()
    while True:
        kind, body = request()
        span = range(body["first"], body["first"] + body["count"])
        send(21, {"programs": [b"%d %d" % (body["seed"], number) for number in span]})
"""


@contextlib.contextmanager
def started(folder: Path, body: str) -> Iterator[GeneratorProcess]:
    with GeneratorProcess(fake_generator(folder, body)) as generator:
        yield generator
    assert psutil.Process().children() == []


def taking_one_request(answers: str) -> str:
    """A generator that greets, takes a request, and then does this."""
    return f"""
    hello()
    kind, body = request()
    {answers}
    """


@pytest.mark.parametrize(
    ("first", "count", "sizes"),
    [
        (0, 1, [1]),
        (0, 8, [4, 4]),
        (5, 10, [4, 4, 2]),
        (0, 33, [4] * 8 + [1]),
    ],
)
def test_batches_come_in_order_and_none_is_too_many(
    tmp_path: Path, first: int, count: int, sizes: list[int]
) -> None:
    with started(tmp_path, ECHO) as generator:
        batches = list(generator.batches(SOURCE, first=first, count=count, size=4))
    assert [len(programs) for _, programs in batches] == sizes
    assert [at for at, _ in batches] == [first + 4 * number for number in range(len(sizes))]
    made = [program for _, programs in batches for program in programs]
    assert made == [b"7 %d" % number for number in range(first, first + count)]


def test_without_a_count_there_is_no_end(tmp_path: Path) -> None:
    with started(tmp_path, ECHO) as generator:
        batches = generator.batches(SOURCE, first=0, count=None, size=3)
        assert [next(batches)[0] for _ in range(20)] == list(range(0, 60, 3))


def test_program_is_described_and_laid_out_as_it_was_generated(tmp_path: Path) -> None:
    with started(tmp_path, generates(multiplies=[5])) as generator:
        ((_, programs),) = generator.batches(SOURCE, first=5, count=1, size=4)
        program = generator.describe(SOURCE, 5)
        (layout,) = generator.layout([program])
    assert program.size == len(described(5, multiplies=[5])["blocks"][0]["ops"])
    assert (layout.elf, layout.error) == (programs[0], "")
    assert layout.instructions == program.size
    assert execute(layout.elf).status == "ok"


def test_program_that_cannot_be_laid_out_does_not_hide_the_others(tmp_path: Path) -> None:
    with started(tmp_path, generates()) as generator:
        program = generator.describe(SOURCE, 0)
        unknown = program.blocks[0].ops[0] | {"name": "fence"}
        odd = msgspec.structs.replace(program, blocks=(Block(0, (unknown,)),))
        good, bad = generator.layout([program, odd])
    assert not good.error
    assert (bad.elf, bool(bad.error)) == (b"", True)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        pytest.param(
            "send(6, 'there is no generator `x`')",
            "the program generator: there is no generator `x`",
            id="failure",
        ),
        pytest.param(
            "send(23, {'program': b''})", "answered with a frame of kind 23, not 21", id="another kind"
        ),
        pytest.param("send(21, {'programs': 3})", "does not keep the protocol", id="another type"),
        pytest.param(
            "write(b'\\x03\\0\\0\\0\\x15\\xc1\\xc1')", "does not keep the protocol", id="no MessagePack"
        ),
        pytest.param("os._exit(3)", "the program generator ended", id="dies"),
        pytest.param(
            "write(frame(21, {'programs': []})[:-1]); os._exit(0)",
            "the program generator ended",
            id="dies in an answer",
        ),
    ],
)
def test_generator_that_does_not_do_its_part_is_an_error(tmp_path: Path, answers: str, says: str) -> None:
    with (
        pytest.raises(RunnerError, match=says),
        started(tmp_path, taking_one_request(f"{answers}; request()")) as generator,
    ):
        list(generator.batches(SOURCE, first=0, count=4, size=4))


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param("write(b'\\x02\\0\\0\\0\\x06\\xc1')", id="failure that is no text"),
        pytest.param("write(bytes(5))", id="length of 0"),
    ],
)
def test_frame_that_is_none_is_an_error(tmp_path: Path, answers: str) -> None:
    with (
        pytest.raises(RunnerError),
        started(tmp_path, taking_one_request(f"{answers}; request()")) as generator,
    ):
        list(generator.batches(SOURCE, first=0, count=4, size=4))


def test_last_words_of_a_generator_are_shown(tmp_path: Path) -> None:
    dies = taking_one_request("sys.exit('x' * 5000 + 'seed is odd')")
    with pytest.raises(RunnerError) as raised, started(tmp_path, dies) as generator:
        next(generator.batches(SOURCE, first=0, count=4, size=4))
    assert raised.value.details.strip().endswith("seed is odd")
    assert len(raised.value.details) <= 2_000


def test_description_that_is_none_is_an_error_that_names_the_program(tmp_path: Path) -> None:
    describes = taking_one_request("send(23, {'program': b'{}'}); request()")
    with (
        started(tmp_path, describes) as generator,
        pytest.raises(StoreError, match="riscv 7:11 is not a program"),
    ):
        generator.describe(SOURCE, 11)


@pytest.mark.parametrize("body", ["sys.exit('no memory')", "os.close(ANSWERS)"], ids=["exits", "closes"])
def test_generator_that_does_not_greet_is_an_error_and_leaves_no_process(tmp_path: Path, body: str) -> None:
    with pytest.raises(RunnerError, match="the program generator ended"):
        GeneratorProcess(fake_generator(tmp_path, body))
    assert psutil.Process().children() == []


def test_generator_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    with pytest.raises(RunnerError, match="the program generator cannot be started: No such file") as raised:
        GeneratorProcess(tmp_path / "missing")
    assert "fuzz clean" in raised.value.hint
    assert psutil.Process().num_fds() == before


def test_generator_that_fails_at_the_start_keeps_no_pipe_open(tmp_path: Path) -> None:
    binary = fake_generator(tmp_path, "sys.exit(3)")
    before = psutil.Process().num_fds()
    with pytest.raises(RunnerError):
        GeneratorProcess(binary)
    assert psutil.Process().num_fds() == before


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    generator = GeneratorProcess(fake_generator(tmp_path, ECHO))
    generator.close()
    generator.close()
    assert psutil.Process().children() == []
