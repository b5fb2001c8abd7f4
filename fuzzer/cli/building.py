"""Building on behalf of a command, with its progress shown."""

from collections.abc import Sequence

from fuzzer.build.plan import Built, build
from fuzzer.build.runners import RUNNER_KINDS
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.progress import BuildProgress
from fuzzer.cli.session import Session
from fuzzer.errors import ConfigError, FuzzerError, UsageError, closest
from fuzzer.home import CONFIG_FILE
from fuzzer.model import NATIVE


def build_for(session: Session, cores: Sequence[KnownCore], targets: Sequence[str]) -> tuple[Built, float]:
    """What cores and targets need, built where it is not there yet; and the seconds that took."""
    progress = BuildProgress(session.err)
    try:
        built = build(
            session.home, cores=[core.request for core in cores], targets=targets, progress=progress
        )
    finally:
        progress.close()
    return built, progress.seconds


def checked_targets(names: Sequence[str], default: Sequence[str]) -> list[str]:
    """The targets to hold against `native`; naming `native` too is no mistake.

    Raises:
        UsageError: a name on the command line is not known, or nothing is left to compare.
        ConfigError: the same of those in `fuzzer.toml`.
    """
    if names:
        return _checked(names, UsageError, "")
    return _checked(default, ConfigError, f"{CONFIG_FILE}: [run] targets: ")


def _checked(names: Sequence[str], kind: type[FuzzerError], where: str) -> list[str]:
    targets = list(dict.fromkeys(names))
    for name in targets:
        if name not in RUNNER_KINDS and name != NATIVE:
            raise kind(f"{where}no target `{name}`", hint=closest(name, [NATIVE, *RUNNER_KINDS]))
    others = [name for name in targets if name != NATIVE]
    if not others:
        raise kind(f"{where}there is nothing to compare `native` with", hint="add the target sp1")
    return others
