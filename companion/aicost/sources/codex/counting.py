"""What a client's running total says that single calls used. Pure.

Before 0.153 a thread's log holds no usage of single responses, but `token_count` lines: a total,
and what was last added. The total is repeated without a new call, it starts at another thread's
total in a fork, and it starts again on a resume (old clients) or when the context overflows.
"""

import hashlib
from typing import Final, NamedTuple

import msgspec

from aicost.core.errors import LogFormatError
from aicost.core.usage import TokenCounts
from aicost.sources.codex.ids import is_timed
from aicost.sources.codex.records import Usage

MAX_CALL_TOKENS: Final = 10**9  # so large that sums fit 64 bits


class Counts(NamedTuple):
    """Usage as logged: `input` holds `cached` and `cache_write`, `output` holds `reasoning`."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    def minus(self, other: "Counts") -> "Counts":
        """Subtract field by field; what fell becomes negative."""
        return Counts(*(mine - theirs for mine, theirs in zip(self, other)))

    def __str__(self) -> str:
        return ".".join(map(str, self))


NOTHING = Counts()


def counts_of(usage: Usage | None) -> Counts:
    """Return usage as logged; `null`, a missing field and 0 mean the same."""
    if usage is None:
        return NOTHING
    return Counts(
        usage.input_tokens or 0,
        usage.cached_input_tokens or 0,
        usage.cache_write_input_tokens or 0,
        usage.output_tokens or 0,
        usage.reasoning_output_tokens or 0,
    )


def tokens_of(counts: Counts) -> TokenCounts:
    """Return one call's usage with each token in one field. Raises LogFormatError.

    Cache writes live 30 minutes here; they are put with the short-lived ones.
    """
    if max(counts) > MAX_CALL_TOKENS:
        raise LogFormatError("more tokens than a call can have")
    return TokenCounts(
        input_tokens=max(0, counts.input - counts.cached - counts.cache_write),
        cache_read_tokens=counts.cached,
        cache_write_5m_tokens=counts.cache_write,
        output_tokens=counts.output,
        reasoning_tokens=counts.reasoning,
    )


class CounterState(msgspec.Struct, array_like=True, gc=False):
    """What is carried from count to count."""

    total: Counts | None = None
    turn_id: str = ""
    resets: int = 0  # in this turn
    chain: str = ""  # checksum of all counts outside of turns that have an id of their own


class Counter:
    """Takes each `token_count`; says what the call before it used, and under which key."""

    def __init__(self, state: CounterState) -> None:
        self.state = state

    def start_at(self, total: Counts) -> None:
        """Take a first total for another thread's."""
        if self.state.total is None:
            self.state.total = total

    def is_repeated(self, total: Counts) -> bool:
        """Return whether a total is the last one again: on a resume, before a compaction …"""
        return total == self.state.total

    def take(self, total: Counts, last: Counts, *, turn_id: str, is_fork: bool) -> Counts | None:
        """Return what was used since the count before, None if nothing.

        `is_fork`: the total may hold another thread's calls, so that the first count says nothing.
        """
        state = self.state
        before = state.total
        if turn_id != state.turn_id:
            state.turn_id, state.resets = turn_id, 0
        if self.is_repeated(total):
            return None
        state.total = total
        if not is_timed(turn_id):
            pair = f"{state.chain} {total} {last}".encode()
            state.chain = hashlib.blake2b(pair, digest_size=16).hexdigest()
        if before is None:
            used = last if is_fork else total
        else:
            used = self._difference(before, total, last)
        return used if any(used) else None

    def key(self, turn_id: str, family: str) -> str:
        """Return the identity of the call just found: the same in every copy of the line.

        A turn's id and the total in it tell. Without such ids: all counts up to this one, and the
        thread that they began in.
        """
        state = self.state
        if not is_timed(turn_id):
            return f"codex:{family}:{state.chain}"
        return f"codex:{turn_id}:{state.total}" + (f"#{state.resets}" if state.resets else "")

    def _difference(self, before: Counts, total: Counts, last: Counts) -> Counts:
        step = total.minus(before)
        if min(step) < 0:  # counted anew from nothing
            self.state.resets += 1
            return total
        # Where `last` was not updated (an incomplete response), or is an estimate, the total tells.
        return last if total == last else step
