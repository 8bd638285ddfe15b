"""A chart as large as its widget."""

from collections.abc import Sequence

from textual.reactive import reactive

from aicost_tui.charts import Chart, chart_lines
from aicost_tui.spans import Line
from aicost_tui.widgets.painted import Painted


class Plot(Painted):
    """Shows `chart` at the size it has; nothing while there is none or too little room.

    Fills the height that TCSS gives it: it has none of its own.
    """

    chart: reactive[Chart | None] = reactive(None, repaint=False)

    _painted_once = False

    def on_mount(self) -> None:
        """Draw after the screen's first picture: the library takes a moment to import."""
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Draw for another height: the width is looked at anyway."""
        self._built = None
        self.refresh()

    def watch_chart(self) -> None:
        """Draw what changed."""
        self.changed()

    def build(self, width: int) -> Sequence[Line]:
        """Return the chart's lines."""
        if self.chart is None or not self._painted_once:
            return ()
        return chart_lines(self.chart, width, self.size.height)

    def _draw(self) -> None:
        self._painted_once = True
        self.changed()
