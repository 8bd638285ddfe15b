"""The app: from the feed to the screen, themes, no colours, a clean end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import busy_day, session_row, view
from fake_feed import Dashboard, until

from aicost.core.errors import DaemonDown
from aicost_tui.choices import ChoiceFile
from aicost_tui.messages import SessionOpened
from aicost_tui.screens.history import HistoryScreen
from aicost_tui.themes import AICOST_DARK, THEME_OF_SIXTEEN
from aicost_tui.widgets.chart_panel import TaskPanel
from aicost_tui.widgets.session_table import SessionTable


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_it_ends_when_asked_with_the_feed_closed(key: str) -> None:
    closed: list[bool] = []
    app = Dashboard(busy_day())

    async with app.run_test() as pilot:
        await until(pilot, lambda: app.top.view)
        worker = next(worker for worker in app.workers if worker.group == "feed")
        await pilot.press(key)
        await pilot.pause()
        closed.append(not app.is_running or worker.is_finished)
    assert worker.is_finished
    assert app.return_code == 0


async def test_one_worker_follows_the_feed() -> None:
    app = Dashboard(busy_day())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.top.view)
        app.follow_feed()
        app.follow_feed()
        await pilot.pause()
        running = [worker for worker in app.workers if worker.group == "feed" and worker.is_running]
        assert len(running) == 1


async def test_a_burst_of_views_shows_the_first_at_once_and_waits_with_the_others() -> None:
    app = Dashboard(refresh_s=3600)
    async with app.run_test(size=(80, 24)) as pilot:
        first, second = view(session_row("1")), view(session_row("2"))
        app.fake_feed.send(first)
        await until(pilot, lambda: app.top.view == first)
        app.fake_feed.send(second, DaemonDown("gone"))
        await until(pilot, lambda: app.top.lost)
        assert app.top.view == first


async def test_our_theme_is_on_and_textuals_can_be_chosen() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert app.theme == AICOST_DARK.name
        for name in ("textual-light", "nord", "ansi-dark"):
            app.theme = name
            await pilot.pause()
            assert any("shop · fix/dedup" in line for line in app.text())


def colours(app: Dashboard) -> Iterator[object]:
    filters = app.get_line_filters()
    for strip in app.screen._compositor.render_strips():
        segments = list(strip)
        for line_filter in filters:
            segments = line_filter.apply(segments, app.screen.background_colors[1])
        for segment in segments:
            if segment.style:
                yield from filter(None, (segment.style.color, segment.style.bgcolor))


async def test_no_color_means_no_colour_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert {getattr(colour, "is_default", None) for colour in colours(app)} == {True}
        assert any(line.startswith("▌● shop") for line in app.text())


async def test_with_colours_there_are_colours() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert not all(getattr(colour, "is_default", True) for colour in colours(app))


async def test_a_terminal_of_sixteen_colours_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-16color")
    monkeypatch.delenv("COLORTERM", raising=False)
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert app.theme == THEME_OF_SIXTEEN
        assert app.native_ansi_color
        row = app.top.query_one(SessionTable).render_line(1)
        assert all(segment.style is not None and segment.style.underline for segment in row)


async def test_a_theme_and_columns_are_there_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.json"
    app = Dashboard(busy_day(), choices=ChoiceFile(file))
    async with app.run_test(size=(140, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert not file.exists()
        app.theme = "aicost-light"
        await pilot.press("c", "space", "enter")
        await until(pilot, lambda: app.screen is app.top)
        assert "context" not in app.text()[3]
    again = Dashboard(busy_day(), choices=ChoiceFile(file))
    async with again.run_test(size=(140, 24)) as pilot:
        await until(pilot, lambda: again.top.view)
        await until(pilot, lambda: "repo" in again.text()[2] or "repo" in again.text()[3])
        assert again.theme == "aicost-light"
        assert not any("context  " in line for line in again.text()[2:4])


async def test_what_cannot_be_remembered_is_said_and_holds_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file where a folder should be")
    app = Dashboard(busy_day(), choices=ChoiceFile(tmp_path / "here" / "dashboard.json"))
    async with app.run_test(size=(140, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("c", "space", "enter")
        await until(pilot, lambda: any("not be remembered" in line for line in app.text()))
        assert app.top.wanted is not None


async def test_a_theme_that_is_gone_is_our_own(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.json"
    ChoiceFile(file).choose_theme("of another version")
    app = Dashboard(busy_day(), choices=ChoiceFile(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert app.theme == AICOST_DARK.name


async def test_enter_and_a_double_click_open_the_session() -> None:
    app = Dashboard(busy_day())
    app.daemon.answers["session.page"] = DaemonDown("gone")
    seen: list[object] = []
    async with app.run_test(size=(140, 40), message_hook=seen.append) as pilot:
        await until(pilot, lambda: app.top.query_one(SessionTable).rows)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not app.top)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.top)
        await pilot.click(SessionTable, offset=(30, 2), times=2)
        await until(pilot, lambda: app.screen is not app.top)
    opened = [one.session_id for one in seen if isinstance(one, SessionOpened)]
    assert [name[:4] for name in dict.fromkeys(opened)] == ["3f2a", "8c1b"]


@pytest.mark.parametrize("by", ["key", "click"])
async def test_todays_tasks_lead_to_the_history_by_task(by: str) -> None:
    app = Dashboard(busy_day())
    app.daemon.answers["history"] = DaemonDown("gone")
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: any("bugfix" in line for line in app.text()[14:]))
        if by == "key":
            await pilot.press("H")
        else:
            await pilot.click(TaskPanel, offset=(4, 1))
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        assert isinstance(app.screen, HistoryScreen)
        assert app.screen.place.level.by == "category"


async def test_it_tidies_up_after_the_start_and_after_each_change_of_screens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aicost_tui.app._TIDY_S", 0.001)
    times: list[int] = []
    app = Dashboard(busy_day(), tidy=lambda: times.append(len(app.screen_stack)))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: times == [1])
        await pilot.press("question_mark")
        await until(pilot, lambda: times == [1, 2])
        await pilot.press("escape")
        await until(pilot, lambda: times == [1, 2, 1])
