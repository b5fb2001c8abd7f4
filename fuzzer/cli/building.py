"""Building on behalf of a command, with its progress shown."""

from collections.abc import Sequence

from fuzzer.build.plan import Built, build
from fuzzer.campaign.selection import KnownCore
from fuzzer.cli.progress import BuildProgress
from fuzzer.cli.session import Session


def build_for(
    session: Session,
    cores: Sequence[KnownCore],
    targets: Sequence[str],
    *,
    generator: bool = False,
    counted: bool = False,
) -> tuple[Built, float]:
    """What cores and targets need, built where it is not there yet; and the seconds that took.

    With `generator`, that of instruction programs too; with `counted`, builds for the host that count what
    they execute.
    """
    progress = BuildProgress(session.err)
    try:
        built = build(
            session.home,
            cores=[core.request for core in cores],
            targets=targets,
            progress=progress,
            generator=generator,
            counted=counted,
        )
    finally:
        progress.close()
    return built, progress.seconds
