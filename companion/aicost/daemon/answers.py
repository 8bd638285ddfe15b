"""Answers to the questions of clients, from a read-only ledger. No waiting, no reading of logs.

What only some answers need is imported by them: a daemon is asked for few kinds, mostly.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from aicost.core.days import FIRST_DAY, LocalDays, to_us
from aicost.core.errors import ConfigError
from aicost.core.prices import PriceBook
from aicost.core.reports import (
    EVIDENCE_GROUPS,
    MISMATCH_GROUPS,
    ReportQuery,
    UsageReport,
    WorkDone,
    without_evidence,
)
from aicost.core.session import WRITING_S, LiveSession, Running, session_row, starting_row
from aicost.core.view import BurnRate, DashboardView, Reading, SessionRow
from aicost.core.waste.hits import Hit, dearest_loop
from aicost.platform.git import repo_key_of
from aicost.platform.timezone import check_zone
from aicost.report.documents import (
    as_json,
    report_document,
    sessions_document,
    turns_document,
)
from aicost.store import dashboard, queries, reports
from aicost.store.categories import present_purposes
from aicost.store.remembered import Remembered
from aicost.store.waste import waste_in, waste_of

if TYPE_CHECKING:
    from aicost.daemon.indexer import Survey
    from aicost.daemon.nudging import Advise
    from aicost.report.tables import Style

BURN_WINDOW_S = 600
CHART_MINUTES = 60
RECENT_DAYS = 1  # ended sessions on the dashboard: those of today and yesterday …
RECENT_SESSIONS = 20  # … and never fewer than this many, if there were
MAX_SESSIONS = 200

# In every format:
_OF_EVIDENCE = {"badge", "budgets", "explain", "export", "overview", "reconcile", "weekly", "work"}

T = TypeVar("T")
Params = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Question:
    """What every answer depends on."""

    db: sqlite3.Connection
    book: PriceBook
    zone: ZoneInfo  # of the ledger's days
    now: datetime  # UTC
    complete: bool = True  # False while logs on disk are not read to their end
    pending_bytes: int = 0
    has_evidence: bool = True  # False while the evidence in them is not
    ticket_of: Callable[[str], str] = reports.no_ticket  # of a branch
    remembered: Remembered | None = None  # earlier answers; None: nobody asks twice
    repo_of: Callable[[str], str] = repo_key_of  # what reports call a folder's repository
    windows: Mapping[str, int] = field(default_factory=dict)  # tokens of contexts, by clients' word

    def with_unread(self, left: "Survey") -> Self:
        """Return the question with what of the logs is not read."""
        return replace(
            self,
            complete=left.is_complete,
            pending_bytes=left.pending_bytes,
            has_evidence=left.has_evidence,
        )


def needs_evidence(method: str, params: Params) -> bool:
    """Say whether an answer shows what only the evidence reading finds."""
    if method == "view":
        return False
    is_shown = params.get("format") != "table" or params.get("by") in EVIDENCE_GROUPS
    return is_shown or method in _OF_EVIDENCE


class Shown(msgspec.Struct):
    """How an answer is to look: the daemon writes it, the command only prints it."""

    format: Literal["json", "csv", "table"] = "json"
    width: int = 80
    colour: bool = False

    @property
    def style(self) -> "Style":
        """The look of a table."""
        from aicost.report.tables import Style

        return Style(self.width, self.colour)


def report(question: Question, params: Params) -> str:
    """Answer `report`. Raises ConfigError for what cannot be asked, sqlite3.Error."""
    shown, rest = parted(params)
    query = converted({"timezone": question.zone.key, **rest}, ReportQuery)
    check_zone(query.timezone)
    grouped = question.has_evidence or query.by not in EVIDENCE_GROUPS
    found = replace(
        found_report(question, query),
        complete=question.complete and grouped,
        pending_bytes=question.pending_bytes,
    )
    if not question.has_evidence:
        found = without_evidence(found)
    elif query.by in MISMATCH_GROUPS:
        from aicost.daemon.cheaper import with_mismatches

        found = with_mismatches(question, found)
    match shown.format:
        case "table":
            from aicost.report.tables import report_table

            return report_table(found, shown.style)
        case "csv":
            from aicost.report.sheets import report_csv

            return report_csv(found)
        case "json":
            return as_json(report_document(found, question.now))


def found_report(question: Question, query: ReportQuery) -> UsageReport:
    """Return what the ledger says, remembered if it was asked before. Raises sqlite3.Error."""

    def find() -> UsageReport:
        return reports.report(question.db, query, ticket_of=question.ticket_of)

    if question.remembered is None:
        return find()
    return question.remembered.answer(query, find, lambda found: len(found.rows))


class TurnsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `turns`."""

    session: str | None = None
    since: date | None = None
    timezone: str | None = None
    homes: tuple[str, ...] = ()


