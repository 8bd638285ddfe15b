"""The table of sessions. Draws only the lines on screen, and again only those that changed.

A session that is unfolded has its subagents below it; the cursor goes from session to session.

Not Textual's DataTable: there every changed cell redraws all rows, and columns cannot follow the
width. Rows are known by session id, so the cursor stays on its session whatever is sorted, added or
removed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aicost.core.session_glance import SessionGlance, SubagentGlance
from aicost.core.text import cells_of
from aicost.core.view import SessionRow
from aicost_tui.columns import (
    FOLD,
    Column,
    age_text,
    fit_columns,
    gap_for,
    head_line,
    row_line,
    subagent_line,
    unfolded,
)
from aicost_tui.keymap import TABLE_KEYS
from aicost_tui.rows import Sort
from aicost_tui.spans import Line, Span
from aicost_tui.widgets.painted import MARK, NO_MARK, ROLE_CLASSES, to_strip

_HEAD = 1  # lines above the rows that do not scroll
_Below = SubagentGlance | str  # a subagent, or what is said in place of some
_Unfolded = Mapping[str, SessionGlance | None]  # by session id; None: not known yet


class SessionTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows `rows` in the order given. `now` is for ages; `cursor_id` is the selected session."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *ROLE_CLASSES,
        "session-table--cursor",
        "session-table--head",
    }
    BINDINGS: ClassVar[list[BindingType]] = TABLE_KEYS
    ALLOW_SELECT = False

    rows: reactive[tuple[SessionRow, ...]] = reactive((), repaint=False)
    now: reactive[datetime] = reactive(datetime.fromtimestamp(0, UTC), repaint=False)
    sort: reactive[Sort] = reactive(Sort.BURN)
    is_reversed: reactive[bool] = reactive(False)
    wanted: reactive[frozenset[str] | None] = reactive(None)  # columns; None: what has room
    unfolded: reactive[_Unfolded] = reactive(MappingProxyType({}), repaint=False)
    cursor_id: reactive[str] = reactive("", repaint=False)

    class Highlighted(Message):
        """Another session is selected; "" when there is none."""

        def __init__(self, session_id: str) -> None:
            self.session_id = session_id
            super().__init__()

    class SortAsked(Message):
        """The title of a sortable column was clicked."""

        def __init__(self, sort: Sort) -> None:
            self.sort = sort
            super().__init__()

    class Opened(Message):
        """A session was clicked twice: somebody wants to look into it."""

    class FoldAsked(Message):
        """The subagents of a session are to be shown, or hidden again."""

        def __init__(self, session_id: str) -> None:
            self.session_id = session_id
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_filling = False  # rows still come in above: until a key or a click the first one
        self._was_filling = self._was_moved = False
        self._entries: list[tuple[SessionRow, _Below | None]] = []  # line after line
        self._index: dict[str, int] = {}  # session id -> its place in the entries
        self._order: dict[str, int] = {}  # session id -> its place in rows
        self._drawn: dict[int, tuple[str, Line]] = {}  # line on screen -> what stands there
        self._lines: dict[str, tuple[tuple[int, str, bool], SessionRow, Line]] = {}  # by session id

    @property
    def cursor_row(self) -> SessionRow | None:
        """The selected session."""
        at = self._order.get(self.cursor_id)
        return None if at is None else self.rows[at]

    @property
    def lines_wanted(self) -> int:
        """How many lines it would fill: the titles, sessions, and unfolded subagents."""
        return len(self._entries) + _HEAD

    def watch_rows(self, new: tuple[SessionRow, ...]) -> None:
        """Keep the cursor on its session, or on its place when the session is gone."""
        was_at = self._order.get(self.cursor_id, 0)
        was_visible = self._is_visible(self._index.get(self.cursor_id, 0))
        self._order = {row.session_id: at for at, row in enumerate(new)}
        if len(self._lines) > len(new):
            self._lines = {key: line for key, line in self._lines.items() if key in self._order}
        self._enter()
        if (self.is_filling or self._was_filling) and not self._was_moved:
            self.cursor_id = new[0].session_id if new else ""
        self._was_filling = self.is_filling
        if self.cursor_id not in self._order:
            self.cursor_id = new[min(was_at, len(new) - 1)].session_id if new else ""
        if was_visible:
            self._reveal()
        self._redraw_changed()

    def watch_unfolded(self) -> None:
        """Make room for subagents, or take it away."""
        self._enter()
        self._reveal()
        self._redraw_changed()

    def watch_wanted(self) -> None:
        """Make every line anew."""
        self._lines.clear()

    def watch_now(self) -> None:
        """Redraw the ages that read differently now."""
        self._redraw_changed()

    def watch_cursor_id(self, old: str, new: str) -> None:
        """Redraw both lines, and say it once."""
        for session_id in (old, new):
            if (at := self._index.get(session_id)) is not None:
                self._redraw(at - self.scroll_offset.y + _HEAD)
        self.post_message(self.Highlighted(new))

    def action_cursor(self, step: int) -> None:
        """Move the cursor by some rows."""
        self._was_moved = True
        if self.rows:
            at = self._order.get(self.cursor_id, 0) + step
            self.cursor_id = self.rows[max(0, min(len(self.rows) - 1, at))].session_id
            self._reveal()

    def action_page(self, pages: int) -> None:
        """Move the cursor by what fits the screen."""
        self.action_cursor(pages * max(1, self._room - 1))

    def action_end(self, at: int) -> None:
        """Move the cursor to the first (0) or last (-1) row."""
        self.action_cursor(len(self.rows) if at else -len(self.rows))

    def on_click(self, event: events.Click) -> None:
        """Select the row that was clicked, or sort by the title that was."""
        if event.y < _HEAD:
            column = self._column_at(event.x)
            if column is not None and column.sort is not None:
                self.post_message(self.SortAsked(column.sort))
            return
        self._was_moved = True
        at = event.y - _HEAD + self.scroll_offset.y
        if at < len(self._entries):
            row, below = self._entries[at]
            self.cursor_id = row.session_id
            if below is None and self._action_at(row, event.x) == FOLD:
                self.post_message(self.FoldAsked(row.session_id))
            elif event.chain == 2:
                self.post_message(self.Opened())

    def render_line(self, y: int) -> Strip:
        """Draw the titles (line 0), a session, a subagent, or nothing."""
        width = self.size.width
        if y < _HEAD:
            gap = gap_for(self._inner_width)
            head = head_line(self._columns, self.sort, gap, is_reversed=self.is_reversed)
            return to_strip(self, NO_MARK + head, width, "session-table--head")
        at = y - _HEAD + self.scroll_offset.y
        if at >= len(self._entries):
            self._drawn.pop(y, None)
            return to_strip(self, (), width)
        row, below = self._entries[at]
        line = self._text(row, below)
        self._drawn[y] = (row.session_id, line)
        if row.session_id == self.cursor_id and below is None:
            return to_strip(self, MARK + line, width, "session-table--cursor")
        return to_strip(self, NO_MARK + line, width)

    def _enter(self) -> None:
        """Set out what stands in which line."""
        entries, index, unfolded = list[tuple[SessionRow, _Below | None]](), {}, self.unfolded
        for row in self.rows:
            index[row.session_id] = len(entries)
            entries.append((row, None))
            if row.session_id in unfolded:
                entries.extend((row, below) for below in self._below(row))
        self._entries, self._index = entries, index
        size = Size(0, len(self._entries) + _HEAD)
        if size != self.virtual_size:
            self.virtual_size = size

    def _below(self, row: SessionRow) -> Iterator[_Below]:
        if not row.subagents:
            return
        glance = self.unfolded[row.session_id]
        if glance is None:
            yield "asking the daemon …"
            return
        yield from glance.subagents
        if glance.more_subagents:
            yield f"{glance.more_subagents} earlier ones: in the session"

    @property
    def _room(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - _HEAD)

    @property
    def _inner_width(self) -> int:
        """Cells between the cursor's mark and the margin on the right."""
        return max(1, self.size.width - 2)

    @property
    def _columns(self) -> tuple[Column, ...]:
        return fit_columns(self._inner_width, self.wanted)

    def _text(self, row: SessionRow, below: _Below | None) -> Line:
        if below is None:
            return self._line(row)
        if isinstance(below, str):
            return (Span(f"      {below}", "label"),)
        return subagent_line(self._columns, below, self.now, gap_for(self._inner_width))

    def _line(self, row: SessionRow) -> Line:
        """Return the row's text; made again only when it can have changed."""
        width, is_open = self._inner_width, row.session_id in self.unfolded
        key = (width, age_text(row, self.now), is_open)
        known = self._lines.get(row.session_id)
        if known is not None and known[0] == key and known[1] == row:
            return known[2]
        line = row_line(self._columns, row, self.now, gap_for(width))
        line = unfolded(line) if is_open else line
        self._lines[row.session_id] = (key, row, line)
        return line

    def _column_at(self, x: int) -> Column | None:
        right = 1
        for column in self._columns:
            right += column.width + gap_for(self._inner_width)
            if x < right:
                return column
        return None

    def _action_at(self, row: SessionRow, x: int) -> str:
        right = 1
        for span in self._line(row):
            right += cells_of(span.text)
            if x < right:
                return span.action
        return ""

    def _is_visible(self, at: int) -> bool:
        return self.scroll_offset.y <= at < self.scroll_offset.y + self._room

    def _reveal(self) -> None:
        """Scroll no further than needed to show the cursor."""
        at, top = self._index.get(self.cursor_id, 0), self.scroll_offset.y
        below = 0
        while at + below + 1 < len(self._entries) and self._entries[at + below + 1][1] is not None:
            below += 1
        last = at + min(below, self._room - 1)  # its subagents too, where they fit
        if at < top:
            self.scroll_to(y=at, animate=False)
        elif last >= top + self._room:
            self.scroll_to(y=last - self._room + 1, animate=False)

    def _redraw(self, y: int) -> None:
        self.refresh(Region(0, y, self.size.width, 1))

    def _redraw_changed(self) -> None:
        """Ask for the lines on screen whose text is no longer what was drawn."""
        top = self.scroll_offset.y
        for y in range(_HEAD, self._room + _HEAD):
            at = y - _HEAD + top
            wanted = None
            if at < len(self._entries):
                row, below = self._entries[at]
                wanted = (row.session_id, self._text(row, below))
            if wanted != self._drawn.get(y):
                self._redraw(y)
