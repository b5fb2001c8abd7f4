"""What was decided about findings, by signature: `inputs/triage.toml`. Pure.

An entry says `reported` or `fixed`, and what the last retest saw. That a finding is accepted is said in one
place only, `inputs/allowed_divergences.toml`, because runs go by that one.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from fuzzer.errors import ConfigError

TRIAGE_FILE = "triage.toml"


class State(StrEnum):
    """Where a finding stands."""

    NEW = "new"
    """Nobody has said anything."""
    REPORTED = "reported"
    FIXED = "fixed"
    ACCEPTED = "accepted"
    """An entry of `allowed_divergences.toml` that is in force covers it."""


class Seen(StrEnum):
    """What a retest saw of a finding."""

    STILL_THERE = "still there"
    FIXED = "fixed"
    CHANGED = "changed"
    """It differs, in another way or at another place."""
    NOT_RUN = "not run"
    """It could not be run, nothing could be compared, or it did not show each time: one run tells nothing."""


BACK = {Seen.STILL_THERE: "is back", Seen.CHANGED: "differs in another way"}
"""What a retest shows of something that is not fixed, and how that is said of what was."""


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about the finding of one signature, a `[[finding]]` table."""

    signature: str
    state: State = State.NEW
    since: date | None = None
    """The day on which the state was given."""
    reason: str = ""
    link: str = ""
    retested: date | None = None
    on: tuple[str, ...] = ()
    """The targets of that retest, with their versions."""
    seen: Seen | None = None


class TriageDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    finding: tuple[Mark, ...] = ()


def parse_marks(text: str, *, name: str) -> dict[str, Mark]:
    """The entries of a document by signature; `name` is what errors call it.

    Raises:
        ConfigError: it is not of this form, or speaks of a signature twice.
    """
    try:
        document = msgspec.convert(tomllib.loads(text), TriageDocument)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{name}: {error}", hint="`fuzz triage mark` writes this file") from None
    marks = {mark.signature: mark for mark in document.finding}
    if len(marks) < len(document.finding):
        doubled = next(m.signature for m in document.finding if marks[m.signature] is not m)
        raise ConfigError(f"{name}: two entries are about `{doubled}`", hint="keep one of them")
    for mark in document.finding:
        if mark.state is State.ACCEPTED:
            raise ConfigError(
                f"{name}: `{mark.signature}` cannot be accepted here",
                hint="`fuzz triage mark --state accepted` writes it where runs look for it",
            )
    return marks


def after_retest(mark: Mark, seen: Seen, *, on: tuple[str, ...], today: date) -> Mark:
    """The mark after a retest: what is gone is fixed, and what was fixed and differs is new again."""
    tested = msgspec.structs.replace(mark, retested=today, on=on, seen=seen)
    if seen is Seen.FIXED and mark.state is not State.FIXED:
        return msgspec.structs.replace(tested, state=State.FIXED, since=today)
    if seen in BACK and mark.state is State.FIXED:
        reason = f"it was fixed and {BACK[seen]} on {', '.join(on)}"
        return msgspec.structs.replace(tested, state=State.NEW, since=today, reason=reason)
    return tested


def mark_of(marks: Mapping[str, Mark], signature: str) -> Mark:
    """The entry of a signature; one that says nothing where there is none."""
    return marks.get(signature) or Mark(signature=signature)
