"""The dialog that shows a change of the settings, line by line, before it is made."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from textual import work
from textual.widgets import Button

from aicost.core.budget_page import BudgetChange
from aicost.core.errors import AicostError
from aicost.ipc.answers import value_in
from aicost_tui.dialog_lines import change_lines, said
from aicost_tui.feed import Ask
from aicost_tui.screens.dialog import Dialog


class ChangeDialog(Dialog[BudgetChange]):
    """Asks before `method` is called with `params`; ends with the change that was made."""

    HEADING: ClassVar[str] = "Change the budget?"

    def __init__(self, ask: Ask, method: str, params: Mapping[str, Any]) -> None:
        super().__init__()
        self._ask, self._method, self._params = ask, method, params

    def buttons(self) -> Mapping[str, str]:
        """Return what can be done."""
        return {"close": "Leave it", "write": "Write it"}

    def on_mount(self) -> None:
        """Find out what would change."""
        self.query_one("#write", Button).disabled = True
        self.show_text(lambda width: said("Asking what would change …", width, "label"))
        self._call(dry=True)

    def pressed(self, name: str) -> None:
        """Make it."""
        self._call(dry=False)

    @work(exclusive=True, group="change")
    async def _call(self, *, dry: bool) -> None:
        try:
            answer = await self._ask(self._method, {**self._params, "dry": dry})
            change = value_in(answer, BudgetChange)
        except AicostError as error:
            self.show_text(lambda _width: ())
            self.show_error(error)
            return
        if change.is_made:
            self.dismiss(change)
            return
        self.query_one("#write", Button).disabled = not change.lines
        self.show_text(partial(change_lines, change))
