"""Ledgers filled from logs on disk, and what is in them without the ids that each file chooses."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from aicost.core.reports import ReportQuery
from aicost.core.usage import TokenCounts
from aicost.daemon.engine import Engine, open_engine
from aicost.platform.dirs import load_dirs
from aicost.prices.book import load_price_book
from aicost.store.reports import report
from aicost.store.schema import TOKENS

BOOK = load_price_book(None)  # the shipped one
Rows = dict[str, list[tuple[object, ...]]]

_TOKENS = ", ".join(f"c.{name}" for name in TOKENS)
_SPAN = "x.session_id, s.subagent_id, s.turn_id"
_FROM_SPAN = "span s JOIN session x ON x.id = s.session"
_CONTENT = {
    "calls": f"SELECT c.event_key, {_SPAN}, m.name, p.cwd, p.branch, p.repo, v.speed,"
    f" v.service_tier, v.inference_geo, c.at_us, {_TOKENS}, c.web_searches, c.parts,"
    f" c.source_rank, c.cost_nusd FROM call c, {_FROM_SPAN} JOIN model m ON m.id = c.model"
    " JOIN place p ON p.id = c.place JOIN variant v ON v.id = c.variant WHERE s.id = c.span",
    "spans": f"SELECT {_SPAN}, s.started_us, s.prompt_id, t.turn_id FROM {_FROM_SPAN}"
    " LEFT JOIN span t ON t.id = s.turn",
    "sessions": "SELECT x.session_id, x.agent, x.first_us, x.last_us, x.last_main_us,"
    " c.event_key FROM session x LEFT JOIN call c ON c.key = x.last_main_call",
    "days": f"SELECT u.day, {_SPAN}, m.name, p.cwd, p.branch, u.requests,"
    f" {_TOKENS.replace('c.', 'u.')}, u.web_searches, u.cost_nusd, u.priced_requests,"
    f" u.unpriced_tokens FROM usage_day u, {_FROM_SPAN} JOIN model m ON m.id = u.model"
    " JOIN place p ON p.id = u.place WHERE s.id = u.span",
    "homes": "SELECT x.session_id, h.path FROM session_home JOIN session x ON x.id = session"
    " JOIN home h ON h.id = home",
}
_EVIDENCE = {
    "tool_calls": "SELECT c.key, c.call, t.name FROM tool_call c JOIN tool t ON t.id = c.tool",
    "commands": "SELECT r.key, r.call, r.at_us, r.command, l.name, r.error FROM command_run r"
    " JOIN command_label l ON l.id = r.label",
    "steps": "SELECT t.key, t.call, t.at_us, t.kind, t.target, l.name, t.part, t.content,"
    " t.size_bytes, t.failed FROM step t JOIN command_label l ON l.id = t.label",
    "compactions": f"SELECT k.key, {_SPAN}, k.at_us FROM compaction k, {_FROM_SPAN}"
    " WHERE s.id = k.span",
    "waste": "SELECT x.session_id, w.number, w.kind, w.turn_id, w.thread, w.label, w.cause,"
    " w.count, w.size, w.since_us, w.until_us, w.cost_nusd"
    " FROM waste w JOIN session x ON x.id = w.session",
    "progress": "SELECT x.session_id, p.edits, p.kept_edits, p.files, p.turned_green, p.commits,"
    " p.answers FROM progress p JOIN session x ON x.id = p.session",
    "work": f"SELECT {_SPAN}, w.steps, w.features FROM turn_work w, {_FROM_SPAN}"
    " WHERE s.id = w.span",
    "categories": f"SELECT {_SPAN}, k.category, k.confidence, k.why, k.origin"
    f" FROM turn_category k, {_FROM_SPAN} WHERE s.id = k.span",
    "errors": f"SELECT e.key, {_SPAN}, e.at_us, e.is_retried, e.status, e.wait_us"
    f" FROM api_error e, {_FROM_SPAN}"
    " WHERE s.id = e.span",
    "settings": f"SELECT {_SPAN}, s.kind, w.version, w.entrypoint, w.effort, w.permission_mode,"
    f" w.command, w.ci_job FROM {_FROM_SPAN} LEFT JOIN setting w ON w.id = s.setting",
    "skills": "SELECT c.key, k.name FROM call_skill c JOIN skill k ON k.id = c.skill",
    "copies": "SELECT x.session_id, c.key FROM copied_call c JOIN session x ON x.id = c.session",
    "client_totals": f"SELECT x.session_id, c.model, {_TOKENS}, c.web_searches, c.cost_nusd"
    " FROM client_total c JOIN session x ON x.id = c.session",
    "hidden": "SELECT h.key, x.session_id, h.at_us, h.kind, h.context_tokens FROM hidden_hint h"
    " JOIN session x ON x.id = h.session",
    "pull_requests": "SELECT x.session_id, p.number, p.at_us FROM pull_request p"
    " JOIN session x ON x.id = p.session",
    "limits": "SELECT h.path, p.limit_id, p.at_us, p.said FROM plan_limit p"
    " JOIN home h ON h.id = p.home",
    "days": f"SELECT u.day, {_SPAN}, m.name, p.cwd, p.branch, u.tool_calls, u.api_errors,"
    f" u.active_us FROM evidence_day u, {_FROM_SPAN} LEFT JOIN model m ON"
    " m.id = u.model LEFT JOIN place p ON p.id = u.place WHERE s.id = u.span",
}


@contextmanager
def opened(folder: Path, homes: Iterable[Path], zone: str = "UTC") -> Iterator[Engine]:
    """Open a ledger in `folder` (made if missing) for these homes; reads nothing yet."""
    dirs = load_dirs({"AICOST_HOME": str(folder)})
    named = [str(home) for home in homes]
    engine = open_engine(dirs, book=BOOK, zone=ZoneInfo(zone), homes=named)
    try:
        yield engine
    finally:
        engine.close()


def read_everything(engine: Engine) -> None:
    """Bring the ledger up to what is on disk, in this process."""
    for _ in engine.read_all(engine.survey(), cores=1):
        pass


def content(db: sqlite3.Connection) -> Rows:
    """Return all that a ledger says about usage, sorted, with names in place of ids."""
    return {name: sorted(db.execute(query), key=repr) for name, query in _CONTENT.items()}


def evidence(db: sqlite3.Connection) -> Rows:
    """Return all that a ledger says about what calls were for, sorted, names in place of ids."""
    return {name: sorted(db.execute(query), key=repr) for name, query in _EVIDENCE.items()}


def tokens_by_model(db: sqlite3.Connection) -> dict[str, tuple[TokenCounts, int]]:
    """Return model -> (tokens, web searches), as a report shows them."""
    rows = report(db, ReportQuery(by="model")).rows
    return {row.key: (row.tokens, row.web_searches) for row in rows}
