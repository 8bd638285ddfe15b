"""The list of budgets: a gauge in each line, one of them selected."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from aicost_tui.budget_rows import BudgetRow
from aicost_tui.gauges import BudgetFacts, gauge_line
from aicost_tui.keymap import BUDGET_LIST_KEYS
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import MARK, NO_MARK, ROLE_CLASSES, Painted, to_strip


class BudgetList(Painted, can_focus=True):
    """Shows `rows`; `facts` give their names and times. `cursor` is the place of the selected."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*ROLE_CLASSES, "budget-list--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = BUDGET_LIST_KEYS

    cursor: reactive[int] = reactive(0, repaint=False)

    class Selected(Message):
        """Another budget is selected."""

    class Opened(Message):
        """The selected budget was clicked once more."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[BudgetRow, ...] = ()
        self._facts: BudgetFacts | None = None

    @property
    def row(self) -> BudgetRow | None:
        """The selected budget."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, facts: BudgetFacts, rows: tuple[BudgetRow, ...]) -> None:
        """Show other rows; the cursor stays on its budget, or on its place."""
        key = self.row.key if self.row else ""
        is_longer = len(rows) != len(self._rows)
        self._facts, self._rows = facts, rows
        places = [at for at, row in enumerate(rows) if row.key == key]
        self.cursor = places[0] if places else max(0, min(self.cursor, len(rows) - 1))
        self.changed()
        if is_longer:
            self.refresh(layout=True)

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw both lines, keep the cursor in sight, and say it."""
        for at in (old, new):
            self.refresh(Region(0, at, self.size.width, 1))
        if isinstance(self.parent, VerticalScroll):
            self.parent.scroll_to_region(Region(0, new, 1, 1), animate=False, force=True)
        self.post_message(self.Selected())

    def action_cursor(self, step: int) -> None:
        """Move the cursor by some lines."""
        if self._rows:
            self.cursor = max(0, min(len(self._rows) - 1, self.cursor + step))

    def on_click(self, event: events.Click) -> None:
        """Select the line that was clicked; a click on the selected one opens it."""
        if event.y < len(self._rows):
            if event.y == self.cursor:
                self.post_message(self.Opened())
            self.cursor = event.y

    def build(self, width: int) -> Sequence[Line]:
        """Return a line for each row."""
        facts = self._facts
        if facts is None:
            return ()
        return [gauge_line(facts, row.status, max(1, width - 2)) for row in self._rows]

    def render_line(self, y: int) -> Strip:
        """Draw one line with or without the cursor."""
        lines = self._lines()
        line = lines[y] if y < len(lines) else ()
        if y == self.cursor and lines:
            return to_strip(self, MARK + line, self.size.width, "budget-list--cursor")
        return to_strip(self, NO_MARK + line, self.size.width)
