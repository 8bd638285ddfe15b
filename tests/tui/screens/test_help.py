"""The help: every key that does something, every sign, made from the lists themselves."""

from typing import Any

import pytest
from builders import busy_day
from fake_feed import Dashboard, until
from textual.pilot import Pilot

from aicost.core.nudge import SIGNS
from aicost_tui.rows import STATES
from aicost_tui.screens.help import HelpScreen, help_lines
from aicost_tui.spans import plain, width_of


def test_the_page_lists_keys_states_and_columns() -> None:
    text = "\n".join(plain(line) for line in help_lines([("s", "Sort"), ("up k", "Go up")]))
    assert "  s          Sort" in text
    assert "  up k       Go up" in text
    for look in STATES.values():
        assert f"{look.sign} {look.word}" in text
        assert look.meaning in text
    for column in ("context", "$/h", "cost", "next", "cache", "last"):
        assert f"\n  {column} " in text


def test_the_page_says_whose_waiting_is_not_seen() -> None:
    text = "\n".join(plain(line) for line in help_lines([]))
    assert "Codex does not tell that it waits: it is shown as busy" in text


def test_the_page_says_what_the_signs_of_budgets_and_nudges_mean() -> None:
    lines = [plain(line) for line in help_lines([])]
    for sign in SIGNS.values():
        assert [line for line in lines if line.startswith(f"  {sign} ") and "budget" in line]


def test_the_page_fits_eighty_columns() -> None:
    assert max(width_of(line) for line in help_lines([])) <= 72


async def test_question_mark_opens_it_with_the_keys_that_work_now() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(100, 50)) as pilot:
        await until(pilot, lambda: app.top.view)
        app.set_keymap({"top.sort": "o"})
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.pause()
        text = "\n".join(app.text())
        for says in ("Freeze the table", "Select the session below", "Copy the id", "↓ j", "o   "):
            assert says in text
        assert "Try to reach the daemon now" not in text  # it answers
        assert "Focus" not in text  # Textual's own keys are not the user's business


@pytest.mark.parametrize("key", ["escape", "question_mark", "q"])
async def test_it_closes_and_the_dashboard_stays(key: str) -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press(key)
        await until(pilot, lambda: app.screen is app.top)
        assert app.is_running


async def test_the_dashboard_below_goes_on() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("question_mark")
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert app.top.lost is None


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=lambda size: "x".join(map(str, size)))
def test_looks(snap_compare: Any, size: tuple[int, int]) -> None:
    app = Dashboard(busy_day())

    async def open_help(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.top.view)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))

    assert snap_compare(app, terminal_size=size, run_before=open_help)
