"""A name and the widget in which its value is typed or chosen."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Label


class Field(Horizontal):
    """One line of a form."""

    def __init__(self, name: str, widget: Widget) -> None:
        super().__init__(classes="field")
        self._label, self._widget = name, widget
        if isinstance(widget, Input):
            widget.compact = True

    def compose(self) -> ComposeResult:
        """Yield both."""
        yield Label(self._label, classes="field-name", markup=False)
        yield self._widget
