"""An allowance from the screen: what is wrong is said while it is typed, and is not sent."""

from typing import Any

import pytest
from action_answers import SHOP, answers
from builders import guarded_day
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot
from textual.widgets import Button

from aicost.core.errors import ConfigError
from aicost_tui.screens.allowing import AllowDialog


async def opened(pilot: Pilot[None], app: Dashboard) -> None:
    app.daemon.answers |= answers()
    await until(pilot, lambda: app.top.view)
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, AllowDialog) and app.focused)


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


async def test_it_is_sent_as_the_command_says_it() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("5", "enter", *"release", "enter", "3", "h", "enter", "tab", "enter")
        await until(pilot, lambda: app.screen is app.top)
        assert app.daemon.asked_of("allow") == [
            {"amount": "5", "reason": "release", "lasts": "3h", "session": SHOP}
        ]
        assert any("may spend $5.00 more" in note.message for note in app._notifications)


async def test_it_can_be_for_all_sessions() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("5", "enter", "enter", "enter", "space")
        await until(pilot, lambda: "[✓] all sessions" in shown(app))
        await pilot.click("#allow")
        await until(pilot, lambda: app.daemon.asked_of("allow"))
        assert app.daemon.asked_of("allow")[0]["session"] == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("x", "is no amount of dollars"), ("0", "more than $0"), ("99999", "at most $10,000")],
)
async def test_what_is_wrong_is_said_and_nothing_is_sent(typed: str, expected: str) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        assert app.screen.query_one("#allow", Button).disabled
        await pilot.press(*typed)
        await until(pilot, lambda: expected in shown(app))
        assert "try:" not in shown(app)
        assert app.screen.query_one("#allow", Button).disabled
        await pilot.click("#allow")
        await pilot.pause()
        assert app.daemon.asked_of("allow") == []


async def test_what_the_daemon_refuses_is_shown_and_can_be_mended() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        app.daemon.answers["allow"] = ConfigError("an agent cannot change what stops it")
        await pilot.press("5")
        await pilot.click("#allow")
        await until(pilot, lambda: "an agent cannot" in shown(app))
        assert isinstance(app.screen, AllowDialog)
        app.screen.query_one("#amount").focus()
        await pilot.press("0")
        await until(pilot, lambda: "an agent cannot" not in shown(app))


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    prepare = themed(theme, day, "a", "5", "tab", *"hotfix")
    assert snap_compare(app, terminal_size=size, run_before=prepare)
