"""Weeks of the calendar, from Monday on, and their names. Pure."""

from datetime import date, timedelta

DAYS = 7


def monday_of(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.weekday())


def week_name(monday: date) -> str:
    """Return `2026-W47`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def week_named(name: str) -> date:
    """Return the Monday of `2026-W47`. Raises ValueError for what is no week."""
    year, mark, week = name.partition("-W")
    digits = f"{year}{week}"
    if not (mark and len(year) == 4 and len(week) == 2 and digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{name!r} is no week like 2026-W47")
    return date.fromisocalendar(int(year), int(week), 1)


def last_full_week(today: date) -> date:
    """Return the Monday of the week before the one that a day is in."""
    return monday_of(today) - timedelta(weeks=1)
