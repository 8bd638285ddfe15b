"""The plot widget: draws at its size, in roles; imports its library only when it must."""

import subprocess
import sys
from pathlib import Path

from textual.app import App, ComposeResult

import aicost_tui
from aicost_tui.charts import Chart, Series
from aicost_tui.widgets.plot import Plot

CHART = Chart(Series((1, 2, 3), str))


class Host(App[None]):
    """The smallest app with a chart."""

    CSS_PATH = Path(aicost_tui.__file__).parent / "dashboard.tcss"
    CSS = "Plot { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Plot()


async def test_it_fills_its_room_and_follows_its_size() -> None:
    app = Host()
    async with app.run_test(size=(40, 8)) as pilot:
        plot = app.query_one(Plot)
        plot.chart = CHART
        await pilot.pause()
        assert "┤" in plot.render_line(0).text
        assert "└" in plot.render_line(7).text
        await pilot.resize_terminal(40, 14)
        await pilot.pause()
        assert "└" in plot.render_line(13).text
        plot.chart = None
        await pilot.pause()
        assert plot.render_line(0).text.strip() == ""


def test_nobody_waits_for_the_library_before_a_chart_is_drawn() -> None:
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import aicost_tui.app, aicost_tui.widgets.plot\n"
        "print('plotext' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
