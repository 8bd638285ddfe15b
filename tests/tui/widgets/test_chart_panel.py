"""The row of charts: what stands in each panel, and that foreign text stays text."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import BERLIN, NOW, busy_day, session_glance, session_row
from fake_feed import until
from textual.app import App, ComposeResult

import aicost_tui
from aicost_tui.widgets.chart_panel import ChartFacts, ChartPanel, ChartRow, TaskPanel

FACTS = ChartFacts(busy_day(), session_row(), session_glance("a"), NOW, BERLIN)


class Host(App[None]):
    """The smallest app with a row of charts."""

    CSS_PATH = Path(aicost_tui.__file__).parent / "dashboard.tcss"
    CSS = "ChartRow#charts { display: block; layout: horizontal; } #charts #tasks {display: block;}"

    def __init__(self, rest_s: float = 0.0) -> None:
        super().__init__()
        self.opened: list[int] = []
        self._rest_s = rest_s

    def compose(self) -> ComposeResult:
        yield ChartRow(self._rest_s, id="charts")

    def on_task_panel_opened(self, message: TaskPanel.Opened) -> None:
        self.opened.append(message.line)

    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in strip) for strip in strips)


async def test_three_panels_tell_context_burn_and_tasks() -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        app.query_one(ChartRow).facts = FACTS
        await until(pilot, lambda: "▲ compacted 12:10" in app.text())
        for text in ("Context of shop · fix/dedup", "Burn, last hour", "Today by task", "bugfix"):
            assert text in app.text()
        assert "next prompt $0.41" in app.text()


async def test_where_no_line_is_to_spare_the_frame_tells_it() -> None:
    app = Host()
    async with app.run_test(size=(140, 9)) as pilot:
        app.query_one(ChartRow).facts = replace(FACTS, is_low=True)
        await until(pilot, lambda: "next prompt $0.41 ─" in app.text())


async def test_a_low_panel_has_a_chart_rather_than_all_lines_below_it() -> None:
    app = Host()
    async with app.run_test(size=(140, 9)) as pilot:
        app.query_one(ChartRow).facts = FACTS
        await until(pilot, lambda: "system+tools" in app.text())
        await pilot.resize_terminal(140, 7)
        await until(pilot, lambda: "system+tools" not in app.text())
        await until(pilot, lambda: "200k┤" in app.text().replace("$", ""))
        assert "next prompt $0.41" in app.text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"row": None}, "no session selected"),
        ({"glance": session_glance("a", points=())}, "a chart comes with the second call"),
        ({"view": replace(FACTS.view, last_hour=None)}, "nothing burnt in the last hour"),
        ({"view": replace(FACTS.view, today_by_task=())}, "no calls yet today"),
    ],
)
async def test_a_panel_without_a_chart_says_why(changes: dict[str, object], said: str) -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        app.query_one(ChartRow).facts = replace(FACTS, **changes)  # type: ignore[arg-type]
        await until(pilot, lambda: said in app.text())


async def test_what_today_went_for_is_as_new_as_the_sum_in_the_header() -> None:
    app = Host(rest_s=1000)
    async with app.run_test(size=(140, 14)) as pilot:
        row = app.query_one(ChartRow)
        row.facts = FACTS
        await until(pilot, lambda: "bugfix" in app.text())
        tasks = (replace(FACTS.view.today_by_task[0], category="refactor"),)
        row.facts = replace(FACTS, view=replace(FACTS.view, today_by_task=tasks))
        await until(pilot, lambda: "refactor" in app.text() and "bugfix" not in app.text())


async def test_a_chart_that_is_asked_for_says_nothing_yet() -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        app.query_one(ChartRow).facts = replace(FACTS, glance=None)
        await until(pilot, lambda: "Burn, last hour" in app.text())
        assert "second call" not in app.text()


@pytest.mark.parametrize("text", ["[bold]x[/]", "\x1b[2Jred", "[/]", "a\nb", "$x"])
async def test_a_foreign_name_stays_text_in_a_frame(text: str) -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        row = session_row(repo=text, branch=text)
        app.query_one(ChartRow).facts = replace(FACTS, row=row, is_low=True)
        await until(pilot, lambda: "Context of" in app.text())
        assert all(line.isprintable() for line in app.text().splitlines())
        if text.startswith("["):
            assert text in app.text()


async def test_a_click_tells_which_line() -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        app.query_one(ChartRow).facts = FACTS
        await until(pilot, lambda: "bugfix" in app.text())
        await pilot.click(TaskPanel, offset=(4, 2))
        await until(pilot, lambda: app.opened == [1])


async def test_the_same_facts_draw_nothing_anew() -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        row = app.query_one(ChartRow)
        row.facts = FACTS
        await until(pilot, lambda: "bugfix" in app.text())
        chart = app.query(ChartPanel).first().query_one("Plot")
        before = chart.chart  # type: ignore[attr-defined]
        row.facts = replace(FACTS)
        await pilot.pause()
        assert chart.chart is before  # type: ignore[attr-defined]


async def test_nothing_moves_while_a_chart_is_asked_for() -> None:
    app = Host()
    async with app.run_test(size=(140, 14)) as pilot:
        app.query_one(ChartRow).facts = FACTS
        await until(pilot, lambda: "▲ compacted 12:10" in app.text())
        places = {widget: widget.region for widget in app.screen.query("*")}
        app.query_one(ChartRow).facts = replace(FACTS, glance=None)
        await until(pilot, lambda: "▲ compacted 12:10" not in app.text())
        assert {widget: widget.region for widget in app.screen.query("*")} == places
