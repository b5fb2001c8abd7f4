"""Whether a campaign goes on with what it began with. Pure."""

import hashlib

from fuzzer.campaign.search.journal import Begun, CoreRecord, ProgramsRecord
from fuzzer.errors import UsageError
from fuzzer.model import Limits, TargetInfo


def refuse_others(before: Begun, now: Begun) -> None:
    """Make sure that a campaign goes on with what it began with.

    Raises:
        UsageError: something is different; the details say what.
    """
    found = [f"{what}: {one} then, {other} now" for what, one, other in differences(before, now)]
    if found:
        raise UsageError(
            "the campaign was begun with something else than what is here now: " + "; ".join(found),
            hint="start a new campaign; a result of two versions would be one of neither",
        )


def differences(before: Begun, now: Begun) -> list[tuple[str, str, str]]:
    """What is not the same, with what it was then and what it is now."""
    both = zip(_NAMES, _identity(before), _identity(now), strict=True)
    return [(what, one, other) for what, one, other in both if one != other]


_NAMES = ("seed", "worker", "generators", "limits", "targets", "coverage by", "cores", "programs")


def _identity(begun: Begun) -> tuple[str, ...]:
    return (
        str(begun.seed),
        str(begun.worker),
        ", ".join(begun.generators),
        _limits(begun.limits),
        ", ".join(map(_target, begun.targets)),
        begun.probe or "nothing",
        ", ".join(map(_core, begun.cores)) or "none",
        _programs(begun.programs) if begun.programs else "none",
    )


def _limits(limits: Limits) -> str:
    return f"{limits.wall_ms} ms, {limits.memory_mb} MB, {limits.output_mb} MB of output"


def _target(info: TargetInfo) -> str:
    digest = f" ({info.runner_sha256[:12]})" if info.runner_sha256 else ""
    return f"{info.name} {info.version}{digest}{f' with the fault {info.planted}' if info.planted else ''}"


def _core(core: CoreRecord) -> str:
    inputs = hashlib.sha256(repr((core.inputs, core.seeds)).encode()).hexdigest()
    native = core.native_sha256[:12]
    if core.counted_sha256:
        native += f", native coverage by {core.counted_sha256[:12]}"
    return f"{core.name} ({core.guest_elf_sha256[:12]}, {native}, inputs {inputs[:12]})"


def _programs(record: ProgramsRecord) -> str:
    targets = ", ".join(map(_target, record.targets))
    generator = f"{record.generator}-{record.xlen} ({record.generator_sha256[:12]})"
    return f"{generator} from {record.first} on, {_limits(record.limits)}, {targets}"
