"""Where a figure comes from: the calls behind it, one call's price, or how it is estimated."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from aicost.core.errors import AicostError
from aicost.ipc.session_answers import PricedCall, explanation_in, text_in
from aicost_tui.entries import CallsTarget, CallTarget, Listing, NoteTarget, Target
from aicost_tui.explained_calls import (
    call_listing,
    chosen,
    note_listing,
    sum_line,
    text_lines,
    text_listing,
)
from aicost_tui.feed import Ask
from aicost_tui.keymap import EXPLAIN_KEYS
from aicost_tui.session_header import error_lines
from aicost_tui.spans import Line, Span
from aicost_tui.widgets.entry_list import EntryList
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.page import Page
from aicost_tui.widgets.painted import PaintedLines

_NARROWEST = 40  # cells that the daemon writes a call's text for


@dataclass(frozen=True, slots=True)
class _Calls:
    calls: tuple[PricedCall, ...]
    price_book: str


class ExplainScreen(ModalScreen[None]):
    """A page over the screen that it explains a figure of; its lines may be explained further."""

    BINDINGS: ClassVar[list[BindingType]] = EXPLAIN_KEYS
    CSS_PATH = "explain.tcss"
    AUTO_FOCUS = "EntryList"

    def __init__(self, target: Target, ask: Ask, zone: tzinfo) -> None:
        super().__init__()
        self._target, self._ask, self._zone = target, ask, zone
        self._found: _Calls | str | None = None
        self._failed: AicostError | None = None

    def compose(self) -> ComposeResult:
        """Yield the page in a frame."""
        with Vertical(id="explain-frame") as frame:
            frame.border_title = Content(self._target.title)  # (a file may be named like markup)
            yield EntryList(id="explain-list")
            yield Page(id="explain-sum")
            yield PaintedLines(id="explain-detail")
            yield KeyBar(id="explain-keys")

    def on_mount(self) -> None:
        """Ask the daemon, unless the target knows it all."""
        self._show()
        if not isinstance(self._target, NoteTarget):
            self.call_after_refresh(self.load)  # (the daemon writes text for the width there is)

    @work(exclusive=True, group="explain")
    async def load(self) -> None:
        """Ask the daemon."""
        target = self._target
        try:
            if isinstance(target, CallsTarget):
                asked = {"id": target.id, "format": "json", "wait": False}
                told = explanation_in(await self._ask("explain", asked))
                self._found = _Calls(chosen(told, target), told.price_book)
            elif isinstance(target, CallTarget):
                width = max(_NARROWEST, self.query_one(EntryList).size.width - 2)
                shown = {"format": "table", "width": width, "wait": False}
                self._found = text_in(await self._ask("explain", {"id": target.event_key, **shown}))
        except AicostError as error:
            self._failed = error
        self._show()

    def on_entry_list_opened(self, message: EntryList.Opened) -> None:
        """Explain one of the lines."""
        message.stop()
        if message.entry.target is not None:
            self.app.push_screen(ExplainScreen(message.entry.target, self._ask, self._zone))

    def on_entry_list_highlighted(self, message: EntryList.Highlighted) -> None:
        """Tell more of the selected line."""
        message.stop()
        entry = message.source.cursor_entry
        self.query_one("#explain-detail", PaintedLines).lines = entry.detail if entry else ()
        below = 4 if isinstance(self._found, _Calls) else 1  # the sum, more of a call, the keys
        self.query_one("#explain-frame").styles.height = message.source.line_count + below + 2

    def _show(self) -> None:
        self.query_one(EntryList).content = self._listing
        found = self._found
        if isinstance(found, _Calls):
            self.query_one(Page).content = lambda width: (
                (Span("─" * width, "faint"),),
                sum_line(found.calls, found.price_book, width),
            )
        self.query_one("#explain-frame").set_class(isinstance(found, _Calls), "-calls")
        self.refresh_bindings()

    def _listing(self, width: int) -> Listing:
        if self._failed is not None:
            return text_listing(error_lines(self._failed)[:-2])
        if isinstance(self._target, NoteTarget):
            return note_listing(self._target.paragraphs, width)
        if isinstance(self._found, _Calls):
            return call_listing(self._found.calls, self._zone, width)
        if self._found is None:
            waiting: Line = (Span("Asking the daemon …", "label"),)
            return text_listing((waiting,))
        return text_listing(text_lines(self._found))
