"""What fills a context, empties it, and fills it again."""

from typing import Any

import pytest
from waste_builders import (
    READ_NUSD,
    WRITE_NUSD,
    brief,
    call,
    compacted,
    edit,
    price,
    step,
    us,
    work,
)

from aicost.core.usage import TokenCounts
from aicost.core.waste.contexts import (
    LEAST_CALLS_AFTER,
    LEAST_COMPACTIONS,
    LEAST_DUMP_NUSD,
    LEAST_REBUILDS,
    MOST_CALLS_BETWEEN,
    dumps,
    rebuilds,
    thrash,
)
from aicost.core.waste.work import Call, Work

BEFORE = call(1, context_tokens=50_000)
AFTER = call(2, context_tokens=70_100, key=200)
TIMES = 100_000  # what tokens cost here, so that a dump is dear


def at_price(times: int, **parts: Any) -> Work:
    """Work where tokens cost so many times what they cost in other tests."""

    def of_times(one: Call, tokens: TokenCounts) -> int | None:
        known = price(one, tokens)
        return None if known is None else times * known

    return work(**({"price": of_times} | parts))


def dear(**parts: Any) -> Work:
    return at_price(TIMES, **parts)


def test_a_result_of_a_tenth_of_the_window_is_a_dump() -> None:
    result = step(1, "other", label="WebFetch", size_bytes=80_000)
    (hit,) = dumps(dear(calls=[BEFORE, AFTER], steps=[result]))
    assert (hit.label, hit.size, hit.cause, hit.count) == ("WebFetch", 20_000, "10", 1)
    assert hit.cost_nusd == TIMES * 20_000 * WRITE_NUSD
    smaller = AFTER._replace(context_tokens=70_099)
    assert list(dumps(dear(calls=[BEFORE, smaller], steps=[result]))) == []


def test_each_later_call_reads_it_until_the_context_shrinks() -> None:
    later = [call(n, context_tokens=71_000) for n in (3, 4)]
    emptied = [call(5, context_tokens=20_000), call(6, context_tokens=80_000)]
    result = step(1, "look", size_bytes=80_000)
    (hit,) = dumps(dear(calls=[BEFORE, AFTER, *later, *emptied], steps=[result]))
    assert hit.count == 3
    assert hit.cost_nusd == TIMES * 20_000 * (WRITE_NUSD + 2 * READ_NUSD)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [step(1, "look", size_bytes=39_000)],  # too short for that: something else grew
        [step(1, "look", size_bytes=80_000), step(1, key=2, size_bytes=60_000)],  # no single one
        [step(1, "look", size_bytes=80_000), step(1, key=2, size_bytes=None)],  # a picture
        [step(1, "look", size_bytes=None)],
        [step(1, "look", size_bytes=0)],
        [step(1.5, "look", size_bytes=80_000)],  # of another call
    ],
)
def test_what_no_single_result_can_be_blamed_for_is_none(steps: list[object]) -> None:
    assert list(dumps(dear(calls=[BEFORE, AFTER], steps=steps))) == []


def test_a_file_that_is_read_may_be_read_for_an_edit() -> None:
    calls = [BEFORE, *(call(n, context_tokens=70_100) for n in range(2, 14))]
    read, other = step(1, size_bytes=80_000), edit(5, target=8)
    assert list(dumps(dear(calls=calls[: LEAST_CALLS_AFTER + 1], steps=[read]))) == []
    assert brief(dumps(dear(calls=calls, steps=[read, other]))) == [("dump", "pay.py", 12)]
    assert list(dumps(dear(calls=calls, steps=[read, edit(5)]))) == []
    assert list(dumps(dear(calls=calls, steps=[read, edit(50, turn_id="t-2")]))) == []
    assert brief(dumps(dear(calls=calls, steps=[edit(0.5), read]))) == [("dump", "pay.py", 12)]


