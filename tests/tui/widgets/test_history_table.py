"""The table widget of the history: cursor, paging, clicks, and rows that come and go."""

from dataclasses import replace

import pytest
from history_builders import group, history
from textual.app import App, ComposeResult

from aicost_tui.history_place import HistorySort
from aicost_tui.history_table import entries_of
from aicost_tui.widgets.history_table import HistoryTable, TableFacts

NAMES = [f"repo-{number:02}" for number in range(30)]


def facts(*names: str, by: str = "repo") -> TableFacts:
    answer = history(*(group(name, 40.0 - at) for at, name in enumerate(names or NAMES)))
    return TableFacts(entries_of(answer, "dollars"), by=by)  # type: ignore[arg-type]


class Host(App[None]):
    """The smallest app with the table."""

    CSS = "HistoryTable { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield HistoryTable()

    def on_mount(self) -> None:
        self.table.show(facts(), "")
        self.table.focus()

    @property
    def table(self) -> HistoryTable:
        return self.query_one(HistoryTable)

    def on_history_table_opened(self, message: HistoryTable.Opened) -> None:
        self.said.append(f"open {message.entry.row.key}")

    def on_history_table_sort_asked(self, message: HistoryTable.SortAsked) -> None:
        self.said.append(f"sort {message.sort}")


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ([], "repo-00"),
        (["down"], "repo-01"),
        (["j", "j", "k"], "repo-01"),
        (["up"], "repo-00"),
        (["end"], "repo-29"),
        (["G", "down"], "repo-29"),
        (["end", "home"], "repo-00"),
        (["G", "g"], "repo-00"),
        (["pagedown"], "repo-08"),
        (["pagedown", "pagedown", "pageup"], "repo-08"),
    ],
)
async def test_keys_move_the_cursor_and_it_stays_in_sight(keys: list[str], key: str) -> None:
    app = Host()
    async with app.run_test(size=(78, 10)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.table.cursor_key == key
        shown = [app.table.render_line(y).text for y in range(1, 10)]
        assert sum(line.startswith("▌") and key in line for line in shown) == 1


async def test_enter_opens_the_selected_row() -> None:
    app = Host()
    async with app.run_test(size=(78, 10)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.said == ["open repo-01"]


async def test_a_click_selects_a_second_opens_a_title_sorts() -> None:
    app = Host()
    async with app.run_test(size=(78, 10)) as pilot:
        await pilot.click(HistoryTable, offset=(5, 4))
        await pilot.pause()
        assert (app.table.cursor_key, app.said) == ("repo-03", [])
        await pilot.click(HistoryTable, offset=(5, 4))
        head = app.table.render_line(0).text
        await pilot.click(HistoryTable, offset=(head.index("calls"), 0))
        await pilot.click(HistoryTable, offset=(head.index("share"), 0))
        await pilot.pause()
        assert app.said == ["open repo-03", f"sort {HistorySort.CALLS}"]


async def test_the_cursor_stays_on_its_row_or_its_place() -> None:
    app = Host()
    async with app.run_test(size=(78, 10)) as pilot:
        app.table.show(facts(), "repo-04")
        app.table.show(facts("new", *NAMES), app.table.cursor_key)
        await pilot.pause()
        assert app.table.cursor_key == "repo-04"
        app.table.show(facts(*NAMES[:4], *NAMES[5:]), app.table.cursor_key)
        assert app.table.cursor_key == "repo-06"  # the sixth row, as it was
        app.table.show(facts(*NAMES[:2]), app.table.cursor_key)
        assert app.table.cursor_key == "repo-01"
        app.table.show(replace(facts(), by="branch"), "")
        assert app.table.cursor_key == "repo-00"


async def test_an_empty_table_has_no_cursor_and_keys_do_nothing() -> None:
    app = Host()
    async with app.run_test(size=(78, 10)) as pilot:
        app.table.show(TableFacts(), "")
        await pilot.press("down", "end", "enter")
        await pilot.click(HistoryTable, offset=(5, 4))
        await pilot.pause()
        assert (app.table.cursor_key, app.table.selected, app.said) == ("", None, [])
