"""Which columns the session table may show. What has no room is left out all the same."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen

from aicost_tui.columns import CHOICES
from aicost_tui.keymap import COLUMN_KEYS, COLUMN_LIST_KEYS
from aicost_tui.spans import Line, Span, pad
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.painted import Painted

_TITLES = tuple(title for title, _ in CHOICES)
_EVERY = frozenset(_TITLES)


def choice_lines(chosen: frozenset[str], at: int) -> tuple[Line, ...]:
    """Return a line for each column, ticked where it may be shown; `at` is the one selected."""
    lines = []
    for number, (title, says) in enumerate(CHOICES):
        is_here = number == at
        lines.append(
            (
                Span("▌" if is_here else " ", "accent"),
                Span("[x] " if title in chosen else "[ ] ", "good" if title in chosen else "label"),
                *pad((Span(title, "figure" if is_here else "text"),), 10),
                Span(says, "label"),
            )
        )
    return tuple(lines)


class ColumnList(Painted, can_focus=True):
    """The columns to choose from; a click on one takes it or leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = COLUMN_LIST_KEYS

    chosen: reactive[frozenset[str]] = reactive(_EVERY, repaint=False)
    at: reactive[int] = reactive(0, repaint=False)

    class Moved(Message):
        """Another line is selected, and may be out of sight."""

        def __init__(self, at: int) -> None:
            self.at = at
            super().__init__()

    def watch_chosen(self) -> None:
        """Draw what changed."""
        self.changed()

    watch_at = watch_chosen

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines."""
        return choice_lines(self.chosen, self.at)

    def on_click(self, event: events.Click) -> None:
        """Take or leave the column that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(_TITLES):
            self.at = offset.y
            self.action_take()

    def action_take(self) -> None:
        """Take or leave the selected column."""
        self.chosen ^= {_TITLES[self.at]}

    def action_move(self, step: int) -> None:
        """Select another column."""
        self.at = (self.at + step) % len(_TITLES)
        self.post_message(self.Moved(self.at))


class ColumnsScreen(ModalScreen["frozenset[str] | None"]):
    """Ends with the columns that may be shown: all of them, where all have been ticked.

    Ends with None if nothing is to be changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = COLUMN_KEYS

    def __init__(self, chosen: frozenset[str] | None) -> None:
        super().__init__()
        self._chosen = _EVERY if chosen is None else chosen

    def compose(self) -> ComposeResult:
        """Yield the list in a frame, and the keys."""
        with VerticalScroll(id="columns-frame", can_focus=False) as frame:
            frame.border_title = "Columns"
            frame.border_subtitle = "shown as far as there is room"
            yield ColumnList(id="columns")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show what is chosen now."""
        self.query_one(ColumnList).chosen = self._chosen
        self.query_one(ColumnList).focus()

    def on_column_list_moved(self, message: ColumnList.Moved) -> None:
        """Keep the selected line in sight."""
        self.query_one("#columns-frame").scroll_to(y=max(0, message.at - 2), animate=False)

    def action_every(self) -> None:
        """Take all columns."""
        self.query_one(ColumnList).chosen = _EVERY

    def action_keep(self) -> None:
        """End with what is ticked."""
        self.dismiss(self.query_one(ColumnList).chosen)

    def action_leave(self) -> None:
        """End without a change."""
        self.dismiss(None)
