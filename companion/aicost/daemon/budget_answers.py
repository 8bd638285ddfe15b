"""The answer to `budgets`: every budget, and how it stands for all and for whoever runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aicost.core.budget import Budget
from aicost.core.session import Running
from aicost.daemon.answers import Question, converted, parted
from aicost.daemon.budgeting import Budgets
from aicost.daemon.setup import Setup
from aicost.daemon.weighing import Scales
from aicost.daemon.world import World
from aicost.report.budget_list import BudgetList, budgets_document, budgets_table
from aicost.report.documents import as_json
from aicost.store.limits import plan_limits
from aicost.store.places import Attribution

LOOKS_BACK = timedelta(days=7)  # for how often soft budgets would have stopped


class BudgetsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `budgets`."""

    homes: tuple[str, ...] = ()
    cwd: str = ""  # of the caller: its repository's budgets are shown, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Budgets, and where what is known of them comes from."""

    budgets: Sequence[Budget]
    troubles: Sequence[str]
    untrusted: Sequence[str]
    attribution: Attribution
    would_stops: Callable[[datetime], Mapping[str, int]]  # since a moment, by budget id
    zone: ZoneInfo  # whose days budgets count
    guards: Mapping[str, str] = field(default_factory=dict)  # of each session that is under one


def sources_for(
    params: Mapping[str, object],
    budgets: Budgets,
    setup: Setup,
    would_stops: Callable[[datetime], Mapping[str, int]],
) -> Sources:
    """Return the budgets as they are now, also those of the repository that a caller stands in."""
    cwd = params.get("cwd")
    if isinstance(cwd, str):
        budgets.note_folders([cwd])
    return Sources(
        budgets=budgets.current().budgets,
        troubles=budgets.troubles,
        untrusted=budgets.untrusted,
        attribution=setup.attribution,
        would_stops=would_stops,
        zone=setup.zone,
    )


def listed(
    question: Question, running: Running, sources: Sources, params: Mapping[str, object]
) -> str:
    """Answer `budgets`. Raises ConfigError, StoreError, sqlite3.Error.

    Budgets count what all homes used, whichever a caller asks about.
    """
    shown, rest = parted(params)
    converted(rest, BudgetsQuery)
    world = World(
        now=question.now,
        zone=sources.zone,
        budgets=sources.budgets,
        running=running,
        guards=sources.guards,
    )
    plans = (one.limits for one in plan_limits(question.db))
    found = BudgetList(
        at=question.now,
        zone=sources.zone,
        budgets=sources.budgets,
        evaluation=Scales(question.db, sources.attribution).weigh(world).evaluation,
        would_stops=sources.would_stops(question.now - LOOKS_BACK),
        troubles=sources.troubles,
        untrusted=sources.untrusted,
        is_flat=any(one.primary or one.secondary for one in plans),
        complete=question.complete,
    )
    if shown.format == "json":
        return as_json(budgets_document(found))
    return budgets_table(found, shown.style)
