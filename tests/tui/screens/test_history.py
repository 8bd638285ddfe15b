"""The history screen: every key, every state, down to a session and back, at every size."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from builders import busy_day
from fake_feed import Dashboard, until
from history_builders import TODAY, busy_history, group, history
from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerCancelled

from aicost.core.errors import DaemonDown
from aicost.core.history import History
from aicost_tui.export import Exportable
from aicost_tui.history_place import HistorySort, Range
from aicost_tui.messages import SessionOpened
from aicost_tui.screens.history import HistoryScreen
from aicost_tui.widgets.filter_bar import FilterBar
from aicost_tui.widgets.heat_map import HeatMap
from aicost_tui.widgets.history_bars import HistoryBars
from aicost_tui.widgets.history_table import HistoryTable
from aicost_tui.widgets.key_bar import KeyBar

LOST = DaemonDown("cannot reach the daemon", why="no socket", hint="aicost daemon start")


def app_with(answer: Any = busy_history) -> Dashboard:
    app = Dashboard(busy_day())
    app.daemon.answers["history"] = answer
    return app


def told(answer: History) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(answer)
    return found


def screen_of(app: Dashboard) -> HistoryScreen:
    assert isinstance(app.screen, HistoryScreen)
    return app.screen


def table_of(app: Dashboard) -> HistoryTable:
    return screen_of(app).query_one(HistoryTable)


def text(app: Dashboard) -> str:
    return "\n".join(app.text())


async def shows(app: Dashboard, pilot: Pilot[None], *texts: str) -> None:
    """Wait until all of these are on the screen."""
    await until(pilot, lambda: all(one in text(app) for one in texts))


async def opened(app: Dashboard, pilot: Pilot[None], *keys: str) -> HistoryScreen:
    """Go to the history, wait for its answer, and press some keys."""
    await until(pilot, lambda: app.top.view)
    await pilot.press("h")
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.history)
    await press(pilot, *keys)
    return screen_of(app)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, and let each have its effect."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
        for worker in [one for one in pilot.app.workers if one.group == "history"]:
            with suppress(WorkerCancelled):  # (a later question made it superfluous)
                await worker.wait()
        await pilot.pause()


def questions(app: Dashboard) -> list[Mapping[str, object]]:
    return [params for method, params in app.daemon.asked if method == "history"]


# There and back


async def test_h_opens_it_with_sums_bars_and_the_dearest_group_first() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await shows(app, pilot, "History", "≥$472.68", "Dollars a day", "acme/shop", "$289.26")
        assert isinstance(app.focused, HistoryTable)
        assert questions(app)[0] == {"by": "repo", "within": [], "last_days": 30}
        assert isinstance(screen, Exportable)


@pytest.mark.parametrize("key", ["escape", "h"])
async def test_escape_and_h_go_back_and_the_place_is_kept(key: str) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "right", "b", "down")
        await press(pilot, key)
        assert app.screen is app.top
        await opened(app, pilot)
        assert screen_of(app).place.range is Range.QUARTER
        assert screen_of(app).place.level.by == "branch"
        assert table_of(app).cursor_key == "github.com/acme/api · feat/export"


async def test_a_new_look_asks_anew() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "escape")
        before = len(questions(app))
        await opened(app, pilot)
        await until(pilot, lambda: len(questions(app)) > before)


# Keys


@pytest.mark.parametrize(
    ("keys", "range"),
    [
        (["right"], Range.QUARTER),
        (["left"], Range.WEEK),
        (["left", "left"], Range.WEEK),
        (["right", "right", "right", "right"], Range.ALL),
        (["1"], Range.WEEK),
        (["3"], Range.QUARTER),
        (["4"], Range.YEAR),
        (["5"], Range.ALL),
        (["5", "2"], Range.MONTH),
    ],
)
async def test_keys_take_a_range(keys: list[str], range: Range) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, *keys)
        await shows(app, pilot, f"[{range}]")
        assert questions(app)[-1].get("last_days") == range.days


@pytest.mark.parametrize(("key", "title"), [("d", "day"), ("w", "week"), ("m", "month")])
async def test_keys_take_bars(key: str, title: str) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, key)
        await shows(app, pilot, f"Dollars a {title}", f"[{title}s]")


async def test_keys_take_a_grouping_and_the_one_before() -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(app, pilot)
        seen = []
        for _ in range(7):
            await press(pilot, "b")
            seen.append(screen.place.level.by)
            await shows(app, pilot, f"[{screen.place.level.by}]")
        assert seen == ["branch", "model", "category", "agent", "environment", "day", "repo"]
        await press(pilot, "B")
        assert screen.place.level.by == "day"


async def test_a_key_changes_between_dollars_and_tokens() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "u")
        await shows(app, pilot, "Tokens a day", "[tokens]")
        assert "no price" not in text(app)
        await press(pilot, "u")
        await shows(app, pilot, "Dollars a day", "no price")
        assert len(questions(app)) <= 2  # nothing else is to be asked


async def test_keys_sort_and_turn_round() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, "s")
        assert screen.place.level.order is HistorySort.TOKENS
        await shows(app, pilot, "▾tokens")
        await press(pilot, "S")
        await shows(app, pilot, "▴tokens")
        assert table_of(app).facts.entries[0].row.key == "unallocated"


async def test_a_filter_narrows_and_escape_shows_all_again() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "slash", "a", "p", "i")
        await shows(app, pilot, "1 of 6", "acme/api")
        assert "acme/shop" not in text(app)
        await press(pilot, "enter")
        assert isinstance(app.focused, HistoryTable)
        await press(pilot, "escape")
        await shows(app, pilot, "acme/shop")
        await press(pilot, "slash", "z", "z")
        await shows(app, pilot, "Nothing matches zz")
        await press(pilot, "escape")
        await shows(app, pilot, "acme/shop")
        assert app.screen is not app.top


async def test_y_copies_what_the_row_is() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "y")
        assert app.clipboard == "github.com/acme/shop"


async def test_a_branch_of_control_characters_copies_none() -> None:
    app = app_with(told(history(group("shop · a\x1b[31m\nrm"), by="branch")))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        screen_of(app).action_group("branch")
        await shows(app, pilot, "shop · a")
        await press(pilot, "y")
        assert app.clipboard == "shop · a[31mrm"


async def test_the_calendar_takes_the_place_of_the_bars_and_its_days_open() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, "c")
        assert isinstance(app.focused, HeatMap)
        await shows(app, pilot, "Mon", "≤", "chooses a day")
        assert "Dollars a day" not in text(app)
        await press(pilot, "left", "left", "up", "up")
        await shows(app, pilot, "◆ Fri 13 Nov 2026")
        await press(pilot, "enter")
        await shows(app, pilot, "History › Fri 13 Nov 2026", "acme/shop · fix/dedup")
        assert screen.place.level.by == "session"
        assert isinstance(app.focused, HistoryTable)


@pytest.mark.parametrize("key", ["c", "escape"])
async def test_the_calendar_goes_away_again(key: str) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "c", key)
        await shows(app, pilot, "Dollars a day")
        assert isinstance(app.focused, HistoryTable)


async def test_where_there_is_room_bars_and_calendar_are_both_there() -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "Dollars a day", "Mon", "Sun", "acme/shop")
        await press(pilot, "c", "left")
        await shows(app, pilot, "Dollars a day", "◆ Sun 22 Nov 2026", "▲ Sun 22 Nov")


# Down and back


class _Noting(Dashboard):
    """Notes which session is to be looked into."""

    def __init__(self, *items: Any) -> None:
        super().__init__(*items)
        self.sessions: list[str] = []

    def on_session_opened(self, message: SessionOpened) -> None:
        message.prevent_default()  # (it has a screen of its own)
        self.sessions.append(message.session_id)


async def test_down_to_a_session_and_back_up_to_where_one_was() -> None:
    app = _Noting(busy_day())
    app.daemon.answers["history"] = busy_history
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, "down", "enter")
        await shows(app, pilot, "History › acme/api", "[day]", "Sat 21 Nov 2026")
        await press(pilot, "down", "down", "enter")
        await shows(app, pilot, "› Thu 19 Nov 2026", "acme/shop · fix/dedup", "10:00")
        assert questions(app)[-1]["within"] == [["repo", "github.com/acme/api"]]
        assert questions(app)[-1]["since"] == questions(app)[-1]["until"] == "2026-11-19"
        await press(pilot, "down", "enter")
        assert app.sessions == ["3f2a91c4-0001"]
        await press(pilot, "escape")
        await shows(app, pilot, "Fri 20 Nov 2026")
        assert table_of(app).cursor_key == "2026-11-19"
        await press(pilot, "escape")
        assert table_of(app).cursor_key == "github.com/acme/api"
        assert len(screen.place.levels) == 1


async def test_a_filter_is_there_again_when_one_comes_back() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, "slash", "a", "p", "i", "enter", "enter")
        await shows(app, pilot, "History › acme/api")
        assert not screen.query_one(FilterBar).has_class("-open")
        await press(pilot, "escape")
        assert screen.query_one(Input).value == "api"
        await shows(app, pilot, "1 of 6")


async def test_from_an_open_day_to_the_day_before_and_after() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "enter", "enter")
        await shows(app, pilot, "› Sat 21 Nov 2026", "← before  after →")
        await press(pilot, "left")
        await shows(app, pilot, "› Fri 20 Nov 2026", "▲ Fri 20 Nov")
        await press(pilot, "right", "right", "right")
        await shows(app, pilot, "› Sun 22 Nov 2026")
        await press(pilot, "1")
        await shows(app, pilot, "[7 d]", "History › acme/shop")
        assert "22 Nov 2026" not in app.text()[0]


async def test_the_selected_day_is_marked_in_the_bars() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "enter", "down")
        await shows(app, pilot, "▲ Fri 20 Nov")
        await press(pilot, "down")
        await shows(app, pilot, "▲ Thu 19 Nov")


async def test_a_row_of_the_table_before_is_not_opened_in_the_one_that_is_awaited() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        screen.set_reactive(HistoryScreen.place, replace(screen.place, range=Range.WEEK))
        screen.set_reactive(
            HistoryScreen.place,
            screen.place.at(replace(screen.place.level, by="model")),
        )
        await pilot.press("enter")
        await pilot.pause()
        assert len(screen.place.levels) == 1


# The mouse


async def test_clicks_on_bars_days_rows_titles_and_choices() -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(app, pilot)
        bars = screen.query_one(HistoryBars)
        await pilot.click(HistoryBars, offset=(bars.size.width // 2, 8))
        await until(pilot, lambda: screen.place.level.since)
        await pilot.click("#history-head", offset=(2, 0))
        await until(pilot, lambda: len(screen.place.levels) == 1)
        await pilot.click(HeatMap, offset=(30, 3))
        await pilot.click(HeatMap, offset=(30, 3))
        await until(pilot, lambda: screen.place.level.since)
        await press(pilot, "escape")
        await pilot.click(HistoryTable, offset=(5, 2))
        await pilot.click(HistoryTable, offset=(5, 2))
        await shows(app, pilot, "History › acme/api")
        await press(pilot, "escape")
        head = table_of(app).render_line(0).text
        await pilot.click(HistoryTable, offset=(head.index("calls"), 0))
        await until(pilot, lambda: screen.place.level.order is HistorySort.CALLS)
        await pilot.click(HistoryTable, offset=(head.index("calls"), 0))
        await until(pilot, lambda: screen.place.level.is_flipped)
        line = app.text()[1]
        await pilot.click("#history-head", offset=(line.index("year"), 1))
        await until(pilot, lambda: screen.place.range is Range.YEAR)
        await pilot.click("#history-head", offset=(app.text()[1].index("model"), 1))
        await until(pilot, lambda: screen.place.level.by == "model")
        await pilot.click("#history-head", offset=(app.text()[1].index("tokens"), 1))
        await until(pilot, lambda: screen.place.unit == "tokens")
        await pilot.click("#history-head", offset=(app.text()[1].index("days"), 1))
        await until(pilot, lambda: screen.place.grain == "day")


# States


async def test_while_it_waits_it_says_so() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        app.install_screen(_Silent(app.ask, app.clock), "silent")
        app.push_screen("silent")
        await shows(app, pilot, "Looking into the ledger", "[30 d]")


class _Silent(HistoryScreen):
    """One that is never answered."""

    def load(self) -> None:  # type: ignore[override]
        return None


async def test_a_lost_daemon_leaves_the_numbers_and_comes_back() -> None:
    answers: list[Any] = [LOST]
    app = app_with(lambda params: answers[-1] or busy_history(params))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("h")
        await shows(app, pilot, "The daemon does not answer", "No numbers yet", "daemon start")
        assert "retry" in screen_of(app).query_one(KeyBar).render_line(0).text
        answers.append(None)
        await press(pilot, "r")
        await shows(app, pilot, "acme/shop")
        assert "does not answer" not in text(app)
        answers.append(LOST)
        await press(pilot, "right")
        await shows(app, pilot, "The daemon does not answer", "acme/shop")


async def test_an_answer_that_cannot_be_read_is_another_version() -> None:
    app = app_with({"by": "weather"})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("h")
        await shows(app, pilot, "aicost daemon restart")


async def test_nothing_was_used_yet() -> None:
    app = app_with(told(history()))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "Nothing was used yet")
        assert "Dollars a day" not in text(app)
        await press(pilot, "down", "enter", "s", "y", "c", "left", "enter")
        assert screen_of(app).export_table() is None


async def test_while_old_logs_are_read_what_there_is_is_shown() -> None:
    reading = replace(history(group("shop")), complete=False, pending_bytes=1_700_000_000)
    app = app_with(told(reading))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "old logs are being read, 1.7 GB to go", "$1.50")


async def test_without_any_price_tokens_are_shown_and_no_dollar() -> None:
    app = app_with(told(history(group("shop", None), unpriced_models=("gpt-x",), days=())))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "unpriced", "no price known for gpt-x", "1.0M tokens")
        assert "$0.00" not in text(app).replace("$0.00 ", "")
        await press(pilot, "u")
        await shows(app, pilot, "[tokens]", "shop")


async def test_hostile_names_are_text_everywhere() -> None:
    name = "[bold red]x[/]\x1b[2J\x1b]0;own\x07\u202eevil"
    answers = {
        "category": told(history(group(name), by="category", unpriced_models=(name,))),
        "day": told(history(by="day")),
        "repo": told(history(group(name))),
    }
    app = app_with(lambda params: answers[params["by"]])
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(app, pilot)
        screen.place = screen.place.at(replace(screen.place.level, by="category"))
        await shows(app, pilot, "[bold red]x[/]")
        await press(pilot, "y", "enter")
        await shows(app, pilot, "History › [bold red]x[/]")
        assert "\x1b" not in text(app)
        assert "\u202e" not in text(app)


async def test_it_asks_again_while_one_looks_and_not_while_one_does_not() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        before = len(questions(app))
        screen._ask_again()
        await until(pilot, lambda: len(questions(app)) == before + 1)
        await press(pilot, "escape")
        screen._ask_again()
        await pilot.pause()
        assert len(questions(app)) == before + 1


# Sizes, help, export


@pytest.mark.parametrize("size", [(48, 15), (80, 24), (100, 30), (140, 40), (200, 60), (80, 50)])
async def test_no_line_is_too_long_and_money_is_there(size: tuple[int, int]) -> None:
    app = app_with()
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "$472.68", "$289.26", "[30 d]", "Dollars a")
        assert max(map(len, app.text())) <= size[0]
        assert len(app.text()) == size[1]
        await press(pilot, "c")
        await shows(app, pilot, "Mon", "Sun")


@pytest.mark.parametrize("size", [(80, 8), (60, 12)])
async def test_a_low_terminal_keeps_the_table(size: tuple[int, int]) -> None:
    app = app_with()
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "$289.26")
        assert "Dollars a day" not in text(app)


@pytest.mark.parametrize("size", [(39, 24), (80, 7)])
async def test_a_tiny_terminal_says_so(size: tuple[int, int]) -> None:
    app = app_with()
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await shows(app, pilot, "a larger terminal")
        assert "$289.26" not in text(app)


async def test_all_keys_are_in_the_help() -> None:
    app = app_with()
    async with app.run_test(size=(100, 90)) as pilot:
        await opened(app, pilot)
        await pilot.press("question_mark")
        await shows(
            app, pilot, "Next grouping", "The year, day by day", "The last 90 days", "Look into"
        )


async def test_the_table_can_be_exported() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, "s")
        table = screen.export_table()
        assert table is not None
        assert table.name == "history-by-repo"
        assert len(table.rows) == 6
        assert round(float(table.rows[0][2] or 0), 2) == 289.26


def test_a_session_is_told_by_a_message() -> None:
    assert SessionOpened("s-1").session_id == "s-1"
    assert TODAY.isoformat() == "2026-11-22"


# Looks

THEMES = ("aicost-dark", "aicost-light", "aicost-contrast")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("keys", ["groups", "days", "calendar"])
def test_looks(snap_compare: Any, size: tuple[int, int], theme: str, keys: str) -> None:
    app = app_with()
    pressed = {
        "groups": ["4"],
        "days": ["down", "enter", "down", "down"],
        "calendar": ["c", "left", "left", "up", "up"],
    }[keys]

    async def look(pilot: Pilot[None]) -> None:
        app.theme = theme
        await opened(app, pilot, *pressed)

    assert snap_compare(app, terminal_size=size, run_before=look)
