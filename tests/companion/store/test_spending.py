"""Sums of calls: the same from days and from moments, and as reports have them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import HOME, calls_read, event, file_read, recorded, user_line

from aicost.core.budget import BudgetFilter, BudgetWindow, window_of
from aicost.core.days import to_us
from aicost.core.reports import ReportQuery
from aicost.store.reports import report
from aicost.store.spending import Spending, Used, Within

OPEN = BudgetFilter()
HOUR_US = 3_600_000_000
FIRST = datetime(2026, 11, 22, tzinfo=UTC)


def within(window: BudgetWindow) -> Within:
    assert window.start is not None
    assert window.end is not None
    return Within(start_us=to_us(window.start), end_us=to_us(window.end))


@given(st.lists(st.integers(0, 47), max_size=8), st.integers(0, 47), st.sampled_from([0, 1]))
def test_days_and_moments_add_up_to_the_same(hours: list[int], now: int, off_us: int) -> None:
    """A window that begins a microsecond late is added up from single calls."""
    calls = [
        event(n, at=FIRST + timedelta(hours=hour, microseconds=1), turn_id=f"t-{hour % 3}")
        for n, hour in enumerate(hours)
    ]
    with recorded(calls_read(*calls)) as ledger:
        day = within(window_of("day", FIRST + timedelta(hours=now), ZoneInfo("UTC")))
        asked = Within(start_us=(day.start_us or 0) + off_us, end_us=day.end_us)
        found = Spending(ledger.db, ["s-1"])
        inside = [hour for hour in hours if hour // 24 == now // 24]
        used = found.used(asked, OPEN, with_turns=True).get(0, Used())
        assert (used.requests, used.tokens) == (len(inside), 110 * len(inside))
        assert used.turns == len({hour % 3 for hour in inside})
        activity = found.active_us(asked, OPEN).get(0, 0)
        assert activity == found.active_us(day, OPEN).get(0, 0)


def test_a_day_is_that_of_a_report() -> None:
    prompts = file_read(user_line("t-1"), user_line("t-2", minutes=3.5))
    calls = [event(1), event(3), event(4, turn_id="t-2"), event(5, subagent_id="a", turn_id="")]
    with recorded(prompts, calls_read(*calls)) as ledger:
        (row,) = report(ledger.db, ReportQuery(by="day")).rows
        found = Spending(ledger.db, [])
        day = within(window_of("day", FIRST, ZoneInfo("UTC")))
        used = found.used(day, OPEN, with_turns=True)[0]
        assert (used.requests, used.nusd, used.tokens, used.turns) == (
            row.requests,
            row.cost_nusd,
            row.tokens.total_tokens,
            row.turns,
        )
        assert found.active_us(day, OPEN)[0] == row.active_us
        assert found.active_by_day(to_us(FIRST), to_us(FIRST) + HOUR_US) == {
            FIRST.date().toordinal(): row.active_us
        }


def test_what_was_asked_once_is_not_asked_again() -> None:
    with recorded(calls_read(event())) as ledger:
        found, asked = Spending(ledger.db, []), list[str]()
        found.used(Within(), OPEN)
        ledger.db.set_trace_callback(asked.append)
        assert found.used(Within(), OPEN)[0].requests == 1
        assert asked == []


@pytest.mark.parametrize(
    ("session_id", "is_known", "homes"), [("s-1", True, (HOME,)), ("s-9", False, ())]
)
def test_a_session_is_known_by_its_id(
    session_id: str, is_known: bool, homes: tuple[str, ...]
) -> None:
    with recorded(calls_read(event())) as ledger:
        found = Spending(ledger.db, [session_id])
        assert (session_id in found.sessions) is is_known
        assert (
            tuple(home for seen in found.sessions.values() for home in found.homes(seen.row))
            == homes
        )


def test_what_leaves_does_so_in_order_of_time() -> None:
    calls = [event(2), event(1, turn_id="t-2"), event(3, turn_id="t-2")]
    with recorded(calls_read(*calls)) as ledger:
        found = Spending(ledger.db, [])
        start = to_us(FIRST)
        moments = [to_us(one.at) for one in sorted(calls, key=lambda one: one.at)]
        asked = Within(start_us=start)
        assert found.leaving(asked, OPEN, "requests") == [(at_us, 1) for at_us in moments]
        assert found.leaving(asked, OPEN, "tokens") == [(at_us, 110) for at_us in moments]
        # A turn leaves with its last call.
        assert found.leaving(asked, OPEN, "turns") == [(moments[1], 1), (moments[2], 1)]
        active = found.leaving(asked, OPEN, "minutes")
        assert sum(used for _, used in active) == found.active_us(asked, OPEN)[0]
