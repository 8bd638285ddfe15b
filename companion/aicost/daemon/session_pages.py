"""One session as a whole, for the screen that shows it."""

from dataclasses import replace

import msgspec

from aicost.core.days import from_us
from aicost.core.errors import ConfigError
from aicost.core.session_page import PageTurn, SessionPage
from aicost.daemon.answers import Params, Question, converted
from aicost.store import session_pages as store
from aicost.store.categories import session_purposes, turn_purposes
from aicost.store.outcomes import turn_outcomes, verdicts
from aicost.store.waste import progress_in, waste_in


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `session.page`. Who names an id means it, in whatever folder it lies."""

    id: str
    homes: tuple[str, ...] = ()


def session_page(question: Question, params: Params) -> SessionPage:
    """Answer `session.page`. Raises ConfigError for an id that names no session, sqlite3.Error."""
    session_id = converted(params, PageQuery).id
    db = question.db
    found = store.find_session(db, session_id)
    if found is None:
        raise ConfigError(f"the ledger has no session {session_id[:80]!r}", hint="aicost sessions")
    used, transcript = store.used_by(db, found.row), store.transcript_of(db, found.row, session_id)
    cwd, branch, repo = store.places_of(db, found.row)
    page = SessionPage(
        session_id=session_id,
        agent="codex" if found.agent == "codex" else "claude",
        timezone=question.zone.key,
        homes=store.homes_of(db, found.row),
        transcript="" if transcript is None else transcript.path,
        cwd=cwd,
        repo=repo or question.repo_of(cwd),
        branch=branch,
        version=store.version_of(db, found.row),
        started_at=None if found.first_us is None else from_us(found.first_us),
        last_at=None if found.last_us is None else from_us(found.last_us),
        requests=used.requests,
        tokens=used.tokens,
        cost_nusd=used.cost_nusd,
        unpriced_tokens=used.unpriced_tokens,
        turns=store.turns_of(db, found.row),
        has_evidence=transcript is None or transcript.has_evidence,
    )
    return _with_evidence(question, page, found.row)


def _with_evidence(question: Question, page: SessionPage, row: int) -> SessionPage:
    """Add what the calls were made for, as far as it is read."""
    db, session_id = question.db, page.session_id
    purposes = turn_purposes(db, session_id=session_id)
    outcomes = turn_outcomes(db, session_id=session_id)

    def with_both(turn: PageTurn) -> PageTurn:
        key = (session_id, turn.turn_id)
        return replace(turn, purpose=purposes.get(key), outcome=outcomes.get(key, ""))

    return replace(
        page,
        turns=tuple(map(with_both, store.with_work(db, row, page.turns))),
        purpose=session_purposes(db, session_id=session_id).get(session_id),
        subagents=store.subagents_of(db, row),
        hits=waste_in(db, [session_id]).get(session_id, ()),
        progress=progress_in(db, session_id),
        outcome=verdicts(db, session_id=session_id).get(session_id),
        commands=store.commands_of(db, row),
    )
