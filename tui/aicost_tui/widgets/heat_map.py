"""The calendar of a year; arrow keys or the mouse choose a day, enter or a click opens it."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from aicost_tui.heat import Heat, day_at, heat_lines, moved
from aicost_tui.keymap import CALENDAR_KEYS
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import Painted


class HeatMap(Painted, can_focus=True, inherit_bindings=False):
    """Shows `heat`."""

    BINDINGS: ClassVar[list[BindingType]] = CALENDAR_KEYS

    heat: reactive[Heat | None] = reactive(None, repaint=False)

    class Moved(Message):
        """Another day is chosen."""

        def __init__(self, day: date) -> None:
            self.day = day
            super().__init__()

    class Opened(Message):
        """A day is to be looked into."""

        def __init__(self, day: date) -> None:
            self.day = day
            super().__init__()

    def watch_heat(self) -> None:
        """Draw what changed."""
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return the calendar."""
        return heat_lines(self.heat, width) if self.heat and width > 0 else ()

    def action_day(self, days: int) -> None:
        """Choose a day so many days from the chosen one."""
        if self.heat is not None:
            self.post_message(self.Moved(moved(self.heat, days)))

    def action_open_day(self) -> None:
        """Look into the chosen day."""
        if self.heat is not None and self.heat.chosen is not None:
            self.post_message(self.Opened(self.heat.chosen))

    def on_click(self, event: events.Click) -> None:
        """Choose the day that was clicked; look into it if it is chosen already."""
        offset = event.get_content_offset(self)
        if offset is None or self.heat is None:
            return
        day = day_at(self.heat, self.size.width, offset.x, offset.y)
        if day is not None:
            self.post_message(self.Opened(day) if day == self.heat.chosen else self.Moved(day))
