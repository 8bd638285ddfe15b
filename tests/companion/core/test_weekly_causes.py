"""The likely cause of a rise: the one change that explains most of it, or none."""

import pytest
from weekly_builders import HAIKU, NUSD, OPUS, price

from aicost.core.usage import TokenCounts
from aicost.core.weekly_causes import Cause, likely_cause
from aicost.core.weekly_use import Use


def calls(count: int, **tokens: int) -> Use:
    """Calls with so many tokens each."""
    a_call = {"cache_read_tokens": 1000, "cache_write_5m_tokens": 100, "output_tokens": 50} | tokens
    whole = TokenCounts(**{name: count * each for name, each in a_call.items()})
    return Use(requests=count, tokens=whole, cost_nusd=NUSD)


@pytest.mark.parametrize(
    ("now", "then", "kind", "was", "is_now"),
    [
        ({OPUS: calls(300)}, {OPUS: calls(200)}, "calls", 100, 300),
        ({OPUS: calls(100, cache_read_tokens=3000)}, {OPUS: calls(200)}, "context", 1100, 3100),
        ({OPUS: calls(100, input_tokens=2000)}, {OPUS: calls(200)}, "context", 1100, 3100),
        ({OPUS: calls(100, cache_write_5m_tokens=900)}, {OPUS: calls(200)}, "cache", 100, 900),
        ({OPUS: calls(100, cache_write_1h_tokens=900)}, {OPUS: calls(200)}, "cache", 100, 1000),
        ({OPUS: calls(100, output_tokens=800)}, {OPUS: calls(200)}, "output", 50, 800),
        ({OPUS: calls(100)}, {HAIKU: calls(200)}, "model", 0, 100),
        (
            {OPUS: calls(60), HAIKU: calls(40)},
            {OPUS: calls(20), HAIKU: calls(180)},
            "model",
            10,
            60,
        ),
    ],
)
def test_the_largest_change_is_the_cause(
    now: dict[str, Use], then: dict[str, Use], kind: str, was: int, is_now: int
) -> None:
    cause = likely_cause(now, then, 2, price)
    assert cause is not None
    assert (cause.kind, cause.was, cause.now) == (kind, was, is_now)
    assert cause.model == (OPUS if kind == "model" else "")


def test_its_part_of_the_rise_is_told() -> None:
    cause = likely_cause({OPUS: calls(300)}, {OPUS: calls(100)}, 1, price)
    assert cause == Cause(kind="calls", nusd=200 * 1150 * 5000, was=100, now=300)


def test_several_small_changes_are_no_cause() -> None:
    now = calls(140, cache_read_tokens=1400, cache_write_5m_tokens=500, output_tokens=450)
    assert likely_cause({OPUS: now}, {OPUS: calls(100)}, 1, price) is None


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ({OPUS: calls(10)}, {}),
        ({}, {OPUS: calls(10)}),
        ({"mystery": calls(20)}, {OPUS: calls(10)}),
        ({OPUS: calls(20)}, {"mystery": calls(10)}),
        ({OPUS: calls(10)}, {OPUS: calls(10)}),
        ({HAIKU: calls(10)}, {OPUS: calls(10)}),
    ],
    ids=["new", "gone", "no price now", "no price before", "nothing changed", "cheaper"],
)
def test_without_a_rise_or_prices_there_is_none(now: dict[str, Use], then: dict[str, Use]) -> None:
    assert likely_cause(now, then, 1, price) is None
