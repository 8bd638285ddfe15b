"""Calls that found nothing of their context in the cache, and wrote it there once more. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from aicost.core.waste.storms import rewritten_nusd
from aicost.core.waste.work import Call, Work

Cause = Literal["model switch", "pause", ""]  # "": the log does not say it

_LEAST_CACHED_TOKENS = 20_000  # smaller contexts are instructions and tools
_SHORT_US, _LONG_US = 300_000_000, 3_600_000_000  # lifetimes of a cache
_CODEX_US = 1_800_000_000


class Rebuilt(NamedTuple):
    """A call that wrote again what the one before it had in the cache."""

    before: Call
    after: Call
    cause: Cause
    tokens: int  # that were written once more
    cost_nusd: int | None  # more than reading them would have been


def rebuilt_in(work: Work, calls: Sequence[Call]) -> Iterator[Rebuilt]:
    """Yield each such call among a thread's."""
    for before, after in pairwise(calls):
        if not _is_rebuilt(before, after):
            continue
        tokens = _lost_tokens(before, after)
        cost = rewritten_nusd(work, after, tokens)
        yield Rebuilt(before, after, _cause(work.agent, before, after), tokens, cost)


def _lost_tokens(before: Call, after: Call) -> int:
    """Return how much of a context that was in the cache had to be written once more."""
    return min(before.context_tokens, after.context_tokens) - after.cache_read_tokens


def _is_rebuilt(before: Call, after: Call) -> bool:
    """Say whether a call found nothing of the same conversation's context in the cache."""
    cached = before.cache_read_tokens + before.cache_write_tokens
    if cached < _LEAST_CACHED_TOKENS or after.context_tokens * 10 < before.context_tokens * 8:
        return False
    return _lost_tokens(before, after) * 2 >= before.context_tokens


def _cause(agent: str, before: Call, after: Call) -> Cause:
    if before.model != after.model:
        return "model switch"
    lifetime_us = _LONG_US if before.is_long_cached else _SHORT_US
    if agent == "codex":
        lifetime_us = _CODEX_US
    return "pause" if after.at_us - before.at_us > lifetime_us else ""
