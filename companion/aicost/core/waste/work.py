"""A session's work as detectors see it: calls, steps, failures, compactions and subagents."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from aicost.core.facts import StepKind
from aicost.core.usage import TokenCounts


class Call(NamedTuple):
    """A model call."""

    key: int
    at_us: int  # microseconds since 1970 UTC, as all times here
    turn_id: str  # the turn that it belongs to, also of a subagent's call
    thread: str  # the subagent's id; "" for the main thread
    model: str
    context_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    is_long_cached: bool  # it wrote to the cache for the long lifetime
    output_tokens: int
    cost_nusd: int | None
    tools: int = 0  # it asked for


class Step(NamedTuple):
    """What a tool did; fields as in a StepTaken."""

    key: int
    call: int  # key of the call that asked
    at_us: int
    turn_id: str
    thread: str
    kind: StepKind
    target: int = 0
    label: str = ""
    part: int = 0
    content: int = 0
    size_bytes: int | None = None
    failed: bool = False
    error: int | None = None  # of a command that failed: which error


class Refusal(NamedTuple):
    """A request to the API that failed."""

    at_us: int
    turn_id: str
    thread: str
    status: int  # as in HTTP; 0: not known
    wait_us: int
    is_retried: bool


class Compaction(NamedTuple):
    """A summary took a conversation's place."""

    at_us: int
    turn_id: str
    thread: str


class Subagent(NamedTuple):
    """A subagent of the session."""

    thread: str
    turn_id: str
    kind: str  # "Explore"; "" is not known


Price = Callable[[Call, TokenCounts], int | None]  # of tokens at a call's rates; None: not known
Window = Callable[[str, int], int | None]  # tokens of a model's context window, by the largest seen


@dataclass(frozen=True)
class Work:
    """All of a session's work, each kind in order of time."""

    agent: str
    calls: Sequence[Call] = ()
    steps: Sequence[Step] = ()
    refusals: Sequence[Refusal] = ()
    compactions: Sequence[Compaction] = ()
    subagents: Sequence[Subagent] = ()
    price: Price = field(default=lambda _call, _tokens: None)
    window: Window = field(default=lambda _model, _tokens: None)

    @cached_property
    def by_key(self) -> Mapping[int, Call]:
        """All calls by key."""
        return {call.key: call for call in self.calls}

    @cached_property
    def results(self) -> Mapping[int, Sequence[Step]]:
        """The steps that each call asked for, by its key."""
        found = defaultdict[int, list[Step]](list)
        for step in self.steps:
            found[step.call].append(step)
        return found

    @cached_property
    def threads(self) -> Mapping[str, Sequence[Call]]:
        """The calls of each thread."""
        found = defaultdict[str, list[Call]](list)
        for call in self.calls:
            found[call.thread].append(call)
        return found

    @cached_property
    def stretches(self) -> Mapping[tuple[str, str], Sequence[Step]]:
        """The steps of each thread in each turn, by turn and thread."""
        found = defaultdict[tuple[str, str], list[Step]](list)
        for step in self.steps:
            found[step.turn_id, step.thread].append(step)
        return found

    def cost_between(self, turn_id: str, thread: str, since_us: int, until_us: int) -> int | None:
        """Return what a thread's calls in a turn cost, both ends included; None: not known."""
        return sum_of(
            call.cost_nusd
            for call in self.threads.get(thread, ())
            if call.turn_id == turn_id and since_us <= call.at_us <= until_us
        )

    def cost_of_steps(self, steps: Sequence[Step]) -> int | None:
        """Return what it cost to ask for some steps: their shares of the calls that asked."""
        return sum_of(self._share(step) for step in steps)

    def _share(self, step: Step) -> int | None:
        call = self.by_key.get(step.call)
        if call is None or call.cost_nusd is None:
            return None
        return call.cost_nusd // max(1, call.tools)


def sum_of(costs: Iterator[int | None]) -> int | None:
    """Return the sum of those that are known; None if none is."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None
