"""What a budget's window will have used at its end, at this rate: linear over active hours. Pure.

A day has as many active hours as a usual one of the last weeks, never more than are left until
midnight; once it had as many, its end is not known. Days to come count as the share of the past
days that had activity.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from aicost.core.budget import BudgetWindow, Scope

HISTORY_DAYS = 28  # before today, that tell what is usual
NEEDED_DAYS = 3  # of activity among them, or a week and a month have no forecast
LEAST_ACTIVE_US = 15 * 60_000_000  # in the window so far: before, a rate says nothing
WORKING_DAY_US = 8 * 3_600_000_000  # assumed while fewer than NEEDED_DAYS are known


def forecast(
    scope: Scope,
    window: BudgetWindow,
    spent: int,
    active_us: Mapping[int, int],
    now: datetime,
) -> int | None:
    """Return what `spent` will be at the window's end, in its own unit; None: not known.

    `now` is in the zone whose days are counted. `active_us` is the active time of each day
    (`date.toordinal()`), from the window's first one and `HISTORY_DAYS` before today on.
    """
    if scope not in ("day", "week", "month") or window.start is None or window.end is None:
        return None
    today = now.date()
    past = [us for day, us in active_us.items() if _is_past(day, today) and us > 0]
    if len(past) < NEEDED_DAYS and scope != "day":
        return None
    first = window.start.astimezone(now.tzinfo).date().toordinal()
    used_us = sum(us for day, us in active_us.items() if first <= day <= today.toordinal())
    left_us = _left_us(window.end, past, active_us, now)
    if used_us < LEAST_ACTIVE_US or left_us == 0:  # longer than usual: it may go on all the same
        return None
    return spent + spent * left_us // used_us


def _is_past(day: int, today: date) -> bool:
    return today.toordinal() - HISTORY_DAYS <= day < today.toordinal()


def _left_us(end: datetime, past: list[int], active_us: Mapping[int, int], now: datetime) -> int:
    """Return the active time that is to be expected until the end."""
    today = now.date()
    is_known = len(past) >= NEEDED_DAYS
    usual = sum(past) // len(past) if is_known else WORKING_DAY_US
    midnight = datetime.combine(today + timedelta(days=1), time(), tzinfo=now.tzinfo)
    left_of_day = max(0, (midnight.astimezone(UTC) - now) // timedelta(microseconds=1))
    done = active_us.get(today.toordinal(), 0)
    after = max(0, (end.astimezone(now.tzinfo).date() - today).days - 1)
    to_come = usual * after * len(past) // _days_known(active_us, today) if is_known else 0
    return min(max(0, usual - done), left_of_day) + to_come


def _days_known(active_us: Mapping[int, int], today: date) -> int:
    """Return how many days there are from the first past one with activity to yesterday."""
    first = min(
        (day for day, us in active_us.items() if us > 0 and _is_past(day, today)), default=0
    )
    return today.toordinal() - first
