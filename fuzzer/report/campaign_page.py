"""A campaign as one HTML page: verdict, findings, how it went, what was covered and what was not. Pure."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fuzzer.campaign.history import History, rates, seconds_a_run
from fuzzer.coverage.counts import Coverage
from fuzzer.model import Symptom, TargetInfo
from fuzzer.report.charts import Bar, BarChart, LineChart, Series, Unit
from fuzzer.report.coverage_page import CoverageView, coverage_view
from fuzzer.report.live import advice_of
from fuzzer.report.page import render
from fuzzer.report.status import count_of
from fuzzer.report.words import counted, duration, percent
from fuzzer.store.campaign import RUNNING, CampaignRecord, FoundRecord
from fuzzer.store.campaigns import STOPPED
from fuzzer.store.progress import Progress, TargetProgress
from fuzzer.store.run_log import ComparisonRecord, RunLog

_MOST_SERIES = 6
"""Lines of one chart; those of the other parts are left out and said to be."""
_SHOWN_BYTES = 32
_SEVERITY = {
    Symptom.OUTPUT: "wrong output without a sign of it",
    Symptom.LOST_PANIC: "a panic on one side only",
    Symptom.CRASH: "a crash on one side only",
    Symptom.HANG: "one side does not end",
    Symptom.ROBUSTNESS: "both crash, in different ways",
}


class CampaignFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is made from."""

    record: CampaignRecord
    state: str
    samples: Sequence[Progress] = ()
    logs: Mapping[str, RunLog] = {}
    """The run logs of findings, by run id, as far as they can be read."""
    coverage: Coverage | None = None
    """Of the instruction programs."""


class Verdict(msgspec.Struct, frozen=True):
    """The first words of the page; `kind` is `good`, `bad` or `warn`."""

    kind: str
    text: str


class DifferenceView(msgspec.Struct, frozen=True):
    """A place at which commit streams part: each target with its bytes from there on, the reference first."""

    commit: int
    byte: int
    rows: tuple[tuple[str, str], ...]


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """One finding."""

    found: FoundRecord
    what: str
    """The symptom in words; empty where it is not known."""
    seen: str
    log: RunLog | None
    differences: tuple[DifferenceView, ...]
    others: tuple[ComparisonRecord, ...]
    """Those that differ in other ways than in their bytes."""


class TargetView(msgspec.Struct, frozen=True, kw_only=True):
    """One target."""

    info: TargetInfo
    is_reference: bool
    runs: int
    seconds_a_run: float
    share: str
    """Of the time of all runs; empty where that was not measured."""


def render_campaign_page(evidence: CampaignFacts) -> str:
    """The page."""
    record = evidence.record
    coverage = coverage_view(evidence.coverage) if evidence.coverage else None
    return render(
        "campaign.html",
        title=f"Campaign {record.campaign_id}",
        record=record,
        state=evidence.state,
        verdicts=tuple(_verdicts(evidence)),
        facts=tuple(_facts(evidence)),
        findings=tuple(_finding(found, evidence.logs.get(found.run_id)) for found in record.findings),
        charts=tuple(_charts(evidence.samples)),
        times=_times(evidence.samples),
        targets=tuple(_targets(record, evidence.samples)),
        coverage=coverage,
        gaps=tuple(_gaps(record, coverage)),
        advice=advice_of(History(evidence.samples)),
        command=shlex.join(("fuzz", *record.command)) if record.command else "",
    )


