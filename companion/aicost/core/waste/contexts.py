"""What fills a context, and what it costs to fill it again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.waste.rebuilding import rebuilt_in
from aicost.core.waste.storms import rewritten_nusd
from aicost.core.waste.work import Call, Compaction, Step, Work

# A tenth of the window in one result: ten such, and the context is full.
DUMP_PERCENT = 10
# A file that is edited had to be read; one that no call of ten more does is only carried along.
LEAST_CALLS_AFTER = 10
# Below half a dollar it was mostly the task: a page that was looked up, a change to review.
LEAST_DUMP_NUSD = 500_000_000
_LEAST_BYTES_PER_TOKEN = 2  # text has three to four; fewer means that something else grew
# A conversation that fills up again within ten calls has no room to work in.
MOST_CALLS_BETWEEN, LEAST_COMPACTIONS = 10, 3
# Two pauses a day are lunch and the night; below a dollar nothing is worth a change of habit.
LEAST_REBUILDS, LEAST_REBUILT_NUSD = 3, 1_000_000_000


def dumps(work: Work) -> Iterator[Hit]:
    """Yield each tool result that took a large part of the context's window by itself."""
    for calls in work.threads.values():
        for number, (call, after) in enumerate(pairwise(calls)):
            found = work.results.get(call.key, ())
            grown = after.context_tokens - call.context_tokens - call.output_tokens
            if not found or grown <= 0:
                continue
            window = work.window(call.model, after.context_tokens)
            if window is None or grown * 100 < window * DUMP_PERCENT:
                continue
            step, tokens = _largest(found, grown)
            kept = _kept(calls[number + 1 :])
            if tokens * 100 < window * DUMP_PERCENT or _is_needed(work, step, kept):
                continue
            hit = _dump(work, step, tokens, window, kept)
            if hit.cost_nusd is not None and hit.cost_nusd >= LEAST_DUMP_NUSD:
                yield hit


def _is_needed(work: Work, step: Step, kept: Sequence[Call]) -> bool:
    """Say whether a file was read for an edit of it, or still may have been."""
    if step.kind != "read":
        return False
    is_edited = any(
        one.kind == "edit"
        and (one.target, one.thread) == (step.target, step.thread)
        and one.at_us > step.at_us
        for one in work.steps
    )
    return is_edited or len(kept) <= LEAST_CALLS_AFTER


def _largest(steps: Sequence[Step], grown: int) -> tuple[Step, int]:
    """Return the largest result of a call's, and how many of the tokens that it brought are its.

    Where one of them has no size (a picture), none can be said to be the one.
    """
    largest = max(steps, key=lambda step: step.size_bytes or 0)
    sizes = [step.size_bytes for step in steps]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes) or not sum(known):
        return largest, 0
    size = largest.size_bytes or 0
    return largest, min(grown * size // sum(known), size // _LEAST_BYTES_PER_TOKEN)


def _kept(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that had a result in their context: up to where much of that went."""
    kept: list[Call] = []
    for call in calls:
        if kept and call.context_tokens * 2 < kept[-1].context_tokens:
            break
        kept.append(call)
    return kept


def _dump(work: Work, step: Step, tokens: int, window: int, kept: Sequence[Call]) -> Hit:
    """Price it: written once to the cache, and read from there by each later call."""
    written = work.price(kept[0], TokenCounts(cache_read_tokens=tokens))
    more = rewritten_nusd(work, kept[0], tokens)
    read = 0 if written is None else written * (len(kept) - 1)
    return Hit(
        kind="dump",
        turn_id=step.turn_id,
        thread=step.thread,
        label=step.label or step.kind,
        cause=str(round(100 * tokens / window)),
        count=len(kept),
        size=tokens,
        since_us=step.at_us,
        until_us=step.at_us,
        cost_nusd=None if written is None or more is None else written + more + read,
    )


def thrash(work: Work) -> Iterator[Hit]:
    """Yield each chain of compactions with next to no work between them."""
    for thread in dict.fromkeys(one.thread for one in work.compactions):
        chain: list[Compaction] = []
        calls = [call.at_us for call in work.threads.get(thread, ())]
        for one in work.compactions:
            if one.thread != thread:
                continue
            if chain and _between(calls, chain[-1], one) > MOST_CALLS_BETWEEN:
                yield from _thrash(work, chain)
                chain = []
            chain.append(one)
        yield from _thrash(work, chain)


def _between(calls: Sequence[int], before: Compaction, after: Compaction) -> int:
    return sum(before.at_us < at <= after.at_us for at in calls)


def _thrash(work: Work, chain: Sequence[Compaction]) -> Iterator[Hit]:
    if len(chain) < LEAST_COMPACTIONS:
        return
    first, last = chain[0], chain[-1]
    costs = (
        call.cost_nusd or 0
        for call in work.threads.get(first.thread, ())
        if first.at_us < call.at_us <= last.at_us
    )
    yield Hit(
        kind="thrash",
        turn_id=last.turn_id,
        thread=last.thread,
        count=len(chain),
        since_us=first.at_us,
        until_us=last.at_us,
        cost_nusd=sum(costs),
    )


def rebuilds(work: Work) -> Iterator[Hit]:
    """Yield each thread whose cache was written anew again and again, with the dearest cause."""
    for thread, calls in work.threads.items():
        found = [
            (one.after, one.cause, one.cost_nusd)
            for one in rebuilt_in(work, calls)
            if one.cause and one.cost_nusd is not None
        ]
        total = sum(nusd for _, _, nusd in found)
        if len(found) < LEAST_REBUILDS or total < LEAST_REBUILT_NUSD:
            continue
        causes = Counter[str]()
        for _, cause, nusd in found:
            causes[cause] += nusd
        yield Hit(
            kind="cache",
            turn_id=found[-1][0].turn_id,
            thread=thread,
            cause=causes.most_common(1)[0][0],
            count=len(found),
            size=sum(after.context_tokens - after.cache_read_tokens for after, _, _ in found),
            since_us=found[0][0].at_us,
            until_us=found[-1][0].at_us,
            cost_nusd=total,
        )
