"""The table of the history. Draws only the lines on screen; the cursor stays on its row."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aicost.core.history import HistoryBy
from aicost_tui.columns import gap_for
from aicost_tui.history_place import HistorySort
from aicost_tui.history_table import (
    Entry,
    HistoryColumn,
    fit_history_columns,
    history_head,
    history_line,
)
from aicost_tui.keymap import HISTORY_TABLE_KEYS
from aicost_tui.widgets.painted import MARK, NO_MARK, ROLE_CLASSES, to_strip

_HEAD = 1  # lines above the rows that do not scroll


@dataclass(frozen=True, slots=True)
class TableFacts:
    """All that the table shows: its rows in their order, and what that is."""

    entries: tuple[Entry, ...] = ()
    by: HistoryBy = "repo"
    order: HistorySort = HistorySort.COST
    is_flipped: bool = False


class HistoryTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows `facts`. `cursor_key` is the key of the selected row, "" when there is none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *ROLE_CLASSES,
        "history-table--cursor",
        "history-table--head",
    }
    BINDINGS: ClassVar[list[BindingType]] = HISTORY_TABLE_KEYS
    ALLOW_SELECT = False

    facts: reactive[TableFacts] = reactive(TableFacts())
    cursor_key: reactive[str] = reactive("")

    class Highlighted(Message):
        """Another row is selected."""

        def __init__(self, key: str) -> None:
            self.key = key
            super().__init__()

    class Opened(Message):
        """A row is to be looked into."""

        def __init__(self, entry: Entry) -> None:
            self.entry = entry
            super().__init__()

    class SortAsked(Message):
        """The title of a sortable column was clicked."""

        def __init__(self, sort: HistorySort) -> None:
            self.sort = sort
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._index: dict[str, int] = {}  # key -> position

    @property
    def selected(self) -> Entry | None:
        """The selected row."""
        at = self._index.get(self.cursor_key)
        return None if at is None else self.facts.entries[at]

    def show(self, facts: TableFacts, cursor_key: str) -> None:
        """Show these rows with the cursor on that one, else where it was, else on the first."""
        was_at = self._index.get(self.cursor_key, 0) if facts.by == self.facts.by else 0
        self._index = {entry.row.key: at for at, entry in enumerate(facts.entries)}
        self.facts = facts
        self.virtual_size = Size(0, len(facts.entries) + _HEAD)
        if cursor_key not in self._index and facts.entries:
            cursor_key = facts.entries[min(was_at, len(facts.entries) - 1)].row.key
        self.cursor_key = cursor_key if facts.entries else ""
        self._reveal()

    def watch_cursor_key(self, key: str) -> None:
        """Say it once."""
        self.post_message(self.Highlighted(key))

    def action_cursor(self, step: int) -> None:
        """Move the cursor by some rows."""
        if self.facts.entries:
            at = self._index.get(self.cursor_key, 0) + step
            last = len(self.facts.entries) - 1
            self.cursor_key = self.facts.entries[max(0, min(last, at))].row.key
            self._reveal()

    def action_page(self, pages: int) -> None:
        """Move the cursor by what fits the screen."""
        self.action_cursor(pages * max(1, self._room - 1))

    def action_end(self, at: int) -> None:
        """Move the cursor to the first (0) or last (-1) row."""
        count = len(self.facts.entries)
        self.action_cursor(count if at else -count)

    def action_open(self) -> None:
        """Look into the selected row."""
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))

    def on_click(self, event: events.Click) -> None:
        """Select the row that was clicked, open it if it is selected; sort by a clicked title."""
        if event.y < _HEAD:
            column = self._column_at(event.x)
            if column is not None and column.sort is not None:
                self.post_message(self.SortAsked(column.sort))
            return
        at = event.y - _HEAD + self.scroll_offset.y
        if at < len(self.facts.entries):
            key = self.facts.entries[at].row.key
            if key == self.cursor_key:
                self.action_open()
            self.cursor_key = key

    def render_line(self, y: int) -> Strip:
        """Draw the titles (line 0), a row, or nothing."""
        width, facts, gap = self.size.width, self.facts, gap_for(self._inner_width)
        if y < _HEAD:
            head = history_head(self._columns, facts.order, gap, is_flipped=facts.is_flipped)
            return to_strip(self, NO_MARK + head, width, "history-table--head")
        at = y - _HEAD + self.scroll_offset.y
        if at >= len(facts.entries):
            return to_strip(self, (), width)
        entry = facts.entries[at]
        line = history_line(self._columns, entry, gap)
        if entry.row.key == self.cursor_key:
            return to_strip(self, MARK + line, width, "history-table--cursor")
        return to_strip(self, NO_MARK + line, width)

    @property
    def _room(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - _HEAD)

    @property
    def _inner_width(self) -> int:
        """Cells between the cursor's mark and the margin on the right."""
        return max(1, self.size.width - 2)

    @property
    def _columns(self) -> tuple[HistoryColumn, ...]:
        return fit_history_columns(self._inner_width, self.facts.by)

    def _column_at(self, x: int) -> HistoryColumn | None:
        right = 1
        for column in self._columns:
            right += column.width + gap_for(self._inner_width)
            if x < right:
                return column
        return None

    def _reveal(self) -> None:
        """Scroll no further than needed to show the cursor."""
        at, top = self._index.get(self.cursor_key, 0), self.scroll_offset.y
        if at < top:
            self.scroll_to(y=at, animate=False)
        elif at >= top + self._room:
            self.scroll_to(y=at - self._room + 1, animate=False)
