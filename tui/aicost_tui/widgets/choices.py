"""Lines whose words can be clicked: each span says which action it stands for."""

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message
from textual.reactive import reactive

from aicost.core.text import cells_of
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import Painted

Content = Callable[[int], Sequence[Line]]  # cells -> lines


class Choices(Painted):
    """Shows what `content` returns for the width it has; posts the action that was clicked."""

    content: reactive[Content | None] = reactive(None, repaint=False, always_update=True)

    class Chosen(Message):
        """Somebody clicked on a word with an action."""

        def __init__(self, action: str) -> None:
            self.action = action
            super().__init__()

    def watch_content(self) -> None:
        """Draw what changed."""
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return the lines."""
        return self.content(width) if self.content and width > 0 else ()

    def on_click(self, event: events.Click) -> None:
        """Say what was clicked, if it means something."""
        offset = event.get_content_offset(self)
        lines = self.build(self.size.width)
        if offset is None or offset.y >= len(lines):
            return
        right = 0
        for span in lines[offset.y]:
            right += cells_of(span.text)
            if offset.x < right:
                if span.action:
                    self.post_message(self.Chosen(span.action))
                return
