"""What a turn was for, corrected from the screen."""

from dataclasses import replace
from typing import Any

from action_answers import HAND, SHOP, TURN, answers, on_wire
from builders import guarded_day
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot

from aicost.core.errors import ConfigError
from aicost_tui.screens.tagging import TagDialog
from aicost_tui.widgets.menu import Menu


async def opened(pilot: Pilot[None], app: Dashboard, **found: Any) -> None:
    app.daemon.answers |= {**answers(), "session.hand": on_wire(replace(HAND, **found))}
    await until(pilot, lambda: app.top.view)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, TagDialog))
    await until(pilot, lambda: app.daemon.asked_of("session.hand"))
    await until(pilot, lambda: not [one for one in app.workers if one.group == "find"])


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


async def test_the_current_turn_is_corrected() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        assert "the turn 6f93eca8" in shown(app)
        assert "● bugfix" in shown(app)
        await pilot.press("down", "enter")  # from what it has now
        await until(pilot, lambda: app.screen is app.top)
        expected = {"action": "set", "id": TURN.turn_id, "category": "refactor"}
        assert app.daemon.asked_of("tag") == [expected]
        assert any("turn 6f93eca8" in note.message for note in app._notifications)


async def test_the_whole_session_is_corrected() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("w")
        await until(pilot, lambda: "all its turns" in shown(app))
        await pilot.press("w")
        await until(pilot, lambda: "all its turns" not in shown(app))
        await pilot.click("#whole")
        await until(pilot, lambda: "all its turns" in shown(app))
        app.screen.query_one(Menu).focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: app.daemon.asked_of("tag"))
        expected = {"action": "set", "id": SHOP, "category": "feature"}
        assert app.daemon.asked_of("tag") == [expected]


async def test_a_session_whose_turn_is_not_known_is_corrected_as_a_whole() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, turn=None)
        await pilot.press("enter")
        await until(pilot, lambda: app.daemon.asked_of("tag"))
        assert app.daemon.asked_of("tag")[0]["id"] == SHOP


async def test_a_correction_is_taken_back() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app, turn=replace(TURN, is_corrected=True))
        assert "you said so" in shown(app)
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.daemon.asked_of("tag"))
        assert app.daemon.asked_of("tag") == [{"action": "remove", "id": TURN.turn_id}]


async def test_a_turn_that_was_selected_is_the_one_that_is_asked_for() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        row = app.top.selected_session()
        assert row is not None
        app.push_screen(TagDialog(row, app.daemon, "t-1"))
        await until(pilot, lambda: app.daemon.asked_of("session.hand"))
        assert app.daemon.asked_of("session.hand")[0]["turn"] == "t-1"


async def test_what_the_daemon_refuses_is_shown() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        app.daemon.answers["tag"] = ConfigError("the turn is not in the ledger yet")
        await pilot.press("enter")
        await until(pilot, lambda: "not in the ledger yet" in shown(app))
        assert isinstance(app.screen, TagDialog)


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    assert snap_compare(app, terminal_size=size, run_before=themed(theme, day, "t"))
