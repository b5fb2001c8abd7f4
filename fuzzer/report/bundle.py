"""A bundle for people, and what differs between two of them. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fuzzer.report.words import counted, duration
from fuzzer.store.bundle import BundleEvent, BundleIndex, ConfigSnapshot, Scorecard

_SHOWN_EVENTS = 20
_TIMES = frozenset({"seconds", "cases_per_second"})
"""Metrics that differ from one run of the same to the next."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was read."""

    path: str
    index: BundleIndex
    config: ConfigSnapshot
    scorecard: Scorecard | None
    """None while it goes on, or when it was killed."""
    events: tuple[BundleEvent, ...]
    verdicts: Mapping[str, str]
    """By case: `sp1 agree, sp1-portable diverge`."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not the same in two bundles."""

    section: str
    """`config`, `versions`, `verdicts`, `metrics` or `times`."""
    name: str
    first: str
    """Empty where the first one has no such thing."""
    second: str


def lines(bundle: Bundle) -> Iterator[str]:
    """A screen that says what was run, how it ended, and what was found."""
    index = bundle.index
    state = index.status if index.ended_utc or index.status != "Running" else "Running, or killed"
    code = "" if index.exit_code is None else f", exit code {index.exit_code}"
    yield f"{index.run_id}: {state}{code} · {duration(index.seconds)} · {index.created_utc}"
    yield f"  fuzz {' '.join(index.command)}"
    if index.error_summary:
        yield f"  error     {index.error_summary}"
    versions = index.versions
    tree = (
        f", commit {versions.git_sha[:12]}{' with changes' * versions.git_dirty}" if versions.git_sha else ""
    )
    yield f"  versions  fuzz {versions.fuzz}, Python {versions.python}{tree}"
    yield f"  targets   {', '.join(f'{info.name} {info.version}' for info in versions.targets)}"
    if index.result:
        totals = index.result.totals.items()
        counts = [f"{value:,} {name}" for name, value in totals if value and isinstance(value, int)]
        yield f"  counts    {', '.join(counts)}"
        for found in index.result.findings:
            yield f"  finding   {found.signature} · {found.run_id}/"
    telling = [event for event in bundle.events if event.type not in ("case", "finding", "ended")]
    for event in telling[:_SHOWN_EVENTS]:
        yield f"  {event.type:<9} {event.case or event.detail}"
    if len(telling) > _SHOWN_EVENTS:
        yield f"  and {counted(len(telling) - _SHOWN_EVENTS, 'event')} more in events.jsonl"


def changes(first: Bundle, second: Bundle) -> list[Change]:
    """What differs, section by section; times are among it and say nothing of what was run."""
    versions = [_flat(msgspec.to_builtins(bundle.index.versions)) for bundle in (first, second)]
    configs = [_flat(_asked(bundle.config)) for bundle in (first, second)]
    metrics = [
        {name: f"{value:g}" for name, value in bundle.scorecard.metrics.items()} if bundle.scorecard else {}
        for bundle in (first, second)
    ]
    found = [
        *_differing("config", *configs),
        *_differing("versions", *versions),
        *_differing("verdicts", first.verdicts, second.verdicts),
        *_differing("metrics", *metrics),
    ]
    return [
        msgspec.structs.replace(change, section="times") if change.name in _TIMES else change
        for change in found
    ]


def _asked(config: ConfigSnapshot) -> dict[str, object]:
    """What was asked for; targets are among the versions, and the words of the call say the request again."""
    asked: dict[str, object] = msgspec.to_builtins(config)
    return {
        name: value for name, value in asked.items() if name not in ("targets", "command", "schema_version")
    }


def _differing(section: str, first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*first, *second)):
        if first.get(name) != second.get(name):
            yield Change(section=section, name=name, first=first.get(name, ""), second=second.get(name, ""))


def _flat(value: object, name: str = "") -> dict[str, str]:
    """A document as one text for each of its leaves, by its place."""
    if isinstance(value, dict):
        inner: Sequence[tuple[str, object]] = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(_named(item, place), item) for place, item in enumerate(value)]
    else:
        return {name: str(value)}
    flat: dict[str, str] = {}
    for key, item in inner:
        flat |= _flat(item, f"{name}.{key}" if name else key)
    return flat


def _named(item: object, place: int) -> str:
    """What an item of a list is called: by its own name where it has one, so that order does not matter."""
    return str(item["name"]) if isinstance(item, dict) and "name" in item else str(place)
