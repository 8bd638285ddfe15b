"""The bars of the history; a click on one tells which."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.reactive import reactive

from aicost_tui.history_bars import Bar, BarFacts, bar_at, bar_lines
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import Painted


class HistoryBars(Painted):
    """Shows `facts` at the size it has."""

    facts: reactive[BarFacts | None] = reactive(None, repaint=False)

    _height = 0  # that was drawn for

    class Clicked(Message):
        """A bar was clicked."""

        def __init__(self, bar: Bar) -> None:
            self.bar = bar
            super().__init__()

    def watch_facts(self) -> None:
        """Draw what changed."""
        self.changed()

    def on_resize(self) -> None:
        """Draw for another height: the width is looked at anyway."""
        if self._height != self.size.height:
            self._height, self._built = self.size.height, None
            self.refresh()

    def build(self, width: int) -> Sequence[Line]:
        """Return the title and the chart."""
        return bar_lines(self.facts, width, self.size.height) if self.facts else ()

    def on_click(self, event: events.Click) -> None:
        """Tell which bar it was."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y == 0 or self.facts is None:
            return
        bar = bar_at(self.facts, self.size.width, self.size.height, offset.x)
        if bar is not None:
            self.post_message(self.Clicked(bar))
