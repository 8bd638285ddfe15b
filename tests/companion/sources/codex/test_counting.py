"""Running totals: what the call before each used, and under which key."""

from itertools import pairwise

import pytest
from codex_logs import TURN, Five, io, uuid7
from hypothesis import given
from hypothesis import strategies as st
from log_builders import tokens

from aicost.core.errors import LogFormatError
from aicost.core.usage import TokenCounts
from aicost.sources.codex.counting import (
    MAX_CALL_TOKENS,
    Counter,
    CounterState,
    Counts,
    counts_of,
    tokens_of,
)
from aicost.sources.codex.records import Usage

ZERO = Counts()


def found(*rows: tuple[Five, Five], is_fork: bool = False) -> list[Counts | None]:
    """Return what each (total, last) says was used."""
    counter = Counter(CounterState())
    return [
        counter.take(Counts(*total), Counts(*last), turn_id=TURN, is_fork=is_fork)
        for total, last in rows
    ]


def keys(*totals: Five, turn: str = TURN, family: str = "family") -> list[str]:
    counter, found = Counter(CounterState()), []
    for total in totals:
        if counter.take(Counts(*total), Counts(*total), turn_id=turn, is_fork=False):
            found.append(counter.key(turn, family))
    return found


# Usage


def test_missing_and_null_counts_are_nothing() -> None:
    assert counts_of(None) == counts_of(Usage()) == ZERO
    assert counts_of(Usage(input_tokens=3, output_tokens=None)) == Counts(3, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(100, 0, 0, 10, 0), tokens(100, 10)),
        (Counts(100, 60, 0, 10, 4), tokens(40, 10, cache_read_tokens=60, reasoning_tokens=4)),
        (
            Counts(100, 60, 30, 10, 0),
            tokens(10, 10, cache_read_tokens=60, cache_write_5m_tokens=30),
        ),
        (Counts(100, 60, 41, 0, 0), tokens(0, 0, cache_read_tokens=60, cache_write_5m_tokens=41)),
        (Counts(MAX_CALL_TOKENS, 0, 0, 0, 0), tokens(MAX_CALL_TOKENS)),
    ],
)
def test_each_token_is_in_one_field(counts: Counts, expected: TokenCounts) -> None:
    assert tokens_of(counts) == expected


@pytest.mark.parametrize("field", range(5))
def test_more_than_a_call_can_have_is_an_error(field: int) -> None:
    with pytest.raises(LogFormatError):
        tokens_of(Counts(*(MAX_CALL_TOKENS + 1 if n == field else 0 for n in range(5))))


# Steps


def test_a_call_adds_what_is_last() -> None:
    rows = [(io(100, 10), io(100, 10)), (io(250, 30), io(150, 20))]
    assert found(*rows) == [io(100, 10), io(150, 20)]


def test_a_repeated_total_is_no_call_whatever_is_said_to_be_last() -> None:
    total = io(100, 10)
    rows = [(total, total), (total, total), (total, io(0, 0)), (total, io(7, 7))]
    assert found(*rows) == [total, None, None, None]


def test_two_equal_calls_are_two() -> None:
    assert found((io(100, 10), io(100, 10)), (io(200, 20), io(100, 10))) == [io(100, 10)] * 2


def test_what_is_last_may_be_stale_or_an_estimate() -> None:
    """An incomplete response moves the total only."""
    rows = [(io(100, 10), io(100, 10)), (io(250, 30), io(100, 10)), (io(300, 31), io(0, 0))]
    assert found(*rows) == [io(100, 10), io(150, 20), io(50, 1)]


def test_a_resume_may_count_anew() -> None:
    rows = [(io(100, 10), io(100, 10)), (io(70, 20), io(70, 20)), (io(900, 30), io(900, 30))]
    assert found(*rows) == [io(100, 10), io(70, 20), io(900, 30)]


def test_an_overflow_sets_all_to_nothing_and_is_no_call() -> None:
    rows = [(io(100, 10), io(100, 10)), (io(0, 0), io(0, 0)), (io(30, 3), io(30, 3))]
    assert found(*rows) == [io(100, 10), None, io(30, 3)]


def test_a_total_that_fell_was_counted_anew_whatever_is_last() -> None:
    rows = [(io(100, 10), io(100, 10)), (io(99, 11), io(1, 1))]
    assert found(*rows) == [io(100, 10), io(99, 11)]


@pytest.mark.parametrize(("is_fork", "first"), [(False, io(500, 50)), (True, io(40, 4))])
def test_the_first_total_of_a_fork_holds_another_threads_calls(is_fork: bool, first: Five) -> None:
    rows = [(io(500, 50), io(40, 4)), (io(560, 55), io(60, 5))]
    assert found(*rows, is_fork=is_fork) == [first, io(60, 5)]


def test_a_first_total_of_nothing_is_no_call() -> None:
    assert found((io(0, 0), io(0, 0)), (io(5, 1), io(5, 1))) == [None, io(5, 1)]


# Keys


def test_a_turn_with_an_id_of_its_own_and_the_total_are_the_key() -> None:
    assert keys(io(100, 10), (250, 3, 2, 30, 1)) == [
        f"codex:{TURN}:100.0.0.10.0",
        f"codex:{TURN}:250.3.2.30.1",
    ]
    assert keys(io(100, 10), family="another") == keys(io(100, 10))


def test_the_same_total_after_a_reset_is_another_call() -> None:
    first, again = keys(io(100, 10), io(0, 0), io(100, 10))
    assert again == f"{first}#1"


def test_resets_are_counted_in_each_turn_by_itself() -> None:
    """A copy may begin with any turn."""
    counter, later = Counter(CounterState()), uuid7(9)
    for total in (io(9, 9), io(0, 0), io(5, 5)):
        counter.take(Counts(*total), Counts(*total), turn_id=TURN, is_fork=False)
    counter.take(Counts(*io(7, 7)), Counts(*io(2, 2)), turn_id=later, is_fork=False)
    assert counter.key(later, "family") == f"codex:{later}:7.0.0.7.0"


TOTALS = st.lists(st.integers(1, 9), min_size=1, max_size=8).map(
    lambda steps: [io(sum(steps[: n + 1]), n) for n in range(len(steps))]
)


@given(TOTALS, st.integers(0, 8))
def test_without_such_ids_equal_beginnings_have_equal_keys_and_no_others(
    totals: list[Five], cut: int
) -> None:
    whole = keys(*totals, turn="1")
    other = keys(
        *totals[:cut], *((total[0] + 1, 0, 0, total[3], 0) for total in totals[cut:]), turn="1"
    )
    assert whole[:cut] == other[:cut]
    assert not set(whole[cut:]) & set(other[cut:])
    assert len(set(whole)) == len(whole)
    assert not set(whole) & set(keys(*totals, turn="1", family="another"))


def test_without_such_ids_a_count_after_another_history_is_another_call() -> None:
    (*_, one), (*_, other) = (
        keys(io(100, 1), io(middle, 2), io(200, 3), turn="1") for middle in (150, 160)
    )
    assert one != other


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_any_row_of_totals_adds_up_to_its_rises_and_restarts(rows: list[tuple[int, int]]) -> None:
    totals = [io(*row) for row in rows]
    steps = found(*((total, total) for total in totals))
    assert all(step is None or (min(step) >= 0 and any(step)) for step in steps)
    for (before, total), step in zip(pairwise([ZERO, *totals]), steps):
        rise = Counts(*total).minus(Counts(*before))
        assert step in (None, rise, total)
        assert (step is None) == (total == before or not any(total))
