"""Requests that the API refused one after another."""

from collections.abc import Iterator, Sequence

from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.waste.work import Call, Refusal, Work

STATUSES = frozenset((429, 500, 502, 503, 504, 529))  # too many requests, or overloaded
LEAST_REFUSALS = 5  # clients give up after ten; one to four pass by without anybody noticing
_SECOND_US = 1_000_000


def storms(work: Work) -> Iterator[Hit]:
    """Yield each run of refused requests in a thread without an answer between them."""
    threads = dict.fromkeys(one.thread for one in work.refusals)
    for thread in threads:
        refusals = [one for one in work.refusals if one.thread == thread]
        for run in _runs(refusals, work.threads.get(thread, ())):
            yield _hit(work, run)


def _runs(refusals: Sequence[Refusal], calls: Sequence[Call]) -> Iterator[list[Refusal]]:
    run: list[Refusal] = []
    for one in refusals:
        if run and _is_between(run[-1], one, calls):
            if len(run) >= LEAST_REFUSALS:
                yield run
            run = []
        if one.status in STATUSES:
            run.append(one)
    if len(run) >= LEAST_REFUSALS:
        yield run


def _is_between(before: Refusal, after: Refusal, calls: Sequence[Call]) -> bool:
    """Say whether another turn began, or a request was answered, between two refusals."""
    if before.turn_id != after.turn_id:
        return True
    return any(before.at_us < call.at_us < after.at_us for call in calls)


def _hit(work: Work, run: Sequence[Refusal]) -> Hit:
    first, last = run[0], run[-1]
    waited_us = sum(one.wait_us for one in run)
    return Hit(
        kind="retry-storm",
        turn_id=first.turn_id,
        thread=first.thread,
        cause=str(last.status),
        count=len(run),
        size=max(waited_us, last.at_us - first.at_us) // _SECOND_US,
        since_us=first.at_us,
        until_us=last.at_us,
        cost_nusd=_lost(work, first, last),
    )


def _lost(work: Work, first: Refusal, last: Refusal) -> int | None:
    """Return what the wait cost: refused requests are not billed, a cache that it outlived is."""
    calls = work.threads.get(first.thread, ())
    before = next((call for call in reversed(calls) if call.at_us <= first.at_us), None)
    after = next((call for call in calls if call.at_us > last.at_us), None)
    if before is None or after is None or before.model != after.model:
        return 0
    lost = min(before.context_tokens, after.cache_write_tokens) - after.cache_read_tokens
    if lost <= 0:
        return 0
    return rewritten_nusd(work, after, lost)


def rewritten_nusd(work: Work, call: Call, tokens: int) -> int | None:
    """Return what it cost more to write some tokens to the cache again than to read them there."""
    if call.is_long_cached:
        written = work.price(call, TokenCounts(cache_write_1h_tokens=tokens))
    elif call.cache_write_tokens:
        written = work.price(call, TokenCounts(cache_write_5m_tokens=tokens))
    else:  # this provider does not bill it apart
        written = work.price(call, TokenCounts(input_tokens=tokens))
    read = work.price(call, TokenCounts(cache_read_tokens=tokens))
    return None if written is None or read is None else max(0, written - read)
