"""The budgets screen: each one, what it stops and for whom; set, changed and removed in place."""

from dataclasses import replace
from typing import Any

import pytest
from action_answers import SHOP, answers, budget_page, on_wire, repository_budget
from builders import busy_day, guarded_day, session_row, view
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot

from aicost.core.budget_page import BudgetPage
from aicost.core.errors import DaemonDown
from aicost_tui.screens.budget_form import BudgetForm
from aicost_tui.screens.budgets import BudgetsScreen
from aicost_tui.screens.changing import ChangeDialog
from aicost_tui.widgets.budget_list import BudgetList


async def opened(pilot: Pilot[None], app: Dashboard, **found: Any) -> BudgetsScreen:
    app.daemon.answers |= {**answers(), **found}
    await until(pilot, lambda: app.top.view)
    await pilot.press("b")
    await until(pilot, lambda: isinstance(app.screen, BudgetsScreen))
    await until(pilot, lambda: not [one for one in app.workers if one.group == "budgets"])
    screen = app.screen
    assert isinstance(screen, BudgetsScreen)
    return screen


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


async def go_to(pilot: Pilot[None], app: Dashboard, budget_id: str) -> None:
    """Press down until that budget is selected."""
    rows = app.screen.query_one(BudgetList)
    for _ in range(12):
        if rows.row and rows.row.budget.budget_id == budget_id:
            return
        await pilot.press("down")
    raise AssertionError(budget_id)


@pytest.mark.parametrize("size", [(48, 15), (80, 24), (140, 40), (200, 60)])
async def test_all_budgets_are_there_with_the_plans_windows(size: tuple[int, int]) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        text = shown(app)
        assert "codex 5 h" in text
        assert "96%" in text
        await pilot.press("end")
        await until(pilot, lambda: "each turn" in shown(app))
        assert max(map(len, app.text())) <= size[0]


async def test_the_selected_one_says_what_it_stops_and_for_whom() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app)
        assert "hard: stops agents" in shown(app)
        await go_to(pilot, app, "week")
        await until(pilot, lambda: "would have stopped 3×" in shown(app))
        assert "shop · fix/dedup: claude, $3.20" in shown(app)
        assert "starts anew" in shown(app)


async def test_a_new_one_is_set_and_told() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, BudgetForm) and app.focused)
        await pilot.press("2", "5")
        await until(pilot, lambda: not app.screen.query_one("#write").disabled)
        await pilot.click("#write")
        await until(pilot, lambda: app.screen is screen)
        assert any("day: $25.00 a day" in note.message for note in app._notifications)
        await until(pilot, lambda: len(app.daemon.asked_of("budget.page")) == 2)


async def test_enter_changes_the_limit_of_the_selected_one() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        await go_to(pilot, app, "day")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BudgetForm))
        await until(pilot, lambda: "$25.00 a day" in shown(app))


async def test_soft_and_hard_are_switched_by_a_dialog() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        await go_to(pilot, app, "day")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ChangeDialog))
        await until(pilot, lambda: app.daemon.asked_of("budget.set"))
        expected = {"scope": "day", "amount": 25, "hard": True}
        assert app.daemon.asked_of("budget.set")[0] == {
            "row": expected, "replaces": "day", "dry": True,
        }  # fmt: skip


@pytest.mark.parametrize("key", ["d", "delete"])
async def test_one_is_taken_away_by_a_dialog(key: str) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        screen = await opened(pilot, app)
        await go_to(pilot, app, "day")
        await pilot.press(key)
        await until(pilot, lambda: "- amount = 25" in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.screen is screen)
        asked = app.daemon.asked_of("budget.remove")
        assert asked == [{"id": "day", "dry": True}, {"id": "day", "dry": False}]


@pytest.mark.parametrize("key", ["enter", "s", "d", "delete"])
async def test_what_others_set_is_read_only_with_the_reason(key: str) -> None:
    entry = repository_budget()
    day = replace(guarded_day(), budgets=entry.standing)
    page = on_wire(BudgetPage(entries=(entry,)))
    app = Dashboard(day)
    async with app.run_test(size=(100, 26)) as pilot:
        screen = await opened(pilot, app, **{"budget.page": page})
        assert "Read-only: its repository sets it, in .aicost.toml" in shown(app)
        assert "until you trust" in shown(app)
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is screen
        assert "remove" not in app.text()[-1]


async def test_without_any_it_says_how_to_set_one() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, **{"budget.page": on_wire(BudgetPage())})
        assert "No budgets yet" in shown(app)
        assert "n sets the first one" in shown(app)
        await pilot.press("enter", "d")
        await pilot.pause()
        assert isinstance(app.screen, BudgetsScreen)


async def test_without_a_daemon_it_shows_what_it_has_and_can_ask_again() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app, **{"budget.page": DaemonDown("no daemon is running")})
        assert "no daemon is running" in shown(app)
        assert "$18.42 of $25" in shown(app)
        app.daemon.answers["budget.page"] = on_wire(budget_page())
        await pilot.press("r")
        await until(pilot, lambda: "no daemon is running" not in shown(app))


async def test_amounts_go_on_while_one_looks_and_the_cursor_stays() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app)
        await go_to(pilot, app, "day")
        day = guarded_day()
        more = tuple(
            replace(one, spent=one.spent + 10**9) if one.budget.budget_id == "day" else one
            for one in reversed(day.budgets)
        )
        app.fake_feed.send(replace(day, budgets=more))
        await until(pilot, lambda: "$19.42 of $25.00" in shown(app))
        row = app.screen.query_one(BudgetList).row
        assert row is not None
        assert row.budget.budget_id == "day"


async def test_a_click_selects_and_another_one_opens() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app)
        await pilot.click("#budget-list", offset=(10, 2))
        await until(pilot, lambda: app.screen.query_one(BudgetList).cursor == 2)
        await pilot.click("#budget-list", offset=(10, 2))
        await until(pilot, lambda: isinstance(app.screen, BudgetForm))


async def test_its_table_can_be_exported() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await opened(pilot, app)
        table = screen.export_table()
        assert table is not None
        assert table.name == "budgets"
        await pilot.press("e")
        await until(pilot, lambda: "aicost-budgets-" in shown(app))


async def test_a_name_out_of_a_log_acts_on_nothing() -> None:
    row = session_row(SHOP, repo="[red]x[/]\x1b[2J", branch="\x1b]0;t\x07")
    day = replace(view(row), budgets=guarded_day().budgets)
    app = Dashboard(day)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app)
        await go_to(pilot, app, "week")
        await until(pilot, lambda: "[red]x[/]: claude" in shown(app))
        assert "\x1b" not in shown(app)


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    prepare = themed(theme, day, "b", "down", "down", "down")
    assert snap_compare(app, terminal_size=size, run_before=prepare)
