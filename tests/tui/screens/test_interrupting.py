"""Interrupting an agent: never by one key, SIGTERM only after SIGINT, and only that process."""

from dataclasses import replace
from typing import Any

from action_answers import HAND, PROCESS, answers, on_wire
from builders import guarded_day, session_row
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot
from textual.widgets import Button

from aicost.core.at_hand import SessionAtHand
from aicost.core.errors import ConfigError
from aicost_tui.screens.interrupting import InterruptDialog

ROW = session_row()
GONE = replace(HAND, process=None)
IDLE = replace(HAND, process=replace(PROCESS, state="idle"))
OTHER = replace(HAND, process=replace(PROCESS, mark="99"))


def shown(app: Dashboard) -> str:
    return "\n".join(app.text())


def labels(app: Dashboard) -> list[str]:
    return [str(button.label) for button in app.screen.query(Button) if button.display]


async def opened(
    app: Dashboard, pilot: Pilot[None], *hands: SessionAtHand, patience: int = 3
) -> None:
    """Open the dialog; each look at the process finds the next of `hands`, then the last."""
    found = list(hands)

    def hand(_params: Any) -> dict[str, Any]:
        return on_wire(found.pop(0) if len(found) > 1 else found[0])

    app.daemon.answers |= {**answers(), "session.hand": hand}
    await until(pilot, lambda: app.top.view)
    app.push_screen(InterruptDialog(ROW, app.daemon, look_s=0.01, patience=patience))
    await until(pilot, lambda: "Looking" not in shown(app) and "session" in shown(app))


def sent(app: Dashboard) -> list[object]:
    return [asked["step"] for asked in app.daemon.asked_of("session.interrupt")]


async def test_enter_alone_sends_nothing() -> None:
    app = Dashboard(guarded_day())
    app.daemon.answers |= answers()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("x")
        await until(pilot, lambda: "Send SIGINT" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.top)
        assert sent(app) == []


async def test_an_agent_that_ends_is_told_with_how_to_go_on() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, HAND, HAND, GONE)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "The agent has ended" in shown(app))
        assert sent(app) == ["interrupt"]
        assert app.daemon.asked_of("session.interrupt")[0]["mark"] == PROCESS.mark
        assert "claude --resume" in shown(app)
        assert labels(app) == ["Close", "Copy the command"]
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.clipboard == HAND.resume)


async def test_a_folder_of_control_characters_copies_none() -> None:
    app = Dashboard(guarded_day())
    hostile = replace(HAND, resume="cd '/a\x1b\n/c' && claude --resume s-1")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, hostile, GONE)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "The agent has ended" in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == "cd '/a/c' && claude --resume s-1"


async def test_a_turn_that_ends_is_told() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, HAND, IDLE)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "The turn has ended" in shown(app))
        assert labels(app) == ["Close"]


async def test_sigterm_is_offered_only_after_sigint_changed_nothing() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, HAND)
        assert "Send SIGTERM" not in labels(app)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "It still works" in shown(app))
        assert len(app.daemon.asked_of("session.hand")) == 1 + 3
        assert labels(app) == ["Close", "Send SIGTERM"]
        assert app.focused is app.screen.query_one("#close")
        app.daemon.answers["session.hand"] = ConfigError("it looks no more")
        await pilot.press("right", "enter")
        await until(pilot, lambda: sent(app) == ["interrupt", "end"])
        await until(pilot, lambda: "SIGTERM is sent" in shown(app))


async def test_another_process_of_that_number_is_not_that_agent() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, HAND, OTHER)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "The agent has ended" in shown(app))
        assert sent(app) == ["interrupt"]


async def test_where_no_process_is_there_is_nothing_to_send() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, GONE)
        assert "nothing to interrupt" in shown(app)
        assert labels(app) == ["Close"]


async def test_what_the_daemon_refuses_is_shown() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, HAND)
        refusal = ConfigError("process 4411 is no longer that agent", hint="aicost sessions --live")
        app.daemon.answers["session.interrupt"] = refusal
        await pilot.press("right", "enter")
        await until(pilot, lambda: "no longer that agent" in shown(app))


async def test_a_click_sends_it_too() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, HAND, GONE)
        await pilot.click("#interrupt")
        await until(pilot, lambda: sent(app) == ["interrupt"])


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    assert snap_compare(app, terminal_size=size, run_before=themed(theme, day, "x"))
