"""What all dialogs have in common: focus, arrows, the mouse, and room for everything."""

import pytest
from action_answers import answers
from builders import guarded_day
from fake_feed import Dashboard, until
from textual.widgets import Button, Input

from aicost.core.errors import DaemonDown
from aicost_tui.screens.dialog import Dialog

KEYS = ["x", "a", "t", "y", "e"]


@pytest.mark.parametrize("size", [(48, 15), (80, 24), (200, 60)])
@pytest.mark.parametrize("key", KEYS)
async def test_it_fits_and_its_buttons_can_be_reached(key: str, size: tuple[int, int]) -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        await until(pilot, lambda: not [w for w in app.workers if w.group == "find"])
        assert max(map(len, app.text())) <= size[0]
        for _ in range(10):
            if isinstance(app.focused, Button) and app.focused.id == "close":
                break
            await pilot.press("tab")
        await until(pilot, lambda: any("Close" in line for line in app.text()))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.top)


@pytest.mark.parametrize("key", KEYS)
async def test_a_click_closes_it(key: str) -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        await until(pilot, lambda: any("Close" in line for line in app.text()))
        await pilot.click("#close")
        await until(pilot, lambda: app.screen is app.top)


async def test_arrows_go_from_button_to_button_and_stay_in_a_text() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("x")
        await until(pilot, lambda: any("Send SIGINT" in line for line in app.text()))
        assert app.focused is app.screen.query_one("#close")
        await pilot.press("right")
        assert app.focused is app.screen.query_one("#interrupt")
        await pilot.press("left")
        assert app.focused is app.screen.query_one("#close")
        await pilot.press("escape", "a", "5", "left", "1")
        await until(pilot, lambda: app.screen.query_one("#amount", Input).value == "15")


@pytest.mark.parametrize("key", ["x", "t", "y"])
async def test_without_a_daemon_it_says_so_and_closes(key: str) -> None:
    app = Dashboard(guarded_day())
    gone = DaemonDown("no daemon is running", hint="aicost daemon start")
    app.daemon.answers = {"session.hand": gone}
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press(key)
        await until(pilot, lambda: any("no daemon is running" in line for line in app.text()))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.top)
