"""A program whose runners are small scripts, for tests of what a campaign does with their outcomes."""

from pathlib import Path

from fake_runner import fake_runner

from fuzzer.campaign.program import Program
from fuzzer.model import NATIVE, Case, CoreInfo, TargetInfo

ECHO = """
    hello()
    for run in runs():
        answer(run)
"""
ALWAYS_X = """
    hello()
    for run in runs():
        run["buffers"] = [b"x"]
        answer(run)
"""


def timing_out(*, below_ms: int) -> str:
    """A runner whose cases need so long: with a shorter limit they time out."""
    return f"""
        hello()
        for run in runs():
            told = outcome(run)
            if run["wall_ms"] < {below_ms}:
                told |= {{"status": "timeout", "exit_code": None, "elapsed_ns": run["wall_ms"] * 1000000}}
            send(5, told)
    """


def differing_by_process(values: str, counter: Path) -> str:
    """A runner that commits one of the letters in `values`: the next one in each new process."""
    return f"""
        with open({str(counter)!r}, "a+") as file:
            file.seek(0)
            turn = len(file.read())
            file.write(".")
        hello()
        for run in runs():
            run["buffers"] = [{values!r}[turn % {len(values)}].encode()]
            answer(run)
    """


def fake_program(folder: Path, native: str, **targets: str) -> Program:
    """A program of these runners; each is given as the body that `fake_runner` takes."""
    bodies = {NATIVE: native, **targets}
    return Program(
        core=CoreInfo(
            name="core",
            path="cores/core",
            sources_sha256="5" * 64,
            guest_elf_sha256="e" * 64,
            sp1_zkvm_version="6.10.0",
            rustc_version="rustc 1.95.0",
            guest_rustc_version="rustc 1.96.0",
        ),
        commands=tuple(fake_runner(folder, body, target=name) for name, body in bodies.items()),
        targets={name: TargetInfo(name=name, version="1") for name in bodies},
        sources=folder,
    )


def case(*buffers: bytes) -> Case:
    """A case of that program."""
    return Case(core="core", input_name="inputs/core_1.json", buffers=buffers)
