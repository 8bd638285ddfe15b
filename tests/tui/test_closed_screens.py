"""The dashboard holds no more after hours than after minutes."""

import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from action_answers import answers
from builders import NOW, burn_minutes, session_row, tasks_of_today, usd, view
from fake_feed import Dashboard, until
from history_builders import busy_history
from session_builders import answer, session_page
from textual.pilot import Pilot
from textual.strip import Strip

from aicost.core.view import DashboardView

SCREENS = ("t", "b", "question_mark", "y", "e", "enter")
VIEWS = 25  # caches that have an end are full after so many
OBJECTS_AT_MOST = 500  # of ours, more after VIEWS views; the rows of one view alone are 40
LINES_KEPT_AT_MOST = 800  # painted ones; closed screens once left 800 each time


def a_view(step: int) -> DashboardView:
    """A view in which all went on, and a session began in the place of an older one."""
    at = NOW + timedelta(seconds=step)
    rows = [
        session_row(f"s{number}", repo=f"repo-{number}", cost_nusd=usd(1) + step * usd(0.01),
                    requests=step, last_at=at)
        for number in range(step, step + 20)
    ]  # fmt: skip
    hour = burn_minutes()
    moved = replace(hour, nusd=(*hour.nusd[:-1], usd(0.01) * step))
    return view(*rows, at=at, last_hour=moved, today_by_task=tasks_of_today())


def told(app: Dashboard) -> None:
    """Let the daemon answer what the screens ask."""
    page: dict[str, Any] = answer(session_page())
    app.daemon.answers = {**answers(), "history": busy_history, "session.page": page}


async def look_at_all(app: Dashboard, pilot: Pilot[None]) -> None:
    """Open each screen and leave it."""
    for key in SCREENS:
        await pilot.press(key)
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def repeated(times: int, do: Callable[[int], Awaitable[object]]) -> None:
    for number in range(times):
        await do(number)
    gc.collect()


def ours() -> int:
    """Count the objects of our own types."""
    return sum(str(type(one).__module__).startswith("aicost") for one in gc.get_objects())


async def test_closed_screens_are_let_go_with_their_painted_lines() -> None:
    app = Dashboard(a_view(0))
    told(app)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.top.view)
        await repeated(1, lambda _: look_at_all(app, pilot))
        before = sum(type(one) is Strip for one in gc.get_objects())
        await repeated(2, lambda _: look_at_all(app, pilot))
        after = sum(type(one) is Strip for one in gc.get_objects())
    assert after - before < LINES_KEPT_AT_MOST


async def test_many_views_take_no_more_memory_than_a_few() -> None:
    app = Dashboard(a_view(0))

    async with app.run_test(size=(140, 40)) as pilot:

        async def show(number: int) -> None:
            app.fake_feed.send(shown := a_view(number))
            app.move_clock(shown.at)
            await until(pilot, lambda: app.top.view == shown)

        await repeated(VIEWS, show)
        before = ours()
        await repeated(VIEWS, lambda number: show(VIEWS + number))
        after = ours()
    assert after - before < OBJECTS_AT_MOST
