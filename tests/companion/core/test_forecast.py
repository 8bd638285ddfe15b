"""What a window will have used at its end: linear over active hours, or not known."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aicost.core.budget import Scope, window_of
from aicost.core.forecast import HISTORY_DAYS, LEAST_ACTIVE_US, forecast

HOUR = 3_600_000_000
BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 26).toordinal()  # a Thursday
NOON = datetime(2026, 11, 26, 12, tzinfo=BERLIN)


def foretold(
    scope: Scope, active_us: dict[int, int], now: datetime = NOON, spent: int = 1000
) -> int | None:
    window = window_of(scope, now.astimezone(UTC), BERLIN)
    return forecast(scope, window, spent, active_us, now)


PAST = {TODAY - days: 6 * HOUR for days in (1, 2, 3)}


@pytest.mark.parametrize(
    ("done_h", "expected"),
    [(2, 3000), (3, 2000), (5, 1200), (6, None), (7, None)],  # 6 hours are usual
)
def test_a_day_ends_after_as_many_active_hours_as_usual(done_h: int, expected: int | None) -> None:
    assert foretold("day", {TODAY: done_h * HOUR, **PAST}) == expected


@pytest.mark.parametrize(("hour", "expected"), [(12, 3000), (20, 3000), (22, 2000), (23, 1500)])
def test_no_more_than_what_is_left_of_the_day_is_expected(hour: int, expected: int) -> None:
    assert foretold("day", {TODAY: 2 * HOUR, **PAST}, NOON.replace(hour=hour)) == expected


@pytest.mark.parametrize(
    ("active_us", "expected"), [(LEAST_ACTIVE_US - 1, None), (LEAST_ACTIVE_US, 24_000)]
)
def test_a_rate_of_minutes_says_nothing(active_us: int, expected: int | None) -> None:
    assert foretold("day", {TODAY: active_us, **PAST}) == expected


@pytest.mark.parametrize("past", [{}, {TODAY - 1: HOUR, TODAY - 2: HOUR}])
def test_with_little_history_a_day_is_one_of_eight_hours(past: dict[int, int]) -> None:
    assert foretold("day", {TODAY: 2 * HOUR, **past}) == 4000


@pytest.mark.parametrize("scope", ["week", "month"])
@pytest.mark.parametrize(
    ("days", "is_known"), [((1, 2), False), ((1, 2, 3), True), ((1, 2, HISTORY_DAYS), True)]
)
def test_a_week_and_a_month_need_three_days_of_history(
    scope: Scope, days: tuple[int, ...], is_known: bool
) -> None:
    active = {TODAY: HOUR, **{TODAY - one: HOUR for one in days}}
    assert (foretold(scope, active) is not None) is is_known


def test_history_is_that_of_the_last_weeks() -> None:
    old = {TODAY: HOUR, TODAY - 1: HOUR, TODAY - 2: HOUR, TODAY - HISTORY_DAYS - 1: HOUR}
    assert foretold("week", old) is None


def test_a_week_counts_the_days_to_come_as_often_as_past_ones_had_activity() -> None:
    """Monday to Wednesday 6 h each, today 2 of 6: 4 more, and 6 on each of three days to come."""
    assert foretold("week", {TODAY: 2 * HOUR, **PAST}) == 1000 + 1000 * (4 + 18) // 20
    # Six hours on three of the last six days: half of the days to come.
    half = {TODAY - days: 6 * HOUR for days in (2, 3, 6)}
    assert foretold("week", {TODAY: 2 * HOUR, **half}) == 1000 + 1000 * (4 + 9) // 14


def test_a_month_goes_to_its_last_day() -> None:
    in_month = {TODAY - days: 6 * HOUR for days in range(1, 26)}
    assert foretold("month", {TODAY: 6 * HOUR, **in_month}) == 1000 + 1000 * (4 * 6) // (26 * 6)


@pytest.mark.parametrize("scope", ["turn", "session", "5h", "plan-5h", "plan-week"])
def test_what_has_no_end_of_its_own_has_no_forecast(scope: Scope) -> None:
    assert foretold(scope, {TODAY: 2 * HOUR, **PAST}) is None


def test_a_day_of_25_hours_has_one_more_left() -> None:
    now = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)  # clocks go back at 3
    today = now.date().toordinal()
    past = {today - days: 30 * HOUR for days in (1, 2, 3)}  # in parallel
    left = (now + timedelta(days=1)).replace(hour=0, minute=0).astimezone(UTC) - now
    assert left == timedelta(hours=24, minutes=30)
    assert foretold("day", {today: HOUR, **past}, now) == 1000 + 24_500
