"""What Claude Code tells its status line, as far as a ledger and a screen want to know it. Pure.

It names the dollars of the session so far, how much of a subscription's limits is used, how large
the context may be, and when the provider forgets it. What cannot be read of it says nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from aicost.core.facts import ClientTotal, LimitsSeen
from aicost.sources.claude.plan import status_line_limits
from aicost.sources.claude.records import UNREADABLE
from aicost.sources.claude.totals import status_line_total

_MOST_TOKENS = 10**9
_FIRST_S, _LAST_S = 1_500_000_000, 32_503_680_000  # since 1970, as one may mean it

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Payload(msgspec.Struct, gc=False):
    session_id: _Id
    cost: object = None
    rate_limits: object = None
    context_window: object = None
    prompt_cache: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSeen:
    """What was told at a moment. None: not said."""

    session_id: str
    total: ClientTotal | None = None
    limits: LimitsSeen | None = None
    context_window_tokens: int | None = None
    cache_ends_at: datetime | None = None  # UTC


def parse_status(content: bytes, at: datetime) -> StatusSeen | None:
    """Return what a status line was given at a moment; None if it names no session."""
    try:
        said = _decode(content)
    except UNREADABLE:
        return None
    usd = _number(said.cost, "total_cost_usd")
    tokens = _number(said.context_window, "context_window_size")
    return StatusSeen(
        session_id=said.session_id,
        total=status_line_total({"session_id": said.session_id, "total_cost_usd": usd}),
        limits=status_line_limits({"rate_limits": said.rate_limits}, at),
        context_window_tokens=int(tokens) if tokens and 0 < tokens <= _MOST_TOKENS else None,
        cache_ends_at=_moment(_number(said.prompt_cache, "expires_at")),
    )


_decode = msgspec.json.Decoder(_Payload).decode


def _number(of: object, field: str) -> float | None:
    value = of.get(field) if isinstance(of, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(said: float | None) -> datetime | None:
    if said is None or not _FIRST_S <= said <= _LAST_S:
        return None
    return datetime.fromtimestamp(said, UTC)
