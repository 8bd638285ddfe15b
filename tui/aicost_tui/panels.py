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
CHARTED = 22  # lines of a terminal from which there are charts
TALL = 32  # lines of a terminal from which a panel has more than one
_MOST_BUDGETS = 6  # lines in a panel of a high terminal
_MOST_NUDGES = 8
_TABLE_SHARE = 0.4  # of a terminal's lines, at most, where there are charts
_BESIDE = 20  # lines of a terminal that these two leave to the rest, and more as it grows


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
        return partial(_table, budgets, min(_MOST_BUDGETS, _share_of(height)))
    if not view.nudges:
        return None
    nudges = advice.nudge_facts(view, now, zone_of(view, now))
    if height < TALL:
        return lambda width: (advice.first_line(nudges, width),)
    most = min(_MOST_NUDGES, _share_of(height))
    return lambda width: advice.panel_lines(nudges, width, most)


def _share_of(height: int) -> int:
    """Return the lines that one panel may have in a terminal of so many."""
    return max(3, (height - _BESIDE) // 4)


def _table(facts: gauges.BudgetFacts, most: int, width: int) -> Sequence[Line]:
    return gauges.table_lines(facts, width, most)


def page_of(name: Name, view: DashboardView | None, now: datetime) -> Content:
    """Return all that a panel has to tell."""
    if view is None:
        return lambda _width: ()
    zone = zone_of(view, now)
    if name == "budgets":
        return partial(gauges.list_lines, gauges.budget_facts(view, now, zone))
    return partial(advice.list_lines, advice.nudge_facts(view, now, zone))


def table_height(height: int, wanted: int) -> int | str:
    """Return the height of the session table in a terminal of so many lines.

    Charts get what it does not need, and most of it; without charts it has all that is left.
    """
    if height < CHARTED:
        return "1fr"
    return min(wanted, max(6, int(height * _TABLE_SHARE)))
