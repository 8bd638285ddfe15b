"""Which task each turn belongs to. Read only; follows from categories, so nothing of it is kept."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from aicost.core.categories import TaskCategory
from aicost.core.tasks import Task, TurnOfTask, tasks_of
from aicost.store.homes import sessions_asked

_TURNS = (
    "SELECT x.session_id, t.turn_id, k.category, sum(u.cost_nusd), sum(u.priced_requests),"
    " group_concat(iif(s.id = t.id, u.place, NULL))"
    " FROM span s JOIN session x ON x.id = s.session JOIN span t ON t.id = s.turn"
    " LEFT JOIN usage_day u ON u.span = s.id"
    " LEFT JOIN turn_category k ON k.span = t.id WHERE t.turn_id <> '' AND {where}"
    " GROUP BY t.id ORDER BY x.session_id, min(t.started_us), t.id"
)
_CATEGORIES: Mapping[str | None, TaskCategory] = {str(one): one for one in TaskCategory}


def session_tasks(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> Mapping[str, tuple[Task, ...]]:
    """Return session id -> its tasks, the first one first; `session_id` may be the start of one.

    Sessions without a turn are left out.
    """
    where, values = sessions_asked(session_id, homes)
    branches_of = lru_cache(maxsize=256)(_Branches(db).among)
    by_session = defaultdict[str, list[TurnOfTask]](list)
    for name, turn_id, category, cost, priced, places in db.execute(
        _TURNS.format(where=where), values
    ):
        nusd = cost if priced else None
        turn = TurnOfTask(turn_id, _CATEGORIES.get(category), branches_of(places), nusd)
        by_session[name].append(turn)
    return {name: tasks_of(turns) for name, turns in by_session.items()}


class _Branches:
    """Branches by the rows of places."""

    def __init__(self, db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT id, branch FROM place WHERE branch <> ''")
        self._names = {str(row): str(branch) for row, branch in rows}

    def among(self, places: str | None) -> frozenset[str]:
        """Return the branches of places, which are written one after another."""
        known = (places or "").split(",")
        return frozenset(self._names[place] for place in known if place in self._names)
