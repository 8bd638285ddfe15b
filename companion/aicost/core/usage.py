"""What one model call consumed. Plain values: no I/O, no clock, no price."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

Agent = Literal["claude", "codex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Tokens of one call, or of many added up.

    The five summed fields never overlap: a token is in exactly one of them.
    `reasoning_tokens` is a part *of* `output_tokens` and is never added again.
    Unit: tokens, all >= 0.
    """

    input_tokens: int = 0  # fresh input: neither read from nor written to the cache
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Self) -> Self:
        """Add field by field."""
        return type(self)(
            input_tokens=self.input_tokens + other.input_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_5m_tokens=self.cache_write_5m_tokens + other.cache_write_5m_tokens,
            cache_write_1h_tokens=self.cache_write_1h_tokens + other.cache_write_1h_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )

    def counts(self) -> tuple[int, int, int, int, int, int]:
        """Return the six fields in their order, without the deep copies of `astuple`."""
        return (
            self.input_tokens,
            self.cache_read_tokens,
            self.cache_write_5m_tokens,
            self.cache_write_1h_tokens,
            self.output_tokens,
            self.reasoning_tokens,
        )

    @property
    def context_tokens(self) -> int:
        """Size of the prompt the model saw: fresh + cache read + cache written."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def cache_write_tokens(self) -> int:
        """All that was written to the cache, for whatever time."""
        return self.cache_write_5m_tokens + self.cache_write_1h_tokens

    @property
    def total_tokens(self) -> int:
        """Everything billed once: prompt plus output."""
        return self.context_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One model call as the agent's own log reports it."""

    event_key: str  # "claude:<message id>": the same in every re-read, rewrite and copy
    agent: Agent
    session_id: str  # where the call was made, not where a fork copied it to
    turn_id: str  # the prompt it answers; "" before any prompt, and for subagents (see store)
    subagent_id: str = ""  # "" on the main thread
    model: str  # as logged, e.g. "claude-sonnet-4-5-20250929"; never normalised here
    at: datetime  # timezone-aware, UTC
    tokens: TokenCounts
    web_searches: int = 0
    speed: str = ""  # "fast" has prices of its own; "" and "standard" are the list price
    service_tier: str = ""  # "batch", "priority" …
    inference_geo: str = ""  # "us" costs more
    parts: tuple[TokenCounts, ...] = ()  # the requests inside one call, if it was more than one
    cwd: str = ""
    branch: str = ""
    source_rank: int = 0  # whose attributes win where records repeat a call: the lowest
    stand_in_for: str = ""  # a thread: the call counts only while that thread's own log is missing

    @property
    def is_sidechain(self) -> bool:
        """Whether a subagent made the call."""
        return self.subagent_id != ""


def requests_of(tokens: TokenCounts, parts: tuple[TokenCounts, ...]) -> tuple[TokenCounts, ...]:
    """Return the requests inside a call, if the log's parts are the whole of it; else the call.

    Some clients split the cache writes by lifetime only for the whole call; the parts then get
    its 1-hour writes from the first part on, as in the client.
    """
    total = sum(parts, start=TokenCounts())
    late = tokens.cache_write_1h_tokens - total.cache_write_1h_tokens
    if not parts or late < 0 or _billed(_moved(total, late)) != _billed(tokens):
        return (tokens,)
    requests = []
    for part in parts:
        moved = min(late, part.cache_write_5m_tokens)
        requests.append(_moved(part, moved))
        late -= moved
    return tuple(requests)


def merged(a: UsageEvent, b: UsageEvent) -> UsageEvent:
    """Return what two records of one call say together: first time, largest counts.

    Commutative, associative and idempotent, so that files may be read in any order, in any pieces
    and again. Where the records differ in whose call it is, the lowest `source_rank` wins, then
    one that knows its turn (then the lowest ids: arbitrary, but the same in every order). The
    time is the first one in records of that rank: a copy's may be that of the copying, or a guess.
    """
    if a == b:
        return a
    winner = min(a, b, key=_attribution)
    return UsageEvent(
        event_key=winner.event_key,
        agent=winner.agent,
        session_id=winner.session_id,
        turn_id=winner.turn_id,
        subagent_id=winner.subagent_id,
        model=winner.model,
        at=min((a.source_rank, a.at), (b.source_rank, b.at))[1],
        tokens=_largest(a.tokens, b.tokens),
        web_searches=max(a.web_searches, b.web_searches),
        speed=max(a.speed, b.speed),
        service_tier=max(a.service_tier, b.service_tier),
        inference_geo=max(a.inference_geo, b.inference_geo),
        parts=max(a.parts, b.parts, key=_by_size),
        cwd=winner.cwd,
        branch=winner.branch,
        source_rank=winner.source_rank,
        stand_in_for=min(a.stand_in_for, b.stand_in_for),
    )


def _attribution(event: UsageEvent) -> tuple[int, str, bool, str, str, str, str, str]:
    return (
        event.source_rank,
        event.session_id,
        not event.turn_id,  # a client that rewrote its log may have dropped the prompt
        event.turn_id,
        event.subagent_id,
        event.model,
        event.cwd,
        event.branch,
    )


def _largest(a: TokenCounts, b: TokenCounts) -> TokenCounts:
    """Return the largest counts of what a log counts by itself.

    That is all cache writes, and those of an hour among them: a record without the split counts
    the same writes as one with it, and all as 5-minute ones.
    """
    write_1h = max(a.cache_write_1h_tokens, b.cache_write_1h_tokens)
    return TokenCounts(
        input_tokens=max(a.input_tokens, b.input_tokens),
        cache_read_tokens=max(a.cache_read_tokens, b.cache_read_tokens),
        cache_write_5m_tokens=max(a.cache_write_tokens, b.cache_write_tokens) - write_1h,
        cache_write_1h_tokens=write_1h,
        output_tokens=max(a.output_tokens, b.output_tokens),
        reasoning_tokens=max(a.reasoning_tokens, b.reasoning_tokens),
    )


def _by_size(parts: tuple[TokenCounts, ...]) -> tuple[int, int, list[tuple[int, ...]]]:
    return (
        sum(part.total_tokens for part in parts),
        sum(part.cache_write_1h_tokens for part in parts),  # the split says more than its sum
        [part.counts() for part in parts],
    )


def _moved(tokens: TokenCounts, written: int) -> TokenCounts:
    """Return `tokens` with some cache writes counted as 1-hour instead of 5-minute ones."""
    if not written:
        return tokens
    return replace(
        tokens,
        cache_write_5m_tokens=tokens.cache_write_5m_tokens - written,
        cache_write_1h_tokens=tokens.cache_write_1h_tokens + written,
    )


def _billed(tokens: TokenCounts) -> tuple[int, ...]:
    return tokens.counts()[:-1]  # reasoning is a part of the output
