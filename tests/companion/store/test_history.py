"""The history screen's ledger: days, groups and sessions of a span, whole or of one group."""

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from log_builders import HOME, MODEL, at, calls_read, event, recorded, tokens

from aicost.core.history import HISTORY_GROUPS, Day, History, HistoryBy, HistoryQuery
from aicost.core.reports import UNALLOCATED, ReportQuery, ReportRow, UsageReport, Within
from aicost.store.history import history, ledger_zone
from aicost.store.reports import report

TODAY = date(2026, 11, 24)
DAY_MINUTES = 24 * 60
MYSTERY = "gpt-mystery"
ELSEWHERE = "/home/ada/.codex"
NUSD_A_CALL = 440_000  # 110 tokens at $4 a million


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    """Three sessions: yesterday's and today's of one repo, and one of last year without a price."""
    day = DAY_MINUTES
    mine = [
        event(1, at=at(day)),
        event(2, at=at(day + 1), branch="fix"),
        event(3, at=at(2 * day), session_id="s-2", turn_id="t-2"),
    ]
    others = [
        event(4, at=at(2 * day), session_id="s-3", agent="codex", model=MYSTERY, cwd=""),
        event(5, at=at(-400 * day), session_id="s-4", agent="codex", cwd="/src/api"),
    ]
    with recorded(
        calls_read(*mine), calls_read(*others, path="s-3.jsonl", home=ELSEWHERE)
    ) as ledger:
        yield ledger.db


def found(db: sqlite3.Connection, **asked: Any) -> History:
    return history(db, HistoryQuery(**asked), TODAY, lambda query: report(db, query))


def keys(answer: History) -> list[str]:
    return [row.key for row in answer.rows]


def test_a_span_may_be_the_last_days_or_two_dates_or_all(db: sqlite3.Connection) -> None:
    last = found(db, last_days=2)
    assert (last.since, last.until) == (date(2026, 11, 23), TODAY)
    assert last.total.requests == 4
    dated = found(db, since=date(2026, 11, 23), until=date(2026, 11, 23))
    assert dated.total.requests == 2
    every = found(db)
    assert (every.since, every.until, every.total.requests) == (date(2025, 10, 18), TODAY, 5)
    assert every.first_day == last.first_day == date(2025, 10, 18)
    assert every.active_days == 3
    assert (every.today, every.timezone) == (TODAY, "UTC")


def test_days_are_those_of_the_calendars_year_too_and_of_all_of_a_longer_span(
    db: sqlite3.Connection,
) -> None:
    short = found(db, last_days=1)
    assert short.days == (
        Day(day=TODAY - timedelta(1), requests=2, tokens=220, cost_nusd=2 * NUSD_A_CALL),
        Day(day=TODAY, requests=2, tokens=220, cost_nusd=NUSD_A_CALL, unpriced_tokens=110),
    )
    assert found(db).days[0].day == date(2025, 10, 18)


def test_a_day_without_any_price_costs_not_nothing(db: sqlite3.Connection) -> None:
    (day,) = found(db, last_days=2, within=(Within("agent", "codex"),)).days
    assert (day.cost_nusd, day.unpriced_tokens) == (None, 110)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("repo", ["shop", "api", UNALLOCATED]),
        ("branch", ["shop · main", "api · main", "shop · fix", f"{UNALLOCATED} · main"]),
        ("model", [MODEL, MYSTERY]),
        ("agent", ["claude", "codex"]),
        ("month", ["2025-10", "2026-11"]),
        ("session", ["s-1", "s-2", "s-4", "s-3"]),
        ("category", [UNALLOCATED]),
    ],
)
def test_groups_are_those_of_reports(
    db: sqlite3.Connection, by: HistoryBy, expected: list[str]
) -> None:
    assert keys(found(db, by=by)) == expected


@pytest.mark.parametrize("by", HISTORY_GROUPS)
def test_days_and_rows_add_up_to_the_total(db: sqlite3.Connection, by: HistoryBy) -> None:
    for within in ((), (Within("repo", "shop"),), (Within("agent", "codex"),)):
        answer = found(db, by=by, within=within)
        for of in (_requests, _nusd, _unpriced):
            assert sum(map(of, answer.rows)) == of(answer.total)
            assert sum(map(of, answer.days)) == of(answer.total)


def _requests(one: Day | ReportRow) -> int:
    return one.requests


def _nusd(one: Day | ReportRow) -> int:
    return one.cost_nusd or 0


def _unpriced(one: Day | ReportRow) -> int:
    return one.unpriced_tokens


@pytest.mark.parametrize(
    ("within", "requests"),
    [
        ([Within("repo", "shop")], 3),
        ([Within("repo", UNALLOCATED)], 1),
        ([Within("repo", "shop"), Within("branch", "shop · fix")], 1),
        ([Within("branch", "shop · main"), Within("model", MODEL)], 2),
        ([Within("agent", "codex"), Within("repo", "shop")], 0),
        ([Within("session", "s-1")], 2),
        ([Within("environment", UNALLOCATED), Within("category", UNALLOCATED)], 5),
        ([Within("repo", "shop' OR 1 --")], 0),
    ],
)
def test_a_group_is_all_that_belongs_to_all_its_parts(
    db: sqlite3.Connection, within: list[Within], requests: int
) -> None:
    answer = found(db, by="model", within=tuple(within))
    assert answer.total.requests == requests
    assert answer.hidden is None  # it is known of whole sessions only
    assert found(db).hidden is not None


def test_a_part_may_need_the_tables_that_the_rows_need(db: sqlite3.Connection) -> None:
    asked = ReportQuery(by="mode", within=(Within("environment", UNALLOCATED),))
    assert report(db, asked).total.requests == 5


def test_sessions_say_whose_they_were(db: sqlite3.Connection) -> None:
    notes = found(db, by="session").sessions
    assert set(notes) == {"s-1", "s-2", "s-3", "s-4"}
    assert (notes["s-1"].agent, notes["s-1"].repo, notes["s-1"].branch) == ("claude", "shop", "fix")
    assert notes["s-1"].first_at == at(DAY_MINUTES)
    assert notes["s-1"].last_at == at(DAY_MINUTES + 1)
    assert notes["s-3"].task == ""
    assert found(db, by="repo").sessions == {}


def test_homes_are_kept_apart(db: sqlite3.Connection) -> None:
    mine = found(db, homes=(HOME,))
    assert mine.total.requests == 3
    assert sum(day.requests for day in mine.days) == 3


def test_nothing_is_an_answer_without_a_first_day() -> None:
    with recorded() as ledger:
        answer = found(ledger.db, last_days=7)
    assert (answer.first_day, answer.days, answer.rows) == (None, (), ())
    assert answer.total.cost_nusd is None


def test_days_are_the_ledgers_own() -> None:
    late = event(1, at=at(14 * 60 - 1), tokens=tokens(1, 1))  # 23:59 UTC
    with recorded(calls_read(late), zone="Asia/Kathmandu") as ledger:
        assert ledger_zone(ledger.db).key == "Asia/Kathmandu"
        answer = found(ledger.db)
    assert [day.day for day in answer.days] == [date(2026, 11, 23)]


def test_a_report_is_asked_in_days_of_the_ledger_so_that_no_call_is_looked_at() -> None:
    asked: list[ReportQuery] = []

    def note(query: ReportQuery) -> UsageReport:
        asked.append(query)
        return report(ledger.db, query)

    with recorded(calls_read(event()), zone="Europe/Berlin") as ledger:
        history(ledger.db, HistoryQuery(last_days=365), TODAY, note)
    assert asked[0].timezone == "Europe/Berlin"
