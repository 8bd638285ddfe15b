"""The dashboard asks about what is selected or unfolded: once, until it goes on."""

from dataclasses import replace

import msgspec
from builders import busy_day, session_glance, session_row, view
from fake_feed import GLANCE, Dashboard, until

from aicost.core.errors import DaemonDown
from aicost_tui.widgets.session_table import SessionTable

FIRST, SECOND = "3f2a91c4-5b6d-4e0e-9d1f-1234567890ab", "8c1b0d7e-2a45-4c9f-8e21-0c4d5e6f7a81"


def answering(*items: object) -> Dashboard:
    app = Dashboard(busy_day())
    app.daemon.answers[GLANCE] = lambda params: msgspec.to_builtins(session_glance(params["id"]))
    return app


def asked(app: Dashboard) -> list[object]:
    return [params["id"] for method, params in app.daemon.asked if method == GLANCE]


async def test_the_selected_session_is_asked_about_once_and_again_when_it_goes_on() -> None:
    app = answering()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: asked(app) == [FIRST])
        app.fake_feed.send(replace(busy_day(), skipped_lines=4))
        await until(pilot, lambda: app.top.view and app.top.view.skipped_lines == 4)
        assert asked(app) == [FIRST]
        await pilot.press("down")
        await until(pilot, lambda: asked(app) == [FIRST, SECOND])
        await pilot.press("up")
        await pilot.pause()
        assert asked(app) == [FIRST, SECOND]
        app.fake_feed.send(view(session_row(requests=413)))
        await until(pilot, lambda: asked(app) == [FIRST, SECOND, FIRST])


async def test_without_charts_only_unfolded_sessions_are_asked_about() -> None:
    app = answering()
    async with app.run_test(size=(80, 16)) as pilot:
        await until(pilot, lambda: app.top.query_one(SessionTable).rows)
        assert asked(app) == []
        await pilot.press("down", "f")
        await until(pilot, lambda: asked(app) == [SECOND])


async def test_a_daemon_that_does_not_answer_is_not_asked_the_same_again() -> None:
    app = answering()
    app.daemon.answers[GLANCE] = DaemonDown("gone")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: asked(app) == [FIRST])
        app.fake_feed.send(replace(busy_day(), skipped_lines=4))
        await until(pilot, lambda: app.top.view and app.top.view.skipped_lines == 4)
        assert asked(app) == [FIRST]


async def test_an_answer_that_is_none_breaks_nothing() -> None:
    app = answering()
    app.daemon.answers[GLANCE] = {"weather": "fine"}
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: asked(app) == [FIRST])
        await pilot.press("down")
        await until(pilot, lambda: asked(app) == [FIRST, SECOND])
