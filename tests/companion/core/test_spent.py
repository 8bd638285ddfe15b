"""Sums of what calls used, and how two of them differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import tokens

from aicost.core.spent import (
    NOTHING,
    Spent,
    by_id,
    difference,
    more_than,
    smaller,
    split_like,
    summed,
)
from aicost.core.usage import TokenCounts


def spent(input: int = 0, output: int = 0, nusd: int | None = 0, searches: int = 0) -> Spent:
    return Spent(tokens=tokens(input, output), cost_nusd=nusd, web_searches=searches)


def test_sums_add_up_field_by_field() -> None:
    one = Spent(tokens=tokens(1, 2), web_searches=3, cost_nusd=4, calls=5)
    assert one + one == Spent(tokens=tokens(2, 4), web_searches=6, cost_nusd=8, calls=10)
    assert one + NOTHING == one
    assert summed({"a": one}, {"a": one, "b": one}) == {"a": one + one, "b": one}


def test_a_sum_with_an_unknown_price_in_it_is_unknown() -> None:
    assert (spent(1, nusd=None) + spent(1, nusd=5)).cost_nusd is None
    assert (spent(1, nusd=5) + spent(1, nusd=None)).cost_nusd is None
    assert difference(None, 1) is difference(1, None) is None
    assert difference(3, 5) == -2


def test_one_model_under_several_names_is_one() -> None:
    names = ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5[1m]", "claude-sonnet-4-5", "mine"]
    found = by_id({name: spent(1, nusd=2) for name in names})
    assert found == {"claude-sonnet-4-5": spent(3, nusd=6), "mine": spent(1, nusd=2)}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (spent(5, 9, 70), spent(3, 4, 20), spent(2, 5, 50)),
        (spent(5, 4, 70), spent(3, 9, 20), spent(2, 0, 50)),
        (spent(5, 9, 70), NOTHING, spent(5, 9, 70)),
        (spent(5, 9, 0), NOTHING, spent(5, 9, 0)),
        (spent(3, 4, 70), spent(3, 4, 20), NOTHING),  # no count is more: a price, not spend
        (spent(3, 4, 70), spent(5, 9, 20), NOTHING),
        (spent(5, 9, 20), spent(3, 4, 20), spent(2, 5, None)),
        (spent(5, 9, 20), spent(3, 4, 70), spent(2, 5, None)),
        (spent(5, 9, None), spent(3, 4, 20), spent(2, 5, None)),
        (spent(5, 9, 70), spent(3, 4, None), spent(2, 5, None)),
        (spent(1, 1, 70, searches=3), spent(1, 1, 20, searches=1), spent(nusd=50, searches=2)),
    ],
)
def test_what_is_more_never_falls_below_zero(a: Spent, b: Spent, expected: Spent) -> None:
    assert more_than(a, b) == expected


def test_more_reasoning_is_no_more_than_the_output_it_is_a_part_of() -> None:
    a = Spent(tokens=tokens(0, 10, reasoning_tokens=9))
    assert more_than(a, Spent(tokens=tokens(0, 7))).tokens == tokens(0, 3, reasoning_tokens=3)
    assert more_than(a, Spent(tokens=tokens(0, 10))) == NOTHING


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (spent(5, 2, 70), spent(3, 4, 20), spent(3, 2, 20)),
        (spent(5, 0, 70), spent(0, 4, 20), NOTHING),
        (spent(5, 2, None), spent(3, 4, 20), spent(3, 2, None)),
        (spent(nusd=7, searches=2), spent(nusd=9, searches=5), spent(nusd=7, searches=2)),
    ],
)
def test_the_smaller_of_both_is_taken_of_each_field(a: Spent, b: Spent, expected: Spent) -> None:
    assert smaller(a, b) == smaller(b, a) == expected


@pytest.mark.parametrize(
    ("said", "ours", "split"),
    [((900, 0), (500, 300), (600, 300)), ((200, 0), (0, 300), (0, 200)),
     ((900, 100), (0, 300), (900, 100)), ((900, 0), (900, 0), (900, 0))],
)  # fmt: skip
def test_a_total_without_a_split_of_cache_writes_gets_ours(
    said: tuple[int, int], ours: tuple[int, int], split: tuple[int, int]
) -> None:
    def written(write_5m: int, write_1h: int) -> Spent:
        counts = TokenCounts(cache_write_5m_tokens=write_5m, cache_write_1h_tokens=write_1h)
        return Spent(tokens=counts, cost_nusd=7)

    assert split_like(written(*said), written(*ours)) == written(*split)


COUNTS = st.builds(
    TokenCounts,
    input_tokens=st.integers(0, 9),
    cache_read_tokens=st.integers(0, 9),
    cache_write_5m_tokens=st.integers(0, 9),
    cache_write_1h_tokens=st.integers(0, 9),
    output_tokens=st.integers(5, 9),
    reasoning_tokens=st.integers(0, 5),
)
SPENT = st.builds(
    Spent,
    tokens=COUNTS,
    web_searches=st.integers(0, 3),
    cost_nusd=st.none() | st.integers(0, 99),
    calls=st.integers(0, 3),
)


@given(SPENT, SPENT)
def test_what_is_more_and_what_is_less_make_up_the_difference(a: Spent, b: Spent) -> None:
    more, less = more_than(a, b), more_than(b, a)
    pairs = list(zip(a.tokens.counts()[:5], b.tokens.counts()[:5]))
    assert [x - y for x, y in pairs] == [
        x - y for x, y in zip(more.tokens.counts()[:5], less.tokens.counts()[:5])
    ]
    assert [min(x, y) for x, y in pairs] == list(smaller(a, b).tokens.counts()[:5])
    for one in (more, less):
        assert min(one.tokens.counts()) >= 0
        assert one.tokens.reasoning_tokens <= one.tokens.output_tokens
        assert one.cost_nusd is None or one.cost_nusd >= 0
