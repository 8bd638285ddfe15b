"""The screen of one session: every key, every state, live and long ago, for both agents."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, session_row, usd, view
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, settled, themed
from session_builders import (
    PROMPTS,
    SESSION,
    answer,
    bare_page,
    call_fields,
    codex_page,
    explanation,
    hostile_page,
    session_page,
    turn,
)
from textual.pilot import Pilot

from aicost.core.errors import ConfigError, DaemonDown
from aicost.core.session_page import SessionPage
from aicost.core.view import DashboardView
from aicost_tui.actions import ActionWanted
from aicost_tui.messages import SessionOpened
from aicost_tui.screens.explain import ExplainScreen
from aicost_tui.screens.session import SessionScreen
from aicost_tui.widgets.entry_list import EntryList
from aicost_tui.widgets.key_bar import KeyBar

GONE = ConfigError("the ledger has no session 'x'", hint="aicost sessions")
WIDE, SMALL = (140, 40), (80, 24)


class OneSession(Dashboard):
    """The dashboard with one session, opened."""

    def __init__(self, page: Any, *rows: Any) -> None:
        super().__init__(view(*(rows or (session_row(SESSION),))))
        found = answer(page) if isinstance(page, SessionPage) else page
        self.daemon.answers["session.page"] = found
        self.wanted: list[ActionWanted] = []
        self.daemon.answers["explain"] = explanation(call_fields(1), call_fields(2))

    def on_action_wanted(self, message: ActionWanted) -> None:
        message.prevent_default()  # no dialog opens
        self.wanted.append(message)

    @property
    def opened(self) -> SessionScreen:
        screen = self.screen_stack[-1]
        assert isinstance(screen, SessionScreen)
        return screen

    @property
    def asked(self) -> int:
        return len(self.daemon.asked_of("session.page"))


async def start(app: OneSession, pilot: Pilot[None], *texts: str) -> SessionScreen:
    await until(pilot, lambda: app.top.view)
    app.top.post_message(SessionOpened(SESSION))
    await until(pilot, lambda: isinstance(app.screen, SessionScreen))
    await shows(app, pilot, *texts)
    return app.opened


async def shows(app: Dashboard, pilot: Pilot[None], *texts: str) -> None:
    await until(pilot, lambda: all(text in screen_text(app) for text in texts))


def screen_text(app: Dashboard) -> str:
    return "\n".join(app.text())


def cursor(app: OneSession, pane: str = "turns") -> str:
    return app.opened.query_one(f"#{pane}", EntryList).cursor_key


# States


async def test_it_asks_then_shows_the_session() -> None:
    waiting = asyncio.Event()
    app = OneSession(session_page())
    whole = app.daemon.answers["session.page"]

    async def slow(method: str, params: Mapping[str, object]) -> dict[str, Any]:
        if method == "session.page":
            await waiting.wait()
            return dict(whole)
        return await app.daemon(method, params)

    app.ask = slow
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "Asking the daemon for this session", "● shop · fix/dedup")
        waiting.set()
        await shows(app, pilot, "$5.40", "turns 4", PROMPTS[3][:20])
        assert "Asking" not in screen_text(app)


async def test_an_error_says_what_to_do_and_r_asks_again() -> None:
    app = OneSession(GONE)
    async with app.run_test(size=SMALL) as pilot:
        await start(
            app, pilot, "✕ the ledger has no session 'x'", "try  aicost sessions", "r retry"
        )
        app.daemon.answers["session.page"] = answer(session_page())
        await pilot.press("r")
        await shows(app, pilot, "turns 4")
        assert "retry" not in app.opened.query_one(KeyBar).render_line(0).text


async def test_when_the_daemon_goes_the_page_stays_and_says_so() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "turns 4")
        app.daemon.answers["session.page"] = DaemonDown("the daemon hung up", hint="aicost start")
        screen.load()
        await shows(app, pilot, "not up to date: the daemon hung up", "turns 4", "try aicost start")
        app.daemon.answers["session.page"] = answer(session_page())
        await pilot.press("r")
        await until(pilot, lambda: "not up to date" not in screen_text(app))


async def test_a_session_without_a_call_says_so() -> None:
    app = OneSession(GONE, session_row(SESSION, requests=0))
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "This session has made no call yet", "with its first answer")
        app.daemon.answers["session.page"] = answer(session_page())
        app.fake_feed.send(view(session_row(SESSION, requests=1)))
        await shows(app, pilot, "turns 4")


async def test_an_empty_session_in_the_ledger_says_so_too() -> None:
    page = SessionPage(session_id=SESSION, agent="claude", timezone="UTC")
    app = OneSession(page, session_row("another"))
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "This session has made no call yet", "nothing to show")


async def test_before_the_evidence_is_read_it_says_so_where_it_misses() -> None:
    app = OneSession(bare_page())
    async with app.run_test(size=WIDE) as pilot:
        await start(
            app, pilot, "reading what the calls were for", "still being read", "system+tools",
            "not judged yet",
        )  # fmt: skip


async def test_a_codex_session_shows_what_codex_tells() -> None:
    app = OneSession(codex_page(), session_row(SESSION, agent="codex"))
    async with app.run_test(size=WIDE) as pilot:
        await start(app, pilot, "codex 0.169.0", "gpt-6-sol", "unpriced", "cause not known")
        assert "Subagents" not in screen_text(app)


async def test_all_panes_fit_a_wide_terminal_at_once() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=WIDE) as pilot:
        await start(
            app, pilot, "Turns 4", "Context 124k of 200k, 62% · 1 compaction", "compact",
            "Largest results", "Subagents 3", "└ Plan", "Led nowhere 2×", "Outcome committed",
            "files", "~41.0k", "LOOP",
        )  # fmt: skip
        assert max(map(len, app.text())) <= 140


@pytest.mark.parametrize("size", [(48, 20), (30, 12), (110, 30), (200, 60), (80, 9), (20, 6)])
async def test_every_size_shows_money(size: tuple[int, int]) -> None:
    app = OneSession(session_page())
    async with app.run_test(size=size) as pilot:
        await start(app, pilot, "$5.40")
        assert max(map(len, app.text())) <= size[0]


async def test_hostile_names_change_nothing_but_letters() -> None:
    app = OneSession(hostile_page(), session_row(SESSION))
    async with app.run_test(size=WIDE) as pilot:
        await start(app, pilot, "[bold red]x[/]")
        for number in range(6):
            await pilot.press(str(number + 1), "down")
            await settled(pilot)
            assert all(line.isprintable() for line in app.text())
        await pilot.press("1", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExplainScreen))
        assert all(line.isprintable() for line in app.text())
        assert app.is_running


# Keys


async def test_escape_goes_back_to_the_dashboard() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "turns 4")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.top)
        asked = app.asked
        app.fake_feed.send(view(session_row(SESSION, requests=999)))
        await until(pilot, lambda: app.top.view and app.top.view.sessions[0].requests == 999)
        assert app.asked == asked


@pytest.mark.parametrize("size", [SMALL, WIDE])
@pytest.mark.parametrize(
    ("keys", "pane"),
    [
        ("tab", "context"), ("tab tab", "results"), ("shift+tab", "work"), ("4", "agents"),
        ("5 tab", "work"), ("6 tab", "turns"), ("2", "context"), ("3 1", "turns"),
    ],
)  # fmt: skip
async def test_keys_lead_from_pane_to_pane(keys: str, pane: str, size: tuple[int, int]) -> None:
    app = OneSession(session_page())
    async with app.run_test(size=size) as pilot:
        screen = await start(app, pilot, "$5.40")
        await until(pilot, lambda: screen.page)
        for key in keys.split():
            await pilot.press(key)
            await settled(pilot)
        assert screen.pane == pane
        await until(pilot, lambda: screen.focused is screen.query_one(f"#{pane}"))
        assert screen.query_one(f"#{pane}").display


async def test_where_turns_are_few_the_chart_stands_below_them() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, PROMPTS[3], "200k┤", "compact")
        many = tuple(turn(number) for number in range(1, 30))
        app.daemon.answers["session.page"] = answer(session_page(turns=many))
        app.opened.load()
        await shows(app, pilot, "turns 29")
        await until(pilot, lambda: "200k┤" not in screen_text(app))
        assert app.opened.query_one("#turns").size.height == 17


async def test_a_pane_without_anything_is_passed_over() -> None:
    app = OneSession(codex_page(), session_row(SESSION))
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "turns 1")
        await pilot.press("3", "tab")
        await until(pilot, lambda: screen.pane == "waste")
        await pilot.press("4")
        await settled(pilot)
        assert screen.pane == "waste"


async def test_the_newest_turn_is_selected_and_arrows_tell_of_others() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, PROMPTS[3], "bugfix: by the user")
        assert cursor(app) == "t-4"
        await pilot.press("home")
        await shows(app, pilot, PROMPTS[0], "it edited code (3)")
        assert app.opened.selected_turn() == "t-1"


async def test_enter_explains_a_turn_and_i_the_session() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "turns 4")
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExplainScreen))
        await shows(app, pilot, "Turn 1", "2 calls", "$0.18")
        assert app.daemon.asked_of("explain")[-1] == {"id": "t-1", "format": "json", "wait": False}
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("i")
        await shows(app, pilot, "The session's calls", "2 calls")
        assert app.daemon.asked_of("explain")[-1]["id"] == SESSION


@pytest.mark.parametrize(
    ("pane", "title"),
    [
        ("2", "files"),
        ("3", "cart.py"),
        ("4", "Subagent Explore"),
        ("5", "Turn 4"),
        ("6", "Outcome"),
    ],
)  # fmt: skip
async def test_every_pane_explains_its_figures(pane: str, title: str) -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "turns 4")
        await pilot.press(pane)
        await settled(pilot)
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExplainScreen))
        await shows(app, pilot, f"─ {title} ─")


async def test_help_and_palette_know_its_keys() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=WIDE) as pilot:
        await start(app, pilot, "Turns 4")
        await pilot.press("question_mark")
        await shows(app, pilot, "The next pane", "Where the figures come from", "Back to where")


async def test_actions_are_for_this_session_and_the_selected_turn() -> None:
    app = OneSession(session_page())
    wanted = app.wanted
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "turns 4")
        await pilot.press("home", "t")
        await until(pilot, lambda: wanted)
        assert (wanted[0].kind, wanted[0].row.session_id, wanted[0].turn_id) == (
            "tag", SESSION, "t-1",
        )  # fmt: skip


async def test_what_ended_long_ago_cannot_be_interrupted() -> None:
    app = OneSession(session_page(), session_row("another"))
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "turns 4")
        row = screen.selected_session()
        assert row is not None
        assert (row.session_id, row.state, row.pid) == (SESSION, "ended", None)
        assert screen.check_action("interrupt", ()) is False
        assert screen.check_action("copy", ()) is True


async def test_its_turns_can_be_exported() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "turns 4")
        table = screen.export_table()
        assert table is not None
        assert (table.name, len(table.rows)) == ("turns", 4)


# Mouse


async def test_a_click_on_a_tab_shows_its_pane() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "turns 4")
        line = app.text()[2]
        await pilot.click(offset=(line.index("waste") + 1, 2))
        await until(pilot, lambda: screen.pane == "waste")
        await shows(app, pilot, "Led nowhere")


async def test_a_click_into_a_pane_selects_there_and_on_the_cost_explains() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=WIDE) as pilot:
        screen = await start(app, pilot, "Led nowhere")
        (y,) = [at for at, line in enumerate(app.text()) if "model switch" in line]
        await pilot.click(offset=(app.text()[y].index("model switch"), y))
        await until(pilot, lambda: screen.pane == "waste")
        assert cursor(app, "waste").startswith("rebuild:")
        await pilot.click(offset=(app.text()[0].index("$5.40") + 1, 0))
        await until(pilot, lambda: isinstance(app.screen, ExplainScreen))


# A session that goes on


async def test_it_asks_again_when_the_view_says_that_it_went_on() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        await start(app, pilot, "turns 4")
        await until(pilot, lambda: app.asked >= 1)
        asked = app.asked
        app.fake_feed.send(view(session_row(SESSION), session_row("another", requests=7)))
        await settled(pilot)
        assert app.asked == asked  # another one went on
        more = (*session_page().turns, turn(5, prompt="And now the docs"))
        app.daemon.answers["session.page"] = answer(session_page(turns=more, cost_nusd=usd(6)))
        app.fake_feed.send(view(session_row(SESSION, requests=413)))
        await shows(app, pilot, "$6.00", "And now the docs", "turns 5")
        assert cursor(app) == "t-5"  # it was on the last one


async def test_the_cursor_and_the_scroll_stay_while_it_goes_on() -> None:
    turns = tuple(turn(number, prompt=f"prompt {number}") for number in range(1, 60))
    app = OneSession(session_page(turns=turns))
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "prompt 59")
        await pilot.press("home", *["down"] * 20)
        await settled(pilot)
        before = [line[:76] for line in app.text()[4:18]]  # (the scrollbar shrinks)
        more = (*turns, turn(60, prompt="prompt 60"))
        app.daemon.answers["session.page"] = answer(session_page(turns=more))
        app.fake_feed.send(view(session_row(SESSION, requests=413)))
        await until(pilot, lambda: screen.page and len(screen.page.turns) == 60)
        await settled(pilot)
        assert cursor(app) == "t-21"
        assert [line[:76] for line in app.text()[4:18]] == before


async def test_what_comes_while_it_asks_is_asked_for_once_more() -> None:
    gate = asyncio.Semaphore(0)
    app = OneSession(session_page())
    asked = list[int]()

    async def slow(method: str, params: Mapping[str, object]) -> dict[str, Any]:
        if method != "session.page":
            return await app.daemon(method, params)
        asked.append(1)
        await gate.acquire()
        return answer(session_page(requests=len(asked)))

    app.ask = slow
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "Asking")
        for requests in (413, 414, 415):
            app.fake_feed.send(view(session_row(SESSION, requests=requests)))
            await until(
                pilot,
                lambda: screen._row and screen._row.requests == requests,  # noqa: B023
            )
        assert len(asked) == 1
        gate.release()
        await until(pilot, lambda: len(asked) == 2)
        gate.release()
        await until(pilot, lambda: screen.page and screen.page.requests == 2)
        assert len(asked) == 2


async def test_the_clock_goes_on() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=WIDE) as pilot:
        await start(app, pilot, "12:41:07")
        app.move_clock(NOW + timedelta(seconds=3))
        await shows(app, pilot, "12:41:10")


async def test_a_clock_that_goes_on_at_the_end_breaks_nothing() -> None:
    app = OneSession(session_page())
    async with app.run_test(size=SMALL) as pilot:
        screen = await start(app, pilot, "turns 4")
    assert not app.is_running
    with app._context():
        screen.follow(None, NOW)
        screen._ask_again()


# Looks


def _opened(theme: str, page: SessionPage, *keys: str) -> tuple[OneSession, Any]:
    app = OneSession(page)
    first: DashboardView = view(session_row(SESSION))
    before = themed(theme, first)

    async def prepare(pilot: Pilot[None]) -> None:
        await before(pilot)
        app.top.post_message(SessionOpened(SESSION))
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.opened.page)
        for key in keys:
            await settled(pilot)
            await pilot.press(key)
        await settled(pilot)

    return app, prepare


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app, prepare = _opened(theme, session_page())
    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("pane", ["context", "results", "agents", "waste", "work"])
def test_looks_of_panes(snap_compare: Any, pane: str) -> None:
    number = ["turns", "context", "results", "agents", "waste", "work"].index(pane) + 1
    app, prepare = _opened("dark", session_page(), str(number))
    assert snap_compare(app, terminal_size=SMALL, run_before=prepare)


@in_every_size
def test_looks_before_the_evidence(snap_compare: Any, size: tuple[int, int]) -> None:
    app, prepare = _opened("dark", bare_page())
    assert snap_compare(app, terminal_size=size, run_before=prepare)


def test_looks_narrow(snap_compare: Any) -> None:
    app, prepare = _opened("dark", session_page())
    assert snap_compare(app, terminal_size=(48, 20), run_before=prepare)


def test_the_view_of_these_pictures_is_of_the_session() -> None:
    assert replace(session_row(SESSION), requests=1).session_id == session_page().session_id
