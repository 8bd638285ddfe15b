"""What the daemon answers about one session, as values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from aicost.core.session_page import SessionPage
from aicost.ipc.answers import value_in
from aicost.ipc.protocol import garbled


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """The row of the price book that a call is priced with."""

    model: str = ""
    since: datetime | None = msgspec.field(default=None, name="from")  # None: since ever
    source: str = ""
    tier: str = ""
    unknown_tier: str | None = None


class PricedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call, as `explain` tells it. Tokens as in TokenCounts."""

    event_key: str
    at: datetime
    model: str
    session_id: str = ""
    prompt_uuid: str = ""  # "": before any prompt
    subagent_id: str = ""
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None  # None: no price is known …
    why_unpriced: str | None = None  # … because of this
    price: PriceRow | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of a turn or session, oldest first."""

    price_book: str
    calls: tuple[PricedCall, ...] = ()


class _Text(msgspec.Struct):
    text: str


def session_page_in(answer: Mapping[str, Any]) -> SessionPage:
    """Return the answer to `session.page`. Raises DaemonDown for what is none."""
    return value_in(answer, SessionPage)


def explanation_in(answer: Mapping[str, Any]) -> Explanation:
    """Return the answer to `explain` in JSON. Raises DaemonDown for what is none."""
    try:
        return msgspec.json.decode(text_in(answer), type=Explanation)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise garbled(f"{error}") from error


def text_in(answer: Mapping[str, Any]) -> str:
    """Return an answer that is text. Raises DaemonDown for what is none."""
    return value_in(answer, _Text).text
