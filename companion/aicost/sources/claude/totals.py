"""What Claude Code itself says it spent, in the three places where it says so. Pure.

- `cost-state` records of a log: each session's running total, written when it ends.
- `.claude.json`: the last interactive session of each folder; cache writes are not split there.
- The status line's input: one session's dollars so far, live.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

import msgspec

from aicost.core.facts import ClientTotal
from aicost.core.money import nusd
from aicost.core.usage import TokenCounts
from aicost.sources.claude.records import UNREADABLE

_MOST_USD = 10**9  # so large that nano-dollars fit 64 bits
_MOST_ID_CHARS = 200  # theirs have 36

_Tokens = Annotated[int, msgspec.Meta(ge=0, le=10**15)]  # of a session, not of a call
_Usd = Annotated[float, msgspec.Meta(ge=0, le=_MOST_USD)]


class _Used(msgspec.Struct, rename="camel", gc=False):
    """What a session used of one model."""

    input_tokens: _Tokens | None = None
    output_tokens: _Tokens | None = None
    thinking_tokens: _Tokens | None = None
    cache_read_input_tokens: _Tokens | None = None
    cache_creation_input_tokens: _Tokens | None = None
    cache_creation_ephemeral_1h: _Tokens | None = msgspec.field(
        default=None, name="cacheCreationEphemeral1hInputTokens"
    )
    web_search_requests: _Tokens | None = None
    cost_usd: _Usd = msgspec.field(default=0.0, name="costUSD")


_ByModel = dict[str, _Used]


class _CostState(msgspec.Struct, rename="camel", gc=False):
    session_id: str
    model_usage: _ByModel


class _Project(msgspec.Struct, rename="camel", gc=False):
    last_session_id: str = ""
    last_model_usage: _ByModel = {}


class _Config(msgspec.Struct, gc=False):
    projects: dict[str, msgspec.Raw] = {}


class _StatusLine(msgspec.Struct, gc=False):
    session_id: Annotated[str, msgspec.Meta(min_length=1, max_length=_MOST_ID_CHARS)]
    total_cost_usd: _Usd


_decode_cost_state = msgspec.json.Decoder(_CostState).decode
_decode_config = msgspec.json.Decoder(_Config).decode
_decode_project = msgspec.json.Decoder(_Project).decode


def parse_cost_state(line: bytes | memoryview) -> tuple[ClientTotal, ...]:
    """Return the totals in a `cost-state` record; none if it cannot be read."""
    try:
        state = _decode_cost_state(line)
    except UNREADABLE:
        return ()
    return _totals(state.session_id, state.model_usage)


def parse_config_totals(content: bytes) -> tuple[ClientTotal, ...]:
    """Return the totals in a `.claude.json`; what cannot be read of it says nothing."""
    try:
        projects = _decode_config(content).projects
    except UNREADABLE:
        return ()
    found: list[ClientTotal] = []
    for raw in projects.values():
        try:
            project = _decode_project(raw)
        except UNREADABLE:
            continue
        found += _totals(project.last_session_id, project.last_model_usage)
    return tuple(found)


def status_line_total(seen: Mapping[str, object]) -> ClientTotal | None:
    """Return the dollars that a status line was given: of all models together, named "".

    None if `seen` lacks a session's id or its `total_cost_usd`.
    """
    try:
        status = msgspec.convert(dict(seen), _StatusLine)
        return ClientTotal(
            session_id=status.session_id,
            model="",
            tokens=TokenCounts(),
            web_searches=0,
            cost_nusd=_exact(status.total_cost_usd),
        )
    except (msgspec.ValidationError, ArithmeticError):  # ArithmeticError: no number, too large
        return None


def _totals(session_id: str, by_model: _ByModel) -> tuple[ClientTotal, ...]:
    return tuple(
        ClientTotal(
            session_id=session_id,
            model=model,
            tokens=_tokens(used),
            web_searches=used.web_search_requests or 0,
            cost_nusd=_exact(used.cost_usd),
        )
        for model, used in by_model.items()
        if session_id and model
    )


def _tokens(used: _Used) -> TokenCounts:
    written = used.cache_creation_input_tokens or 0
    write_1h = min(written, used.cache_creation_ephemeral_1h or 0)
    return TokenCounts(
        input_tokens=used.input_tokens or 0,
        cache_read_tokens=used.cache_read_input_tokens or 0,
        cache_write_5m_tokens=written - write_1h,
        cache_write_1h_tokens=write_1h,
        output_tokens=used.output_tokens or 0,
        reasoning_tokens=used.thinking_tokens or 0,
    )


def _exact(usd: float) -> int:
    """Return a float of dollars as the decimal number that it is written as, in nano-dollars."""
    return nusd(Decimal(str(usd)))
