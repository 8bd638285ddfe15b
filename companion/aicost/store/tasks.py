"""Which task each turn belongs to. Read only; follows from categories, so nothing of it is kept."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby

from aicost.core.categories import TaskCategory
from aicost.core.tasks import Task, TurnOfTask, tasks_of
from aicost.store.homes import sessions_asked

_TURNS = (
    "SELECT x.session_id, t.turn_id, k.category, sum(u.cost_nusd), sum(u.priced_requests),"
    " json_group_array(DISTINCT p.branch) FILTER (WHERE s.id = t.id AND p.branch <> '')"
    " FROM span s JOIN session x ON x.id = s.session JOIN span t ON t.id = s.turn"
    " LEFT JOIN usage_day u ON u.span = s.id LEFT JOIN place p ON p.id = u.place"
    " LEFT JOIN turn_category k ON k.span = t.id WHERE t.turn_id <> '' AND {where}"
    " GROUP BY t.id ORDER BY x.session_id, min(t.started_us), t.id"
)


def session_tasks(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> Mapping[str, tuple[Task, ...]]:
    """Return session id -> its tasks, the first one first; `session_id` may be the start of one.

    Sessions without a turn are left out.
    """
    where, values = sessions_asked(session_id, homes)
    rows = db.execute(_TURNS.format(where=where), values)
    return {
        name: tasks_of(_turn(*rest) for _, *rest in turns)
        for name, turns in groupby(rows, key=lambda row: str(row[0]))
    }


def _turn(
    turn_id: str, category: str | None, cost: int | None, priced: int | None, branches: str
) -> TurnOfTask:
    return TurnOfTask(
        turn_id=turn_id,
        category=None if category is None else TaskCategory(category),
        branches=frozenset(json.loads(branches)),
        cost_nusd=cost if priced else None,
    )
