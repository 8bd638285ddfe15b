"""Work that a cheaper model did as well: what must be seen for it, on both sides of each limit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.categories import TaskCategory
from aicost.core.mismatch import (
    LEAST_SAVING_NUSD,
    LEAST_SESSIONS,
    LEAST_TURNS,
    Edit,
    Mismatch,
    TurnOnModel,
    find_mismatches,
    kinds_to_compare,
    least_share,
    mismatch_words,
    redone,
    size_of,
)
from aicost.core.usage import TokenCounts

DOLLAR = 1_000_000_000
Turns = list[TurnOnModel]
RATES = {"large": 10_000, "small": 2_000}  # nano-dollars a token


def price(model: str, tokens: TokenCounts) -> int | None:
    rate = RATES.get(model)
    return None if rate is None else rate * tokens.input_tokens


def turns(model: str, count: int = LEAST_TURNS, *, flawed: int = 0, **changes: Any) -> Turns:
    """Turns of 100,000 tokens each, in three sessions, the first of them flawed."""
    tokens = TokenCounts(input_tokens=100_000)
    plain: dict[str, Any] = {
        "agent": "claude",
        "category": TaskCategory.DOCS,
        "model": model,
        "calls": 3,
        "cost_nusd": price(model, tokens) or DOLLAR,
        "tokens": tokens,
    }
    return [
        TurnOnModel(session_id=f"s-{n % LEAST_SESSIONS}", is_good=n >= flawed, **(plain | changes))
        for n in range(count)
    ]


def test_a_kind_that_a_cheaper_model_did_as_well_is_told_with_the_saving() -> None:
    (found,) = find_mismatches([*turns("large"), *turns("small", 20)], price)
    assert found == Mismatch(
        agent="claude",
        category=TaskCategory.DOCS,
        size="up to 5 calls",
        model="large",
        turns=LEAST_TURNS,
        good=LEAST_TURNS,
        cost_nusd=LEAST_TURNS * DOLLAR,
        cheaper_model="small",
        cheaper_turns=20,
        cheaper_good=20,
        saving_nusd=round(LEAST_TURNS * 0.8 * DOLLAR),
    )
    assert mismatch_words(found) == (
        "docs of up to 5 calls: 20 turns on small were done as well (100 % without a flaw) as"
        f" {LEAST_TURNS} on large (100 %)"
    )


@pytest.mark.parametrize(
    "some",
    [
        [*turns("large"), *turns("small", LEAST_TURNS - 1)],
        [*turns("large", LEAST_TURNS - 1), *turns("small")],
        [*turns("large"), *(one._replace(session_id="s") for one in turns("small"))],  # one day
        [*turns("large"), *turns("small", 40, flawed=1)],  # worse
        [*turns("large", flawed=6), *turns("small", flawed=6)],  # a kind that mostly fails
        [*turns("large"), *turns("small", calls=6)],  # more work
        [*turns("large"), *turns("small", category=TaskCategory.OPS)],
        [*turns("large"), *turns("small", agent="codex")],
        [*turns("large"), *turns("small", cost_nusd=DOLLAR)],  # it needed more for it
        [*turns("large", cost_nusd=DOLLAR // 100), *turns("small", cost_nusd=1)],  # for cents
        [*turns("large"), *turns("unknown", cost_nusd=1)],  # no price
        [
            *turns("large", category=TaskCategory.OTHER),
            *turns("small", category=TaskCategory.OTHER),
        ],
    ],
)
def test_what_is_not_seen_often_or_not_as_good_or_not_cheaper_is_not_told(
    some: list[TurnOnModel],
) -> None:
    assert find_mismatches(some, price) == ()


def test_a_few_lucky_turns_prove_nothing_beside_many() -> None:
    many = turns("large", 200, flawed=2)
    assert find_mismatches([*many, *turns("small", 12)], price)
    assert not find_mismatches([*many, *turns("small", 12, flawed=1)], price)
    assert least_share(12, 12) == pytest.approx(0.88, abs=0.005)
    assert least_share(0, 12) == pytest.approx(0)


def test_of_several_cheaper_models_the_one_that_saves_most_is_told() -> None:
    some = [*turns("large"), *turns("small"), *turns("middle", cost_nusd=DOLLAR // 2)]
    RATES["middle"] = 5_000
    try:
        found = find_mismatches(some, price)
    finally:
        del RATES["middle"]
    assert [(one.model, one.cheaper_model) for one in found] == [
        ("large", "small"),
        ("middle", "small"),
    ]
    assert all(one.saving_nusd >= LEAST_SAVING_NUSD for one in found)


@pytest.mark.parametrize(("calls", "size"), [(1, 0), (5, 0), (6, 1), (25, 1), (26, 2)])
def test_turns_are_compared_with_those_of_their_size(calls: int, size: int) -> None:
    assert size_of(calls) == ("up to 5 calls", "6 to 25 calls", "more than 25 calls")[size]


def test_only_kinds_that_two_models_did_are_looked_at_closer() -> None:
    assert kinds_to_compare([*turns("large"), *turns("small")]) == {
        ("claude", TaskCategory.DOCS, "up to 5 calls")
    }
    assert not kinds_to_compare(turns("large"))


A, B = 11, 12  # texts


@pytest.mark.parametrize(
    ("edits", "repairs", "found"),
    [
        ([Edit(1, 7, B, A), Edit(2, 7, A, B)], set(), {1}),  # taken back
        ([Edit(1, 7, B, A), Edit(1, 7, A, B)], set(), set()),  # by itself: it tried
        ([Edit(1, 7, B, A), Edit(2, 8, A, B)], set(), set()),  # in another file
        ([Edit(1, 7, B, 0), Edit(2, 7, 0, B)], set(), set()),  # what was there is not known
        ([Edit(1, 7, B, A), Edit(2, 7, 13, 14)], {2}, {1}),  # mended
        ([Edit(1, 7, B, A), Edit(2, 7, 13, 14)], set(), set()),  # went on
        ([Edit(1, 7, B, A), Edit(2, 7, 13, 14), Edit(3, 7, 15, 16)], {3}, {2}),
    ],
)
def test_a_turn_is_redone_if_a_later_one_takes_it_back_or_mends_it(
    edits: list[Edit], repairs: set[int], found: set[int]
) -> None:
    assert redone(edits, repairs) == found


@given(
    st.lists(
        st.builds(
            TurnOnModel,
            st.sampled_from(["s-1", "s-2", "s-3"]),
            st.just("claude"),
            st.sampled_from([TaskCategory.DOCS, TaskCategory.OTHER]),
            st.sampled_from(["large", "small", "unknown"]),
            st.integers(1, 3),
            st.integers(0, 9 * DOLLAR),
            st.builds(TokenCounts, input_tokens=st.integers(0, 10**6)),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_a_saving_is_never_more_than_was_spent(some: list[TurnOnModel]) -> None:
    for one in find_mismatches(some, price):
        spent = sum(turn.cost_nusd for turn in some if turn.model == one.model)
        assert LEAST_SAVING_NUSD <= one.saving_nusd <= spent
