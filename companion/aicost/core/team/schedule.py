"""When a day is sent, when it is settled, and by which of its devices. Pure.

A day is sent some hours after it ended, at a moment of its own for each key: so that who sends
when says nothing of who worked when, and a thousand clients do not meet.
"""

import hmac
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from aicost.core.team.documents import DayDocument, DayOutcomes

SETTLES_DAYS = 14  # late lines, resumed sessions and new prices change a day for so long
DAYS_BACK = 59  # that a server takes, and no more
_FIRST_S, _SPREAD_S = 6 * 3600.0, 6 * 3600.0  # after the end of the day
_LOOK_FROM_S, _LOOK_SPREAD_S = 60.0, 540.0  # after the start of a daemon
_NO_OUTCOMES = DayOutcomes()


def closed_days(since: date, today: date) -> Iterator[date]:
    """Yield the UTC days that may be sent: those that are over, the oldest first."""
    first = max(since, today - timedelta(days=DAYS_BACK))
    return (first + timedelta(days=number) for number in range((today - first).days))


def is_settled(day: date, today: date) -> bool:
    """Say whether a day is final: it is sent so once, and then only when the user asks for it."""
    return (today - day).days > SETTLES_DAYS


def due_s(key: bytes, day: date) -> float:
    """Return when a day is to be sent, in seconds since 1970: 6 to 12 hours after its end."""
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return end.timestamp() + _FIRST_S + _SPREAD_S * _share(key, f"due {day.isoformat()}")


def first_look_s(key: bytes) -> float:
    """Return how long a daemon waits after its start before it sends: 1 to 10 minutes."""
    return _LOOK_FROM_S + _LOOK_SPREAD_S * _share(key, "look")


def device_name(key: bytes, device: str, epoch: str) -> str:
    """Return what tells two devices of a source apart in an epoch, 16 hex digits."""
    return hmac.digest(key, f"device\x1f{device}\x1f{epoch}".encode(), "sha256").hex()[:16]


def says_something(document: DayDocument) -> bool:
    """Say whether anything happened on a day."""
    return bool(document.rows) or document.outcomes != _NO_OUTCOMES


def _share(key: bytes, what: str) -> float:
    digest = hmac.digest(key, f"spread\x1f{what}".encode(), "sha256")
    return int.from_bytes(digest[:6], "big") / 2**48
