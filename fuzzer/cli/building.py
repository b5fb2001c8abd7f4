"""Building on behalf of a command, with its progress shown."""

from collections.abc import Sequence

from fuzzer.build.plan import Built, build
from fuzzer.build.runners import parse_target
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.progress import BuildProgress
from fuzzer.cli.session import Session
from fuzzer.errors import ConfigError, UsageError
from fuzzer.home import CONFIG_FILE, Home
from fuzzer.model import NATIVE


def build_for(
    session: Session, cores: Sequence[KnownCore], targets: Sequence[str], *, generator: bool = False
) -> tuple[Built, float]:
    """What cores and targets need, built where it is not there yet; and the seconds that took.

    With `generator`, that of instruction programs too.
    """
    progress = BuildProgress(session.err)
    try:
        built = build(
            session.home,
            cores=[core.request for core in cores],
            targets=targets,
            progress=progress,
            generator=generator,
        )
    finally:
        progress.close()
    return built, progress.seconds


def checked_targets(home: Home, names: Sequence[str], default: Sequence[str]) -> list[str]:
    """The targets to hold against the reference; naming `native` too is no mistake.

    Raises:
        UsageError: a name on the command line is not known, or nothing is left to compare.
        ConfigError: the same of those in `fuzzer.toml`.
    """
    try:
        return _checked(home, names or default)
    except UsageError as error:
        if names:
            raise
        where = f"{CONFIG_FILE}: [run] targets"
        raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None


def _checked(home: Home, names: Sequence[str]) -> list[str]:
    others = [str(parse_target(home, name)) for name in dict.fromkeys(names) if name != NATIVE]
    if not others:
        raise UsageError("there is nothing to compare `native` with", hint="add the target sp1")
    return others
