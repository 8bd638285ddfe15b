"""Tokens never overlap, and records of one call say the same in whatever order they are read."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at, event, tokens

from aicost.core.usage import TokenCounts, UsageEvent, merged, requests_of

COUNTS = st.integers(0, 3)
TOKEN_NAMES = frozenset(field.name for field in fields(TokenCounts))
TOKENS = st.builds(
    TokenCounts,
    input_tokens=COUNTS,
    cache_read_tokens=COUNTS,
    cache_write_5m_tokens=COUNTS,
    cache_write_1h_tokens=COUNTS,
    output_tokens=COUNTS,
    reasoning_tokens=COUNTS,
)
FEW = st.sampled_from(["", "a", "b"])
RECORDS = st.builds(  # of one call
    UsageEvent,
    event_key=st.just("claude:msg_1"),
    agent=st.just("claude"),
    session_id=FEW,
    turn_id=FEW,
    subagent_id=FEW,
    model=FEW,
    at=st.integers(0, 3).map(at),
    tokens=TOKENS,
    web_searches=COUNTS,
    speed=FEW,
    service_tier=FEW,
    inference_geo=FEW,
    parts=st.lists(TOKENS, max_size=2).map(tuple),
    cwd=FEW,
    branch=FEW,
    source_rank=st.integers(0, 2),
)


@given(RECORDS, RECORDS)
def test_the_order_of_two_records_does_not_matter(a: UsageEvent, b: UsageEvent) -> None:
    assert merged(a, b) == merged(b, a)


@given(RECORDS, RECORDS, RECORDS)
def test_the_grouping_of_records_does_not_matter(
    a: UsageEvent, b: UsageEvent, c: UsageEvent
) -> None:
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@given(RECORDS, RECORDS)
def test_a_record_read_again_changes_nothing(a: UsageEvent, b: UsageEvent) -> None:
    assert merged(a, a) == a
    assert merged(merged(a, b), b) == merged(a, b)


@given(RECORDS, RECORDS)
def test_nothing_that_a_record_counts_is_lost(a: UsageEvent, b: UsageEvent) -> None:
    both = merged(a, b)
    for one in (a, b):
        assert both.at <= one.at or both.source_rank < one.source_rank
        assert both.web_searches >= one.web_searches
        assert both.tokens.cache_write_tokens >= one.tokens.cache_write_tokens
        for name in TOKEN_NAMES - {"cache_write_5m_tokens"}:  # may turn out to last an hour
            assert getattr(both.tokens, name) >= getattr(one.tokens, name)


@given(RECORDS, RECORDS)
def test_nothing_is_counted_that_no_record_counts(a: UsageEvent, b: UsageEvent) -> None:
    both = merged(a, b)
    for name in (TOKEN_NAMES - {"cache_write_5m_tokens"}) | {"cache_write_tokens"}:
        counted = {getattr(a.tokens, name), getattr(b.tokens, name)}
        assert getattr(both.tokens, name) in counted
    assert min(both.tokens.counts()) >= 0


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ((1000, 0), (0, 1000), (0, 1000)),  # the same writes, without and with their split
        ((1000, 0), (600, 400), (600, 400)),
        ((1000, 0), (0, 400), (600, 400)),  # a split of fewer writes: streamed, the first block
        ((0, 400), (200, 300), (100, 400)),
        ((5, 0), (7, 0), (7, 0)),
    ],
)
def test_cache_writes_are_counted_once_whether_split_by_lifetime_or_not(
    one: tuple[int, int], other: tuple[int, int], both: tuple[int, int]
) -> None:
    a, b = (
        event(tokens=tokens(cache_write_5m_tokens=short, cache_write_1h_tokens=long))
        for short, long in (one, other)
    )
    found = merged(a, b).tokens
    assert (found.cache_write_5m_tokens, found.cache_write_1h_tokens) == both
    assert merged(b, a) == merged(a, b)


def test_counts_are_the_largest_field_by_field_and_the_time_is_the_first() -> None:
    early = event(at=at(1), tokens=tokens(100, 1, cache_read_tokens=50))
    late = event(at=at(2), tokens=tokens(90, 400, reasoning_tokens=7), web_searches=2)
    both = merged(late, early)
    assert both.at == at(1)
    assert both.tokens == tokens(100, 400, cache_read_tokens=50, reasoning_tokens=7)
    assert both.web_searches == 2


@pytest.mark.parametrize(
    ("ranks", "minutes"), [((0, 1), 5), ((1, 0), 3), ((0, 0), 3), ((1, 1), 3), ((2, 1), 3)]
)
def test_the_time_is_the_first_one_in_the_best_records(
    ranks: tuple[int, int], minutes: int
) -> None:
    late, early = event(at=at(5), source_rank=ranks[0]), event(at=at(3), source_rank=ranks[1])
    assert merged(late, early).at == merged(early, late).at == at(minutes)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        pytest.param(
            {"source_rank": 0, "turn_id": "z", "subagent_id": ""},
            {"source_rank": 1, "turn_id": "", "subagent_id": "a"},
            id="the main thread's own line over a subagent's replay",
        ),
        pytest.param(
            {"source_rank": 1, "subagent_id": "z"},
            {"source_rank": 2, "subagent_id": "a"},
            id="a subagent's line over a nested copy",
        ),
        pytest.param({"turn_id": "z"}, {"turn_id": ""}, id="a line that knows its turn"),
        pytest.param({"session_id": "a"}, {"session_id": "b"}, id="else the lowest id"),
    ],
)
def test_attributes_come_from_the_better_record(
    winner: dict[str, Any], loser: dict[str, Any]
) -> None:
    better, worse = event(**winner), event(**loser)
    assert merged(worse, better) == merged(better, worse) == better


def test_special_prices_are_kept_from_whichever_record_names_them() -> None:
    named = event(speed="fast", service_tier="batch", inference_geo="us")
    both = merged(event(), named)
    assert (both.speed, both.service_tier, both.inference_geo) == ("fast", "batch", "us")


def test_the_requests_inside_a_call_come_from_the_fuller_record() -> None:
    half, full = (tokens(1), tokens(2)), (tokens(1), tokens(2), tokens(3))
    assert merged(event(parts=half), event(parts=full)).parts == full
    assert merged(event(parts=half), event()).parts == half
    one = (tokens(5),)
    assert merged(event(parts=one), event(parts=full)).parts == full
    plain, split = (tokens(cache_write_5m_tokens=9),), (tokens(cache_write_1h_tokens=9),)
    assert merged(event(parts=plain), event(parts=split)).parts == split


@pytest.mark.parametrize(
    ("whole", "parts", "requests"),
    [
        pytest.param(tokens(9, 1), (), (tokens(9, 1),), id="no parts"),
        pytest.param(
            tokens(9, 3, reasoning_tokens=2),
            (tokens(4, 1), tokens(5, 2)),
            (tokens(4, 1), tokens(5, 2)),
            id="parts that are the whole",
        ),
        pytest.param(
            tokens(9, 3), (tokens(4, 1), tokens(4, 2)), (tokens(9, 3),), id="a request is missing"
        ),
        pytest.param(
            tokens(cache_write_5m_tokens=1, cache_write_1h_tokens=6),
            (tokens(cache_write_5m_tokens=4), tokens(cache_write_5m_tokens=3)),
            (
                tokens(cache_write_1h_tokens=4),
                tokens(cache_write_5m_tokens=1, cache_write_1h_tokens=2),
            ),
            id="only the whole says how long its writes last",
        ),
        pytest.param(
            tokens(cache_write_5m_tokens=5),
            (tokens(cache_write_5m_tokens=2), tokens(cache_write_1h_tokens=3)),
            (tokens(cache_write_5m_tokens=5),),
            id="parts that contradict the whole",
        ),
    ],
)
def test_a_call_is_its_requests_where_they_are_all_known(
    whole: TokenCounts, parts: tuple[TokenCounts, ...], requests: tuple[TokenCounts, ...]
) -> None:
    assert requests_of(whole, parts) == requests


def test_token_counts_add_field_by_field() -> None:
    one = TokenCounts(
        input_tokens=1,
        cache_read_tokens=2,
        cache_write_5m_tokens=3,
        cache_write_1h_tokens=4,
        output_tokens=5,
        reasoning_tokens=6,
    )
    assert one.counts() == (1, 2, 3, 4, 5, 6)
    assert (one + one).counts() == (2, 4, 6, 8, 10, 12)
    assert one + TokenCounts() == one


def test_context_is_the_prompt_and_the_total_counts_reasoning_once() -> None:
    one = tokens(
        1, 500, cache_read_tokens=20, cache_write_5m_tokens=300, cache_write_1h_tokens=4000,
        reasoning_tokens=400,
    )  # fmt: skip
    assert one.context_tokens == 4321
    assert one.total_tokens == 4821


def test_only_a_call_with_a_subagent_is_a_sidechain() -> None:
    assert event(subagent_id="a1").is_sidechain
    assert not event().is_sidechain
    assert event().at.tzinfo is UTC
    assert event().at > datetime(2026, 1, 1, tzinfo=UTC)
