"""The form of a budget: what is typed is checked as the command checks it, and shown as written."""

from typing import Any

import pytest
from action_answers import answers, changed
from builders import budget_status, guarded_day
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select

from aicost.core.budget import Budget, BudgetFilter
from aicost.core.budget_page import BudgetChange
from aicost.core.budget_words import parse_amount
from aicost.core.errors import ConfigError
from aicost_tui.screens.budget_form import BudgetForm, limit_text, row_of


async def opened(
    pilot: Pilot[None], app: Dashboard, known: Budget | None = None
) -> list[BudgetChange | None]:
    app.daemon.answers |= answers()
    ended: list[BudgetChange | None] = []
    await until(pilot, lambda: app.top.view)
    app.push_screen(BudgetForm(app.daemon, known), ended.append)
    await until(pilot, lambda: isinstance(app.screen, BudgetForm) and app.focused)
    return ended


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


def can_write(app: Dashboard) -> bool:
    return not app.screen.query_one("#write", Button).disabled


def asked(app: Dashboard) -> list[dict[str, object]]:
    return [one for one in app.daemon.asked_of("budget.set") if not one["dry"]]


async def test_a_new_budget_is_shown_as_it_will_be_written_then_written() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        ended = await opened(pilot, app)
        assert not can_write(app)
        await pilot.press("2", "5")
        await until(pilot, lambda: can_write(app))
        assert "+ amount = 25" in shown(app)
        assert asked(app) == []
        await pilot.click("#write")
        await until(pilot, lambda: ended)
        assert asked(app) == [{"row": {"scope": "day", "amount": 25}, "replaces": "", "dry": False}]


async def test_every_field_is_in_the_row() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        screen = app.screen
        screen.query_one("#scope", Select).value = "session"
        await pilot.press(*"300k tokens", "tab", "space", "tab", *"shop", "tab", *"fix/", "tab")
        await pilot.press(*"opus")
        for name, value in (("category", "bugfix"), ("agent", "claude"), ("env", "ci")):
            screen.query_one(f"#{name}", Select).value = value
        await until(pilot, lambda: can_write(app))
        await pilot.click("#write")
        await until(pilot, lambda: asked(app))
        assert asked(app)[0]["row"] == {
            "scope": "session", "amount": "300k tokens", "hard": True, "repo": "shop",
            "branch": "fix/", "model": "opus", "category": "bugfix", "agent": "claude", "env": "ci",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "typed", "expected"),
    [
        ("day", "lots", "an amount is one of"),
        ("day", "0", "more than 0"),
        ("day", "3 repeats", "within a turn or a session"),
        ("plan-week", "25", "a limit in percent"),
        ("day", "80%", "a limit in percent"),
    ],
)
async def test_what_is_wrong_is_said_at_once_and_nobody_is_asked(
    scope: str, typed: str, expected: str
) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        app.screen.query_one("#scope", Select).value = scope
        app.daemon.asked.clear()
        app.screen.query_one("#amount", Input).value = typed
        await until(pilot, lambda: expected in shown(app))
        assert not can_write(app)
        assert app.daemon.asked_of("budget.set") == []


async def test_what_the_daemon_finds_wrong_is_said_too() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        app.daemon.answers["budget.set"] = ConfigError("a budget is there twice")
        await pilot.press("5")
        await until(pilot, lambda: "a budget is there twice" in shown(app))
        assert not can_write(app)


async def test_a_known_budget_gets_another_limit_and_stays_what_it_is_of() -> None:
    known = budget_status(1, "12.5", filter=BudgetFilter(repo="shop", environment="ci")).budget
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app, known)
        amount = app.screen.query_one("#amount", Input)
        assert amount.value == "12.50"
        assert not app.screen.query("#scope")
        amount.value = "30"
        await until(pilot, lambda: can_write(app))
        await pilot.click("#write")
        await until(pilot, lambda: asked(app))
        row = {"scope": "day", "amount": 30, "repo": "shop", "env": "ci"}
        expected = {"row": row, "replaces": known.budget_id, "dry": False}
        assert asked(app) == [expected]


async def test_enter_goes_on_to_the_next_field_and_cancel_changes_nothing() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        ended = await opened(pilot, app)
        await pilot.press("5", "enter")
        await until(pilot, lambda: app.focused is app.screen.query_one("#hard"))
        await pilot.click("#close")
        await until(pilot, lambda: ended == [None])
        assert asked(app) == []


async def test_a_slow_answer_to_what_was_typed_before_is_not_shown() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 26)) as pilot:
        await opened(pilot, app)
        rows: list[Any] = []

        def answer(params: Any) -> Any:
            rows.append(params["row"]["amount"])
            return changed(params)

        app.daemon.answers["budget.set"] = answer
        await pilot.press("2", "5", "0")
        await until(pilot, lambda: can_write(app))
        assert rows[-1] == 250


@pytest.mark.parametrize(
    "budget",
    [
        budget_status(0, 25).budget,
        budget_status(0, "1234.56").budget,
        budget_status(0, 300_000, "session", "tokens").budget,
        budget_status(0, 1, "turn", "repeats").budget,
        budget_status(0, "80.5", "plan-5h", "percent").budget,
        budget_status(0, 30, "day", "minutes").budget,
        budget_status(0, "0.5", "turn", "minutes").budget,
        budget_status(0, "12.345").budget,
        budget_status(0, "0.005").budget,
        budget_status(0, "1234.000000001").budget,
        budget_status(0, "1.25", "day", "credits").budget,
        budget_status(0, "12.345", "plan-week", "percent").budget,
    ],
)
def test_a_limit_is_read_back_as_it_is_shown(budget: Budget) -> None:
    assert parse_amount(limit_text(budget), budget.scope) == (budget.unit, budget.limit)


def test_a_row_has_what_is_filtered_by() -> None:
    filter_ = BudgetFilter(branch="main", model="*opus*", category="docs", agent="codex")
    assert row_of(budget_status(0, 25, filter=filter_).budget) == {
        "scope": "day", "amount": 25, "branch": "main", "model": "*opus*", "category": "docs",
        "agent": "codex",
    }  # fmt: skip


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    prepare = themed(theme, day, "b", "n", "2", "5")
    assert snap_compare(app, terminal_size=size, run_before=prepare)
