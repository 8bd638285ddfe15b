"""Where a figure comes from: calls, one call's price, or how it is estimated; and back again."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from builders import BERLIN, session_row, view
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, settled, themed
from session_builders import SESSION, call_fields, explanation
from textual.pilot import Pilot
from textual.screen import Screen

from aicost.core.errors import ConfigError
from aicost_tui.entries import CallsTarget, CallTarget, NoteTarget, Target
from aicost_tui.screens.explain import ExplainScreen
from aicost_tui.widgets.entry_list import EntryList

TURN = CallsTarget(session_id=SESSION, title="Turn 3", turns=frozenset(("t-1",)))
CALL = CallTarget(event_key="claude:msg_1", title="Call")
NOTE = NoteTarget(title="files", paragraphs=("About 41,000 tokens.", "It is an estimate. " * 20))
TEXT = "claude:msg_1\n\nKind    Count  USD per  Cost\ninput   10     5 / M    $0.000050000\n"


class Explained(Dashboard):
    """The dashboard with calls to explain."""

    def __init__(self, calls: int = 5) -> None:
        super().__init__(view(session_row(SESSION)))
        found = explanation(*(call_fields(number) for number in range(1, calls + 1)))

        def explain(params: Mapping[str, object]) -> dict[str, Any]:
            return found if params["format"] == "json" else {"text": TEXT}

        self.daemon.answers["explain"] = explain


async def opened(app: Explained, pilot: Pilot[None], target: Target, *texts: str) -> ExplainScreen:
    await until(pilot, lambda: app.top.view)
    screen = ExplainScreen(target, app.ask, BERLIN)
    await app.push_screen(screen)
    await shows(app, pilot, *texts)
    return screen


async def shows(app: Dashboard, pilot: Pilot[None], *texts: str) -> None:
    await until(pilot, lambda: all(text in "\n".join(app.text()) for text in texts))


async def test_a_turn_is_its_calls_with_their_sum() -> None:
    app = Explained()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(
            app, pilot, TURN, "Turn 3", "cache read", "139,584", "list prices", "$0.08755",
            "5 calls, 705k tokens, price book 1440103efb7a", "$0.44", "claude:msg_1",
        )  # fmt: skip


async def test_enter_takes_one_call_apart_and_escape_leads_back() -> None:
    app = Explained()
    async with app.run_test(size=(80, 24)) as pilot:
        turn = await opened(app, pilot, TURN, "5 calls")
        await pilot.press("down", "enter")
        await shows(app, pilot, "Kind    Count  USD per  Cost", "─ Call ─")
        asked = app.daemon.asked_of("explain")[-1]
        assert asked == {"id": "claude:msg_2", "format": "table", "width": 74, "wait": False}
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is turn)
        assert turn.query_one(EntryList).cursor_key == "claude:msg_2"
        await pilot.press("q")
        await until(pilot, lambda: app.screen is app.top)
        assert app.is_running


async def test_a_note_is_read_without_the_daemon() -> None:
    app = Explained()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, NOTE, "About 41,000 tokens.", "It is an estimate.")
        assert app.daemon.asked_of("explain") == []
        assert screen.query_one("#explain-frame").size.height < 20


@pytest.mark.parametrize("title", ["[id].tsx", "Subagent [/b]", "[@click=app.quit]x[/]"])
async def test_a_title_from_a_log_is_no_markup(title: str) -> None:
    app = Explained()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, NoteTarget(title=title, paragraphs=("It is so.",)), f"─ {title} ─")


async def test_while_it_asks_it_says_so() -> None:
    waiting = asyncio.Event()
    app = Explained()

    async def slow(method: str, params: Mapping[str, object]) -> dict[str, Any]:
        if method == "explain":
            await waiting.wait()
        return await app.daemon(method, params)

    app.ask = slow
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, TURN, "Asking the daemon")
        waiting.set()
        await shows(app, pilot, "5 calls")


@pytest.mark.parametrize("target", [TURN, CALL])
async def test_an_error_says_what_to_do(target: Target) -> None:
    app = Explained()
    app.daemon.answers["explain"] = ConfigError("no call 'x'", why="it is gone", hint="aicost top")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, target, "✕ no call 'x'", "why  it is gone", "try  aicost top")


async def test_a_turn_without_calls_has_none() -> None:
    app = Explained(calls=0)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, TURN, "0 calls")


@pytest.mark.parametrize("size", [(48, 20), (30, 12), (200, 60), (26, 10)])
@pytest.mark.parametrize("target", [TURN, CALL, NOTE])
async def test_every_size_holds_it(target: Target, size: tuple[int, int]) -> None:
    app = Explained(calls=80)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot, target, target.title)
        await settled(pilot)
        assert max(map(len, app.text())) <= size[0]
        assert "esc" in "\n".join(app.text())


async def test_many_calls_scroll_and_the_sum_stays() -> None:
    app = Explained(calls=80)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, TURN, "80 calls")
        await pilot.press("end")
        await until(pilot, lambda: screen.query_one(EntryList).cursor_key == "claude:msg_80")
        await shows(app, pilot, "80 calls", "claude:msg_80")


def _shown(theme: str, target: Target, calls: int) -> tuple[Explained, Any]:
    app = Explained(calls)
    before = themed(theme, view(session_row(SESSION)))

    async def prepare(pilot: Pilot[None]) -> None:
        await before(pilot)
        await app.push_screen(Screen())  # what it lies over has pictures of its own
        await opened(app, pilot, target, target.title)
        await settled(pilot)

    return app, prepare


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app, prepare = _shown(theme, TURN, 12)
    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("target", [CALL, NOTE], ids=["call", "note"])
def test_looks_of_what_is_read(snap_compare: Any, target: Target) -> None:
    app, prepare = _shown("dark", target, 1)
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepare)
