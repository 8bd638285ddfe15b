"""The daemon's methods for budgets: told of, taken on anew, shown on a screen, and set."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from aicost.core.budget import OF_ONE, Budget, BudgetStatus
from aicost.core.budget_page import (
    BudgetChange,
    BudgetEntry,
    BudgetPage,
    said_of_removal,
    said_of_set,
)
from aicost.core.session import Running
from aicost.core.spending import Evaluation
from aicost.daemon.answers import Params, Question, converted
from aicost.daemon.budget_answers import LOOKS_BACK, Sources, listed, sources_for
from aicost.daemon.budgeting import Budgets
from aicost.daemon.rules import Rules
from aicost.daemon.server import Method, Notify
from aicost.daemon.setup import Setup
from aicost.daemon.weighing import Scales
from aicost.daemon.world import World
from aicost.platform.budget_edit import BudgetEdit, planned_removal, planned_set
from aicost.store.limits import plan_limits

T = TypeVar("T")


class Query(Protocol):
    """Asks the ledger. Raises StoreError."""

    async def __call__(self, question: Callable[[], T], /) -> T:
        """Return what a function finds that reads the ledger."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the methods need of the daemon."""

    budgets: Budgets
    setup: Setup
    would_stops: Callable[[datetime], Mapping[str, int]]  # since a moment, by budget id
    guards: Callable[[], Mapping[str, str]]  # the guard of each session that is under one
    prepared: Callable[[str, Params, Notify], Awaitable[tuple[Question, dict[str, Any]]]]
    moment: Callable[[], Question]
    query: Query
    running: Callable[[], Awaitable[Running]]
    changed: Callable[[], object]  # other rules hold now


class _SetAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `budget.set`: a row of `[[budgets]]`, and which budget it is to replace."""

    row: dict[str, Any]
    replaces: str = ""  # the id of the one that gets the new limit; "": found by scope and filter
    dry: bool = False  # only say what would change


class _RemoveAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `budget.remove`."""

    id: str
    dry: bool = False


class BudgetMethods:
    """Tells of all budgets, and writes the user's own as `aicost budget` does."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, as the server takes them."""
        return {
            "budgets": self._list,
            "budgets.reload": self._reload,
            "budget.page": self._page,
            "budget.set": self._set,
            "budget.remove": self._remove,
        }

    async def _list(self, params: Params, notify: Notify) -> object:
        question, asked = await self._access.prepared("budgets", params, notify)
        live, sources = await self._access.running(), self._sources(params)
        return {"text": await self._access.query(lambda: listed(question, live, sources, asked))}

    async def _reload(self, _params: Params, _notify: Notify) -> object:
        rules = self._take_on()
        return {"budgets": len(rules.budgets), "troubles": list(self._access.budgets.troubles)}

    async def _page(self, params: Params, _notify: Notify) -> object:
        running, sources = await self._access.running(), self._sources(params)
        question, file = self._access.moment(), str(self._config_file)
        page = await self._access.query(lambda: budget_page(question, running, sources, file))
        return msgspec.to_builtins(page)

    async def _set(self, params: Params, _notify: Notify) -> object:
        asked = converted(params, _SetAsked)
        edit = planned_set(self._config_file, asked.row, asked.replaces)
        return self._made(edit, said_of_set(edit.budget), dry=asked.dry)

    async def _remove(self, params: Params, _notify: Notify) -> object:
        asked = converted(params, _RemoveAsked)
        edit = planned_removal(self._config_file, asked.id)
        return self._made(edit, said_of_removal(edit.budget), dry=asked.dry)

    @property
    def _config_file(self) -> Path:
        return self._access.setup.dirs.config_file

    def _sources(self, params: Params) -> Sources:
        access = self._access
        sources = sources_for(params, access.budgets, access.setup, access.would_stops)
        return replace(sources, guards=access.guards())

    def _take_on(self) -> Rules:
        """Take on the budgets as they are on disk now."""
        rules = self._access.budgets.reload()
        self._access.changed()
        return rules

    def _made(self, edit: BudgetEdit, said: str, *, dry: bool) -> object:
        if not dry:
            edit.file.write()
            self._take_on()
        return msgspec.to_builtins(
            BudgetChange(
                text=said, file=str(edit.file.path), lines=edit.file.lines(), is_made=not dry
            )
        )


def budget_page(
    question: Question, running: Running, sources: Sources, config_file: str
) -> BudgetPage:
    """Return all budgets, and how they stand. Raises sqlite3.Error."""
    world = World(
        now=question.now,
        zone=sources.zone,
        budgets=sources.budgets,
        running=running,
        guards=sources.guards,
    )
    evaluation = Scales(question.db, sources.attribution).weigh(world).evaluation
    often = sources.would_stops(question.now - LOOKS_BACK)
    plans = (one.limits for one in plan_limits(question.db))
    return BudgetPage(
        entries=tuple(
            BudgetEntry(
                budget=budget,
                standing=_standing(evaluation, budget),
                would_stop=0 if budget.is_hard else often.get(budget.budget_id, 0),
                bearers=_bearers(evaluation, budget),
                is_untrusted=budget.origin == "repo" and budget.root in sources.untrusted,
            )
            for budget in sources.budgets
        ),
        troubles=tuple(sources.troubles),
        config_file=config_file,
        is_flat=any(one.primary or one.secondary for one in plans),
        complete=question.complete,
    )


def _standing(evaluation: Evaluation, budget: Budget) -> tuple[BudgetStatus, ...]:
    if budget.scope not in OF_ONE and budget.origin != "guard":
        return tuple(one for one in evaluation.shared if one.budget == budget)
    found = {one.subject: one for one in _of_sessions(evaluation) if one.budget == budget}
    return tuple(found.values())


def _of_sessions(evaluation: Evaluation) -> Sequence[BudgetStatus]:
    return [one for statuses in evaluation.by_session.values() for one in statuses]


def _bearers(evaluation: Evaluation, budget: Budget) -> tuple[str, ...]:
    return tuple(
        session_id
        for session_id, statuses in evaluation.by_session.items()
        if any(one.budget == budget for one in statuses)
    )
