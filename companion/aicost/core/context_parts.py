"""What fills a session's context, by source: how its prompts grew, and what came in between. Pure.

How large each prompt was, the provider counted; what of its growth is whose is an estimate. It is
made with the session's own measure: how many bytes of tool results made a token of growth.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from aicost.core.days import from_us
from aicost.core.facts import StepKind
from aicost.core.session_page import ContextPart, ContextPoint, Source, ToolResult
from aicost.core.waste.work import Call, Work

SOURCES: Mapping[StepKind, Source] = {
    "read": "files",
    "edit": "files",
    "search": "searches",
    "look": "commands",
    "run": "commands",
    "test": "commands",
    "build": "commands",
    "commit": "commands",
    "agent": "agents",
    "other": "other",
}
# Where a session has too few results to measure: about what current models need for code and logs.
BYTES_PER_TOKEN = 3.0
LEAST_PAIRS, LEAST_BYTES = 3, 4_000  # that a measure is taken from
LEAST_RATIO, MOST_RATIO = 1.0, 8.0  # no text has fewer or more bytes in a token
# What grew by more than twice its results had something else in it: reminders, instructions.
MOST_STRETCH = 2.0
_MOST_RESULTS = 12
_NOT_TOLD: Sequence[Source] = ("other",)


@dataclass(frozen=True, slots=True)
class Measure:
    """How many bytes of a source's text are a token, in one session."""

    by_source: Mapping[Source, float] = field(default_factory=dict)
    whole: float | None = None  # of all sources together; None: too few results to tell

    def tokens(self, source: Source, size_bytes: int) -> float:
        """Return about how many tokens a text is."""
        return size_bytes / self.by_source.get(source, self.whole or BYTES_PER_TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """How a session's context grew, and what it holds at its end."""

    points: tuple[ContextPoint, ...] = ()
    parts: tuple[ContextPart, ...] = ()  # the largest first; together they are the last prompt
    results: tuple[ToolResult, ...] = ()  # the largest first
    bytes_per_token: float | None = None


def context_of(work: Work, prompt_bytes: Mapping[str, int]) -> Context:
    """Return a session's context; `prompt_bytes`: how large prompts were, by turn, if known."""
    calls = work.threads.get("", ())
    compacted = _compacted(work, calls)
    measure = measured(work, calls, compacted)
    start = _last_start(calls, compacted)
    filling = _Filling(work, measure, prompt_bytes)
    if calls:
        filling.begin(calls[0], calls[start], is_first=start == 0)
    for before, after in pairwise(calls[start:]):
        filling.grow(before, after)
    return Context(
        points=tuple(
            ContextPoint(
                at=from_us(call.at_us),
                tokens=call.context_tokens,
                turn_id=call.turn_id,
                is_compacted=call.key in compacted,
            )
            for call in calls
        ),
        parts=_rounded(filling.sums, calls[-1].context_tokens) if calls else (),
        results=tuple(_largest(work, measure, {call.key for call in calls[start:-1]})),
        bytes_per_token=measure.whole,
    )


def measured(work: Work, calls: Sequence[Call], compacted: Iterable[int] = ()) -> Measure:
    """Measure bytes for a token where only tool results came between two calls of a thread.

    `compacted`: keys of calls whose prompt is another conversation's.
    """
    sizes = defaultdict[Source | None, list[tuple[int, int]]](list)
    for before, after in pairwise(calls):
        steps = work.results.get(before.key, ())
        grown = after.context_tokens - before.context_tokens - before.output_tokens
        known = [step.size_bytes for step in steps if step.size_bytes is not None]
        is_clear = before.turn_id == after.turn_id and len(known) == len(steps) > 0
        if not is_clear or grown <= 0 or after.key in compacted:
            continue
        sizes[None].append((sum(known), grown))
        sources = {SOURCES[step.kind] for step in steps}
        if len(sources) == 1:
            sizes[sources.pop()].append((sum(known), grown))
    ratios = {source: ratio for source in sizes if (ratio := _ratio(sizes[source])) is not None}
    whole = ratios.pop(None, None)
    return Measure({source: ratio for source, ratio in ratios.items() if source is not None}, whole)


def _ratio(pairs: Sequence[tuple[int, int]]) -> float | None:
    size_bytes, tokens = sum(size for size, _ in pairs), sum(grown for _, grown in pairs)
    if len(pairs) < LEAST_PAIRS or size_bytes < LEAST_BYTES:
        return None
    return min(MOST_RATIO, max(LEAST_RATIO, size_bytes / tokens))


def _compacted(work: Work, calls: Sequence[Call]) -> frozenset[int]:
    """Return the keys of the first calls after the main thread's compactions."""
    moments = [one.at_us for one in work.compactions if not one.thread]
    return frozenset(
        after.key
        for before, after in pairwise(calls)
        if any(before.at_us < moment <= after.at_us for moment in moments)
    )


def _last_start(calls: Sequence[Call], compacted: frozenset[int]) -> int:
    """Return where the conversation in the context begins: a summary, or much that is gone."""
    starts = (
        number
        for number, (before, after) in enumerate(pairwise(calls), start=1)
        if after.key in compacted or after.context_tokens * 2 < before.context_tokens
    )
    return max(starts, default=0)


class _Filling:
    """What is in the context so far, in tokens by source."""

    def __init__(self, work: Work, measure: Measure, prompt_bytes: Mapping[str, int]) -> None:
        self._work, self._measure, self._prompt_bytes = work, measure, prompt_bytes
        self.sums = defaultdict[Source, float](float)

    def begin(self, first: Call, call: Call, *, is_first: bool) -> None:
        """Take the first prompt: what all of the session's prompts begin with, and the rest."""
        rest: Source = "prompts" if is_first else "summary"
        start = min(first.context_tokens, call.context_tokens)
        prompt = self._measure.tokens("prompts", self._prompt_bytes.get(first.turn_id, 0))
        start -= round(min(prompt, start))
        self._add("start", start)
        self._add(rest, call.context_tokens - start)

    def grow(self, before: Call, after: Call) -> None:
        """Take what came between two prompts."""
        grown: float = after.context_tokens - before.context_tokens
        if grown <= 0:
            self._shrink(after.context_tokens / before.context_tokens if grown else 1.0)
            return
        answered = min(before.output_tokens, grown)
        self._add("answers", answered)
        grown -= answered
        self._share(before, grown, is_asked=before.turn_id != after.turn_id)

    def _share(self, call: Call, grown: float, *, is_asked: bool) -> None:
        """Give out what came after a call's answer: its results, a prompt, or what no log tells."""
        known, others = list[tuple[Source, float]](), list[Source]()
        for step in self._work.results.get(call.key, ()):
            source = SOURCES[step.kind]
            if step.size_bytes is None:
                others.append(source)
            else:
                known.append((source, self._measure.tokens(source, step.size_bytes)))
        total = sum(tokens for _, tokens in known)
        if is_asked:
            others.append("prompts")
        most = 1.0 if others else MOST_STRETCH
        scale = min(most, grown / total) if total else 0.0
        for source, tokens in known:
            self._add(source, tokens * scale)
        left = grown - total * scale
        for source in others or _NOT_TOLD:
            self._add(source, left / max(1, len(others)))

    def _shrink(self, left: float) -> None:
        """Let all but the beginning go down alike: what of it is gone, no log says."""
        start = self.sums["start"]
        whole = sum(self.sums.values())
        rest = whole - start
        wanted = whole * left - start
        scale = max(0.0, wanted / rest) if rest else 1.0
        for part, tokens in self.sums.items():
            if part != "start":
                self.sums[part] = tokens * scale
        if wanted < 0:
            self.sums["start"] = whole * left

    def _add(self, source: Source, tokens: float) -> None:
        self.sums[source] += tokens


def _rounded(sums: Mapping[Source, float], total: int) -> tuple[ContextPart, ...]:
    """Return whole tokens that add up to the prompt that the provider counted."""
    whole = {source: int(tokens) for source, tokens in sums.items()}
    if whole:
        largest = max(whole, key=lambda source: whole[source])
        whole[largest] += total - sum(whole.values())
    found = sorted(whole.items(), key=lambda part: (-part[1], part[0]))
    shown = [(source, tokens) for source, tokens in found if tokens > 0]
    return tuple(
        ContextPart(source=source, tokens=tokens, is_estimated=len(shown) > 1)
        for source, tokens in shown
    )


def _largest(work: Work, measure: Measure, kept: set[int]) -> Iterator[ToolResult]:
    """Yield the largest results; `kept`: keys of the calls whose results the context holds."""
    sized = [
        (measure.tokens(SOURCES[step.kind], step.size_bytes), step.size_bytes, step)
        for step in work.steps
        if step.size_bytes
    ]
    sized.sort(key=lambda one: (-one[0], -one[1], one[2].at_us, one[2].key))
    for tokens, size_bytes, step in sized[:_MOST_RESULTS]:
        yield ToolResult(
            at=from_us(step.at_us),
            turn_id=step.turn_id,
            thread=step.thread,
            source=SOURCES[step.kind],
            label=step.label,
            size_bytes=size_bytes,
            tokens=round(tokens),
            is_in_context=not step.thread and step.call in kept,
        )
