"""The dialog of an allowance: how much, why, for how long, and for whom."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual import work
from textual.widget import Widget
from textual.widgets import Input

from aicost.core.allowance import MOST_REASON, wish
from aicost.core.errors import AicostError, ConfigError
from aicost.core.session import session_name
from aicost.core.view import SessionRow
from aicost_tui.dialog_lines import fact, said
from aicost_tui.feed import Ask
from aicost_tui.screens.dialog import Dialog
from aicost_tui.spans import Line
from aicost_tui.widgets.field import Field
from aicost_tui.widgets.tick import Tick

_MOST_AMOUNT = 24


class AllowDialog(Dialog[str]):
    """Lets the session of `row`, or all sessions, go on over hard budgets."""

    HEADING: ClassVar[str] = "Allow more"
    AUTO_FOCUS = "#amount"

    def __init__(self, row: SessionRow, ask: Ask) -> None:
        super().__init__()
        self._row, self._ask = row, ask

    def body(self) -> Iterable[Widget]:
        """Return the fields."""
        yield Field("dollars", Input(placeholder="5", id="amount", max_length=_MOST_AMOUNT))
        why = "release today (kept in aicost audit)"
        yield Field("reason", Input(placeholder=why, id="reason", max_length=MOST_REASON))
        yield Field("lasts", Input(placeholder="2h; or 30m, 1d", id="lasts", max_length=8))
        yield Field("for", Tick("all sessions, not only this one", id="all", compact=True))

    def buttons(self) -> Mapping[str, str]:
        """Return what can be done."""
        return {"allow": "Allow", "close": "Close"}

    def on_mount(self) -> None:
        """Say for whom."""
        self.show_text(partial(_intro, self._row))
        self._check()

    def on_input_changed(self) -> None:
        """Say what is wrong while it is typed."""
        self._check()

    def on_input_submitted(self) -> None:
        """Go on to the next field; from the last one to the button."""
        self.focus_next()

    def pressed(self, name: str) -> None:
        """Allow it, if it can be."""
        if self._check():
            self._allow()

    def _check(self) -> bool:
        """Say whether what was typed can be allowed; show why not."""
        typed = self._typed()
        button = self.query_one("#allow")
        try:
            wish(typed["amount"], typed["reason"], typed["lasts"])
        except AicostError as error:
            button.disabled = True
            if typed["amount"]:  # (its hint is a command: here are fields for that)
                self.show_error(ConfigError(error.what, why=error.why))
            else:
                self.show_said(lambda _width: ())
            return False
        button.disabled = False
        self.show_said(lambda _width: ())
        return True

    def _typed(self) -> dict[str, str]:
        names = ("amount", "reason", "lasts")
        return {name: self.query_one(f"#{name}", Input).value.strip() for name in names}

    @work(exclusive=True, group="ask")
    async def _allow(self) -> None:
        for_all = self.query_one("#all", Tick).value
        session = "" if for_all else self._row.session_id
        try:
            answer = await self._ask("allow", {**self._typed(), "session": session})
        except AicostError as error:
            self.show_error(error)
            return
        text = str(answer.get("text", ""))
        self.app.notify(text, timeout=8, markup=False)
        self.dismiss(text)


def _intro(row: SessionRow, width: int) -> list[Line]:
    lines = fact("session", session_name(row), width, "figure")
    text = "It may go on over hard budgets: at once, by so much, for so long."
    return [*lines, *said(text, width, "label"), ()]
