"""The list of budgets: one line each, one selected, whatever comes and goes."""

from collections.abc import Sequence

from builders import BERLIN, NOW, budget_status
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll

from aicost.core.budget import Scope
from aicost_tui.budget_rows import BudgetRow
from aicost_tui.gauges import BudgetFacts
from aicost_tui.widgets.budget_list import BudgetList

SCOPES: Sequence[Scope] = ("day", "week", "month", "session", "turn", "5h")
FACTS = BudgetFacts((), {}, NOW, BERLIN)


def rows(*scopes: Scope) -> tuple[BudgetRow, ...]:
    return tuple(BudgetRow(budget_status(1, 2, scope)) for scope in scopes)


class Holder(App[None]):
    """An app with nothing else."""

    CSS = "BudgetList { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield BudgetList()

    def on_budget_list_selected(self) -> None:
        self.said.append("selected")

    def on_budget_list_opened(self) -> None:
        self.said.append("opened")


async def test_the_cursor_moves_within_the_rows_and_is_kept_in_sight() -> None:
    app = Holder()
    async with app.run_test(size=(60, 3)) as pilot:
        found = app.query_one(BudgetList)
        found.show(FACTS, rows(*SCOPES))
        found.focus()
        await pilot.press("up")
        assert found.cursor == 0
        await pilot.press("j", "j", "k")
        assert found.cursor == 1
        await pilot.press("end")
        await pilot.pause()
        assert found.cursor == len(SCOPES) - 1
        holder = app.query_one(VerticalScroll)
        assert holder.scroll_offset.y == len(SCOPES) - 3
        await pilot.press("g")
        await pilot.pause()
        assert (found.cursor, holder.scroll_offset.y) == (0, 0)


async def test_the_cursor_stays_on_its_budget_or_in_its_place() -> None:
    app = Holder()
    async with app.run_test(size=(60, 10)):
        found = app.query_one(BudgetList)
        found.show(FACTS, rows("day", "week", "month"))
        found.cursor = 1
        found.show(FACTS, rows("month", "day", "week"))
        assert found.cursor == 2
        found.show(FACTS, rows("month", "day"))
        assert found.cursor == 1
        found.show(FACTS, ())
        assert (found.cursor, found.row) == (0, None)


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = Holder()
    async with app.run_test(size=(60, 10)) as pilot:
        found = app.query_one(BudgetList)
        found.show(FACTS, rows("day", "week"))
        await pilot.pause()
        app.said.clear()
        await pilot.click(BudgetList, offset=(3, 1))
        await pilot.pause()
        assert (found.cursor, app.said) == (1, ["selected"])
        await pilot.click(BudgetList, offset=(3, 1))
        await pilot.pause()
        assert app.said == ["selected", "opened"]
        assert found.render_line(1).text.startswith("▌")