def turns(question: Question, params: Params) -> str:
    """Answer `turns`, oldest first. Raises ConfigError, sqlite3.Error."""
    shown, rest = parted(params)
    query = converted(rest, TurnsQuery)
    zone = ZoneInfo(check_zone(query.timezone)) if query.timezone else question.zone
    since_us = LocalDays(zone).start_us(max(query.since, FIRST_DAY)) if query.since else None
    rows = queries.turns(
        question.db, session_id=query.session, since_us=since_us, homes=query.homes
    )
    if question.has_evidence:
        from aicost.store.work import work_done

        work = work_done(question.db, "turn", session_id=query.session, homes=query.homes)
        loops = _loops_of_turns(question, query)
        rows = tuple(
            replace(
                row,
                evidence=work.get((row.session_id, row.prompt_uuid), WorkDone()),
                loop=loops.get((row.session_id, row.prompt_uuid)),
            )
            for row in rows
        )
    if shown.format == "table":
        from aicost.report.tables import nothing_of, turns_table

        if query.session and not rows:
            return nothing_of("turns", query.session)
        return turns_table(rows, shown.style, zone)
    if shown.format == "csv":
        from aicost.report.sheets import turns_csv

        return turns_csv(rows)
    return as_json(
        turns_document(rows, complete=question.complete, pending_bytes=question.pending_bytes)
    )


def _loops_of_turns(question: Question, query: TurnsQuery) -> dict[tuple[str, str], Hit]:
    found = waste_of(question.db, session_id=query.session, homes=query.homes)
    by_turn = defaultdict[tuple[str, str], list[Hit]](list)
    for session_id, hits in found.items():
        for hit in hits:
            by_turn[session_id, hit.turn_id].append(hit)
    loops = {turn: dearest_loop(hits) for turn, hits in by_turn.items()}
    return {turn: loop for turn, loop in loops.items() if loop is not None}


class SessionsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `sessions`."""

    live: bool = False
    homes: tuple[str, ...] = ()


def sessions(question: Question, running: Running, params: Params) -> str:
    """Answer `sessions`, live ones first, then the newest. Raises ConfigError, sqlite3.Error.

    `running` holds those of the homes that are asked about.
    """
    shown, rest = parted(params)
    query = converted(rest, SessionsQuery)
    if query.live:
        rows = live_rows(question, running, query.homes)
    else:
        ids = dashboard.session_ids(question.db, query.homes)
        rows = rows_of(question, running, dict.fromkeys([*ids, *running.sessions]))
    if shown.format == "table":
        from aicost.report.tables import sessions_table

        return sessions_table(rows, shown.style, question.zone)
    work = _work(question, query.homes)
    if shown.format == "csv":
        from aicost.report.sheets import sessions_csv

        return sessions_csv(rows, work)
    return as_json(
        sessions_document(
            rows, work, complete=question.complete, pending_bytes=question.pending_bytes
        )
    )


class WorkQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `work`."""

    homes: tuple[str, ...] = ()


def work(question: Question, params: Params) -> dict[str, WorkDone] | None:
    """Answer `work`: what each session's calls were made for. Raises ConfigError, sqlite3.Error.

    None if the evidence of it is not read.
    """
    return _work(question, converted(params, WorkQuery).homes)


def _work(question: Question, homes: Sequence[str]) -> dict[str, WorkDone] | None:
    if not question.has_evidence:
        return None
    from aicost.store.work import work_done

    found = work_done(question.db, "session", homes=homes)
    return {session_id: done for (session_id, _), done in found.items()}


def live_rows(question: Question, running: Running, homes: Sequence[str]) -> list[SessionRow]:
    """Return the sessions of these homes that run, the newest first. Raises sqlite3.Error."""
    # Older clients have no registry: whoever writes is at work.
    since_us = to_us(question.now - timedelta(seconds=WRITING_S))
    writing = dashboard.session_ids_since(question.db, since_us, MAX_SESSIONS)
    if homes:
        known = set(dashboard.session_ids(question.db, homes))
        writing = tuple(session_id for session_id in writing if session_id in known)
    rows = rows_of(question, running, dict.fromkeys([*writing, *running.sessions]))
    return [row for row in rows if row.state != "ended"]


def parted(params: Params) -> tuple[Shown, dict[str, object]]:
    """Part how an answer looks from what is asked."""
    names = Shown.__struct_fields__
    looks = {name: params[name] for name in names if name in params}
    rest = {name: value for name, value in params.items() if name not in names}
    return converted(looks, Shown), rest


