"""What the ledger knows of sessions that are at work: who they are, and what they did just now."""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from aicost.core.attribution import environment_of
from aicost.core.budget import Traits
from aicost.core.days import from_us
from aicost.core.reservation import Called, Thread
from aicost.core.usage import Agent
from aicost.store.calls import key_of

_EDITS = ("Edit", "MultiEdit", "NotebookEdit", "Write", "apply_patch")
_TASK = (  # what the turn in force is for
    "coalesce((SELECT k.category FROM span t JOIN turn_category k ON k.span = t.id"
    " WHERE t.session = x.id AND t.subagent_id = '' AND t.turn_id <> ''"
    " ORDER BY t.started_us DESC, t.id DESC LIMIT 1), '')"
)
_RECENT_US = 600_000_000  # calls of the last minutes are found without those of the whole session


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A session by its newest call of the main thread."""

    traits: Traits
    agent: Agent
    cwd: str
    last_us: int  # of its newest call, 0 for none
    turn_us: int  # when its newest turn began, 0 for none


def known_sessions(db: sqlite3.Connection, session_ids: Collection[str]) -> dict[str, Known]:
    """Return those of some sessions that the ledger has, by id."""
    rows = db.execute(
        "SELECT x.session_id, x.agent, coalesce(m.name, ''), coalesce(p.repo, ''),"
        " coalesce(p.branch, ''), coalesce(p.cwd, ''), coalesce(w.entrypoint, ''),"
        " coalesce(w.ci_job, ''), coalesce(x.last_us, 0), coalesce((SELECT max(t.started_us)"
        " FROM span t WHERE t.session = x.id AND t.subagent_id = '' AND t.turn_id <> ''), 0),"
        f" {_TASK}"
        " FROM session x LEFT JOIN call c ON c.key = x.last_main_call"
        " LEFT JOIN model m ON m.id = c.model LEFT JOIN place p ON p.id = c.place"
        " LEFT JOIN span s ON s.id = c.span LEFT JOIN setting w ON w.id = s.setting"
        f" WHERE x.session_id IN ({_marks(session_ids)})",
        tuple(session_ids),
    )
    return {
        session_id: Known(
            traits=Traits(
                agent=agent,
                repo=repo,
                branch=branch,
                model=model,
                environment=environment_of(way, job) or "",
                category=task,
            ),
            agent=agent,
            cwd=cwd,
            last_us=last_us,
            turn_us=turn_us,
        )
        for session_id, agent, model, repo, branch, cwd, way, job, last_us, turn_us, task in rows
    }


def sessions_since(db: sqlite3.Connection, since_us: int) -> list[str]:
    """Return the sessions that made a call since a moment."""
    rows = db.execute("SELECT session_id FROM session WHERE last_us >= ?", (since_us,))
    return [session_id for (session_id,) in rows]


def sessions_beginning(db: sqlite3.Connection, text: str) -> list[str]:
    """Return the sessions whose id begins with a text."""
    rows = db.execute(
        "SELECT session_id FROM session WHERE substr(session_id, 1, length(?1)) = ?1", (text,)
    )
    return [session_id for (session_id,) in rows]


def threads_since(db: sqlite3.Connection, since_us: int) -> dict[Thread, Called]:
    """Return the threads that made a call since a moment, with their first and newest call."""
    rows = db.execute(
        "SELECT x.session_id, s.subagent_id, max(c.at_us), (SELECT min(d.at_us) FROM span o"
        " JOIN call d ON d.span = o.id WHERE o.session = s.session"
        " AND o.subagent_id = s.subagent_id AND s.subagent_id <> '')"
        " FROM call c INDEXED BY call_at JOIN span s ON s.id = c.span"
        " JOIN session x ON x.id = s.session WHERE c.at_us >= ? GROUP BY s.session, s.subagent_id",
        (since_us,),
    )
    return {
        Thread(session_id, thread_id): Called(
            from_us(last_us if first_us is None else first_us), from_us(last_us)
        )
        for session_id, thread_id, last_us, first_us in rows
    }


def subagent_models(db: sqlite3.Connection, since_us: int) -> dict[str, dict[str, str]]:
    """Return the model of each subagent's newest call since a moment, by session and subagent."""
    rows = db.execute(
        "SELECT x.session_id, s.subagent_id, m.name FROM call c INDEXED BY call_at"
        " JOIN span s ON s.id = c.span JOIN session x ON x.id = s.session"
        " JOIN model m ON m.id = c.model WHERE c.at_us >= ? AND s.subagent_id <> ''"
        " ORDER BY c.at_us, c.key",
        (since_us,),
    )
    found: dict[str, dict[str, str]] = {}
    for session_id, subagent_id, model in rows:
        found.setdefault(session_id, {})[subagent_id] = model
    return found


def has_tool_calls(
    db: sqlite3.Connection, keys: Collection[str], session_id: str, now_us: int
) -> bool:
    """Say whether the calls that asked for these tools are known, by the tool calls' keys."""
    wanted = {key_of(key) for key in keys}
    by_key = f"t.key IN ({_marks(wanted)})"
    recent = db.execute(
        "SELECT DISTINCT t.key FROM call c INDEXED BY call_at JOIN tool_call t ON t.call = c.key"
        f" WHERE c.at_us >= ? AND {by_key}",
        (now_us - _RECENT_US, *wanted),
    )
    missing = wanted - {key for (key,) in recent}
    if not missing:
        return True
    older = db.execute(  # a build may take longer
        "SELECT DISTINCT t.key FROM session x JOIN span s ON s.session = x.id"
        " JOIN call c ON c.span = s.id JOIN tool_call t ON t.call = c.key"
        f" WHERE x.session_id = ? AND {by_key}",
        (session_id, *wanted),
    )
    return missing <= {key for (key,) in older}


def edits_in_turn(db: sqlite3.Connection, session_id: str) -> int:
    """Return how many edits of files a session's newest turn asked for."""
    (found,) = db.execute(
        "SELECT count(*) FROM span s JOIN call c ON c.span = s.id"
        " JOIN tool_call t ON t.call = c.key JOIN tool o ON o.id = t.tool"
        " WHERE s.session = (SELECT id FROM session WHERE session_id = ?1) AND s.turn = (SELECT"
        " l.id FROM span l JOIN session x ON x.id = l.session WHERE x.session_id = ?1"
        " AND l.subagent_id = '' AND l.turn_id <> '' ORDER BY l.started_us DESC, l.id DESC LIMIT 1)"
        f" AND o.name IN ({', '.join(f'{name!r}' for name in _EDITS)})",
        (session_id,),
    ).fetchone()
    return int(found)


def spent_since(db: sqlite3.Connection, since_us: int, session_id: str = "") -> int:
    """Return what the priced calls since a moment cost, in nano-dollars; "": of all sessions.

    Hidden spend is not in it: it has no moment of its own.
    """
    (found,) = db.execute(
        "SELECT coalesce(sum(c.cost_nusd), 0) FROM call c INDEXED BY call_at"
        " JOIN span s ON s.id = c.span JOIN session x ON x.id = s.session"
        " WHERE c.at_us >= ?1 AND (?2 = '' OR x.session_id = ?2)",
        (since_us, session_id),
    ).fetchone()
    return int(found)


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
