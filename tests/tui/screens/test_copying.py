"""What can be copied of a session, by key and by mouse; nothing that a terminal would act on."""

from dataclasses import replace
from typing import Any

import pytest
from action_answers import HAND, SHOP, answers, on_wire
from builders import guarded_day, session_row, view
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot

from aicost_tui.format import copyable
from aicost_tui.screens.copying import CopyDialog

HOSTILE = "[red]s-1\x1b]0;x\x07\nrm -rf /"


async def opened(pilot: Pilot[None], app: Dashboard, key: str) -> None:
    await until(pilot, lambda: app.top.view)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, CopyDialog))
    await until(pilot, lambda: not any("looking …" in line for line in app.text()))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("y", "enter"), SHOP),
        (("y", "down", "enter"), HAND.resume),
        (("y", "down", "down", "enter"), HAND.transcript),
        (("y", "end", "enter"), "/home/ada/src/shop"),
        (("o", "enter"), HAND.resume),
    ],
)
async def test_a_line_is_copied_as_it_is(keys: tuple[str, ...], expected: str) -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, keys[0])
        await pilot.press(*keys[1:])
        await until(pilot, lambda: app.screen is app.top)
        assert app.clipboard == expected


async def test_resume_command_and_log_are_shown_whole() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(76, 24)) as pilot:
        await opened(pilot, app, "o")
        text = "".join(line.strip(" │") for line in app.text())
        assert HAND.transcript in text
        assert f"claude --resume{SHOP}" in text


async def test_what_is_not_known_copies_nothing() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= {**answers(), "session.hand": on_wire(replace(HAND, transcript=""))}
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "y")
        assert any("not known" in line for line in app.text())
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, CopyDialog)
        assert app.clipboard == ""


async def test_nothing_hostile_is_copied_or_marks_up() -> None:
    app = Dashboard(view(session_row(HOSTILE)))
    hand = replace(HAND, resume=f"claude --resume '{HOSTILE}'", transcript=HOSTILE)
    app.daemon.answers |= {**answers(), "session.hand": on_wire(hand)}
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "y")
        assert any("[red]s-1" in line for line in app.text())
        await pilot.press("enter")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == copyable(HOSTILE) == "[red]s-1]0;xrm -rf /"


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    assert snap_compare(app, terminal_size=size, run_before=themed(theme, day, "o"))