def _verdicts(evidence: CampaignFacts) -> Iterator[Verdict]:
    record = evidence.record
    compared = count_of(record, "compared")
    if record.planted:
        yield Verdict(
            "warn", f"Faults were planted on purpose: {record.planted}. What differs is no real finding."
        )
    if evidence.state == RUNNING:
        yield Verdict("warn", "The campaign was at work when this page was written.")
    elif evidence.state == STOPPED:
        yield Verdict("warn", "The campaign was stopped before its end; it can go on.")
    elif evidence.state != "Complete":
        yield Verdict("warn", f"{evidence.state}: the campaign did not come to its end.")
    cases = counted(count_of(record, "cases"), "case")
    unclear = count_of(record, "flaky"), count_of(record, "not_examined")
    if record.findings:
        found = counted(len(record.findings), "finding")
        yield Verdict("bad", f"{found} in {cases}. Each was confirmed in fresh processes.")
    elif not compared:
        yield Verdict("bad", "Nothing was compared. This campaign says nothing about its targets.")
    elif any(unclear):
        yield Verdict(
            "warn", f"No confirmed finding in {cases}; {unclear[0]:,} flaky and {unclear[1]:,} not examined."
        )
    else:
        yield Verdict("good", f"No finding in {cases} and {counted(compared, 'comparison')}.")


def _facts(evidence: CampaignFacts) -> Iterator[tuple[str, str, str]]:
    """Name, value and a note."""
    record = evidence.record
    cases, seconds = count_of(record, "cases"), record.seconds
    yield "cases", f"{cases:,}", f"{cases / seconds:,.0f} a second" if seconds else ""
    yield "comparisons", f"{count_of(record, 'compared'):,}", ""
    yield (
        "findings",
        f"{len(record.findings):,}",
        counted(sum(each.programs for each in record.findings), "hit"),
    )
    yield "flaky", f"{count_of(record, 'flaky'):,}", "differences that did not repeat"
    inconclusive = count_of(record, "inconclusive")
    yield "inconclusive", percent(inconclusive, cases), counted(inconclusive, "case")
    yield "restarts", f"{count_of(record, 'restarts'):,}", "runners that died"
    yield "worked", duration(seconds), f"{counted(record.workers, 'worker')}, seed {record.seed}"
    if evidence.samples:
        peak = max(sample.memory_mb for sample in evidence.samples)
        yield "memory", f"{peak:,.0f} MB", "of the campaign's own process, at most"
        yield "disk", f"{evidence.samples[-1].disk_mb:,.1f} MB", "of the campaign's folder"


def _finding(found: FoundRecord, log: RunLog | None) -> FindingView:
    differing = [entry for entry in log.comparisons if not entry.equal] if log else []
    return FindingView(
        found=found,
        what=_SEVERITY.get(Symptom(found.symptom), "") if found.symptom in set(Symptom) else "",
        seen=f"first after {duration(found.at)}" if found.at else "",
        log=log,
        differences=tuple(_differences(log, differing)) if log else (),
        others=tuple(entry for entry in differing if entry.first_difference is None),
    )


def _differences(log: RunLog, differing: Sequence[ComparisonRecord]) -> Iterator[DifferenceView]:
    """One for each place; targets that part at the same one stand together."""
    reference = log.targets[0].target.name
    places: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for entry in differing:
        if found := entry.first_difference:
            rows = places.setdefault((found.commit, found.byte), [(reference, _shown(found.reference))])
            rows.append((entry.target, _shown(found.other)))
    for (commit, byte), rows in places.items():
        yield DifferenceView(commit, byte, tuple(rows))


def _shown(digits: str) -> str:
    """Some of the bytes; a stream that has none there has ended."""
    cut = 2 * _SHOWN_BYTES
    return f"{digits[:cut]}{'…' if len(digits) > cut else ''}" or "(ended)"


def _charts(samples: Sequence[Progress]) -> Iterator[LineChart]:
    if not samples:
        return
    yield _over_time("Cases", Unit.COUNT, samples, {"": [sample.cases for sample in samples]})
    yield LineChart(title="Cases a second", unit=Unit.RATE, series=(Series("", tuple(rates(samples))),))
    names = [part.name for part in samples[-1].parts]
    covered = _by_part(samples, "covered")
    known = {part.name for part in samples[-1].parts if part.bins}
    for title, chosen in (
        ("Bins of the map that programs covered", [name for name in names if name in known]),
        ("Bins covered, by core", [name for name in names if name not in known]),
    ):
        lines = {name: covered[name] for name in chosen if any(covered[name])}
        if lines:
            yield _over_time(title, Unit.COUNT, samples, lines)
    corpus = {name: values for name, values in _by_part(samples, "corpus").items() if any(values)}
    if corpus:
        yield _over_time("Inputs in the corpus, by core", Unit.COUNT, samples, corpus)
    yield _over_time(
        "Findings",
        Unit.COUNT,
        samples,
        {
            "signatures": [sample.findings for sample in samples],
            "further hits": [sample.repeated for sample in samples],
        },
    )
    share = [100 * sample.inconclusive / sample.cases if sample.cases else 0.0 for sample in samples]
    yield _over_time("Inconclusive share", Unit.PERCENT, samples, {"": share})
    yield _over_time("Memory", Unit.MEGABYTES, samples, {"": [sample.memory_mb for sample in samples]})


