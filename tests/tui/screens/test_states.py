"""Every state of the dashboard beside the usual one: each is told, and has a way out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from action_answers import answers
from builders import NOW, busy_day, session_row, view
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot

from aicost.core.errors import AicostError, DaemonDown, StoreError
from aicost.core.view import DashboardView, Reading
from aicost.ipc.protocol import hung_up, mismatch, not_running
from aicost_tui.feed import Keeper

READING = Reading(
    files_done=312,
    files_total=2_870,
    bytes_done=410_000_000,
    bytes_total=3_900_000_000,
    seconds_left=95.0,
)
KEEPER = Keeper(start=lambda: None, restart=lambda: None)
NO_LOGS = view(log_files=0)
Items = tuple[DashboardView | AicostError, ...]
STATES: dict[str, Items] = {
    "no-logs": (NO_LOGS,),
    "no-sessions": (view(),),
    "no-daemon": (not_running("there is no socket"),),
    "lost": (busy_day(), hung_up()),
    "version": (mismatch("0.0.9", 2),),
    "reading": (replace(view(session_row()), reading=READING),),
    "reading-first": (view(reading=READING),),
    "ledger": (replace(busy_day(), trouble="the disk is full (ledger.db)"),),
    "no-ledger": (busy_day(), StoreError("the ledger is locked", hint="aicost daemon status")),
}
WORDS = {
    "no-logs": ("No agent logs found", "/home/ada/.claude", "/home/ada/.config/claude", "demo"),
    "no-sessions": ("No sessions to show", "128 logs found"),
    "no-daemon": ("The daemon does not answer", "d starts it", "there is no socket"),
    "lost": ("these numbers are", "d starts it", "shop · fix/dedup", "$18.42"),
    "version": ("aicost 0.0.9", "d restarts it"),
    "reading": ("312 of 2,870 files", "2 min left", "so far", "shop"),
    "reading-first": ("Reading the logs", "2 min left"),
    "ledger": ("may be missing here", "the disk is full", "shop · fix/dedup"),
    "no-ledger": ("the ledger is locked", "aicost daemon status", "shop · fix/dedup"),
}


def dashboard(state: str) -> Dashboard:
    app = Dashboard(*STATES[state])
    app.keeper = KEEPER
    return app


def is_there(app: Dashboard, items: Items) -> bool:
    last = items[-1]
    return app.top.lost is last if isinstance(last, AicostError) else app.top.view is last


@pytest.mark.parametrize("size", [(80, 24), (140, 40), (200, 60)])
@pytest.mark.parametrize("state", STATES)
async def test_it_says_what_is_and_what_helps(state: str, size: tuple[int, int]) -> None:
    app = dashboard(state)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: is_there(app, STATES[state]))
        await until(pilot, lambda: all(word in "\n".join(app.text()) for word in WORDS[state]))
        assert max(map(len, app.text())) <= size[0]


async def test_a_lost_daemon_leaves_the_last_view_with_its_age() -> None:
    app = dashboard("lost")
    app.daemon.answers |= answers()
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.top.lost)
        app.move_clock(NOW + timedelta(seconds=58))
        await until(pilot, lambda: "these numbers are 1m old" in "\n".join(app.text()))
        await pilot.press("r")
        await until(pilot, lambda: app.fake_feed.connections == 2)
        await pilot.press("down", "s", "b")
        await until(pilot, lambda: app.screen is not app.top)  # usable meanwhile


async def test_today_is_usable_while_old_logs_are_read() -> None:
    app = dashboard("reading")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("s", "slash", *"shop", "enter")
        await until(pilot, lambda: "1 of 1" in "\n".join(app.text()))
        app.fake_feed.send(view(session_row()))
        await until(pilot, lambda: "2,870 files" not in "\n".join(app.text()))


async def test_a_filter_without_a_match_is_told_and_taken_back() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("slash", *"nothing-like-it", "enter")
        await until(pilot, lambda: "nothing-like-it" in "\n".join(app.text()))
        await until(pilot, lambda: "shows all again" in "\n".join(app.text()))
        await pilot.press("escape")
        await until(pilot, lambda: any("shop · fix/dedup" in line for line in app.text()))


async def test_the_key_of_a_start_is_offered_only_where_it_helps() -> None:
    for state, is_offered in (("no-daemon", True), ("no-ledger", False), ("no-sessions", False)):
        app = dashboard(state)
        async with app.run_test(size=(140, 30)) as pilot:
            await until(pilot, lambda: is_there(app, STATES[state]))  # noqa: B023
            await until(pilot, lambda: ("start daemon" in app.text()[-1]) is is_offered)  # noqa: B023


async def test_what_a_daemon_says_acts_on_nothing() -> None:
    app = Dashboard(DaemonDown("gone [red]x[/]\x1b[2J", why="\x1b]0;t\x07why", hint="\x1b[1mrun"))
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.top.lost)
        await until(pilot, lambda: "why" in "\n".join(app.text()))
        assert "\x1b" not in "\n".join(app.text())


@in_every_size
@in_every_theme
@pytest.mark.parametrize("state", ["no-logs", "no-daemon", "lost", "version", "reading", "ledger"])
def test_looks(snap_compare: Any, state: str, theme: str, size: tuple[int, int]) -> None:
    app = dashboard(state)

    async def prepare(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: is_there(app, STATES[state]))
        await themed(theme, None)(pilot)

    assert snap_compare(app, terminal_size=size, run_before=prepare)
