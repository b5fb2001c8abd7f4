"""Times as documents write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fuzzer.store.utc import utc_text


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 26, 20, 41, 6, 999_999, tzinfo=UTC),
        datetime(2026, 11, 27, 2, 11, 6, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_a_moment_of_any_zone_is_written_in_utc_to_the_second(moment: datetime) -> None:
    assert utc_text(moment) == "2026-11-26T20:41:06Z"
