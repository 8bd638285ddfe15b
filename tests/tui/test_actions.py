"""From a key on a selected session to the dialog of it; the export; the daemon that is started."""

from collections.abc import Callable

import pytest
from action_answers import answers
from builders import busy_day, guarded_day, session_row, view
from fake_feed import Dashboard, until

from aicost.core.errors import AicostError, ConfigError, DaemonDown, ProtocolMismatch
from aicost_tui.actions import ACTIONS, possible_actions
from aicost_tui.feed import Keeper
from aicost_tui.screens.allowing import AllowDialog
from aicost_tui.screens.budgets import BudgetsScreen
from aicost_tui.screens.copying import CopyDialog
from aicost_tui.screens.exporting import ExportDialog
from aicost_tui.screens.interrupting import InterruptDialog
from aicost_tui.screens.tagging import TagDialog

DIALOGS = {
    "x": InterruptDialog,
    "a": AllowDialog,
    "t": TagDialog,
    "y": CopyDialog,
    "o": CopyDialog,
    "e": ExportDialog,
    "b": BudgetsScreen,
}


def opened(key: str) -> type:
    return DIALOGS[key]


@pytest.mark.parametrize("key", DIALOGS)
async def test_each_key_opens_its_screen_and_escape_gives_the_focus_back(key: str) -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        before = app.focused
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, opened(key)))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.top)
        assert app.focused is before is not None


@pytest.mark.parametrize("key", ["x", "a", "t", "y", "o", "e"])
async def test_nothing_opens_where_no_session_is_selected(key: str) -> None:
    app = Dashboard(view())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is app.top


def test_an_agent_that_ended_cannot_be_interrupted() -> None:
    assert possible_actions(None) == frozenset()
    assert possible_actions(session_row()) == ACTIONS
    assert possible_actions(session_row(pid=None)) == ACTIONS - {"interrupt"}


async def test_the_keys_of_what_cannot_be_done_are_not_offered() -> None:
    app = Dashboard(view(session_row(state="ended", pid=None)))
    async with app.run_test(size=(140, 30)) as pilot:
        await until(pilot, lambda: app.top.view)
        assert "interrupt" not in app.text()[-1]
        assert "task" in app.text()[-1]
        await pilot.press("x")
        await pilot.pause()
        assert app.screen is app.top


async def test_the_selected_session_is_the_one_that_is_meant() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("down", "x")
        await until(pilot, lambda: isinstance(app.screen, InterruptDialog))
        await until(pilot, lambda: app.daemon.asked_of("session.hand"))
        row = app.top.selected_session()
        assert row is not None
        assert app.daemon.asked_of("session.hand")[0]["session"] == row.session_id


# The daemon, started from the screen


class Kept:
    """A keeper that notes what was asked of it, and fails where it is told to."""

    def __init__(self, error: AicostError | None = None) -> None:
        self.asked: list[str] = []
        self.error = error
        self.keeper = Keeper(start=self._noting("start"), restart=self._noting("restart"))

    def _noting(self, what: str) -> Callable[[], None]:
        def note() -> None:
            self.asked.append(what)
            if self.error is not None:
                raise self.error

        return note


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DaemonDown("no daemon is running"), "start"),
        (ProtocolMismatch("the daemon is aicost 0.1, this command is aicost 0.2"), "restart"),
    ],
)
async def test_a_key_starts_the_daemon_and_the_feed_goes_on(
    error: AicostError, expected: str
) -> None:
    app, kept = Dashboard(busy_day(), error), Kept()
    app.keeper = kept.keeper
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.top.lost)
        connections = app.fake_feed.connections
        await pilot.press("d")
        await until(pilot, lambda: app.fake_feed.connections > connections)
        assert kept.asked == [expected]
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: app.top.lost is None)
        await pilot.press("d")
        await pilot.pause()
        assert kept.asked == [expected]  # it runs


async def test_what_keeps_a_daemon_from_starting_is_said_without_markup() -> None:
    why = "[red]bad[/red]"
    app, kept = Dashboard(DaemonDown("gone")), Kept(ConfigError("the config is broken", why=why))
    app.keeper = kept.keeper
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.top.lost)
        await pilot.press("d")
        await until(pilot, lambda: any(why in line for line in app.text()))


@pytest.mark.parametrize("is_lost", [False, True])
async def test_without_a_need_or_a_keeper_there_is_no_such_key(is_lost: bool) -> None:
    app = Dashboard(busy_day(), *([DaemonDown("gone")] if is_lost else []))
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.top.lost if is_lost else app.top.view)
        assert not app.check_action("daemon", ())
        await pilot.press("d")
        await pilot.pause()
        assert app.is_running


async def test_a_screen_over_the_dashboard_hears_of_views() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()

    def is_there(words: str) -> bool:
        return any(words in line for line in app.text())

    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("b")
        await until(pilot, lambda: is_there("codex 5 h limit"))
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: not is_there("codex 5 h limit"))
