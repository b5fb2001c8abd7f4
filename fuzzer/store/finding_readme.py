"""A finding's `README.md`: one screen that reads like a bug report. Pure."""

from fuzzer.model import VerdictKind
from fuzzer.store.program_readme import render_program
from fuzzer.store.run_log import ComparisonRecord, RunLog, TargetRun
from fuzzer.store.summary import status_word

_SHOWN_INPUT_CHARS = 300
_SHOWN_HEX_DIGITS = 32
_SHOWN_MESSAGE_CHARS = 200


def render_readme(log: RunLog, *, input_text: str) -> str:
    """The page; `input_text` is what `input.json` holds."""
    paragraphs = [
        f"# {_one_line(log.signature or f'{log.core.name}: {log.diff.reason}')}",
        f"**{log.planted[:1].upper()}{log.planted[1:]}.**" if log.planted else "",
        "\n".join(_difference(comparison, log.targets[0].target.name) for comparison in log.comparisons),
        f"Attribution: {log.attribution}." if log.attribution else "",
        *(render_program(log.program) if log.program else ("## Input", _input(log, input_text))),
        "## Outcomes",
        _outcomes(log),
        "\n".join(_message(run) for run in log.targets if run.outcome.message),
        "## Versions",
        _versions(log),
        "## Run it again",
        _commands(log),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _difference(comparison: ComparisonRecord, reference: str) -> str:
    if comparison.equal:
        return f"- {comparison.target} agrees with {reference}"
    repeated = f" (repeated in {comparison.confirmed} of {comparison.attempts} confirming runs)"
    shown = repeated if comparison.kind is VerdictKind.DIVERGE and comparison.attempts else ""
    return f"- {comparison.target}: {_one_line(comparison.reason)}{shown}"


def _input(log: RunLog, input_text: str) -> str:
    sizes = log.input.sizes
    where = f"`{_one_line(log.input.path)}` ({log.provenance.generator})"
    size = f"{sum(sizes):,} bytes in {len(sizes)} buffer{'' if len(sizes) == 1 else 's'}"
    shown = input_text[:_SHOWN_INPUT_CHARS].rstrip()
    more = "…" if len(input_text) > _SHOWN_INPUT_CHARS else ""
    block = "\n".join(f"    {line}" for line in f"{shown}{more}".splitlines())
    return f"{where}, {size}; all of it is in `input.json`:\n\n{block}"


def _outcomes(log: RunLog) -> str:
    head = ("target", "version", "status", "exit code", "commits", "bytes", "committed", "cycles", "ms")
    lines = [head, ("---",) * len(head), *map(_outcome_cells, log.targets)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n\nAll committed bytes are in `outcomes/<target>.commits`."


def _outcome_cells(run: TargetRun) -> tuple[str, ...]:
    outcome = run.outcome
    committed = outcome.committed
    digits = committed.preview[:_SHOWN_HEX_DIGITS]
    more = "…" if committed.bytes * 2 > len(digits) else ""
    return (
        run.target.name,
        _one_line(run.target.version),
        status_word(outcome.status),
        _number(outcome.exit_code),
        _number(committed.commits),
        _number(committed.bytes),
        f"`{digits}{more}`" if digits else "",
        _number(outcome.cycles),
        f"{outcome.elapsed_ns / 1e6:,.2f}",
    )


def _message(run: TargetRun) -> str:
    message = _one_line(run.outcome.message)
    more = "…" if len(message) > _SHOWN_MESSAGE_CHARS else ""
    return f"- {run.target.name} says: {message[:_SHOWN_MESSAGE_CHARS]}{more}"


def _versions(log: RunLog) -> str:
    core = log.core
    if log.program:
        lines = [
            f"- program `{_one_line(log.input.path)}`, ELF sha256 `{core.guest_elf_sha256}`",
            *(f"- {run.target.name} {_one_line(run.target.version)}" for run in log.targets),
        ]
        return "\n".join(lines)
    lines = [
        f"- core {core.name} in `{core.path}`, sources sha256 `{core.sources_sha256}`",
        f"- guest ELF sha256 `{core.guest_elf_sha256}`, built by {core.guest_rustc_version}",
        f"- sp1-zkvm {core.sp1_zkvm_version}; host {core.rustc_version}",
    ]
    return "\n".join(lines)


def _commands(log: RunLog) -> str:
    commands = ["    bash repro.sh              # in this folder, or in a copy of it in another checkout"]
    if log.planted:
        commands.append("    bash repro.sh --unplant    # the same without the planted faults")
    codes = "Exit code 0: reproduced, 1: not reproduced, 2: cannot run."
    return "\n".join(commands) + f"\n\n{codes} The run is {log.run_id} of {log.created_utc}."


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _one_line(text: str) -> str:
    """Text that breaks neither a line nor a table."""
    return " ".join(text.split()).replace("|", "\\|")
