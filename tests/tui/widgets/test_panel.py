"""The widget of a panel: as high as its text, hidden without any, a click opens it."""

from builders import busy_day, guarded_day
from fake_feed import Dashboard, until

from aicost_tui.screens.panel import PanelScreen
from aicost_tui.widgets.panel import Panel


def panel(app: Dashboard, name: str) -> Panel:
    return app.top.query_one(f"#{name}", Panel)


async def test_it_is_as_high_as_its_text_and_hidden_without() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: panel(app, "budgets").size.height == 1)
        assert not panel(app, "nudges").display
        app.fake_feed.send(guarded_day())
        await until(pilot, lambda: panel(app, "budgets").size.height == 5)
        assert panel(app, "nudges").size.height == 5
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: panel(app, "budgets").size.height == 1)
        assert not panel(app, "nudges").display


async def test_a_click_opens_all_of_it_and_a_click_there_does_nothing() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: panel(app, "nudges").display)
        await pilot.click("#nudges")
        await until(pilot, lambda: isinstance(app.screen, PanelScreen))
        await pilot.click(Panel)
        await pilot.pause()
        assert isinstance(app.screen, PanelScreen)
        assert app.screen.panel == "nudges"


async def test_only_lines_that_changed_are_drawn_again() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: panel(app, "budgets").display)
        drawn: list[object] = []
        panel(app, "budgets").refresh = lambda *regions, **_: drawn.extend(regions)  # type: ignore[method-assign, assignment]
        app.tick()
        await pilot.pause()
        assert drawn == []
