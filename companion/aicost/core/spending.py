"""How all budgets stand for the sessions of a moment. Plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from aicost.core.budget import BudgetFilter, BudgetStatus, Traits

LAST_CALLS = 20  # of a session, by which the price of its next call is guessed


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNow:
    """A session that may make another call."""

    session_id: str
    turn_id: str = ""  # the turn's own id, or the client's id of its prompt; "": the latest
    traits: Traits = field(default_factory=Traits)  # of the call that it is about to make
    cwd: str = ""
    is_busy: bool = False  # at work right now: the time since its last call is active time
    guard_id: str = ""  # of the guarded run that it belongs to, "" for none
    models: frozenset[str] = frozenset()  # of its subagents lately, as logged

    def is_under(self, filter_: BudgetFilter) -> bool:
        """Say whether a filter covers the next call of the session, or one of a subagent."""
        return any(map(filter_.covers, self._callers(filter_)))

    def is_wholly_under(self, filter_: BudgetFilter) -> bool:
        """Say whether a filter covers the next calls of the session and of all its subagents."""
        return all(map(filter_.covers, self._callers(filter_)))

    def _callers(self, filter_: BudgetFilter) -> Iterator[Traits]:
        yield self.traits
        if filter_.model:
            yield from (replace(self.traits, model=model) for model in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSize:
    """The dearest of a session's LAST_CALLS, each measure by itself. Unpriced calls cost 0 here."""

    nusd: int = 0
    tokens: int = 0
    ncredits: int = 0
    known_calls: int = 0  # how many calls that was taken from, at most LAST_CALLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What calls under way are expected to use."""

    calls: int = 0
    nusd: int = 0
    tokens: int = 0
    ncredits: int = 0


class Repeating(Protocol):
    """A command that fails again and again, in a session's current turn."""

    @property
    def count(self) -> int:
        """How often it failed, one after the other."""

    @property
    def label(self) -> str:
        """The command in a word or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How budgets stand. A budget of which nothing is known (a plan's limits) is in neither."""

    shared: tuple[BudgetStatus, ...] = ()  # one per budget of a window, in the budgets' order
    by_session: Mapping[str, tuple[BudgetStatus, ...]] = field(default_factory=dict)  # all of each
    sizes: Mapping[str, CallSize] = field(default_factory=dict)  # by session id
