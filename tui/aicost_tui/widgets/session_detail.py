"""Two lines about the selected session: what the table has no room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from textual.reactive import reactive

from aicost.core.view import SessionRow
from aicost_tui.spans import Line
from aicost_tui.summary import detail_lines
from aicost_tui.widgets.painted import Painted


@dataclass(frozen=True, slots=True)
class Selected:
    """The session under the cursor, at a moment, in the zone its times are told in."""

    row: SessionRow
    now: datetime
    zone: tzinfo


class SessionDetail(Painted):
    """Shows the `selected` session, and itself only when there is one."""

    selected: reactive[Selected | None] = reactive(None, repaint=False)

    def watch_selected(self, selected: Selected | None) -> None:
        """Appear and disappear."""
        self.set_class(selected is not None, "-selected")
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return both lines."""
        chosen = self.selected
        return detail_lines(chosen.row, chosen.now, chosen.zone, width) if chosen else ()
