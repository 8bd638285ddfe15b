"""All of a panel over the dashboard; it goes on while one reads."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from aicost_tui.keymap import PANEL_KEYS
from aicost_tui.panels import Content, Name
from aicost_tui.widgets.panel import Panel


class PanelScreen(ModalScreen[None]):
    """A page in a frame that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = PANEL_KEYS

    def __init__(self, name: Name, content: Content) -> None:
        super().__init__()
        self.panel, self._content = name, content

    def compose(self) -> ComposeResult:
        """Yield the page."""
        with VerticalScroll(id="panel-frame") as frame:
            frame.border_title = self.panel.capitalize()
            frame.border_subtitle = "esc closes"
            yield Panel(self.panel)

    def on_mount(self) -> None:
        """Fill the page; the arrow keys scroll it."""
        self.show(self._content)
        self.query_one("#panel-frame").focus()

    def on_resize(self) -> None:
        """Fill it anew: lines are made for a width."""
        self.show(self._content)

    def on_panel_opened(self) -> None:
        """Nothing: it is open."""

    def show(self, content: Content) -> None:
        """Show what is new."""
        self._content = content
        for panel in self.query(Panel):  # (none before the page is there, and while it goes)
            panel.content = content