def test_where_the_window_is_not_known_nothing_is_said() -> None:
    result = step(1, "look", size_bytes=80_000)
    assert list(dumps(dear(calls=[BEFORE, AFTER], steps=[result], window=lambda *_: None))) == []


def test_what_is_cheap_or_has_no_price_is_no_dump() -> None:
    result = step(1, "look", size_bytes=80_000)
    least = -(-LEAST_DUMP_NUSD // (20_000 * WRITE_NUSD))
    for times, found in ((least, 1), (least - 1, 0)):
        told = list(dumps(at_price(times, calls=[BEFORE, AFTER], steps=[result])))
        assert len(told) == found
    assert list(dumps(work(calls=[BEFORE, AFTER], steps=[result], price=lambda *_: None))) == []


def test_compactions_with_little_between_them_are_a_hit_from_the_third_on() -> None:
    calls = [call(n) for n in range(1, 20)]
    near = [compacted(n + 0.5) for n in (1, 4, 8)]
    assert list(thrash(work(calls=calls, compactions=near[: LEAST_COMPACTIONS - 1]))) == []
    (hit,) = thrash(work(calls=calls, compactions=near))
    assert (hit.kind, hit.count, hit.since_us, hit.until_us) == ("thrash", 3, us(1.5), us(8.5))
    far = [compacted(0.5), compacted(1.5), compacted(2.5 + MOST_CALLS_BETWEEN)]
    assert list(thrash(work(calls=calls, compactions=far))) == []
    other = [*near[:2], compacted(8.5, "a")]
    assert list(thrash(work(calls=calls, compactions=other))) == []


def cold(minutes: float, **changes: Any) -> Call:
    """A call that found nothing of its 500,000 tokens in the cache."""
    plain: dict[str, Any] = {
        "context_tokens": 500_000,
        "cache_read_tokens": 0,
        "cache_write_tokens": 500_000,
    }
    return call(minutes, **(plain | changes))


PRICE = 500_000 * (WRITE_NUSD - READ_NUSD)


def test_a_cache_that_is_built_again_and_again_is_a_hit_with_its_cause_and_price() -> None:
    many = 200  # dollars, at the test's prices
    calls = [cold(6.0 * n) for n in range(many)]
    (hit,) = rebuilds(work(calls=calls))
    assert (hit.kind, hit.cause, hit.count) == ("cache", "pause", many - 1)
    assert hit.cost_nusd == (many - 1) * PRICE
    assert brief(rebuilds(work(calls=calls[: LEAST_REBUILDS + 1]))) == []  # for cents only


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        (cold(6), "pause"),
        (cold(4), ""),  # why is not known
        (cold(4, model="n"), "model switch"),
        (cold(6, is_long_cached=True), "pause"),
        (call(6, context_tokens=500_000, cache_read_tokens=300_000), ""),  # most was there
        (cold(6, context_tokens=300_000), ""),  # it was compacted, or cleared
    ],
)
def test_only_what_was_in_the_cache_and_was_lost_counts(after: Call, cause: str) -> None:
    causes = {hit.cause for hit in rebuilds(work(calls=_habit(after)))}
    assert causes == ({cause} if cause else set())


def moved(one: Call, minutes: float) -> Call:
    return one._replace(at_us=one.at_us + us(minutes))


def _habit(after: Call) -> list[Call]:
    """The same again and again, with a context that was cleared in between."""
    cleared = call(7, context_tokens=1_000, cache_read_tokens=0, cache_write_tokens=1_000)
    parts = (cold(0), after, cleared)
    return [moved(one, 30 * n) for n in range(200) for one in parts]


def test_a_long_cache_and_codex_wait_longer() -> None:
    calls = [cold(6.0 * n, is_long_cached=True) for n in range(200)]
    assert brief(rebuilds(work(calls=calls))) == []
    assert brief(rebuilds(work(calls=[cold(6.0 * n) for n in range(200)], agent="codex"))) == []
    assert brief(rebuilds(work(calls=[cold(31.0 * n) for n in range(200)], agent="codex")))
