"""Which command keeps failing in the turn that a session is in. Read only."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aicost.core.commands import from_number
from aicost.core.days import to_us
from aicost.core.loops import Repeat, Run, merged_runs, repeat_of

# A session is in the turn of its newest prompt, even if that was not answered yet.
_TURN = (
    "SELECT s.id, s.turn_id FROM span s JOIN session x ON x.id = s.session"
    " WHERE x.session_id = ? AND s.subagent_id = '' AND s.turn_id <> ''"
    " ORDER BY s.started_us DESC, s.id DESC LIMIT 1"
)
_SPANS = (
    "(SELECT id, subagent_id FROM span WHERE id = ?1 UNION ALL SELECT b.id, b.subagent_id"
    " FROM span a JOIN span b ON b.session = a.session AND b.subagent_id > '' AND b.turn = a.id"
    " WHERE a.id = ?1)"
)
_RUNS = (
    f"SELECT r.key, r.at_us, s.subagent_id, r.command, l.name, r.error FROM {_SPANS} s"
    " JOIN call c ON c.span = s.id JOIN command_run r ON r.call = c.key"
    " JOIN command_label l ON l.id = r.label"
)
_COST = (
    f"SELECT sum(c.cost_nusd) FROM {_SPANS} s JOIN call c ON c.span = s.id"
    " WHERE s.subagent_id = ?2 AND c.at_us >= ?3"
)
_NOTHING_TOLD: Mapping[str, Iterable[Run]] = {}


class _Turn(NamedTuple):
    span: int
    turn_id: str


def repeats(
    db: sqlite3.Connection,
    session_ids: Iterable[str],
    told: Mapping[str, Iterable[Run]] = _NOTHING_TOLD,
) -> dict[str, Repeat]:
    """Return session id -> what fails again and again in its current turn, where anything does.

    `told`: runs by session that hooks told of, in the current turn, before they were logged.
    """
    found: dict[str, Repeat] = {}
    for session_id in session_ids:
        turn = _turn_of(db, session_id)
        logged = _runs_of(db, turn.span) if turn else ()
        runs = merged_runs(logged, told.get(session_id, ()))
        repeat = repeat_of(runs, turn.turn_id if turn else "")
        if repeat is not None:
            found[session_id] = _with_cost(db, turn, repeat)
    return found


def _turn_of(db: sqlite3.Connection, session_id: str) -> _Turn | None:
    row = db.execute(_TURN, (session_id,)).fetchone()
    return None if row is None else _Turn(*row)


def _runs_of(db: sqlite3.Connection, span: int) -> Iterable[Run]:
    for key, at_us, thread, command, label, error in db.execute(_RUNS, (span,)):
        failed = error is not None
        said = from_number(error) if failed else ""
        yield Run(key, at_us, thread, from_number(command), label, failed, said)


def _with_cost(db: sqlite3.Connection, turn: _Turn | None, repeat: Repeat) -> Repeat:
    if turn is None:
        return repeat
    values = (turn.span, repeat.thread, to_us(repeat.since))
    return repeat._replace(cost_nusd=db.execute(_COST, values).fetchone()[0])
