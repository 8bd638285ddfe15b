"""What stands in the panels below the table, and on their pages. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from aicost.core.view import DashboardView
from aicost_tui import advice, gauges
from aicost_tui.spans import Line
from aicost_tui.summary import zone_of

Content = Callable[[int], Sequence[Line]]  # cells -> lines
Name = Literal["budgets", "nudges"]
NAMES: tuple[Name, ...] = ("budgets", "nudges")
TALL = 32  # lines of a terminal from which a panel has more than one
_MOST_BUDGETS = 6  # lines in a panel
_MOST_NUDGES = 8


def panel_of(name: Name, view: DashboardView, now: datetime, height: int) -> Content | None:
    """Return the content of a panel in a terminal of so many lines; None if it has none.

    Where there is no budget, a line says how to set one; but not to who has no session yet.
    """
    if name == "budgets":
        if not view.budgets and not view.sessions:
            return None
        budgets = gauges.budget_facts(view, now, zone_of(view, now))
        if height < TALL:
            return lambda width: (gauges.summary_line(budgets, width),)
        return partial(_table, budgets)
    if not view.nudges:
        return None
    nudges = advice.nudge_facts(view, now, zone_of(view, now))
    if height < TALL:
        return lambda width: (advice.first_line(nudges, width),)
    return lambda width: advice.panel_lines(nudges, width, _MOST_NUDGES)


def _table(facts: gauges.BudgetFacts, width: int) -> Sequence[Line]:
    return gauges.table_lines(facts, width, _MOST_BUDGETS)


def page_of(name: Name, view: DashboardView | None, now: datetime) -> Content:
    """Return all that a panel has to tell."""
    if view is None:
        return lambda _width: ()
    zone = zone_of(view, now)
    if name == "budgets":
        return partial(gauges.list_lines, gauges.budget_facts(view, now, zone))
    return partial(advice.list_lines, advice.nudge_facts(view, now, zone))