def _over_time(
    title: str, unit: Unit, samples: Sequence[Progress], lines: Mapping[str, Sequence[float]]
) -> LineChart:
    largest = sorted(lines, key=lambda name: -lines[name][-1])[:_MOST_SERIES]
    left = len(lines) - len(largest)
    return LineChart(
        title=f"{title} ({len(largest)} of {len(lines)} with the most)" if left else title,
        unit=unit,
        series=tuple(
            Series(
                name,
                tuple((sample.seconds, float(value)) for sample, value in zip(samples, values, strict=True)),
            )
            for name, values in lines.items()
            if name in largest
        ),
    )


def _by_part(samples: Sequence[Progress], field: str) -> dict[str, list[float]]:
    """A number of each part, sample by sample; 0 before the part was there."""
    found: dict[str, list[float]] = {part.name: [] for part in samples[-1].parts}
    for sample in samples:
        parts = {part.name: part for part in sample.parts}
        for name, values in found.items():
            values.append(getattr(parts[name], field) if name in parts else 0)
    return found


def _times(samples: Sequence[Progress]) -> BarChart:
    targets = samples[-1].targets if samples else ()
    bars = tuple(
        Bar(target.name, seconds_a_run(target), counted(target.runs, "run"))
        for target in targets
        if target.runs and target.seconds
    )
    return BarChart(title="Time of a run, on average", unit=Unit.MILLISECONDS, bars=bars)


def _targets(record: CampaignRecord, samples: Sequence[Progress]) -> Iterator[TargetView]:
    measured = {target.name: target for target in samples[-1].targets} if samples else {}
    total = sum(target.seconds for target in measured.values())
    for place, info in enumerate(record.targets):
        target = measured.get(info.name, TargetProgress(name=info.name, runs=0, seconds=0.0))
        yield TargetView(
            info=info,
            is_reference=place == 0,
            runs=target.runs,
            seconds_a_run=seconds_a_run(target),
            share=percent(target.seconds, total) if target.seconds else "",
        )


def _gaps(record: CampaignRecord, coverage: CoverageView | None) -> Iterator[str]:
    """What this campaign says nothing about, in sentences."""
    yield "Proving and verification: only execution is compared. Cycles, times and printed text are not."
    counts = {
        "inconclusive": "inconclusive, since a limit was reached or a target lacks what they ask for",
        "timeouts": "too long on all targets, so that nothing was compared",
        "not_examined": "different, and not examined for want of time",
        "rejected": "the reference did not run the program to its end",
        "allowed": "different in ways that entries of allowed_divergences.toml allow",
        "errors": "lost to a runner that failed",
    }
    for name, what in counts.items():
        if number := count_of(record, name):
            yield f"{counted(number, 'case')}: {what}."
    if coverage and coverage.untested:
        bins = sum(gaps.more_bins + sum(count for _, count in gaps.lines) for gaps in coverage.untested)
        one = bins == 1
        yield (
            f"{counted(bins, 'bin')} of the coverage map {'was' if one else 'were'} never hit by programs; "
            f"{'it is' if one else 'they are'} listed below."
        )
    if not record.cores:
        yield "Cores: the campaign ran instruction programs alone."
    elif coverage is None:
        yield "Instruction programs: the campaign ran cores alone."
