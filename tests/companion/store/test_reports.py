"""Reports add up however they are grouped, and whatever days they are asked of."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from log_builders import (
    HOME,
    MODEL,
    at,
    calls_read,
    event,
    file_read,
    open_ledger,
    recorded,
    tokens,
    user_line,
)

from aicost.core.facts import FileRead
from aicost.core.reports import GROUPS, GroupBy, ReportQuery, ReportRow, UsageReport
from aicost.core.usage import TokenCounts
from aicost.store.queries import meta, skipped_lines, turns
from aicost.store.reports import report

DAY_MINUTES = 24 * 60
MYSTERY = "claude-mystery,9"  # a comma is not our separator
OTHER_HOME = "/home/ada/.config/claude"


def history() -> list[FileRead]:
    """Two agents, two homes, three models, a year: 22 November 2026 10:00 UTC is minute 0."""
    week = 7 * DAY_MINUTES
    mine = [
        event(1, at=at(0)),
        event(2, at=at(14 * 60 - 1), turn_id="t-2", web_searches=2),
        event(3, at=at(14 * 60), turn_id="t-2", branch="fix"),
        event(4, at=at(14 * 60 + 1), turn_id="", subagent_id="a1"),
        event(5, at=at(5 * week), session_id="s-2", cwd="/src/api", tokens=tokens(1, 2)),
        event(6, at=at(6 * week), session_id="s-2", cwd="/src/api", model=MYSTERY),
    ]
    others = [
        event(7, at=at(0), session_id="s-3", agent="codex", model="gpt-x", cwd=""),
        event(8, at=at(DAY_MINUTES), session_id="s-3", agent="codex", model=MODEL, cwd=""),
    ]
    prompts = [user_line("t-1", minutes=-1), user_line("t-2", minutes=1), b"torn\n", b"torn\n"]
    return [
        file_read(*prompts, path="p.jsonl"),
        calls_read(*mine),
        calls_read(*others, path="s-3.jsonl", home=OTHER_HOME),
    ]


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    with recorded(*history()) as ledger:
        yield ledger.db


def keys(found: UsageReport) -> list[str]:
    return [row.key for row in found.rows]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("day", ["2026-11-22", "2026-11-23", "2026-12-27", "2027-01-03"]),
        ("week", ["2026-W47", "2026-W48", "2026-W52", "2026-W53"]),
        ("month", ["2026-11", "2026-12", "2027-01"]),
        ("session", ["s-1", "s-3", "s-2"]),
        ("model", [MODEL, MYSTERY, "gpt-x"]),
        ("repo", ["shop", "unallocated", "api"]),
        ("branch", ["shop · main", "shop · fix", "unallocated · main", "api · main"]),
        ("agent", ["claude", "codex"]),
    ],
)
def test_rows_come_in_order_of_time_or_the_dearest_first(
    db: sqlite3.Connection, by: GroupBy, expected: list[str]
) -> None:
    assert keys(report(db, ReportQuery(by=by))) == expected


def added_up(rows: tuple[ReportRow, ...]) -> tuple[Any, ...]:
    return (
        sum(row.requests for row in rows),
        sum((row.tokens for row in rows), start=TokenCounts()),
        sum(row.web_searches for row in rows),
        sum(row.cost_nusd or 0 for row in rows),
        sum(row.unpriced_tokens for row in rows),
        sum(row.ncredits or 0 for row in rows),
        sum(row.tool_calls or 0 for row in rows),
        sum(row.api_errors or 0 for row in rows),
        sum(row.active_us or 0 for row in rows),
    )


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("by", GROUPS)
def test_every_grouping_adds_up_to_the_same_total(
    db: sqlite3.Connection, by: GroupBy, timezone: str
) -> None:
    found = report(db, ReportQuery(by=by, timezone=timezone))
    assert added_up(found.rows) == added_up((found.total,))
    assert found.total == report(db, ReportQuery()).total
    assert found.total.requests == 8
    assert found.total.tokens == tokens(701, 72)
    # Five priced calls: 110 tokens at $4 a million, one of 3, and two searches at a cent.
    assert found.total.cost_nusd == 5 * 440_000 + 12_000 + 2 * 10_000_000
    assert found.total.unpriced_tokens == 220


def test_the_total_says_how_many_sessions_and_turns_there_were(db: sqlite3.Connection) -> None:
    total = report(db, ReportQuery()).total
    assert (total.key, total.sessions, total.turns) == ("total", 3, 4)
    assert total.agents == ("claude", "codex")
    assert total.models == (MYSTERY, MODEL, "gpt-x")


def test_a_row_without_a_price_has_no_cost_rather_than_none_to_pay(db: sqlite3.Connection) -> None:
    rows = {row.key: row for row in report(db, ReportQuery(by="model")).rows}
    assert (rows[MYSTERY].cost_nusd, rows[MYSTERY].unpriced_tokens) == (None, 110)
    assert (rows[MODEL].cost_nusd, rows[MODEL].unpriced_tokens) == (22_212_000, 0)
    assert report(db, ReportQuery()).unpriced_models == (MYSTERY, "gpt-x")


@pytest.mark.parametrize(
    ("window", "days"),
    [
        ({}, ["2026-11-22", "2026-11-23", "2026-12-27", "2027-01-03"]),
        ({"since": date(2026, 11, 22)}, ["2026-11-22", "2026-11-23", "2026-12-27", "2027-01-03"]),
        ({"since": date(2026, 11, 23)}, ["2026-11-23", "2026-12-27", "2027-01-03"]),
        ({"until": date(2026, 11, 23)}, ["2026-11-22", "2026-11-23"]),
        ({"until": date(2026, 11, 22)}, ["2026-11-22"]),
        ({"until": date(2026, 11, 21)}, []),
        ({"since": date(2026, 11, 23), "until": date(2026, 11, 23)}, ["2026-11-23"]),
        ({"since": date(2026, 11, 24), "until": date(2026, 11, 23)}, []),
    ],
)
@pytest.mark.parametrize("timezone", ["UTC", "Africa/Abidjan"])  # the same days, read otherwise
def test_both_ends_of_a_window_are_in_it(
    db: sqlite3.Connection, window: dict[str, Any], days: list[str], timezone: str
) -> None:
    found = report(db, ReportQuery(timezone=timezone, **window))
    assert keys(found) == days
    assert found.active_days == len(days)
    assert added_up(found.rows) == added_up((found.total,))


def test_nothing_is_an_empty_report_without_a_cost() -> None:
    with open_ledger() as ledger:
        for by in GROUPS:
            found = report(ledger.db, ReportQuery(by=by))
            assert (found.rows, found.total) == (
                (),
                ReportRow(key="total", tool_calls=0, api_errors=0, retries=0, active_us=0),
            )
            assert (found.active_days, found.unpriced_models) == (0, ())
        assert turns(ledger.db) == ()


@pytest.mark.parametrize(
    ("query", "sessions"),
    [
        ({"agent": "claude"}, ["s-1", "s-2"]),
        ({"agent": "codex"}, ["s-3"]),
        ({"homes": (HOME,)}, ["s-1", "s-2"]),
        ({"homes": (OTHER_HOME,)}, ["s-3"]),
        ({"homes": (HOME, OTHER_HOME)}, ["s-1", "s-2", "s-3"]),
        ({"homes": ("/elsewhere",)}, []),
        ({"homes": (HOME,), "agent": "codex"}, []),
    ],
)
def test_a_report_may_be_of_some_homes_or_one_agent(
    db: sqlite3.Connection, query: dict[str, Any], sessions: list[str]
) -> None:
    found = report(db, ReportQuery(by="session", **query))
    assert sorted(keys(found)) == sessions
    assert added_up(found.rows) == added_up((found.total,))


@pytest.mark.parametrize(
    "timezone",
    ["Asia/Kathmandu", "America/New_York", "Pacific/Chatham", "Pacific/Kiritimati"],
)
def test_another_time_zone_gives_what_a_ledger_in_that_zone_would(
    db: sqlite3.Connection, timezone: str
) -> None:
    with recorded(*history(), zone=timezone) as ledger:
        for by in GROUPS:
            for since, until in ((None, None), (date(2026, 11, 23), date(2026, 12, 27))):
                query = ReportQuery(by=by, timezone=timezone, since=since, until=until)
                assert report(db, query) == report(ledger.db, query)


def test_a_zone_that_does_not_exist_is_an_error_not_utc(db: sqlite3.Connection) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        report(db, ReportQuery(timezone="Mars/Olympus"))


def test_a_report_names_its_prices_and_what_could_not_be_read() -> None:
    with recorded(*history()) as ledger:
        found = report(ledger.db, ReportQuery())
        assert found.price_book == meta(ledger.db, "price_book") != ""
        assert found.skipped_lines == skipped_lines(ledger.db) == 2
        assert meta(ledger.db, "timezone") == "UTC"
        assert meta(ledger.db, "nothing") == ""


# Turns
