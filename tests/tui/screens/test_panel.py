"""The page of nudges over the dashboard: it closes, scrolls, and goes on."""

from dataclasses import replace
from typing import Any

import pytest
from builders import busy_day, guarded_day, nudge
from fake_feed import Dashboard, until
from textual.pilot import Pilot

from aicost_tui.screens.panel import PanelScreen


def is_open(app: Dashboard, name: str) -> bool:
    return isinstance(app.screen, PanelScreen) and app.screen.panel == name


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        ("n", "nudges", ("Nudges", "save the work", "$6.02 so far", "`pytest tests` failed")),
    ],
)
async def test_a_key_opens_all_of_it(key: str, name: str, words: tuple[str, ...]) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press(key)
        await until(pilot, lambda: is_open(app, name))
        await until(pilot, lambda: all(word in shown(app) for word in words))
        assert max(map(len, app.text())) <= 80


@pytest.mark.parametrize("key", ["escape", "q", "b", "n"])
async def test_it_closes_and_the_dashboard_stays(key: str) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("n")
        await until(pilot, lambda: is_open(app, "nudges"))
        await pilot.press(key)
        await until(pilot, lambda: app.screen is app.top)
        assert app.is_running
        await pilot.press("n")
        await until(pilot, lambda: is_open(app, "nudges"))


async def test_a_clock_that_goes_on_at_the_end_breaks_nothing() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("n")
        await until(pilot, lambda: is_open(app, "nudges"))
        top, page = app.top, app.screen
        assert isinstance(page, PanelScreen)
    assert not app.is_running
    with app._context():
        top.tick(app.now)  # what the screens were made of is gone
        page.show(lambda _: ())


async def test_it_shows_what_is_new_while_one_reads() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("n")
        await until(pilot, lambda: "cache ends" in shown(app))
        app.fake_feed.send(replace(guarded_day(), nudges=(nudge(sentence="something new"),)))
        await until(pilot, lambda: "something new" in shown(app))
        assert "cache ends" not in shown(app)
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: "Nothing to tell" in shown(app))


async def test_it_scrolls_where_it_is_longer_than_the_screen() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 16)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("n")
        await until(pilot, lambda: is_open(app, "nudges"))
        assert "aicost reconcile" not in shown(app)
        await pilot.press("end")
        await until(pilot, lambda: "aicost reconcile" in shown(app))


async def test_its_lines_are_made_for_the_width_it_has() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("n")
        await until(pilot, lambda: is_open(app, "nudges"))
        await pilot.resize_terminal(48, 30)
        await until(pilot, lambda: max(map(len, app.text())) <= 48)
        await until(pilot, lambda: "save the work" in shown(app))


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("key", ["n"])
def test_looks(snap_compare: Any, key: str, size: tuple[int, int]) -> None:
    app = Dashboard(guarded_day())

    async def press(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.top.view)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, PanelScreen))

    assert snap_compare(app, terminal_size=size, run_before=press)
