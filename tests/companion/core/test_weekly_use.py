"""Sums of usage keep apart what is unpriced, and what there is none of."""

from weekly_builders import NUSD, use

from aicost.core.usage import TokenCounts
from aicost.core.weekly_use import NOTHING, Use, added, per_week


def test_all_is_added_up() -> None:
    one = Use(requests=2, tokens=TokenCounts(input_tokens=5, reasoning_tokens=1), cost_nusd=7)
    two = Use(requests=1, tokens=TokenCounts(input_tokens=1, output_tokens=9), unpriced_tokens=10)
    assert added((one, two)) == Use(
        requests=3,
        tokens=TokenCounts(input_tokens=6, output_tokens=9, reasoning_tokens=1),
        cost_nusd=7,
        unpriced_tokens=10,
    )


def test_nothing_and_what_has_no_price_is_not_zero_dollars() -> None:
    assert added(()) == NOTHING
    assert added((use(None), use(None))).cost_nusd is None
    assert added((use(None), use(0))).cost_nusd == 0


def test_a_usual_week_is_the_average() -> None:
    week = per_week((use(3, 10), use(4, 11)), 2)
    assert week is not None
    assert (week.requests, week.cost_nusd) == (10, 7 * NUSD // 2)
    assert week.tokens.cache_read_tokens == 10_500


def test_that_something_has_no_price_is_never_rounded_away() -> None:
    week = per_week((use(3, unpriced_tokens=1),), 4)
    assert week is not None
    assert week.unpriced_tokens == 1


def test_without_weeks_there_is_no_usual_one() -> None:
    assert per_week((), 0) is None
    assert per_week((), 2) == NOTHING
