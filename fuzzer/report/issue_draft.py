"""A finding as an issue for those who maintain the target: what was run, what came, what was expected, why.

Facts without blame: which side is right is for its readers to say.
"""

from fuzzer.model import NATIVE, RVREF, VerdictKind
from fuzzer.store.run_log import ComparisonRecord, RunLog, TargetRun
from fuzzer.store.summary import status_word
from fuzzer.triage.manual import rule_of

_SHOWN_HEX = 64


def render_draft(log: RunLog, *, program: str = "") -> str:
    """The text in Markdown; `program` is the listing of an instruction program."""
    differing = [entry for entry in log.comparisons if entry.kind is VerdictKind.DIVERGE]
    names = ", ".join(_named(log, entry.target) for entry in differing)
    parts = [
        f"# {names}: {_title(log)}",
        f"**{log.planted}. Do not send this.**" if log.planted else "",
        "## What happens",
        "\n".join(_observed(entry, log) for entry in log.comparisons),
        _table(log),
        "## What was expected, and why",
        _expected(log),
        "## Program" if program or log.program else "## Input",
        _program(log, program),
        "## Versions",
        _versions(log),
        "## How to see it",
        _commands(log),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(log: RunLog) -> str:
    what = log.signature.rsplit(": ", 1)[-1]
    return f"{what} in the core {log.core.name}" if log.program is None else what


def _named(log: RunLog, target: str) -> str:
    run = next(run for run in log.targets if run.target.name == target)
    plain = target.partition("@")[0]
    return f"{plain} {run.target.version}"


def _observed(entry: ComparisonRecord, log: RunLog) -> str:
    reference = log.targets[0].target.name
    if entry.equal:
        return f"- {_named(log, entry.target)} does the same as {reference}."
    again = (
        f" Seen in {entry.confirmed} of {entry.attempts} runs in fresh processes." if entry.attempts else ""
    )
    return f"- {_named(log, entry.target)}: {entry.reason}.{again}"


def _table(log: RunLog) -> str:
    lines = ["| where | ended | exit code | committed bytes |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *map(_row, log.targets)])


def _row(run: TargetRun) -> str:
    outcome = run.outcome
    shown = outcome.committed.preview[:_SHOWN_HEX]
    more = "…" if outcome.committed.bytes * 2 > len(shown) else ""
    code = "" if outcome.exit_code is None else str(outcome.exit_code)
    name = f"{run.target.name.partition('@')[0]} {run.target.version}"
    return f"| {name} | {status_word(outcome.status)} | {code} | {f'`{shown}{more}`' if shown else ''} |"


def _expected(log: RunLog) -> str:
    reference = log.targets[0]
    location = log.program.location if log.program else None
    told = []
    if location:
        told.append(
            f"The first instruction after which the executors differ is `{location.instruction}` at "
            f"{location.pc} (word {location.word})."
        )
        if rule := rule_of(location.mnemonic):
            told.append(f'The RISC-V manual (Volume I, section "{rule.section}"): {rule.says}.')
        told += _registers(location.after)
    if reference.target.name == RVREF:
        told.append(
            f"`{RVREF}` {reference.target.version} is an executor written from that manual; it is what the "
            "others are held against here."
        )
    if reference.target.name == NATIVE:
        told.append(
            "The same crate, built for the host with the same inputs, is what the others are held against: a "
            "guest that is deterministic commits the same bytes in both."
        )
    if log.attribution:
        told.append(f"Which targets did the same says: {log.attribution}.")
    return "\n\n".join(told)


def _registers(after: dict[str, dict[str, str]]) -> list[str]:
    lines = [
        f"- {target}: {', '.join(f'{name} = {value}' for name, value in values.items())}"
        for target, values in after.items()
        if values
    ]
    return ["Registers after it that differ or that it has changed:", "\n".join(lines)] if lines else []


def _program(log: RunLog, program: str) -> str:
    listing = program or (log.program.listing if log.program else "")
    if listing:
        size = f"{log.program.instructions} instructions" if log.program else ""
        attached = "the file that runs is `program.elf`, and `guest/` is the same as a guest crate"
        return f"{size}; {attached}.\n\n```\n{listing.strip()}\n```"
    sizes = log.input.sizes
    return (
        f"`{log.input.path}`: {sum(sizes):,} bytes in {len(sizes)} buffers, sha256 `{log.input.sha256}`. "
        "`input.json` holds them, and `core.tar.gz` the sources of the guest."
    )


def _versions(log: RunLog) -> str:
    lines = [f"- {run.target.name.partition('@')[0]} {run.target.version}" for run in log.targets]
    core = log.core
    if core.sp1_zkvm_version:
        lines.append(f"- sp1-zkvm {core.sp1_zkvm_version} in the guest, built by {core.guest_rustc_version}")
    lines.append(f"- ELF sha256 `{core.guest_elf_sha256}`")
    return "\n".join(lines)


def _commands(log: RunLog) -> str:
    return (
        "With the folder of this finding and a checkout of the harness:\n\n"
        f"```\nfuzz repro {log.run_id}     # exit code 0: the difference shows, 7: it does not\n"
        f"fuzz bisect {log.run_id}    # the releases that show it\n```"
    )
