"""What a week's report is made from: uses by day, losses, large contexts, events, of that week."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from log_builders import BOOK, MODEL, at, calls_read, event, recorded, tokens

from aicost.core.audit import EventKind, GateEvent
from aicost.core.days import to_us
from aicost.core.weekly import BudgetEvents, DayUse, WeeklyFacts
from aicost.core.weekly_use import Use
from aicost.store.ledger import Ledger
from aicost.store.weekly import LARGE_TOKENS, weekly_facts

MONDAY = date(2026, 11, 16)  # the builders' first minute is on Sunday, the 22nd, at 10:00
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = 24 * 60
MYSTERY = "gpt-mystery"
LARGE = tokens(0, 10, cache_read_tokens=LARGE_TOKENS + 5_000)


def minute_of(day: datetime) -> float:
    return (day - at(0)).total_seconds() / 60


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Calls on the Sunday of the week, on Monday after it, and one, three and five weeks before."""
    calls = (
        event(1),
        event(2, at=at(1), model=MYSTERY, branch="fix"),
        event(3, at=at(DAY), session_id="s-2", turn_id="t-2"),
        event(4, at=at(-7 * DAY)),
        event(5, at=at(-21 * DAY), session_id="s-3", turn_id="t-3"),
        event(6, at=at(-35 * DAY), session_id="s-4", turn_id="t-4"),
        event(7, at=at(2), tokens=LARGE),
        event(8, at=at(DAY + 2), tokens=LARGE),
    )
    with recorded(calls_read(*calls)) as ledger:
        yield ledger


def found(db: sqlite3.Connection, *events: GateEvent) -> WeeklyFacts:
    return weekly_facts(db, BOOK, MONDAY, NOW, events)


def add_hit(db: sqlite3.Connection, number: int, until: datetime, label: str = "npm test") -> None:
    db.execute(
        "INSERT INTO waste SELECT id, ?, 'repeat', 't-1', '', ?, '', 3, 0, ?, ?, 5 FROM session"
        " WHERE session_id = 's-1'",
        (number, label, to_us(until) - 1, to_us(until)),
    )


def test_uses_are_of_the_week_and_four_before(ledger: Ledger) -> None:
    uses = found(ledger.db).uses
    assert {one.day for one in uses} == {
        date(2026, 11, 22),
        date(2026, 11, 15),
        date(2026, 11, 1),
    }
    mystery = next(one for one in uses if one.model == MYSTERY)
    assert mystery == DayUse(
        day=date(2026, 11, 22),
        category="unallocated",
        model=MYSTERY,
        use=Use(requests=1, tokens=tokens(100, 10), unpriced_tokens=110),
    )
    known = next(one for one in uses if one.day == date(2026, 11, 15))
    assert known.model == MODEL
    assert known.use.cost_nusd


def test_a_category_is_the_turns(ledger: Ledger) -> None:
    ledger.db.execute(
        "INSERT OR REPLACE INTO turn_category SELECT id, 'bugfix', 0.9, '', 'evidence' FROM span"
        " WHERE turn_id = 't-1'"
    )
    assert {one.category for one in found(ledger.db).uses if one.day.month == 11} >= {"bugfix"}


def test_counts_are_of_the_week_alone(ledger: Ledger) -> None:
    week = found(ledger.db)
    assert (week.sessions, week.turns) == (1, 1)
    assert week.first_day == date(2026, 10, 18)
    assert (week.today, week.timezone) == (date(2026, 11, 25), "UTC")
    assert week.unpriced_models == (MYSTERY,)
    assert week.sums is not None


def test_losses_are_those_that_ended_in_the_week(ledger: Ledger) -> None:
    begin = datetime(2026, 11, 16, tzinfo=UTC)
    moments = (begin - timedelta(microseconds=1), begin, begin + timedelta(days=7))
    for number, moment in enumerate((*moments, begin + timedelta(days=7, microseconds=-1))):
        add_hit(ledger.db, number, moment, f"run {number}")
    losses = found(ledger.db).losses
    assert [one.hit.label for one in losses] == ["run 1", "run 3"]
    assert (losses[0].session_id, losses[0].repo, losses[0].branch) == ("s-1", "shop", "main")
    assert losses[0].hit.cost_nusd == 5


def test_large_contexts_are_the_weeks(ledger: Ledger) -> None:
    large = found(ledger.db).large
    assert (large.threshold_tokens, large.calls, large.extra_tokens) == (LARGE_TOKENS, 1, 5_000)
    assert large.nusd is not None
    assert large.nusd > 0


def test_a_context_of_the_size_is_not_large_and_one_without_a_price_costs_not_nothing() -> None:
    exact = event(1, tokens=tokens(0, 10, cache_read_tokens=LARGE_TOKENS))
    more = event(2, model=MYSTERY, tokens=tokens(1, 10, cache_read_tokens=LARGE_TOKENS))
    with recorded(calls_read(exact)) as ledger:
        assert (found(ledger.db).large.calls, found(ledger.db).large.nusd) == (0, 0)
    with recorded(calls_read(more)) as ledger:
        assert (found(ledger.db).large.calls, found(ledger.db).large.nusd) == (1, None)


def event_at(kind: EventKind, day: float) -> GateEvent:
    begin = datetime(2026, 11, 16, tzinfo=UTC)
    return GateEvent(at=begin + timedelta(days=day), kind=kind)


def test_events_are_the_weeks(ledger: Ledger) -> None:
    events = [
        event_at("stop", 0), event_at("block", 6.99), event_at("refuse", 1),
        event_at("would-stop", 2), event_at("would-stop", 3), event_at("allow", 4),
        event_at("save", 4), event_at("stop", -0.01), event_at("stop", 7),
    ]  # fmt: skip
    expected = BudgetEvents(stopped=2, refused=1, would_stop=2, allowed=1)
    assert found(ledger.db, *events).events == expected


def test_days_are_those_of_the_ledgers_zone() -> None:
    late = event(1, at=datetime(2026, 11, 15, 23, 30, tzinfo=UTC))
    with recorded(calls_read(late), zone="Europe/Berlin") as ledger:
        week = found(ledger.db)
    assert [one.day for one in week.uses] == [MONDAY]
    assert week.sessions == 1


def test_an_empty_ledger_has_an_empty_week() -> None:
    with recorded() as ledger:
        week = found(ledger.db)
    assert (week.uses, week.losses, week.first_day, week.sessions) == ((), (), None, 0)
