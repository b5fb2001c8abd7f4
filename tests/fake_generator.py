"""A campaign's processes as small scripts: a generator of toy programs, and runners that execute them."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

from fake_machine import Document
from fake_runner import fake_runner

from fuzzer.campaign.program import ProgramTargets
from fuzzer.model import RVREF, TargetInfo

_MACHINE = f"sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom fake_machine import *\n"
_SERVES = """
def fate(elf, spoils):
    ran = execute(elf, spoils=spoils)
    return ended(ran.stream, ran.status)

def serve(spoils="", alone=None):
    hello()
    while True:
        _, body = request()
        programs = body["programs"]
        wrong = spoils if alone is None or len(programs) > 1 else alone
        answer_batch(body, [fate(elf, wrong) for elf in programs], b"covered")

if sys.argv[1] == "trace":
    print(trace_text(open(sys.argv[2], "rb").read()), end="")
    sys.exit()
"""
WRONG_ABOVE = """
def fate(elf, spoils):
    ran = execute(elf, spoils=MUL, above={})
    return ended(ran.stream, ran.status)
serve()
"""
"""One whose products are off by one when they are above a number."""
RIGHT = "serve()"
"""A runner that executes programs as it should, and traces them."""
WRONG = "serve(spoils=MUL)"
"""One whose products are off by one."""
WRONG_IN_BATCHES = "serve(spoils=MUL, alone='')"
"""One that is wrong only when it runs many programs in one process."""


def generates(multiplies: Sequence[int] = ()) -> str:
    """A generator; the programs of these indices multiply."""
    return f"""
hello()
while True:
    kind, body = request()
    send(*generator_answer(kind, body, multiplies={list(multiplies)!r}))
"""


def generates_these(programs: Sequence[Document]) -> str:
    """A generator of these programs, by index."""
    described = f"lambda index, multiplies: {list(programs)!r}[index]"
    return f"import fake_machine\nfake_machine.described = {described}\n{generates()}"


def fake_generator(folder: Path, body: str) -> Path:
    """The executable of a generator with this body."""
    return fake_runner(folder, f"{_MACHINE}{dedent(body)}", target="generator").binary


def fake_targets(folder: Path, generator: str, *, rvref: str = RIGHT, **others: str) -> ProgramTargets:
    """These runners, each given as a body, with a generator."""
    bodies = {RVREF: rvref, **others}
    commands = [
        fake_runner(folder, f"{_MACHINE}{_SERVES}{body}", target=name) for name, body in bodies.items()
    ]
    return ProgramTargets(
        commands=tuple(commands),
        targets={name: TargetInfo(name=name, version="1", runner_sha256="9" * 64) for name in bodies},
        rvref=commands[0].binary,
        generator=fake_generator(folder, generator),
        rustc="rustc 1.95.0",
    )
