"""Which days a row stands for, and where the calendar of a year begins."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.history import CALENDAR_WEEKS, HistoryBy, calendar_start, days_of

DAYS = st.dates(date(1971, 1, 1), date(2200, 1, 1))


@pytest.mark.parametrize(
    ("by", "key", "first", "last"),
    [
        ("day", "2026-11-22", date(2026, 11, 22), date(2026, 11, 22)),
        ("week", "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        ("week", "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),  # a week of two years
        ("month", "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("month", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_row_of_time_has_its_days(by: HistoryBy, key: str, first: date, last: date) -> None:
    assert days_of(by, key) == (first, last)


@pytest.mark.parametrize(
    ("by", "key"), [("day", "x"), ("week", "2026-W54"), ("month", "2026-13"), ("repo", "shop")]
)
def test_other_rows_have_none(by: HistoryBy, key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        days_of(by, key)


@given(DAYS)
def test_the_calendar_begins_on_a_monday_and_ends_in_the_week_of_today(today: date) -> None:
    start = calendar_start(today)
    assert start.weekday() == 0
    last_week = start + timedelta(weeks=CALENDAR_WEEKS - 1)
    assert last_week <= today < last_week + timedelta(weeks=1)
