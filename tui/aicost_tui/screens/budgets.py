"""The budgets screen: every budget as a gauge, what it stops and for whom; set and changed here."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from aicost.core.budget_page import BudgetChange, BudgetPage
from aicost.core.errors import AicostError
from aicost.core.view import DashboardView
from aicost.ipc.answers import value_in
from aicost_tui.budget_rows import (
    BudgetRow,
    blank_of,
    detail_of,
    fixed_because,
    notes_of,
    rows_of,
    table_of,
)
from aicost_tui.dialog_lines import error_lines
from aicost_tui.export import Table
from aicost_tui.feed import Ask
from aicost_tui.gauges import BudgetFacts, budget_facts
from aicost_tui.keymap import BUDGET_KEYS
from aicost_tui.screens.budget_form import BudgetForm, row_of
from aicost_tui.screens.changing import ChangeDialog
from aicost_tui.summary import HeaderFacts, zone_of
from aicost_tui.widgets.budget_list import BudgetList
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.page import Page
from aicost_tui.widgets.status_header import StatusHeader

# Lines of a terminal from which a class applies: what it cuts stands in the TCSS.
_HEIGHTS = [(0, "-low"), (20, "-high")]
_CHANGES = frozenset({"change", "effect", "remove"})


class BudgetsScreen(Screen[None]):
    """Shows the budgets of the `view` it is told; asks the daemon for what no view has."""

    BINDINGS: ClassVar[list[BindingType]] = BUDGET_KEYS
    CSS_PATH = Path(__file__).with_name("budgets.tcss")
    AUTO_FOCUS = "BudgetList"
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(self, ask: Ask, view: DashboardView | None, now: datetime) -> None:
        super().__init__()
        self._ask, self._view, self._now = ask, view, now
        self._page: BudgetPage | None = None
        self._error: AicostError | None = None  # why it could not be asked for

    def compose(self) -> ComposeResult:
        """Yield the list above, what is to be said of the selected one below."""
        yield StatusHeader(id="header")
        with VerticalScroll(id="budget-frame", can_focus=False):
            yield BudgetList(id="budget-list")
            yield Page(id="budget-blank")
        yield Page(id="budget-detail")
        yield Page(id="budget-notes")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show what is known, and ask for the rest."""
        self._show()
        self.reload()

    def on_resize(self) -> None:
        """Show as much as there is room for."""
        self._show()

    def follow(self, view: DashboardView | None, now: datetime) -> None:
        """Take on what the daemon says now."""
        had = {one.budget for one in self._view.budgets} if self._view else set()
        self._view, self._now = view, now
        if view is not None and {one.budget for one in view.budgets} != had:
            self.reload()
        self._show()

    @work(exclusive=True, group="budgets")
    async def reload(self) -> None:
        """Ask for all that is set. What was known stays where that fails."""
        try:
            self._page = value_in(await self._ask("budget.page", {}), BudgetPage)
        except AicostError as error:
            self._error = error
        else:
            self._error = None
        self._show()

    def export_table(self) -> Table | None:
        """Return the gauges as a table."""
        facts = self._facts()
        return table_of(facts, self._rows()) if facts else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done with the selected budget."""
        if action in _CHANGES:
            row = self._selected()
            return row is not None and not fixed_because(row)
        return True

    def action_new(self) -> None:
        """Set a new budget."""
        self._open(BudgetForm(self._ask))

    def action_change(self) -> None:
        """Change the limit of the selected one."""
        if (row := self._selected()) is not None and not fixed_because(row):
            self._open(BudgetForm(self._ask, row.budget))

    def action_effect(self) -> None:
        """Let it stop agents, or only tell."""
        if (row := self._selected()) is not None and not fixed_because(row):
            asked = {"row": _switched(row), "replaces": row.budget.budget_id}
            self._open(ChangeDialog(self._ask, "budget.set", asked))

    def action_remove(self) -> None:
        """Take it away."""
        if (row := self._selected()) is not None and not fixed_because(row):
            asked = {"id": row.budget.budget_id}
            self._open(ChangeDialog(self._ask, "budget.remove", asked))

    def action_reload(self) -> None:
        """Ask again."""
        self.reload()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def on_budget_list_selected(self) -> None:
        """Tell of the one that is selected now."""
        self._show_detail()
        self.refresh_bindings()

    def on_budget_list_opened(self) -> None:
        """Change the one that was clicked twice."""
        self.action_change()

    def _open(self, dialog: "BudgetForm | ChangeDialog") -> None:
        def closed(change: BudgetChange | None) -> None:
            if change is not None:
                self.app.notify(change.text, timeout=6, markup=False)
                self.reload()

        self.app.push_screen(dialog, closed)

    def _selected(self) -> BudgetRow | None:
        return self.query_one(BudgetList).row if self.is_mounted else None

    def _facts(self) -> BudgetFacts | None:
        if self._view is None:
            return None
        return budget_facts(self._view, self._now, zone_of(self._view, self._now))

    def _rows(self) -> tuple[BudgetRow, ...]:
        return rows_of(self._view.budgets if self._view else (), self._page)

    def _show(self) -> None:
        """Bring every widget to what is known. May be called at any time."""
        facts = self._facts()
        if not (self.is_mounted and self.app.is_running):
            return
        self.query_one(StatusHeader).facts = HeaderFacts(view=self._view, now=self._now)
        rows = self._rows() if facts else ()
        if facts is not None:
            self.query_one(BudgetList).show(facts, rows)
        blank = self.query_one("#budget-blank", Page)
        blank.content = _nothing if rows else partial(blank_of, self._page)
        notes = self.query_one("#budget-notes", Page)
        error = self._error
        notes.content = partial(error_lines, error) if error else partial(notes_of, self._page)
        self._show_detail()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        facts, row = self._facts(), self._selected()
        detail = self.query_one("#budget-detail", Page)
        detail.set_class(row is not None, "-shown")
        if facts is None or row is None or self._view is None:
            detail.content = _nothing
            return
        sessions = {one.session_id: one for one in self._view.sessions}
        file = self._page.config_file if self._page else ""
        most = max(1, self.size.height // 4 - 3)
        detail.content = partial(detail_of, facts, row, sessions, file, most)


def _switched(row: BudgetRow) -> dict[str, Any]:
    return {**row_of(row.budget), "hard": not row.budget.is_hard}


def _nothing(_width: int) -> tuple[()]:
    return ()
