"""What all dialogs are made of: a frame, text, buttons, and keys that are named below."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button

from aicost.core.errors import AicostError
from aicost_tui.dialog_lines import error_lines
from aicost_tui.keymap import DIALOG_KEYS
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.page import Content, Page

T = TypeVar("T")
_ANY_WIDTH = 40  # whether there is text depends on no width


class Dialog(ModalScreen[T | None]):
    """A frame over a screen. Escape closes it with None; the focus goes back where it was.

    Subclasses give `HEADING`, the widgets of `body`, and `buttons`: id -> label, the first one is
    where the focus begins.
    """

    BINDINGS: ClassVar[list[BindingType]] = DIALOG_KEYS
    CSS_PATH = Path(__file__).with_name("dialogs.tcss")
    HEADING: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        """Yield the frame with text, widgets and buttons, and the keys."""
        with VerticalScroll(id="dialog", can_focus=False) as frame:
            frame.border_title = self.HEADING
            yield Page(id="dialog-text")
            yield from self.body()
            yield Page(id="dialog-said")
            with Horizontal(id="dialog-buttons"):
                for name, label in self.buttons().items():
                    yield Button(label, id=name, compact=True)
        yield KeyBar(id="keys")

    def body(self) -> Iterable[Widget]:
        """Return what stands between the text and what is said of it."""
        return ()

    def buttons(self) -> Mapping[str, str]:
        """Return the labels of the buttons by id, the harmless one first."""
        return {"close": "Close"}

    def show_text(self, content: Content) -> None:
        """Show text above the widgets."""
        for page in self.query("#dialog-text").results(Page):
            page.content = content

    def show_said(self, content: Content) -> None:
        """Show text below the widgets."""
        for page in self.query("#dialog-said").results(Page):
            page.content = content
            page.display = bool(content(_ANY_WIDTH))

    def show_error(self, error: AicostError) -> None:
        """Show what went wrong, below the widgets."""
        self.show_said(lambda width: error_lines(error, width))

    def offer(self, *names: str) -> None:
        """Show these buttons, and no others."""
        for button in self.query(Button):
            button.display = button.id in names
        focused = self.focused
        if isinstance(focused, Button) and not focused.display:
            self.query_one(f"#{names[0]}").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close, or do what a subclass does for the button."""
        event.stop()
        name = event.button.id or ""
        if name == "close":
            self.dismiss(None)
        else:
            self.pressed(name)

    def pressed(self, name: str) -> None:
        """Do what a button is for."""

    def action_close(self) -> None:
        """Close, and change nothing."""
        self.dismiss(None)
