"""A list of entries to select and open. It keeps its place when what it shows changes."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aicost_tui.entries import Content, Entry, Listing
from aicost_tui.keymap import ENTRY_KEYS
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import MARK, NO_MARK, ROLE_CLASSES, to_strip


class EntryList(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows what `content` returns for the width it has.

    With `follows`, the cursor begins at the last entry, and stays with the last one.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *ROLE_CLASSES,
        "entry-list--cursor",
        "entry-list--head",
    }
    BINDINGS: ClassVar[list[BindingType]] = ENTRY_KEYS
    ALLOW_SELECT = False

    content: reactive[Content | None] = reactive(None, repaint=False, always_update=True)
    cursor_key: reactive[str] = reactive("", repaint=False)

    class Highlighted(Message):
        """Another entry is selected, or it tells something else now."""

        def __init__(self, source: "EntryList") -> None:
            self.source = source
            super().__init__()

    class Opened(Message):
        """Somebody wants to know where the figures of an entry come from."""

        def __init__(self, entry: Entry) -> None:
            self.entry = entry
            super().__init__()

    def __init__(self, *, id: str, follows: bool = False) -> None:
        super().__init__(id=id)
        self._follows = follows
        self._listing = Listing()
        self._lines: list[tuple[int, Line]] = []  # (entry, line), as they stand below each other
        self._firsts: list[int] = []  # the first line of each entry
        self._places: dict[str, int] = {}  # of entries that can be selected

    @property
    def cursor_entry(self) -> Entry | None:
        """The selected entry."""
        at = self._places.get(self.cursor_key)
        return None if at is None else self._listing.entries[at]

    @property
    def line_count(self) -> int:
        """How many lines there are, with the titles."""
        return self._height

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the key that explains where nothing is to explain."""
        return action != "open" or bool(self.cursor_entry and self.cursor_entry.target)

    def watch_content(self) -> None:
        """Show what is new; the cursor stays on its entry, or on its place when that is gone."""
        self._rebuild()

    def on_resize(self) -> None:
        """Make the lines anew: they are made for a width."""
        self._rebuild()
        self._reveal()

    def watch_cursor_key(self) -> None:
        """Draw it, and say it."""
        self.refresh()
        self._say()

    def on_focus(self) -> None:
        """Mark the cursor: the keys are here."""
        self.refresh()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.refresh()

    def action_cursor(self, step: int) -> None:
        """Move the cursor by some entries; where none can be selected, scroll by lines."""
        places = list(self._places.values())
        if not places:
            self.scroll_relative(y=step, animate=False)
        else:
            at = self._places.get(self.cursor_key, places[0])
            number = max(0, min(len(places) - 1, places.index(at) + step))
            self.cursor_key = self._listing.entries[places[number]].key
            self._reveal(with_headings=number == 0)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what fits."""
        self.action_cursor(pages * max(1, self._room - 1))

    def action_end(self, at: int) -> None:
        """Move the cursor to the first (0) or last (-1) entry."""
        self.action_cursor(len(self._lines) if at else -len(self._lines))

    def action_open(self) -> None:
        """Explain the selected entry."""
        entry = self.cursor_entry
        if entry is not None and entry.target is not None:
            self.post_message(self.Opened(entry))

    def on_click(self, event: events.Click) -> None:
        """Select the entry that was clicked; open the one that is selected already."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._head_height:
            return
        at = offset.y - self._head_height + self.scroll_offset.y
        if at < len(self._lines):
            entry = self._listing.entries[self._lines[at][0]]
            if entry.key == self.cursor_key:
                self.action_open()
            elif not entry.is_heading:
                self.cursor_key = entry.key

    def render_line(self, y: int) -> Strip:
        """Draw the titles, a line of an entry, or nothing."""
        width = self.size.width
        if y < self._head_height:
            return to_strip(self, NO_MARK + self._listing.head, width, "entry-list--head")
        at = y - self._head_height + self.scroll_offset.y
        if at >= len(self._lines):
            return to_strip(self, (), width)
        number, line = self._lines[at]
        if self._listing.entries[number].key == self.cursor_key:
            mark = MARK if self.has_focus else NO_MARK
            return to_strip(self, mark + line, width, "entry-list--cursor")
        return to_strip(self, NO_MARK + line, width)

    @property
    def _head_height(self) -> int:
        return 1 if self._listing.head else 0

    @property
    def _width(self) -> int:
        """Cells, also where a scrollbar stands."""
        return self.size.width + (
            self.scrollbar_size_vertical if self.show_vertical_scrollbar else 0
        )

    @property
    def _height(self) -> int:
        """How many lines there are, with the titles."""
        return sum(len(entry.lines) for entry in self._listing.entries) + self._head_height

    @property
    def _room(self) -> int:
        """How many lines fit."""
        return max(1, self.size.height - self._head_height)

    def _rebuild(self) -> None:
        width = self._width - 2  # the cursor's mark, and a margin
        if width <= 0:
            return
        was = list(self._places)
        was_at = was.index(self.cursor_key) if self.cursor_key in self._places else 0
        was_last = self._follows and was_at >= len(was) - 1
        self._listing = self.content(width) if self.content is not None else Listing()
        if self.content is not None and self._height > self.size.height:  # (a scrollbar comes)
            self._listing = self.content(width - 1)
        entries = self._listing.entries
        self._lines, self._firsts = [], []
        for number, entry in enumerate(entries):
            self._firsts.append(len(self._lines))
            self._lines += [(number, line) for line in entry.lines]
        self._places = {one.key: n for n, one in enumerate(entries) if not one.is_heading}
        self.virtual_size = Size(0, self._height)
        keys = list(self._places)
        if keys and was_last:
            self.cursor_key = keys[-1]
            self._reveal()
        elif self.cursor_key not in self._places:
            self.cursor_key = keys[min(was_at, len(keys) - 1)] if keys else ""
        self.refresh()
        self._say()

    def _say(self) -> None:
        self.post_message(self.Highlighted(self))
        if self.has_focus and self.is_mounted:
            self.refresh_bindings()

    def _reveal(self, *, with_headings: bool = False) -> None:
        """Scroll no further than needed to show the whole entry under the cursor."""
        at = self._places.get(self.cursor_key)
        if at is None:
            return
        first = 0 if with_headings else self._firsts[at]
        last = self._firsts[at] + len(self._listing.entries[at].lines) - 1
        top = self.scroll_offset.y
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif last >= top + self._room:
            self.scroll_to(y=min(first, last - self._room + 1), animate=False)
        self.refresh(Region(0, 0, self.size.width, self.size.height))
