"""Days are sent after they ended, spread over hours, and settle after two weeks."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from team_documents import document

from aicost.core.team.documents import DayOutcomes
from aicost.core.team.schedule import (
    closed_days,
    device_name,
    due_s,
    first_look_s,
    is_settled,
    says_something,
)

TODAY = date(2026, 11, 26)
KEYS = st.binary(min_size=32, max_size=32)
NOON_S = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("since", "first", "number"),
    [
        (date(2026, 11, 24), date(2026, 11, 24), 2),
        (date(2026, 11, 25), date(2026, 11, 25), 1),
        (date(2020, 1, 1), date(2026, 9, 28), 59),
    ],
)
def test_only_days_that_are_over_and_that_servers_take_go(
    since: date, first: date, number: int
) -> None:
    days = list(closed_days(since, TODAY))
    assert (days[0], days[-1], len(days)) == (first, date(2026, 11, 25), number)


@pytest.mark.parametrize("since", [TODAY, date(2026, 12, 24)])
def test_today_is_not_over(since: date) -> None:
    assert list(closed_days(since, TODAY)) == []


@pytest.mark.parametrize(("day", "settled"), [(12, False), (11, True)])
def test_a_day_settles_after_two_weeks(day: int, settled: bool) -> None:
    assert is_settled(date(2026, 11, day), TODAY) is settled


@given(KEYS)
def test_a_day_goes_six_to_twelve_hours_after_its_end(key: bytes) -> None:
    at_s = due_s(key, date(2026, 11, 20))
    assert NOON_S - 6 * 3600 <= at_s <= NOON_S
    assert at_s == due_s(key, date(2026, 11, 20))


def test_neither_two_keys_nor_two_days_meet() -> None:
    keys = [bytes([number]) * 32 for number in range(100)]
    assert len({round(due_s(key, TODAY)) for key in keys}) > 90
    offsets = {round(due_s(keys[0], date(2026, 11, day)) % 86_400) for day in range(1, 20)}
    assert len(offsets) > 15
    looks = [first_look_s(key) for key in keys]
    assert 60 <= min(looks) < 150
    assert 500 < max(looks) <= 600


def test_devices_have_other_names_in_each_quarter() -> None:
    key = b"k" * 32
    names = {
        device_name(key, device, epoch) for device in ("a", "b") for epoch in ("2026Q3", "2026Q4")
    }
    assert len(names) == 4
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)


def test_a_day_says_something_by_its_rows_or_by_what_came_of_work() -> None:
    full = document()
    assert says_something(full)
    empty = document(rows=(), outcomes=DayOutcomes())
    assert not says_something(empty)
    assert says_something(document(rows=(), outcomes=DayOutcomes(merged=1)))
