"""The two lines at the top: today, burn, who is live, what to distrust, the clock."""

from collections.abc import Sequence

from textual.reactive import reactive

from aicost_tui.spans import Line
from aicost_tui.summary import HeaderFacts, header_lines
from aicost_tui.widgets.painted import Painted


class StatusHeader(Painted):
    """Shows `facts`; empty until the first ones are set."""

    facts: reactive[HeaderFacts | None] = reactive(None, repaint=False)

    def watch_facts(self) -> None:
        """Draw what changed."""
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return both lines."""
        return header_lines(self.facts, width) if self.facts else ()
