"""How much of a subscription's limits is used, as Claude Code tells its status line. Pure.

It says so of a subscription alone, after the first answer of a session.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from aicost.core.facts import LimitsSeen
from aicost.core.limits import CLAUDE_LIMITS, LimitWindow, RateLimits

_MINUTES = {"five_hour": 300, "seven_day": 10_080}
_FIRST, _LAST = 1_500_000_000, 32_503_680_000  # seconds since 1970 that may be meant

_Percent = Annotated[float, msgspec.Meta(ge=0, le=10_000)]  # over 100: an overdraft


class _Use(msgspec.Struct, gc=False):
    used_percentage: _Percent
    resets_at: object = None  # seconds since 1970, or a text


class _Limits(msgspec.Struct, gc=False):
    five_hour: _Use | None = None
    seven_day: _Use | None = None


def status_line_limits(seen: Mapping[str, object], at: datetime) -> LimitsSeen | None:
    """Return the limits that a status line was given at a moment; None if it says none."""
    try:
        said = msgspec.convert(seen.get("rate_limits"), _Limits)
    except msgspec.ValidationError:  # also: no limits at all
        return None
    five_hour, seven_day = (
        _window("five_hour", said.five_hour),
        _window("seven_day", said.seven_day),
    )
    if five_hour is None and seven_day is None:
        return None
    limits = RateLimits(limit_id=CLAUDE_LIMITS, primary=five_hour, secondary=seven_day)
    return LimitsSeen(at=at, limits=limits)


def _window(name: str, use: _Use | None) -> LimitWindow | None:
    if use is None:
        return None
    return LimitWindow(
        used_percent=use.used_percentage,
        window_minutes=_MINUTES[name],
        resets_at=_moment(use.resets_at),
    )


def _moment(said: object) -> datetime | None:
    if isinstance(said, int | float) and _FIRST <= said <= _LAST:
        return datetime.fromtimestamp(said, UTC)
    if isinstance(said, str):
        try:
            found = datetime.fromisoformat(said)
        except ValueError:
            return None
        if found.tzinfo is not None and _FIRST <= found.timestamp() <= _LAST:
            return found.astimezone(UTC)
    return None
