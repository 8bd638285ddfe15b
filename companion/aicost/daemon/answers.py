"""Answers to the questions of clients, from a read-only ledger. No waiting, no reading of logs."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aicost.core.days import LocalDays, to_us
from aicost.core.prices import PriceBook
from aicost.core.reports import ReportQuery, TurnRow
from aicost.core.session import LiveSession, session_row, starting_row
from aicost.core.view import BurnRate, DashboardView, Reading, SessionRow
from aicost.store import dashboard, queries

BURN_WINDOW_S = 600
RECENT_DAYS = 1  # ended sessions on the dashboard: those of today and yesterday …
RECENT_SESSIONS = 20  # … and never fewer than this many, if there were
MAX_SESSIONS = 200

Live = Mapping[str, LiveSession]


@dataclass(frozen=True, slots=True)
class Question:
    """What every answer depends on."""

    db: sqlite3.Connection
    book: PriceBook
    now: datetime  # UTC


def report(db: sqlite3.Connection, params: Mapping[str, object]) -> dict[str, object]:
    """Answer `report`: core.reports.UsageReport as JSON values. Raises msgspec.ValidationError."""
    query = msgspec.convert(dict(params), ReportQuery)
    answer: dict[str, object] = msgspec.to_builtins(queries.report(db, query))
    return answer


class TurnsQuery(msgspec.Struct):
    """The parameters of `turns`."""

    session: str | None = None
    since: date | None = None
    timezone: str = "UTC"
    homes: tuple[str, ...] = ()


def turns(db: sqlite3.Connection, params: Mapping[str, object]) -> dict[str, object]:
    """Answer `turns`: a list of core.reports.TurnRow."""
    query = msgspec.convert(dict(params), TurnsQuery)
    since_us = None
    if query.since is not None:
        since_us = LocalDays(ZoneInfo(query.timezone)).start_us(query.since)
    rows: tuple[TurnRow, ...] = queries.turns(
        db, session_id=query.session, since_us=since_us, homes=query.homes
    )
    return {"turns": msgspec.to_builtins(rows)}


class SessionsQuery(msgspec.Struct):
    """The parameters of `sessions`."""

    live: bool = False
    homes: tuple[str, ...] = ()


def sessions(question: Question, live: Live, params: Mapping[str, object]) -> dict[str, object]:
    """Answer `sessions`: a list of core.view.SessionRow, live ones first, then the newest."""
    query = msgspec.convert(dict(params), SessionsQuery)
    ids = dashboard.session_ids(question.db, query.homes)
    if query.live:
        ids = tuple(session_id for session_id in ids if session_id in live)
    rows = _rows(question, live, dict.fromkeys([*ids, *live]))
    if query.live:
        rows = [row for row in rows if row.state != "ended"]
    return {"sessions": msgspec.to_builtins(rows)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the reader has looked at so far."""

    homes: tuple[str, ...]
    log_files: int
    reading: Reading | None  # None: everything on disk is in the ledger


def view(question: Question, live: Live, days: LocalDays, coverage: Coverage) -> DashboardView:
    """Build the dashboard of this moment."""
    now_us = to_us(question.now)
    today = days.day_of(now_us)
    since_us = to_us(question.now - timedelta(days=RECENT_DAYS))
    recent = dashboard.session_ids_since(question.db, since_us, MAX_SESSIONS)
    if len(recent) < RECENT_SESSIONS:
        recent = dashboard.session_ids(question.db)[:RECENT_SESSIONS]
    rows = _rows(question, live, dict.fromkeys([*live, *recent]))
    return DashboardView(
        at=question.now,
        day=date.fromordinal(today).isoformat(),
        timezone=days.zone.key,
        today=dashboard.day_totals(question.db, today),
        burn=dashboard.total_burn((row.burn for row in rows), BURN_WINDOW_S),
        sessions=tuple(rows),
        reading=coverage.reading,
        skipped_lines=queries.skipped_lines(question.db),
        homes=coverage.homes,
        log_files=coverage.log_files,
    )


def _rows(question: Question, live: Live, ids: Mapping[str, object]) -> list[SessionRow]:
    burns = dashboard.burn_by_session(question.db, to_us(question.now), BURN_WINDOW_S)
    rows = {
        facts.session_id: session_row(
            facts,
            live.get(facts.session_id),
            burn=burns.get(facts.session_id, BurnRate(window_s=BURN_WINDOW_S)),
            book=question.book,
            now=question.now,
        )
        for facts in dashboard.session_facts(question.db, ids)
    }
    for session_id in ids:
        if session_id in live and session_id not in rows:
            rows[session_id] = starting_row(live[session_id])
    ordered = [_placed(row, live.get(row.session_id)) for row in rows.values()]
    ordered.sort(key=_newest_first, reverse=True)
    return ordered


def _newest_first(row: SessionRow) -> tuple[bool, float]:
    return row.state != "ended", row.last_at.timestamp() if row.last_at else 0.0


def _placed(row: SessionRow, live: LiveSession | None) -> SessionRow:
    """Show a session that has only subagents' calls at its process' folder."""
    if row.cwd or live is None:
        return row
    return replace(row, cwd=live.cwd, repo=live.cwd.rstrip("/").rpartition("/")[2])
