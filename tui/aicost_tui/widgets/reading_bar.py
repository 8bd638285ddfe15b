"""One line that says how far the first read of old logs is."""

from collections.abc import Sequence

from textual.reactive import reactive

from aicost.core.view import Reading
from aicost_tui.spans import Line
from aicost_tui.summary import reading_line
from aicost_tui.widgets.painted import Painted


class ReadingBar(Painted):
    """Shows `reading`, and itself only while there is one."""

    reading: reactive[Reading | None] = reactive(None, repaint=False)

    def watch_reading(self, reading: Reading | None) -> None:
        """Appear and disappear."""
        self.set_class(reading is not None, "-reading")
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return the line."""
        return (reading_line(self.reading, width),) if self.reading else ()
