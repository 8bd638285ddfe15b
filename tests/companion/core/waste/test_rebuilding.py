"""Which calls had to write their context to the cache once more, why, and for how much."""

from typing import Any

import pytest
from waste_builders import FRESH_NUSD, READ_NUSD, WRITE_NUSD, call, work

from aicost.core.waste.rebuilding import rebuilt_in
from aicost.core.waste.work import Call

WARM = call(1, context_tokens=50_000, cache_read_tokens=49_000, cache_write_tokens=1_000)


def cold(minutes: float, **changes: Any) -> Call:
    plain = {"context_tokens": 60_000, "cache_read_tokens": 0, "cache_write_tokens": 60_000}
    return call(minutes, **(plain | changes))


@pytest.mark.parametrize(
    ("after", "agent", "cause"),
    [
        (cold(7), "claude", "pause"),
        (cold(6), "claude", ""),  # five minutes sharp still hold
        (cold(2), "claude", ""),
        (cold(2, model="n"), "claude", "model switch"),
        (cold(7, model="n"), "claude", "model switch"),
        (cold(31), "codex", ""),
        (cold(32), "codex", "pause"),
    ],
)
def test_it_is_told_with_its_cause_and_what_it_cost_more(
    after: Call, agent: str, cause: str
) -> None:
    (found,) = rebuilt_in(work(agent=agent), (WARM, after))
    assert (found.before, found.after, found.cause) == (WARM, after, cause)
    assert found.tokens == 50_000  # the rest was new
    assert found.cost_nusd == 50_000 * (WRITE_NUSD - READ_NUSD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WARM, call(9)),  # it was there
        (WARM, cold(9, context_tokens=39_000)),  # cleared or compacted
        (WARM, cold(9, cache_read_tokens=25_001)),  # most was there
        (call(1, cache_read_tokens=19_000, cache_write_tokens=999), cold(9)),  # hardly any was
    ],
)
def test_what_was_not_lost_is_not_rebuilt(before: Call, after: Call) -> None:
    assert list(rebuilt_in(work(), (before, after))) == []


def test_where_writing_is_not_billed_apart_it_is_fresh_input() -> None:
    (found,) = rebuilt_in(work(), (WARM, cold(9, cache_write_tokens=0)))
    assert found.cost_nusd == 50_000 * (FRESH_NUSD - READ_NUSD)


def test_without_a_price_it_is_told_all_the_same() -> None:
    (found,) = rebuilt_in(work(price=lambda *_: None), (WARM, cold(9)))
    assert (found.tokens, found.cost_nusd) == (50_000, None)
