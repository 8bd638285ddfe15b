"""One line to type a filter into; it stays while a filter is set."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Label

from aicost_tui.filters import EXAMPLE
from aicost_tui.keymap import FILTER_KEYS


class FilterInput(Input):
    """The text. Enter, down and escape end typing instead of what they do in other inputs."""

    BINDINGS: ClassVar[list[BindingType]] = FILTER_KEYS

    class Ended(Message):
        """Typing is over; `kept` is False when the text is not wanted any more."""

        def __init__(self, *, kept: bool) -> None:
            self.kept = kept
            super().__init__()

    def action_clear(self) -> None:
        """Give up the text."""
        self.post_message(self.Ended(kept=False))

    def action_keep(self) -> None:
        """Keep the text."""
        self.post_message(self.Ended(kept=True))


class FilterBar(Horizontal):
    """Posts every change of the text, and when typing is over. Shows how many rows match."""

    found: reactive[str] = reactive("")  # e.g. "3 of 12"
    wrong: reactive[str] = reactive("")  # what of the text says nothing

    class Changed(Message):
        """The text is another one now; "" shows all."""

        def __init__(self, needle: str) -> None:
            self.needle = needle
            super().__init__()

    class Left(Message):
        """Typing is over: the keys go back to the table."""

    def compose(self) -> ComposeResult:
        """Yield the sign, the text, and the count."""
        yield Label("/", id="filter-sign")
        yield FilterInput(placeholder=EXAMPLE, compact=True)
        yield Label("", id="filter-wrong", markup=False)
        yield Label("", id="filter-found", markup=False)

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def clear(self) -> None:
        """Forget the text and go."""
        with self.prevent(Input.Changed):
            self.query_one(Input).clear()
        self.remove_class("-open")
        self.post_message(self.Changed(""))
        self.post_message(self.Left())

    def on_filter_input_ended(self, event: FilterInput.Ended) -> None:
        """Keep the text or forget it."""
        event.stop()
        if event.kept:
            self.post_message(self.Left())
        else:
            self.clear()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what was typed, letter by letter."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_descendant_blur(self) -> None:
        """An empty line needs no room once the keys are elsewhere."""
        self.set_class(bool(self.query_one(Input).value.strip()), "-open")

    def watch_wrong(self, wrong: str) -> None:
        """Say it, with a sign."""
        self.query_one("#filter-wrong", Label).update(f"✕ {wrong}" if wrong else "")

    def watch_found(self, found: str) -> None:
        """Show the count."""
        self.query_one("#filter-found", Label).update(found)
