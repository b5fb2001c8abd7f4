"""`fuzz list`: the cores, targets and inputs that can be named."""

import os
from collections.abc import Sequence

import click
from rich.text import Text

from fuzzer.build.runners import RUNNER_KINDS
from fuzzer.build.sp1_releases import known_releases
from fuzzer.campaign.selection import cases_of
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import InputError
from fuzzer.model import NATIVE


@click.group(name="list")
def list_() -> None:
    """List cores, targets or inputs."""


@list_.command()
@json_option
def cores(*, as_json: bool) -> None:
    """The cores of fuzzer.toml and those that come with the harness."""
    session = Session(as_json=as_json)
    rows = []
    for core in session.cores.values():
        path = os.path.relpath(core.request.path, session.project.root)
        rows.append((core.name, path, str(len(_input_names(session, core.name)))))
        session.emit("core", {"name": core.name, "path": path})
    _show(session, ("core", "path", "inputs"), rows)


@list_.command()
@json_option
def targets(*, as_json: bool) -> None:
    """The targets that cases can run on."""
    session = Session(as_json=as_json)
    described = {NATIVE: "the core built for this machine; what the others are compared with"}
    described |= {name: kind.what for name, kind in RUNNER_KINDS.items()}
    releases = known_releases(session.home)
    described |= {
        f"{name}@VERSION": f"of any release: {releases[0]} to {releases[-1]} ({len(releases)} of them)"
        for name, kind in RUNNER_KINDS.items()
        if kind.has_releases
    }
    default = (NATIVE, *session.settings.run.targets)
    rows = [(name, "yes" if name in default else "", what) for name, what in described.items()]
    for name, what in described.items():
        session.emit("target", {"name": name, "what": what, "default": name in default})
    _show(session, ("target", "default", ""), rows)


@list_.command()
@json_option
def inputs(*, as_json: bool) -> None:
    """The inputs of each core."""
    session = Session(as_json=as_json)
    rows = []
    for core in session.cores.values():
        for name, sizes in _input_names(session, core.name):
            rows.append((core.name, name, sizes))
            session.emit("input", {"core": core.name, "path": name})
    _show(session, ("core", "input", "bytes"), rows)


def _input_names(session: Session, name: str) -> list[tuple[str, str]]:
    """The inputs of a core with the sizes of their buffers; an input that cannot be read says so."""
    try:
        cases = cases_of(session.cores[name], (), project=session.project, names=list(session.cores))
    except InputError as error:
        session.warn(error.message)
        return []
    return [(case.input_name, " + ".join(f"{len(part):,}" for part in case.buffers)) for case in cases]


def _show(session: Session, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Show a table whose lines are never cut, so that what is listed can be copied and piped."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        return f" {'  '.join(cells)}".rstrip()

    session.show(Text(line(columns), style="bold"))
    for row in rows:
        session.show(line(row))
