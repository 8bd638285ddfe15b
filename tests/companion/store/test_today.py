"""What badges ask of the ledger: a day by session and folder, and a session's time in a shell."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at, calls_read, event, recorded

from aicost.core.days import to_us
from aicost.store.dashboard import day_totals
from aicost.store.today import Spent, total, used_between, used_on

DAY = 739_942  # 2026-11-22
MYSTERY = "claude-mystery-9"


def test_a_day_is_told_by_session_and_folder() -> None:
    calls = calls_read(
        event(1),
        event(2),
        event(3, session_id="s-2", model=MYSTERY),
        event(4, at=at(14 * 60)),  # tomorrow
    )
    with recorded(calls) as ledger:
        found = {part.session_id: part for part in used_on(ledger.db, DAY)}
        assert found["s-1"].spent == Spent(880_000, 2, 0, 220)
        assert found["s-2"].spent == Spent(0, 0, 110, 110)
        assert (found["s-1"].spent.cost_nusd, found["s-2"].spent.cost_nusd) == (880_000, None)
        whole, today = total(part.spent for part in found.values()), day_totals(ledger.db, DAY)
        assert (whole.cost_nusd, whole.unpriced_tokens) == (today.cost_nusd, today.unpriced_tokens)
        assert len(used_on(ledger.db, DAY + 1)) == 1
        assert used_on(ledger.db, DAY - 1) == ()


def test_two_folders_of_a_session_are_two_parts_and_its_branches_are_one() -> None:
    calls = calls_read(
        event(1, cwd="/src/shop", branch="main"),
        event(2, cwd="/src/shop", branch="fix"),
        event(3, cwd="/src/api"),
        event(4, cwd=""),
    )
    with recorded(calls) as ledger:
        found = sorted((part.cwd, part.repo, part.repo_key) for part in used_on(ledger.db, DAY))
        assert found == [("", "", ""), ("/src/api", "api", "api"), ("/src/shop", "shop", "shop")]


def test_nothing_is_the_sum_of_nothing() -> None:
    assert total(()) == Spent()
    assert Spent().cost_nusd is None


@pytest.mark.parametrize(
    ("since", "until", "calls"),
    [
        (0, None, 3),
        (1, None, 3),
        (1.001, None, 2),
        (2, None, 2),
        (3, None, 1),
        (3.001, None, 0),
        (0, 3, 2),
        (0, 3.001, 3),
        (2, 3, 1),
        (2, 2, 0),
        (3, 1, 0),
    ],
)
@pytest.mark.parametrize("model", ["", MYSTERY])
def test_a_session_s_time_is_half_open(
    since: float, until: float | None, calls: int, model: str
) -> None:
    changes = {"model": model} if model else {}
    read = calls_read(*(event(n, at=at(n), **changes) for n in (1, 2, 3)), event(4, session_id="x"))
    with recorded(read) as ledger:
        until_us = None if until is None else to_us(at(until))
        spent = used_between(ledger.db, "s-1", to_us(at(since)), until_us)
        one = Spent(0, 0, 110, 110) if model else Spent(440_000, 1, 0, 110)
        assert spent == total([one] * calls)


def test_a_session_without_a_call_used_nothing() -> None:
    with recorded(calls_read(event(1))) as ledger:
        assert used_between(ledger.db, "s-9", 0, None) == Spent()


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True), st.integers(-1, 41))
def test_what_was_before_and_after_a_moment_is_all(minutes: list[int], parted: int) -> None:
    with recorded(calls_read(*(event(n, at=at(n)) for n in minutes))) as ledger:
        moment = to_us(at(parted) + timedelta(microseconds=1))
        before = used_between(ledger.db, "s-1", 0, moment)
        after = used_between(ledger.db, "s-1", moment, None)
        assert total([before, after]) == used_between(ledger.db, "s-1", 0, None)
        assert before.priced_requests == sum(n <= parted for n in minutes)
