"""A panel below the table, as high as its text: budgets, nudges. A click opens all of it."""

from collections.abc import Sequence

from textual.message import Message
from textual.reactive import reactive

from aicost_tui.panels import Content, Name
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import Painted


class Panel(Painted):
    """Shows what `content` returns for the width it has, and itself only when there is some."""

    content: reactive[Content | None] = reactive(None, repaint=False, always_update=True)

    class Opened(Message):
        """Somebody wants to see all of it."""

        def __init__(self, name: Name) -> None:
            self.name = name
            super().__init__()

    def __init__(self, name: Name) -> None:
        super().__init__(id=name)
        self.panel = name

    def watch_content(self, content: Content | None) -> None:
        """Draw what changed; another number of lines is another height."""
        before = len(self._built[1]) if self._built else 0
        self.set_class(content is not None, "-shown")
        self.changed()
        if len(self._lines()) != before:
            self.refresh(layout=True)

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines."""
        return self.content(width) if self.content and width > 0 else ()

    def on_click(self) -> None:
        """Ask for all of it."""
        self.post_message(self.Opened(self.panel))
