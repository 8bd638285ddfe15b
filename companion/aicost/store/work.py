"""What turns and sessions were made for, and how: the SQL of their evidence. Read only."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from aicost.core.attribution import environment_of, workflow_of
from aicost.core.purpose import Purpose
from aicost.core.reports import WorkDone
from aicost.core.tasks import Task
from aicost.store.categories import session_purposes, turn_purposes
from aicost.store.evidence import EVIDENCE
from aicost.store.homes import sessions_asked
from aicost.store.outcomes import turn_outcomes, verdicts
from aicost.store.tasks import session_tasks

By = Literal["session", "turn"]
Key = tuple[str, str]  # session id, turn id ("" for a whole session)
_KEYS: dict[By, str] = {
    "session": "x.session_id, ''",
    "turn": "x.session_id, coalesce(t.turn_id, '')",
}
_SPANS = " FROM span s JOIN session x ON x.id = s.session LEFT JOIN span t ON t.id = s.turn"
# How a turn was made its own span says; of a session, the last prompt that says something.
_SETTINGS = ("entrypoint", "ci_job", "command", "effort", "permission_mode")


def work_done(
    db: sqlite3.Connection, by: By, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> Mapping[Key, WorkDone]:
    """Return the evidence of each session or turn.

    `session_id` may be the beginning of one.
    """
    where, values = sessions_asked(session_id, homes)
    counts = _counts(db, _KEYS[by], where, values)
    ways = _ways(db, _KEYS[by], where, values)
    tiers = _tiers(db, _KEYS[by], where, values)
    outcomes = _outcomes(db, by, session_id, homes)
    purposes = _purposes(db, by, session_id, homes)
    tasks = _tasks(db, by, session_id, homes)
    return {
        key: replace(
            _work(counts.get(key, {}), ways.get(key, {}), tiers.get(key, "")),
            outcome=outcomes.get(key, ""),
            purpose=purposes.get(key),
            task=tasks[key][-1] if key in tasks else None,
            tasks=len(tasks.get(key, ())) if by == "session" else 0,
        )
        for key in {*counts, *ways, *tiers, *outcomes, *purposes, *tasks}
    }


def _tasks(
    db: sqlite3.Connection, by: By, session_id: str | None, homes: Sequence[str]
) -> Mapping[Key, tuple[Task, ...]]:
    """Return all tasks of each session, or the one that each turn belongs to."""
    found = session_tasks(db, session_id=session_id, homes=homes)
    if by == "session":
        return {(name, ""): tasks for name, tasks in found.items()}
    return {
        (name, turn_id): (task,)
        for name, tasks in found.items()
        for task in tasks
        for turn_id in task.turn_ids
    }


def _purposes(
    db: sqlite3.Connection, by: By, session_id: str | None, homes: Sequence[str]
) -> Mapping[Key, Purpose]:
    if by == "turn":
        return turn_purposes(db, session_id=session_id, homes=homes)
    found = session_purposes(db, session_id=session_id, homes=homes)
    return {(name, ""): purpose for name, purpose in found.items()}


def _outcomes(
    db: sqlite3.Connection, by: By, session_id: str | None, homes: Sequence[str]
) -> Mapping[Key, str]:
    if by == "turn":
        return turn_outcomes(db, session_id=session_id, homes=homes)
    found = verdicts(db, session_id=session_id, homes=homes)
    return {(name, ""): verdict.outcome for name, verdict in found.items()}


def _counts(
    db: sqlite3.Connection, key: str, where: str, values: Sequence[object]
) -> dict[Key, dict[str, int]]:
    sums = ", ".join(f"sum(e.{name})" for name in EVIDENCE)
    rows = db.execute(
        f"SELECT {key}, {sums}{_SPANS} JOIN evidence_day e ON e.span = s.id"
        f" WHERE {where} GROUP BY 1, 2",
        values,
    )
    return {(a, b): dict(zip(EVIDENCE, rest)) for a, b, *rest in rows}


def _ways(
    db: sqlite3.Connection, key: str, where: str, values: Sequence[object]
) -> dict[Key, dict[str, str]]:
    rows = db.execute(
        f"SELECT {key}, {', '.join('q.' + name for name in _SETTINGS)}{_SPANS}"
        f" JOIN setting q ON q.id = s.setting WHERE s.subagent_id = '' AND {where}"
        " ORDER BY s.started_us",
        values,
    )
    return {(a, b): dict(zip(_SETTINGS, rest)) for a, b, *rest in rows}


def _tiers(
    db: sqlite3.Connection, key: str, where: str, values: Sequence[object]
) -> dict[Key, str]:
    rows = db.execute(
        f"SELECT {key}, max(iif(v.speed = 'fast', 'fast', v.service_tier)){_SPANS}"
        " JOIN call c ON c.span = s.id JOIN variant v ON v.id = c.variant"
        f" WHERE {where} GROUP BY 1, 2",
        values,
    )
    return {(a, b): tier for a, b, tier in rows}


def _work(counts: Mapping[str, int], ways: Mapping[str, str], tier: str) -> WorkDone:
    entrypoint, ci_job = ways.get("entrypoint", ""), ways.get("ci_job", "")
    return WorkDone(
        tool_calls=counts.get("tool_calls", 0),
        api_errors=counts.get("api_errors", 0),
        retries=counts.get("retries", 0),
        active_us=counts.get("active_us", 0),
        environment=environment_of(entrypoint, ci_job) or "",
        workflow=workflow_of(ci_job, ways.get("command", ""), entrypoint),
        effort=ways.get("effort", ""),
        tier=tier,
        permission_mode=ways.get("permission_mode", ""),
    )
