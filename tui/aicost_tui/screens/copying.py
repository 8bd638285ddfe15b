"""The menu of what can be copied: a session's id, its log's path, the command that resumes it."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from textual import work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from aicost.core.at_hand import SessionAtHand
from aicost.core.errors import AicostError
from aicost.core.session import session_name
from aicost.core.text import clean
from aicost.core.view import SessionRow
from aicost.ipc.answers import value_in
from aicost_tui.dialog_lines import fact, wrapped_hard
from aicost_tui.feed import Ask
from aicost_tui.format import copyable
from aicost_tui.screens.dialog import Dialog
from aicost_tui.widgets.menu import Menu

What = Literal["id", "resume", "log", "folder"]
_ROOM = 66  # cells for a value
_NAMES: dict[What, str] = {
    "id": "session id",
    "resume": "resume it with",
    "log": "log of the session",
    "folder": "folder",
}


class CopyDialog(Dialog[str]):
    """Shows what is known of where `row` is; enter or a click copies a line."""

    HEADING: ClassVar[str] = "Copy"
    AUTO_FOCUS = "Menu"

    def __init__(self, row: SessionRow, ask: Ask, *, first: What = "id") -> None:
        super().__init__()
        self._row, self._ask, self._first = row, ask, first
        self._values: dict[What, str] = {
            "id": copyable(row.session_id),
            "folder": copyable(row.cwd),
        }

    def body(self) -> Iterable[Widget]:
        """Return the lines."""
        yield Menu(id="values")

    def buttons(self) -> Mapping[str, str]:
        """Return what can be done beside choosing."""
        return {"close": "Close"}

    def on_mount(self) -> None:
        """Show what is known at once, and ask for the rest."""
        self.show_text(lambda width: [*fact("session", session_name(self._row), width, "figure")])
        self._show(looking=True)
        self._find()

    @work(exclusive=True, group="find")
    async def _find(self) -> None:
        asked = {"session": self._row.session_id, "agent": self._row.agent}
        try:
            hand = value_in(await self._ask("session.hand", asked), SessionAtHand)
        except AicostError as error:
            self._show(looking=False)
            self.show_error(error)
            return
        self._values |= {"resume": copyable(hand.resume), "log": copyable(hand.transcript)}
        self._show(looking=False)

    def _show(self, *, looking: bool) -> None:
        choices = self.query_one(Menu)
        at = choices.highlighted
        choices.set_options(
            Option(_line(name, self._values.get(name, ""), looking=looking), id=name)
            for name in _NAMES
        )
        choices.highlighted = list(_NAMES).index(self._first) if at is None else at

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Copy it and close."""
        for name in _NAMES:
            if name == event.option_id and (value := self._values.get(name)):
                self.app.copy_to_clipboard(value)
                self.app.notify(f"Copied: {_NAMES[name]}", timeout=3, markup=False)
                self.dismiss(value)


def _line(name: What, value: str, *, looking: bool) -> Content:
    shown = value or ("looking …" if looking and name in ("resume", "log") else "not known")
    lines = "".join(f"\n  {line}" for line in wrapped_hard(clean(shown), _ROOM))
    return Content.assemble((_NAMES[name], "dim"), lines)