def converted(params: Params, wanted: type[T]) -> T:
    """Return the parameters as a value. Raises ConfigError."""
    try:
        return msgspec.convert(dict(params), wanted)
    except msgspec.ValidationError as error:
        raise ConfigError(f"this cannot be asked: {error}") from error


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the reader has looked at so far."""

    homes: tuple[str, ...]
    log_files: int
    reading: Reading | None  # None: everything on disk is in the ledger
    trouble: str = ""  # what keeps it from recording more
    unreadable: int = 0  # logs and folders
    breaks: int = 0  # how often the number of skipped lines changed


def view(
    question: Question,
    running: Running,
    days: LocalDays,
    coverage: Coverage,
    advise: "Advise | None" = None,
) -> DashboardView:
    """Build the dashboard of this moment; `advise` says what holds of its sessions."""
    now_us = to_us(question.now)
    today = days.day_of(now_us)
    since_us = to_us(question.now - timedelta(days=RECENT_DAYS))
    recent = dashboard.session_ids_since(question.db, since_us, MAX_SESSIONS)
    if len(recent) < RECENT_SESSIONS:
        recent = dashboard.session_ids_since(question.db, 0, RECENT_SESSIONS)
    rows = rows_of(question, running, dict.fromkeys([*running.sessions, *recent]))
    advice = advise(rows) if advise else None
    known = question.remembered or Remembered(question.db)
    return DashboardView(
        at=question.now,
        day=date.fromordinal(today).isoformat(),
        timezone=days.zone.key,
        today=dashboard.day_totals(question.db, today),
        burn=dashboard.total_burn((row.burn for row in rows), BURN_WINDOW_S),
        sessions=tuple(rows),
        reading=coverage.reading,
        skipped_lines=known.lasting(
            "skipped lines", coverage.breaks, lambda: queries.skipped_lines(question.db)
        ),
        homes=coverage.homes,
        log_files=coverage.log_files,
        trouble=coverage.trouble,
        unreadable=coverage.unreadable,
        budgets=advice.budgets if advice else (),
        nudges=advice.nudges if advice else (),
        last_hour=dashboard.burn_minutes(question.db, now_us, CHART_MINUTES),
        today_by_task=dashboard.day_by_task(question.db, today),
    )


def rows_of(question: Question, running: Running, ids: Mapping[str, object]) -> list[SessionRow]:
    """Return these sessions as far as they are known, running ones first, then the newest.

    Raises sqlite3.Error.
    """
    burns = dashboard.burn_by_session(question.db, to_us(question.now), BURN_WINDOW_S)
    live = running.sessions
    rows = {
        facts.session_id: session_row(
            facts,
            running,
            burn=burns.get(facts.session_id, BurnRate(window_s=BURN_WINDOW_S)),
            book=question.book,
            now=question.now,
        )
        for facts in dashboard.session_facts(question.db, ids)
    }
    for session_id in ids:
        if session_id in live and session_id not in rows:
            running_now = live[session_id]
            rows[session_id] = starting_row(running_now, question.repo_of(running_now.cwd))
    placed = [_placed(row, live.get(row.session_id), question) for row in rows.values()]
    ordered = _with_tasks(question, _with_loops(question, placed))
    ordered.sort(key=_newest_first, reverse=True)
    return ordered


def _with_loops(question: Question, rows: Sequence[SessionRow]) -> list[SessionRow]:
    """Add the loop that each session is in; to one that ended, the dearest it was in."""
    live = [row.session_id for row in rows if row.state != "ended"]
    ended = [row.session_id for row in rows if row.state == "ended"]
    hits = {**waste_in(question.db, ended), **waste_in(question.db, live, present=True)}
    return [replace(row, loop=dearest_loop(hits.get(row.session_id, ()))) for row in rows]


def _with_tasks(question: Question, rows: Sequence[SessionRow]) -> list[SessionRow]:
    """Add what each session is at, or was at last."""
    tasks = present_purposes(question.db, [row.session_id for row in rows])
    named = {session_id: str(purpose.category) for session_id, purpose in tasks.items()}
    return [replace(row, task=named.get(row.session_id, "")) for row in rows]


def _newest_first(row: SessionRow) -> tuple[bool, float]:
    return row.state != "ended", row.last_at.timestamp() if row.last_at else 0.0


def _placed(row: SessionRow, live: LiveSession | None, question: Question) -> SessionRow:
    """Show a session that has only subagents' calls at its process' folder.

    How large a context may be, its own client knows best.
    """
    if (told := question.windows.get(row.session_id)) is not None:
        row = replace(row, context_window_tokens=told)
    if row.cwd or live is None:
        return row
    return replace(row, cwd=live.cwd, repo=question.repo_of(live.cwd))
