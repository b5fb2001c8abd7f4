"""What was decided about findings, as a document."""

from datetime import date

import pytest

from fuzzer.errors import ConfigError
from fuzzer.triage.marks import Mark, Seen, State, after_retest, parse_marks

TODAY = date(2026, 11, 26)
ON = ("sp1 6.10.0",)


@pytest.mark.parametrize(
    ("state", "seen", "then"),
    [
        (State.NEW, Seen.FIXED, State.FIXED),
        (State.REPORTED, Seen.FIXED, State.FIXED),
        (State.FIXED, Seen.FIXED, State.FIXED),
        (State.FIXED, Seen.STILL_THERE, State.NEW),
        (State.FIXED, Seen.CHANGED, State.NEW),
        (State.REPORTED, Seen.STILL_THERE, State.REPORTED),
        (State.REPORTED, Seen.CHANGED, State.REPORTED),
        (State.FIXED, Seen.NOT_RUN, State.FIXED),
    ],
)
def test_retest_moves_the_state(state: State, seen: Seen, then: State) -> None:
    after = after_retest(Mark(signature="s", state=state), seen, on=ON, today=TODAY)
    assert (after.state, after.seen, after.retested, after.on) == (then, seen, TODAY, ON)
    assert (after.since == TODAY) == (state is not then)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[finding]", "Invalid|Expected|expected"),
        ("[[finding]]\nstate = 'new'", "signature"),
        ("[[finding]]\nsignature = 's'\nstate = 'great'", "great"),
        ("[[finding]]\nsignature = 's'\nstate = 'accepted'", "cannot be accepted here"),
        ("[[finding]]\nsignature = 's'\n[[finding]]\nsignature = 's'", "two entries"),
        ("[[finding]]\nsignature = 's'\nwhat = 1", "what"),
    ],
)
def test_wrong_documents_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse_marks(text, name="triage.toml")
