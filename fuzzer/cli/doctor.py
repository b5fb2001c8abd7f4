"""`fuzz doctor`: is everything there, and does each target tell right from wrong?"""

import os
import platform
import shutil
import struct
from collections.abc import Callable

import click
import msgspec
from rich.text import Text

from fuzzer.build.cargo_prove import find_users
from fuzzer.build.guest_toolchain import find_users_toolchain
from fuzzer.build.host_rust import host_rust
from fuzzer.build.plan import build
from fuzzer.build.runners import RUNNER_KINDS
from fuzzer.build.steps import Silent, Workshop
from fuzzer.build.versions import SP1_VERSION
from fuzzer.campaign.confirm import result_of, run_once
from fuzzer.campaign.program import Program, programs
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.errors import ExitCode, FuzzerError
from fuzzer.model import NATIVE, RVREF_FAULTY, Case, CaseResult, Limits, VerdictKind
from fuzzer.store.mirrored_store import OWNER, MirroredStore

_CORE = "fib"
_KNOWN_INPUT = b'{"n": 24}'
_KNOWN_STREAM = struct.pack("<IQQ", 24, 46_368, 75_025)
"""What the core commits for it: n, and the Fibonacci numbers n and n + 1."""
_LEAST_FREE = 5 << 30


class Check(msgspec.Struct, frozen=True):
    """One line of the diagnosis."""

    what: str
    found: str
    ok: bool
    hint: str = ""
    required: bool = True
    otherwise: str = "missing"
    """The word for it when it is not ok."""


class _NotBuiltError(Exception):
    """Something would have to be built."""


class _OnlyLook(Silent):
    """Refuses to build: a diagnosis must not take minutes."""

    def begin(self, step: str, reason: str) -> None:
        """Stop before the step."""
        raise _NotBuiltError(step, reason)


@click.command()
@json_option
def doctor(*, as_json: bool) -> int:
    """Check tools and targets.

    Looks for every tool, and puts a known answer and a planted fault to every target that is built.
    """
    session = Session(as_json=as_json)
    checks = [
        *_tools(session),
        *(_target(session, name) for name in RUNNER_KINDS if name != RVREF_FAULTY),
        _disk(session),
        *_object_store(session),
    ]
    for check in checks:
        word = "ok" if check.ok else check.otherwise
        style = "green" if check.ok else "red" if check.required else "yellow"
        mark = Text(f"{word:<7}", style)
        session.show(Text.assemble(f" {check.what:<20} ", mark, f"  {check.found}"))
        if check.hint and not check.ok:
            session.show(f" {'':<20}          {check.hint}")
        session.emit("check", msgspec.structs.asdict(check))
    return int(ExitCode.AGREE if all(c.ok for c in checks if c.required) else ExitCode.TOOLCHAIN)


def _tools(session: Session) -> list[Check]:
    users_toolchain = find_users_toolchain(os.environ)
    with Workshop(session.home, Silent()) as shop:
        users_prove = find_users(shop)
    from_packages = "none of your own; built from the distribution's packages"
    checks = [
        Check("python", platform.python_version(), ok=True),
        _checked("rust", lambda: host_rust(session.home, os.environ).version),
        _program("cc", "the linker of native builds", "install gcc, for example `apt-get install gcc`"),
        Check(
            "guest toolchain",
            f"`succinct` in {users_toolchain}" if users_toolchain else from_packages,
            ok=True,
        ),
        Check(
            "cargo-prove",
            str(users_prove)
            if users_prove
            else f"none of your own; small driver over sp1-build {SP1_VERSION}",
            ok=True,
        ),
    ]
    if users_toolchain is None:
        hint = "install SP1's toolchain with sp1up, or work on Debian or one of its kin"
        checks += [_program(name, "for the guest toolchain", hint) for name in ("apt-get", "dpkg-deb")]
    return checks


def _checked(what: str, find: Callable[[], str]) -> Check:
    try:
        return Check(what, find(), ok=True)
    except FuzzerError as error:
        return Check(what, error.message, ok=False, hint=error.hint)


def _program(name: str, purpose: str, hint: str) -> Check:
    path = shutil.which(name)
    return Check(name, path or purpose, ok=path is not None, hint=hint)


def _disk(session: Session) -> Check:
    free = shutil.disk_usage(session.home.root).free
    return Check(
        "disk",
        f"{free / 1e9:,.0f} GB free",
        ok=free > _LEAST_FREE,
        hint="5 GB is wanted; `fuzz clean` shows what was built",
        otherwise="low",
    )


def _object_store(session: Session) -> list[Check]:
    """Whether the object store of the artifacts answers; nothing where none is configured."""
    what = "object store"
    try:
        store = session.open_store()
        if not isinstance(store, MirroredStore):
            return []
        store.remote.exists(OWNER)
    except FuzzerError as error:
        hint = f"{error.hint}; until then all is kept in {session.artifacts}/"
        return [Check(what, error.message, ok=False, hint=hint, required=False, otherwise="broken")]
    return [Check(what, f"{session.settings.artifacts.url}, {store.waiting():,} files wait", ok=True)]


def _target(session: Session, target: str) -> Check:
    """A known answer, and a fault that must be seen."""
    what = f"target {target}"
    try:
        sound, planted = (_run_known(_program_of(session, target, fault)) for fault in ("", "flip-bit"))
    except _NotBuiltError:
        hint = f"`fuzz build --core {_CORE} --target {target}` builds it"
        return Check(what, "not built", ok=False, hint=hint, required=False)
    except FuzzerError as error:
        return Check(what, error.message, ok=False, hint=error.hint, otherwise="broken")
    outcome = sound.comparisons[0].outcome
    known = outcome.stream == _KNOWN_STREAM and sound.comparisons[0].equal
    differs = planted.comparisons[0].verdict.kind is VerdictKind.DIVERGE
    marks = f"known answer {'✓' if known else '✗'}  must differ {'✓' if differs else '✗'}"
    found = f"{RUNNER_KINDS[target].version}  {marks}"
    hint = "`fuzz clean --yes`, then try again"
    return Check(what, found, ok=known and differs, hint=hint, otherwise="broken")


def _program_of(session: Session, target: str, fault: str) -> Program:
    built = build(session.home, cores=[session.cores[_CORE].request], targets=[target], progress=_OnlyLook())
    return programs(built, project=session.project.root, plants={target: fault})[0]


def _run_known(program: Program) -> CaseResult:
    case = Case(core=_CORE, input_name=NATIVE, buffers=(_KNOWN_INPUT,))
    return result_of(case, run_once(program.commands, case, Limits()))
