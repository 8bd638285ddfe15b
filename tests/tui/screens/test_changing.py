"""A change of the settings is shown before it is made."""

from typing import Any

from action_answers import answers, changed, on_wire
from builders import guarded_day
from fake_feed import Dashboard, until
from textual.pilot import Pilot
from textual.widgets import Button

from aicost.core.budget_page import BudgetChange
from aicost.core.errors import ConfigError
from aicost_tui.screens.changing import ChangeDialog

ASKED = {"id": "day"}


async def opened(pilot: Pilot[None], app: Dashboard, **found: Any) -> list[BudgetChange | None]:
    app.daemon.answers |= {**answers(), **found}
    ended: list[BudgetChange | None] = []
    await until(pilot, lambda: app.top.view)
    app.push_screen(ChangeDialog(app.daemon, "budget.remove", ASKED), ended.append)
    await until(pilot, lambda: app.daemon.asked_of("budget.remove"))
    return ended


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


async def test_it_is_shown_first_and_made_on_the_second_word() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        ended = await opened(pilot, app)
        await until(pilot, lambda: "- amount = 25" in shown(app))
        assert "config.toml" in shown(app)
        assert app.focused is app.screen.query_one("#close")
        await pilot.press("right", "enter")
        await until(pilot, lambda: ended)
        asked = app.daemon.asked_of("budget.remove")
        assert asked == [{**ASKED, "dry": True}, {**ASKED, "dry": False}]
        assert ended[0] is not None
        assert ended[0].is_made


async def test_enter_alone_leaves_it() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        ended = await opened(pilot, app)
        await until(pilot, lambda: "- amount = 25" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: ended == [None])
        assert len(app.daemon.asked_of("budget.remove")) == 1


async def test_what_is_so_already_cannot_be_written() -> None:
    app = Dashboard(guarded_day())
    same = on_wire(BudgetChange(text="day", file="f"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, **{"budget.remove": same})
        await until(pilot, lambda: "so already" in shown(app))
        assert app.screen.query_one("#write", Button).disabled


async def test_what_is_refused_is_shown_before_and_after() -> None:
    app = Dashboard(guarded_day())
    refusal = ConfigError("config.toml was not changed", why="somebody else wrote it meanwhile")

    def answer(params: Any) -> Any:
        return changed(params) if params["dry"] else refusal

    async with app.run_test(size=(80, 24)) as pilot:
        ended = await opened(pilot, app, **{"budget.remove": answer})
        await until(pilot, lambda: "- amount = 25" in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: "somebody else wrote it" in shown(app))
        assert ended == []
