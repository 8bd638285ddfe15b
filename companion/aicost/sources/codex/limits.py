"""The plan's limits in a `token_count`: how much is used, and what credits are left. Pure.

They come with each response of a signed-in account; with plain API keys there are none.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from aicost.core.errors import LogFormatError
from aicost.core.limits import LimitWindow, RateLimits
from aicost.sources.codex.records import UNREADABLE, field_of, id_of

_MAX_NUMBER = 10**15
_BALANCE = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


class _Limits(msgspec.Struct, gc=False):
    limit_id: object = None
    plan_type: object = None
    primary: object = None
    secondary: object = None
    credits: object = None
    rate_limit_reached_type: object = None


class _Payload(msgspec.Struct, gc=False):
    rate_limits: _Limits | None = None


_decode = msgspec.json.Decoder(_Payload).decode


def parse_rate_limits(payload: bytes) -> RateLimits | None:
    """Parse the payload of a `token_count`; None if it names no limits.

    A field that is no such thing counts as not said. Raises LogFormatError if all is none.
    """
    try:
        limits = _decode(payload).rate_limits
    except UNREADABLE as error:
        raise LogFormatError("limits of an unknown shape") from error
    if limits is None:
        return None
    found = RateLimits(
        limit_id=id_of(limits.limit_id),
        plan_type=id_of(limits.plan_type),
        primary=_window(limits.primary),
        secondary=_window(limits.secondary),
        has_credits=_flag(field_of(limits.credits, "has_credits")),
        has_unlimited_credits=_flag(field_of(limits.credits, "unlimited")),
        credit_balance=_balance(field_of(limits.credits, "balance")),
        reached_type=id_of(limits.rate_limit_reached_type),
    )
    return None if found == RateLimits(limit_id=found.limit_id) else found


def _window(value: object) -> LimitWindow | None:
    used = _number(field_of(value, "used_percent"))
    if used is None:
        return None
    minutes = _number(field_of(value, "window_minutes"))
    return LimitWindow(
        used_percent=used,
        window_minutes=None if minutes is None else int(minutes),
        resets_at=_moment(_number(field_of(value, "resets_at"))),
    )


def _number(value: object) -> float | None:
    """Return a number of a size that can be meant."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _MAX_NUMBER else None


def _moment(seconds: float | None) -> datetime | None:
    """Return a moment given in seconds since 1970."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):  # after the year 9999
        return None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _balance(value: object) -> Decimal | None:
    """Return what is left, written as text ("17.5") or as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written = str(value)
    return Decimal(written) if _BALANCE.fullmatch(written) else None
