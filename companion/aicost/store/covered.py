"""Which rows of usage or evidence (`u`) a budget's filter covers: conditions and joins of SQL."""

import sqlite3
from collections.abc import Iterable, Iterator

from aicost.core.attribution import environment_of
from aicost.core.budget import BudgetFilter, Traits
from aicost.core.categories import TaskCategory


class Covered:
    """Turns filters into conditions, each once. Good for one moment: new names may come."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[BudgetFilter, str] = {}

    def where(self, filter_: BudgetFilter) -> str:
        """Return the condition on rows that a filter covers; it needs the `joins` of it."""
        if filter_ not in self._known:
            self._known[filter_] = " AND ".join(self._conditions(filter_)) or "1"
        return self._known[filter_]

    def _conditions(self, filter_: BudgetFilter) -> Iterator[str]:
        if filter_.model:
            one = BudgetFilter(model=filter_.model)
            rows = self._db.execute("SELECT id, name FROM model")
            yield f"u.model IN ({ids(i for i, name in rows if one.covers(Traits(model=name)))})"
        if filter_.repo or filter_.is_repo_exact or filter_.branch:
            one = BudgetFilter(
                repo=filter_.repo, is_repo_exact=filter_.is_repo_exact, branch=filter_.branch
            )
            rows = self._db.execute("SELECT id, repo, branch FROM place")
            places = (i for i, repo, branch in rows if one.covers(Traits(repo=repo, branch=branch)))
            yield f"u.place IN ({ids(places)})"
        if filter_.agent:
            one = BudgetFilter(agent=filter_.agent)
            names = (name for name in ("claude", "codex") if one.covers(Traits(agent=name)))
            yield f"x.agent IN ({', '.join(repr(str(name)) for name in names)})"
        if filter_.environment:
            one = BudgetFilter(environment=filter_.environment)
            rows = self._db.execute("SELECT id, entrypoint, ci_job FROM setting")
            named = ((i, environment_of(way, job) or "") for i, way, job in rows)
            ways = (i for i, name in named if one.covers(Traits(environment=name)))
            yield f"coalesce(r.setting, s.setting) IN ({ids(ways)})"
        if filter_.category:  # a subagent works for what its turn is for
            one = BudgetFilter(category=filter_.category)
            kinds = ", ".join(repr(str(c)) for c in TaskCategory if one.covers(Traits(category=c)))
            yield f"s.turn IN (SELECT span FROM turn_category WHERE category IN ({kinds}))"


def needs_span(filter_: BudgetFilter) -> bool:
    """Say whether a filter's condition asks for more than the rows themselves."""
    return bool(filter_.agent or filter_.environment or filter_.category)


def joins(filter_: BudgetFilter) -> str:
    """Return the joins that the condition of a filter needs; the span `s` is always in them."""
    found = " JOIN span s ON s.id = u.span"
    if filter_.agent:
        found += " JOIN session x ON x.id = s.session"
    if filter_.environment:  # a subagent runs as its turn does
        found += " LEFT JOIN span r ON r.id = s.turn"
    return found


def ids(rows: Iterable[int]) -> str:
    """Return row ids as the inside of an IN (…)."""
    return ", ".join(str(int(row)) for row in rows)
