"""Weeks begin on Monday and belong to the year that most of them is in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.weeks import last_full_week, monday_of, week_name, week_named


@pytest.mark.parametrize(
    ("day", "monday", "name"),
    [
        (date(2026, 11, 15), date(2026, 11, 9), "2026-W46"),
        (date(2026, 11, 16), date(2026, 11, 16), "2026-W47"),
        (date(2026, 11, 22), date(2026, 11, 16), "2026-W47"),
        (date(2027, 1, 3), date(2026, 12, 28), "2026-W53"),
        (date(2027, 1, 4), date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), date(2024, 12, 30), "2025-W01"),
    ],
)
def test_a_day_is_in_one_week(day: date, monday: date, name: str) -> None:
    assert monday_of(day) == monday
    assert week_name(monday) == name


@pytest.mark.parametrize(
    ("today", "monday"),
    [
        (date(2026, 11, 22), date(2026, 11, 9)),
        (date(2026, 11, 23), date(2026, 11, 16)),
        (date(2026, 11, 29), date(2026, 11, 16)),
    ],
    ids=["Sunday: this week is not over", "Monday", "Sunday after"],
)
def test_the_last_full_week_changes_on_monday(today: date, monday: date) -> None:
    assert last_full_week(today) == monday


@given(st.dates(date(1000, 1, 6), date(9999, 12, 26)))
def test_a_name_names_its_week(day: date) -> None:
    assert week_named(week_name(monday_of(day))) == monday_of(day)


@pytest.mark.parametrize(
    "name", ["", "2026", "2026-47", "2026-W00", "2026-W54", "2025-W53", "26-W47", "2026-W7",
             "2026-W4７", "2026-W47-1", "0000-W01", "../W47"],
)  # fmt: skip
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        week_named(name)


@given(st.text())
def test_any_text_is_a_week_or_refused(name: str) -> None:
    try:
        assert week_name(week_named(name)) == name
    except ValueError:
        return
