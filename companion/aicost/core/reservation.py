"""Calls under way: what is kept free for them, so that of four agents one spends the last dollar.

A thread that was let pass is about to make a call. Until that call is in the ledger, what a call of
its session costs lately is reserved. Pure: moments are arguments.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aicost.core.spending import CallSize, Reserved

ENOUGH_CALLS = 3  # of a session, to go by what they cost
EXPIRES = timedelta(minutes=10)  # of a thread that was let pass and never called: it was killed


# What a call is taken to cost before any is known: the first one of a fresh session, which writes
# its system prompt and tools, some 20,000 tokens, to the cache of a dear model.
UNKNOWN_CALL = CallSize(nusd=200_000_000, tokens=30_000, ncredits=5_000_000_000)


def is_known(size: CallSize) -> bool:
    """Say whether enough calls of a session were seen to go by what they cost."""
    return size.known_calls >= ENOUGH_CALLS


def larger(a: CallSize, b: CallSize) -> CallSize:
    """Return the dearer of two sizes, field by field."""
    return CallSize(
        nusd=max(a.nusd, b.nusd),
        tokens=max(a.tokens, b.tokens),
        ncredits=max(a.ncredits, b.ncredits),
        known_calls=max(a.known_calls, b.known_calls),
    )


def call_size(
    session_id: str, sizes: Mapping[str, CallSize], models: Mapping[str, str]
) -> CallSize:
    """Return what the next call of a session is taken to cost.

    That is its dearest call lately; while fewer than three are known, the dearest known one of any
    session of its model; without one, UNKNOWN_CALL. `models` names each session's model.
    """
    own = sizes.get(session_id, CallSize())
    if is_known(own):
        return own
    model = models.get(session_id, "")
    like = [
        size
        for other, size in sizes.items()
        if is_known(size) and model and models.get(other, "") == model
    ]
    known = own
    for size in like or [UNKNOWN_CALL]:
        known = larger(known, size)
    return replace(known, known_calls=own.known_calls)


@dataclass(frozen=True, slots=True)
class Thread:
    """Who calls: the main thread of a session, or a subagent of it."""

    session_id: str
    thread_id: str = ""  # "" is the main thread


@dataclass(frozen=True, slots=True)
class _Starting:
    """A subagent that was let start; which thread it will be nobody knows yet."""

    session_id: str
    tool_use_id: str


@dataclass(frozen=True, slots=True)
class Called:
    """When the ledger's first and newest calls of a thread were made."""

    first: datetime
    last: datetime


class InFlight:
    """Who was let pass, and when. Changed by one thread only."""

    def __init__(self) -> None:
        self._passed: dict[Thread, datetime] = {}
        self._starting: dict[_Starting, datetime] = {}
        self._begun = set[Thread]()  # subagents that accounted for a start

    def passes(self, thread: Thread, at: datetime) -> None:
        """Note that a thread goes on to its next call."""
        self._passed[thread] = at

    def asks(self, thread: Thread) -> None:
        """Note that a thread has ended its last call: it is at the gate again."""
        self._passed.pop(thread, None)

    def starts(self, session_id: str, tool_use_id: str, at: datetime) -> None:
        """Note that a subagent was let start: its first call passes no gate."""
        self._starting[_Starting(session_id, tool_use_id)] = at

    def ends(self, session_id: str) -> None:
        """Forget a session that ended."""
        for thread in [one for one in self._passed if one.session_id == session_id]:
            del self._passed[thread]
        for start in [one for one in self._starting if one.session_id == session_id]:
            del self._starting[start]
        self._begun = {thread for thread in self._begun if thread.session_id != session_id}

    def settle(self, called: Mapping[Thread, Called], now: datetime) -> None:
        """Give free what was reserved for calls that are in the ledger by now, or never came."""
        self._passed = {
            thread: at
            for thread, at in self._passed.items()
            if now - at < EXPIRES and not _has_called(called.get(thread), at)
        }
        self._starting = {start: at for start, at in self._starting.items() if now - at < EXPIRES}
        self._settle_starts(called)

    def _settle_starts(self, called: Mapping[Thread, Called]) -> None:
        """Let each subagent that began to call account for one start before it, once."""
        for start, at in sorted(self._starting.items(), key=lambda one: one[1]):
            began = [
                (calls.first, thread.thread_id)
                for thread, calls in called.items()
                if thread.session_id == start.session_id
                and thread.thread_id
                and calls.first >= at
                and thread not in self._begun
            ]
            if began:
                _, thread_id = min(began)
                self._begun.add(Thread(start.session_id, thread_id))
                del self._starting[start]

    @property
    def sessions(self) -> frozenset[str]:
        """The sessions with a call under way."""
        passed = {thread.session_id for thread in self._passed}
        return frozenset(passed | {start.session_id for start in self._starting})

    def calls(self, *, without: Thread | None = None) -> dict[str, int]:
        """Return how many calls each session has under way, but for those of one thread."""
        found: dict[str, int] = {}
        under_way: list[Thread | _Starting] = [*self._passed, *self._starting]
        for one in under_way:
            if one != without:
                found[one.session_id] = found.get(one.session_id, 0) + 1
        return found


def _has_called(calls: Called | None, since: datetime) -> bool:
    return calls is not None and calls.last >= since


def reserved(
    in_flight: InFlight,
    asker: Thread,
    silent: Iterable[str],
    sizes: Mapping[str, CallSize],
    models: Mapping[str, str],
) -> dict[str, Reserved]:
    """Return what is kept free for each session's calls, seen by one thread that asks.

    Its own next call is not among them: that is the one to be decided on. `silent` sessions work
    without asking, as long as no limit is near: each is taken to have one call under way.
    """
    calls = in_flight.calls(without=asker)
    for session_id in silent:
        if session_id != asker.session_id:
            calls.setdefault(session_id, 1)
    found = {}
    for session_id, count in calls.items():
        size = call_size(session_id, sizes, models)
        found[session_id] = Reserved(
            calls=count,
            nusd=count * size.nusd,
            tokens=count * size.tokens,
            ncredits=count * size.ncredits,
        )
    return found
