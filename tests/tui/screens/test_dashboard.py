"""The dashboard screen: every key, every state, from a terminal of 30 columns to a wide one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from builders import (
    NOW,
    budget_status,
    busy_day,
    guarded_day,
    nudge,
    session_glance,
    session_row,
    subagent_glance,
    usd,
    view,
)
from fake_feed import GLANCE, Dashboard, until
from textual.pilot import Pilot
from textual.widgets import Input

from aicost.core.budget import BudgetFilter
from aicost.core.errors import DaemonDown, ProtocolMismatch
from aicost.core.view import DashboardView, Reading
from aicost_tui.panels import CHARTED
from aicost_tui.rows import Sort
from aicost_tui.screens.panel import PanelScreen
from aicost_tui.widgets.key_bar import KeyBar
from aicost_tui.widgets.session_table import SessionTable

READING = Reading(
    files_done=1234,
    files_total=3021,
    bytes_done=1_230_000_000,
    bytes_total=2_900_000_000,
    seconds_left=95,
)
LOST = DaemonDown("cannot reach the daemon", why="no socket at /run/user/1000/aicost/daemon.sock")
OTHER = ProtocolMismatch("the daemon speaks protocol 2, this dashboard 1")


def screen_text(app: Dashboard) -> str:
    return "\n".join(app.text())


async def shows(app: Dashboard, pilot: Pilot[None], *texts: str) -> None:
    """Wait until all of these are on the screen."""
    await until(pilot, lambda: all(text in screen_text(app) for text in texts))


def footer(app: Dashboard) -> str:
    return app.top.query_one(KeyBar).render_line(0).text


# States


async def test_it_connects_then_shows_numbers() -> None:
    app = Dashboard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "Connecting to the daemon", "aicost", "11:41:07")
        app.fake_feed.send(busy_day())
        await shows(app, pilot, "today $18.42", "shop · fix/dedup", "6 live")
        assert "Connecting" not in screen_text(app)


async def test_without_logs_it_says_where_it_looked_and_offers_the_demo() -> None:
    app = Dashboard(view(log_files=0))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(
            app,
            pilot,
            "No agent logs found",
            "/home/ada/.claude",
            "/home/ada/.config/claude",
            "aicost top --demo",
        )
        assert "sort" not in footer(app)
        app.fake_feed.send(view(session_row()))
        await shows(app, pilot, "shop · fix/dedup")


async def test_logs_without_sessions_are_another_state() -> None:
    app = Dashboard(view())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "No sessions to show", "128 logs found")


async def test_while_old_logs_are_read_numbers_are_there_already() -> None:
    app = Dashboard(replace(busy_day(), reading=READING))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "reading old logs", "42%", "1,234 of 3,021 files", "2 min left")
        assert "so far" in screen_text(app)
        assert "shop · fix/dedup" in screen_text(app)
        app.fake_feed.send(busy_day())
        await until(pilot, lambda: "reading" not in screen_text(app))
        assert "so far" not in screen_text(app)


async def test_a_lost_daemon_leaves_the_last_numbers_with_their_age_and_comes_back() -> None:
    app = Dashboard(busy_day(), LOST)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "The daemon does not answer", "aicost daemon start", "no socket at")
        app.move_clock(NOW + timedelta(seconds=40))
        await shows(
            app, pilot, "these numbers are 42s old", "42s old", "shop · fix/dedup", "$18.42"
        )
        app.fake_feed.send(replace(busy_day(), at=app.now))
        app.fake_wait.release()
        await until(pilot, lambda: "does not answer" not in screen_text(app))
        assert app.fake_feed.connections == 2


async def test_a_daemon_that_never_answered_leaves_no_blank_page() -> None:
    app = Dashboard(LOST)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "The daemon does not answer", "No numbers yet")


async def test_another_version_is_told_with_the_restart() -> None:
    app = Dashboard(OTHER)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "another version", "aicost daemon restart", "protocol 2")


async def test_numbers_without_news_get_old_on_the_screen() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "$18.42")
        assert "old" not in screen_text(app)
        app.move_clock(NOW + timedelta(seconds=10))
        await shows(app, pilot, "12s old", "12:41:17")


@pytest.mark.parametrize(
    ("size", "there", "not_there"),
    [
        ((30, 24), "a larger terminal shows", "context"),
        ((39, 24), "a larger terminal shows", "context"),
        ((40, 24), "repo · branch", "a larger terminal"),
        ((80, 6), "a larger terminal shows", "context"),
        ((80, 7), "repo · branch", "session 3f2a91c4"),
        ((80, 15), "repo · branch", "session 3f2a91c4"),
        ((80, 16), "session 3f2a91c4", "Burn, last hour"),
        ((80, 21), "session 3f2a91c4", "Burn, last hour"),
        ((80, 22), "Burn, last hour", "session 3f2a91c4"),
        ((71, 24), "Context of shop", "Burn, last hour"),
        ((72, 24), "Burn, last hour", "Today by task"),
        ((111, 40), "Burn, last hour", "Today by task"),
        ((112, 40), "Today by task", "session 3f2a91c4"),
        ((140, 46), "session 3f2a91c4", "a larger terminal"),
    ],
)
async def test_small_terminals_keep_the_figures(
    size: tuple[int, int], there: str, not_there: str
) -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=size) as pilot:
        await shows(app, pilot, "$18.42", "$6.10", there)
        assert not_there not in screen_text(app)


@pytest.mark.parametrize("width", [48, 80, 100, 120, 140, 200])
async def test_no_line_is_longer_than_the_terminal_and_money_and_context_stay(width: int) -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(width, 24)) as pilot:
        await shows(app, pilot, "62%", "$3.20", "$4.10", "$18.42")
        assert max(map(len, app.text())) <= width


async def test_a_terminal_that_changes_its_size_changes_the_columns() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(48, 24)) as pilot:
        await shows(app, pilot, "62%")
        assert "opus-5.5" not in screen_text(app)
        await pilot.resize_terminal(140, 40)
        await shows(app, pilot, "opus-5.5", "waiting", "task", "3 log lines unreadable")


@pytest.mark.parametrize(
    "text",
    ["[bold]x[/]", "\x1b[2J\x1b[31mred", "one\ntwo", "日本語" * 40, "שלום עולם", "[/]", "$x"],
)
async def test_foreign_text_stays_text_in_every_part(text: str) -> None:
    hostile = session_row("id", repo=text, branch=text, model=text, cwd=text)
    app = Dashboard(view(hostile, session_row()))
    async with app.run_test(size=(140, 24)) as pilot:
        await pilot.press("end")
        await shows(app, pilot, "$3.20")
        assert all(line.isprintable() for line in app.text())
        assert sum("$3.20" in line for line in app.text()) == 2


async def test_budgets_are_in_the_header_and_below_the_table() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(
            app,
            pilot,
            "━━━━━━━╸── $25 73% ▲",
            "budgets  ■ session api · feat/export 96% hard",
            "nudges   ■ $6.02 of this session's $6.25 spent, 96 %",
            "b all 7",
            "n all 6",
        )
        await pilot.resize_terminal(140, 40)
        await shows(
            app,
            pilot,
            "week $71 of $120",
            "codex 5 h limit 82% ▲ ↺ 2h10",
            "─ Budgets ─",
            "─ Nudges ─",
        )
        await shows(app, pilot, "almost used", "→ $41.20", "→ save the work", "3 more, n shows all")
        await pilot.resize_terminal(48, 24)
        await shows(app, pilot, "73% ▲", "■ session api", "n all 6", "62%", "$3.20")
        await pilot.resize_terminal(80, 12)
        await until(pilot, lambda: "budgets  ■" not in screen_text(app))
        assert "━ $25 73% ▲" in screen_text(app).replace("╸──", "━")


async def test_without_budgets_one_quiet_line_says_how_to_set_one() -> None:
    app = Dashboard(busy_day())
    for size in ((80, 24), (140, 40)):
        app = Dashboard(busy_day())
        async with app.run_test(size=size) as pilot:
            await shows(app, pilot, "no budgets; b to set one")
            assert "Budgets" not in screen_text(app)
            assert "nudges" not in screen_text(app)


async def test_where_nothing_runs_nobody_is_told_of_budgets() -> None:
    app = Dashboard(view(log_files=0))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "No agent logs found")
        assert "no budgets" not in screen_text(app)


@pytest.mark.parametrize(
    "text", ["[bold]x[/]", "\x1b[2J\x1b[31mred", "one\ntwo", "日本語" * 40, "[/]"]
)
async def test_foreign_text_stays_text_in_panels_and_on_their_pages(text: str) -> None:
    row = session_row("id", repo=text, branch=text)
    told = nudge(sentence=text, action=text, session_id="id")
    own = budget_status(4, 5, "session", filter=BudgetFilter(repo=text, model=text), subject="id")
    app = Dashboard(view(row, budgets=(own,), nudges=(told,)))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, pilot, "$3.20", "80%")
        assert all(line.isprintable() for line in app.text())
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, PanelScreen))
        await pilot.pause()
        assert all(line.isprintable() for line in app.text())


# Keys


async def test_n_is_there_only_when_there_is_something_to_tell() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "$18.42")
        assert "b budgets" in footer(app)
        assert "nudges" not in footer(app)
        await pilot.press("n")
        await pilot.pause()
        assert app.screen is app.top
        app.fake_feed.send(guarded_day())
        await until(pilot, lambda: "n nudges" in footer(app))


async def test_a_pause_freezes_the_panels_too() -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "n all 6")
        await pilot.press("space")
        await shows(app, pilot, "paused")
        app.fake_feed.send(replace(guarded_day(), nudges=(nudge(),)))
        await until(pilot, lambda: len(app.top.view.nudges) == 1 if app.top.view else False)
        assert "n all 6" in screen_text(app)
        await pilot.press("space")
        await shows(app, pilot, "n all 1")


async def test_space_freezes_the_table_while_the_header_goes_on() -> None:
    first = view(session_row(cost_nusd=usd(3)))
    app = Dashboard(first)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "$3.00")
        await pilot.press("space")
        await shows(app, pilot, "paused, space goes on")
        later = NOW + timedelta(seconds=60)
        app.fake_feed.send(view(session_row(cost_nusd=usd(4)), session_row("new"), at=later))
        app.move_clock(later)
        await shows(app, pilot, "12:42:07", "2 live")
        assert "$3.00" in screen_text(app)
        assert "$4.00" not in screen_text(app)
        await pilot.press("space")
        await shows(app, pilot, "$4.00")
        assert "paused" not in screen_text(app)


async def test_s_goes_through_the_orders_and_says_which() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 24)) as pilot:
        await shows(app, pilot, "by $/h", "▾$/h")
        for sort in (Sort.COST, Sort.CONTEXT, Sort.ACTIVITY, Sort.NAME):
            await pilot.press("s")
            await shows(app, pilot, f"by {sort.value} ▾")
        table = app.top.query_one(SessionTable)
        assert [row.repo for row in table.rows[:2]] == ["api", "billing-service"]
        await pilot.press("S")
        await shows(app, pilot, "by repo ▴")
        assert [row.repo for row in table.rows[:2]] == ["shop", "shop"]
        await pilot.press("s")
        await shows(app, pilot, "by $/h ▾")


async def test_a_click_on_a_title_sorts_and_a_second_one_turns_it_round() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 24)) as pilot:
        await shows(app, pilot, "▾$/h")
        table = app.top.query_one(SessionTable)
        title = table.render_line(0).text.index("cost")
        await pilot.click(SessionTable, offset=(title, 0))
        await shows(app, pilot, "by cost ▾", "▾cost")
        assert table.rows[0].repo == "api"
        await pilot.click(SessionTable, offset=(title, 0))
        await shows(app, pilot, "by cost ▴", "▴cost")
        assert table.rows[0].repo == "infra"
        model = table.render_line(0).text.index("model")
        await pilot.click(SessionTable, offset=(model, 0))
        await shows(app, pilot, "by model ▾")


@pytest.mark.parametrize(
    ("key", "words", "count"),
    [("1", "live only", 6), ("2", "last hour only", 6), ("3", "today only", 10), ("4", None, 10)],
)
async def test_digits_say_which_sessions_are_listed(
    key: str, words: str | None, count: int
) -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 40)) as pilot:
        table = app.top.query_one(SessionTable)
        await shows(app, pilot, "by $/h")
        await pilot.press(key)
        await until(pilot, lambda: len(table.rows) == count)
        if words is None:
            assert " only" not in screen_text(app)
        else:
            await shows(app, pilot, words)


async def test_a_range_that_hides_all_says_how_to_see_them() -> None:
    app = Dashboard(view(session_row(state="ended")))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "shop · fix/dedup")
        await pilot.press("1")
        await shows(app, pilot, "No session to list: live only", "4 lists all sessions")
        await pilot.press("slash", *"zzz", "enter")
        await shows(app, pilot, "No session matches zzz", "4 lists all sessions")
        await pilot.press("escape", "4")
        await shows(app, pilot, "shop · fix/dedup")


async def test_a_term_that_says_nothing_is_told_and_the_others_filter() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 24)) as pilot:
        table = app.top.query_one(SessionTable)
        await shows(app, pilot, "billing-service")
        await pilot.press("slash", *"repo:shop >5 x:[b]")
        await shows(app, pilot, "✕ >5: write >$5", "x:[b]: no field “x”")
        assert {row.repo for row in table.rows} == {"shop"}
        await pilot.press("escape", "slash", *"task:bugfix >$3 >50%")
        await until(pilot, lambda: len(table.rows) == 1)
        assert "✕" not in app.text()[-2]


async def test_subagents_are_folded_under_their_session() -> None:
    app = Dashboard(busy_day())
    helper = subagent_glance("[b]a1b2c3", kind="Ex[red]plore")
    app.daemon.answers[GLANCE] = lambda params: msgspec.to_builtins(
        session_glance(params["id"], helper, more_subagents=3)
    )
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, pilot, "shop · main ▸2")
        assert "f agents" not in footer(app)
        await pilot.press("f")
        await pilot.press("down")
        await until(pilot, lambda: "f agents" in footer(app))
        await pilot.press("f")
        await shows(app, pilot, "shop · main ▾2", "└ Ex[red]plore [b]a1b2c", "3 earlier ones")
        await shows(app, pilot, "haiku-5.5", "$0.04", "9%")
        table = app.top.query_one(SessionTable)
        await pilot.press("down")
        assert table.cursor_row is not None
        assert table.cursor_row.repo == "api"
        await pilot.press("up", "f")
        await until(pilot, lambda: "└" not in "".join(app.text()[3:12]))


async def test_a_click_on_the_sign_unfolds_and_elsewhere_only_selects() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, pilot, "shop · main ▸2")
        table = app.top.query_one(SessionTable)
        at = table.render_line(2).text.index("▸")
        await pilot.click(SessionTable, offset=(at - 4, 2))
        await until(pilot, lambda: table.cursor_id == table.rows[1].session_id)
        assert not app.top.unfolded
        await pilot.click(SessionTable, offset=(at, 2))
        await shows(app, pilot, "shop · main ▾2")


async def test_the_charts_follow_the_cursor_and_the_hour() -> None:
    app = Dashboard(busy_day())
    app.daemon.answers[GLANCE] = lambda params: msgspec.to_builtins(session_glance(params["id"]))
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, pilot, "Context of shop · fix/dedup", "▲ compacted 12:10", "200k┤")
        await shows(app, pilot, "$20┤", "sum $7.62", "peak $18.11/h", "bugfix", "$8.10")
        await pilot.press("end")
        await shows(app, pilot, "Context of mobile · release/4.2")
        app.fake_feed.send(view(session_row()))
        await shows(app, pilot, "nothing burnt in the last hour", "no calls yet today")


async def test_a_session_of_one_call_has_no_chart_yet() -> None:
    app = Dashboard(busy_day())
    app.daemon.answers[GLANCE] = lambda params: msgspec.to_builtins(
        session_glance(params["id"], points=session_glance("a").points[:1])
    )
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, pilot, "a chart comes with the second call")


async def test_a_pause_freezes_the_charts_too() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(140, 40)) as pilot:
        await shows(app, pilot, "bugfix", "$8.10")
        await pilot.press("space")
        app.fake_feed.send(view(session_row(cost_nusd=usd(77))))
        await until(pilot, lambda: app.top.view and len(app.top.view.sessions) == 1)
        assert "$8.10" in screen_text(app)


async def test_slash_filters_while_one_types_and_escape_shows_all_again() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.top.query_one(SessionTable)
        await shows(app, pilot, "billing-service")
        await pilot.press("slash", *"SHOP")
        await shows(app, pilot, "3 of 10")
        assert {row.repo for row in table.rows} == {"shop"}
        assert "esc show all" in footer(app)
        assert "⏎ keep" in footer(app)
        assert "filter" not in footer(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is table)
        await shows(app, pilot, "/ SHOP", "3 of 10", "esc show all")
        await pilot.press("down")
        assert table.cursor_row is not None
        assert table.cursor_row.repo == "shop"
        await pilot.press("escape")
        await until(pilot, lambda: len(table.rows) == 10)
        assert "esc" not in footer(app)
        assert table.cursor_row.repo == "shop"


async def test_letters_typed_into_the_filter_are_no_keys() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "$18.42")
        await pilot.press("slash", *"qsy", "space", "question_mark")
        await pilot.pause()
        assert app.top.query_one(Input).value == "qsy ?"
        assert not app.top.paused
        assert app.top.sort is Sort.BURN
        assert app.screen is app.top


async def test_a_filter_that_matches_nothing_says_so() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "$18.42")
        await pilot.press("slash", *"[b]zzz", "enter")
        await shows(app, pilot, "No session matches [b]zzz", "0 of 10")
        assert "copy" not in footer(app)
        await pilot.press("escape")
        await shows(app, pilot, "shop · fix/dedup")


async def test_the_table_has_the_keys_as_soon_as_it_is_there_and_again_after_it_was_empty() -> None:
    app = Dashboard()
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.top.query_one(SessionTable)
        await shows(app, pilot, "Connecting")
        app.fake_feed.send(busy_day())
        await shows(app, pilot, "shop · fix/dedup")
        await pilot.press("down")
        await until(pilot, lambda: table.cursor_id.startswith("8c1b"))
        await pilot.press("slash", *"zzz", "enter", "escape")
        await shows(app, pilot, "shop · fix/dedup")
        await pilot.press("end")
        await until(pilot, lambda: table.cursor_id == table.rows[-1].session_id)
        app.fake_feed.send(view())
        await shows(app, pilot, "No sessions to show")
        app.fake_feed.send(busy_day())
        await shows(app, pilot, "shop · fix/dedup")
        await pilot.press("end")
        await until(pilot, lambda: table.cursor_id == table.rows[-1].session_id)


async def test_the_detail_follows_the_cursor() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 20)) as pilot:
        await shows(app, pilot, "session 3f2a91c4", "the agent works")
        await pilot.press("down")
        await shows(app, pilot, "session 8c1b0d7e", "waits for you")


async def test_r_is_there_only_when_the_daemon_is_lost_and_tries_at_once() -> None:
    app = Dashboard(busy_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "$18.42")
        assert "retry" not in footer(app)
        await pilot.press("r")
        app.fake_feed.send(LOST)
        await shows(app, pilot, "does not answer", "r retry")
        assert app.fake_feed.connections == 1
        app.fake_feed.send(busy_day())
        await pilot.press("r")  # the pause is not over: nobody released it
        await until(pilot, lambda: "does not answer" not in screen_text(app))
        assert app.fake_feed.connections == 2


@pytest.mark.parametrize("key", ["space", "s", "S", "f", "1", "y", "slash", "escape", "r", "n"])
async def test_keys_that_cannot_do_anything_do_nothing(key: str) -> None:
    app = Dashboard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, pilot, "Connecting")
        before = app.text()
        await pilot.press(key)
        await pilot.pause()
        assert app.text() == before


# Looks

NOTHING_YET = DashboardView(
    at=NOW,
    day="2026-11-22",
    timezone="Europe/Berlin",
    homes=("/home/ada/.claude", "/home/ada/.config/claude"),
)
PICTURES: dict[str, tuple[Any, ...]] = {
    "dashboard": (guarded_day(),),
    "no budgets": (busy_day(),),
    "empty": (NOTHING_YET,),
    "reading": (replace(busy_day(), reading=READING),),
    "lost": (replace(busy_day(), at=NOW - timedelta(seconds=42)), LOST),
    "mismatch": (OTHER,),
}


def looked_at(app: Dashboard) -> Dashboard:
    """Let the daemon answer about the selected session."""
    helpers = (
        subagent_glance(),
        subagent_glance("ffee11223344", kind="Plan", cost_nusd=usd("0.11"), context_tokens=44_000),
    )
    app.daemon.answers[GLANCE] = lambda params: msgspec.to_builtins(
        session_glance(params["id"], *helpers)
    )
    return app


async def drawn(app: Dashboard, pilot: Pilot[None]) -> None:
    """Wait for the charts, where there is room for some."""
    await until(pilot, lambda: app.top.view)
    if app.size.height >= CHARTED:
        await until(pilot, lambda: "compacted" in screen_text(app))


SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (140, 40)], ids=lambda size: "x".join(map(str, size))
)


@SIZES
@pytest.mark.parametrize("name", PICTURES)
def test_looks(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    items = PICTURES[name]
    app = looked_at(Dashboard(*items))
    is_lost = isinstance(items[-1], DaemonDown)

    async def settle(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.top.lost if is_lost else app.top.view)
        if app.top.view and app.top.view.sessions:
            await drawn(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


@SIZES
@pytest.mark.parametrize("theme", ["aicost-light", "aicost-contrast", "ansi-dark"])
def test_looks_in_other_colours(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = looked_at(Dashboard(guarded_day()))

    async def settle(pilot: Pilot[None]) -> None:
        app.theme = theme
        await drawn(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=settle)


@pytest.mark.parametrize("size", [(48, 15), (200, 60)], ids=lambda size: "x".join(map(str, size)))
def test_looks_with_subagents(snap_compare: Any, size: tuple[int, int]) -> None:
    app = looked_at(Dashboard(guarded_day()))

    async def unfold(pilot: Pilot[None]) -> None:
        await drawn(app, pilot)
        await pilot.press("down", "f")
        await until(pilot, lambda: "Explore" in screen_text(app))

    assert snap_compare(app, terminal_size=size, run_before=unfold)


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        (["slash", *"repo:shop >$1"], (80, 24)),
        (["slash", *"zzz"], (80, 24)),
        (["slash", *"repo:shop >5"], (140, 40)),
        (["down", "down"], (48, 20)),
        (["1"], (80, 24)),
        (["c", "down", "space"], (80, 24)),
        (["space"], (140, 40)),
    ],
    ids=["filter", "no match", "wrong term", "narrow", "live", "columns", "paused"],
)
def test_looks_after_keys(snap_compare: Any, keys: list[str], size: tuple[int, int]) -> None:
    app = looked_at(Dashboard(busy_day()))

    async def press(pilot: Pilot[None]) -> None:
        await drawn(app, pilot)
        await pilot.press(*keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=press)
