"""`fuzz conformance`: does a target do what the ISA manual says, opcode by opcode?"""

from collections.abc import Mapping, Sequence

import click
from click.shell_completion import CompletionItem
from rich.text import Text

from fuzzer.cli.building import build_for
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.conformance.files import read_files
from fuzzer.conformance.grade import Grade, Graded, Tally, described, tallies
from fuzzer.conformance.targets import DEFAULT, NAMES, grade_target, opcode_names, widths_of
from fuzzer.errors import ExitCode, UsageError, closest

_FOLDER = "inputs/conformance"
_WIDTHS = ("32", "64")


def _complete(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in NAMES if name.startswith(typed)]


@click.command()
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete,
    help=f"A target that runs bare programs: {', '.join(NAMES)}. Can be repeated.",
)
@click.option("--xlen", "xlens", multiple=True, type=click.Choice(_WIDTHS), help="Only this width.")
@click.option("--opcode", "ops", multiple=True, metavar="NAME", help="Only this opcode. Can be repeated.")
@click.option(
    "--failures",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="How many failures to show of each target.",
)
@json_option
def conformance(
    targets: Sequence[str], xlens: Sequence[str], ops: Sequence[str], failures: int, *, as_json: bool
) -> int:
    """Grade targets by opcode against frozen cases.

    The cases are in inputs/conformance/, with values on which independent RISC-V executors agreed. Without
    --target, the harness's own executor is graded.
    """
    session = Session(as_json=as_json)
    names = list(dict.fromkeys(targets)) or [DEFAULT]
    wanted = [int(xlen) for xlen in xlens or _WIDTHS]
    for name in names:
        if not set(widths_of(name)) & set(wanted):
            raise UsageError(
                f"the target `{name}` runs no programs of {xlens[0]} bits",
                hint=f"its width is {' and '.join(map(str, widths_of(name)))}",
            )
    files = read_files(session.home.root / _FOLDER, wanted, _FOLDER)
    _check_opcodes(ops, opcode_names(files))
    built, _ = build_for(session, (), names)
    paths = {runner.target: runner for runner in built.runners}
    results: dict[str, list[Graded]] = {}
    for name in names:
        if name not in paths:
            raise UsageError(f"no target `{name}`", hint=closest(name, paths))
        results[name] = grade_target(name, paths[name].path, files, xlens=wanted, ops=ops)
    _show_table(session, {name: tallies(graded) for name, graded in results.items()})
    for name, graded in results.items():
        _show_failures(session, name, graded, failures)
        _show_total(session, f"{name} {paths[name].version}", graded)
    return int(exit_code(results))


def _check_opcodes(ops: Sequence[str], known: Sequence[str]) -> None:
    for op in ops:
        if op not in known:
            raise UsageError(f"no opcode `{op}`", hint=closest(op, known))


def exit_code(results: Mapping[str, Sequence[Graded]]) -> ExitCode:
    """Findings where a case failed; nothing compared where a target left a whole opcode without a verdict.

    Raises:
        UsageError: there was no case at all.
    """
    graded = [tally for of_target in results.values() for tally in tallies(of_target)]
    if not all(results.values()):
        raise UsageError(
            "there is no case of that width and opcode", hint="call it without --xlen or --opcode"
        )
    if any(tally.failed for tally in graded):
        return ExitCode.FINDINGS
    if any(tally.compared == 0 for tally in graded):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREE


def _show_table(session: Session, results: Mapping[str, Sequence[Tally]]) -> None:
    """A line for each opcode and width, a column for each target."""
    rows: dict[tuple[str, int], dict[str, Tally]] = {}
    for name, of_target in results.items():
        for tally in of_target:
            rows.setdefault((tally.op, tally.xlen), {})[name] = tally
            record = {"target": name, "opcode": tally.op, "xlen": tally.xlen, "passed": tally.passed}
            session.emit("opcode", {**record, "failed": tally.failed, "not_compared": tally.not_compared})
    width = {name: max(16, len(name)) for name in results}
    head = "".join(f"  {name:<{width[name]}}" for name in results)
    session.show(Text(f" {'opcode':<7}  {'width':<5}  {'cases':>5}{head}".rstrip(), style="bold"))
    for (op, xlen), cells in sorted(rows.items(), key=lambda row: row[0][1]):
        some = next(iter(cells.values()))
        line = Text(f" {op:<7}  RV{xlen:<3}  {some.compared + some.not_compared:>5}")
        for name in results:
            word, style = _word(cells.get(name))
            line.append("  ").append(f"{word:<{width[name]}}", style)
        line.rstrip()
        session.show(line)


def _word(tally: Tally | None) -> tuple[str, str]:
    """The grade of an opcode, and the colour of the word."""
    if tally is None:
        return "-", ""
    if tally.failed:
        return f"FAIL {tally.failed:,}", "red"
    if tally.not_compared:
        return f"not compared {tally.not_compared:,}", "yellow"
    return "pass", "green"


def _show_failures(session: Session, name: str, graded: Sequence[Graded], most: int) -> None:
    """The first failures, and what was not compared only where nothing failed."""
    failed = [one for one in graded if one.grade is Grade.FAILED]
    unknown = [one for one in graded if one.grade is Grade.NOT_COMPARED]
    for one in (failed or unknown)[:most]:
        word = "FAIL" if one.grade is Grade.FAILED else "not compared"
        session.show(
            Text.assemble((word, "red" if failed else "yellow"), f" {name} RV{one.xlen} ", _case(one))
        )
        session.show(f"   {one.why}")
        record = {"target": name, "xlen": one.xlen, "opcode": one.frozen.case.op, "grade": str(one.grade)}
        session.emit("failure", {**record, "case": _case(one), "why": one.why})
    if len(failed) > most > 0:
        session.show(f"   and {len(failed) - most:,} more on {name}; `--failures N` shows more of them")


def _case(one: Graded) -> str:
    return described(one.frozen, one.xlen)


def _show_total(session: Session, what: str, graded: Sequence[Graded]) -> None:
    counts = {grade: sum(one.grade is grade for one in graded) for grade in Grade}
    parts = [f"{counts[Grade.PASSED]:,} pass", f"{counts[Grade.FAILED]:,} fail"]
    if counts[Grade.NOT_COMPARED]:
        parts.append(f"{counts[Grade.NOT_COMPARED]:,} not compared")
    session.show(f"{what}: {len(graded):,} cases, {', '.join(parts)} · {session.seconds:.1f} s")
    named = {"passed": counts[Grade.PASSED], "failed": counts[Grade.FAILED]}
    session.emit("total", {"target": what, **named, "not_compared": counts[Grade.NOT_COMPARED]})
