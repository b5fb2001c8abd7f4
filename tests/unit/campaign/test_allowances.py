"""Entries that a whole run has shown to be of no use."""

from datetime import date

from fuzzer.campaign.allowances import Ran, stale
from fuzzer.triage.allowed import parse_allowed

ENTRIES = parse_allowed(
    "\n".join(
        f"""
        [[allowed]]
        id = "{name}"
        core = "{"gone" if name == "gone" else "fib*"}"
        targets = {targets}
        symptom = "output"
        reason = "looked at"
        link = "https://example.org/1"
        {expires}
        """
        for name, targets, expires in [
            ("plain", ["sp1"], ""),
            ("both", ["sp1", "sp1-portable"], ""),
            ("old", ["sp1"], "expires = 2026-11-21"),
            ("gone", ["sp1"], ""),
        ]
    ),
    name="allowed",
)
TODAY = date(2026, 11, 21)
RAN = Ran(
    known_cores=("fib", "fib_big", "io"), cores=("fib", "fib_big", "io"), targets=("sp1", "sp1-portable")
)
UNUSED = "was not needed: the difference does not show any more"


def names(warnings: list[str]) -> list[str]:
    return [warning.split("`")[1] for warning in warnings]


def test_entries_that_are_needed_give_no_warning() -> None:
    used = {"plain", "both", "old", "gone"}
    assert stale(ENTRIES, used=used, ran=RAN, today=date(2026, 11, 20)) == []


def test_entries_that_nothing_needed_are_named() -> None:
    warnings = stale(ENTRIES, used={"plain", "both", "gone"}, ran=RAN, today=date(2026, 11, 20))
    assert warnings == [f"allowed divergence `old` {UNUSED}"]


def test_entries_that_have_expired_are_named_once() -> None:
    (warning,) = stale(ENTRIES, used={"plain", "both", "gone"}, ran=RAN, today=TODAY)
    assert warning == "allowed divergence `old` expired on 2026-11-21 and allows nothing any more"


def test_entries_of_what_took_no_part_are_not_judged() -> None:
    one_target = Ran(known_cores=RAN.known_cores, cores=RAN.cores, targets=["sp1"])
    assert names(stale(ENTRIES, used=(), ran=one_target, today=TODAY)) == ["old", "plain", "gone"]
    one_core = Ran(known_cores=RAN.known_cores, cores=["fib"], targets=RAN.targets)
    assert names(stale(ENTRIES, used=(), ran=one_core, today=TODAY)) == ["gone"]
