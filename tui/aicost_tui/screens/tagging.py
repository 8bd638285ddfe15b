"""The dialog that corrects what a turn, or a whole session, was for."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from aicost.core.at_hand import CurrentTurn, SessionAtHand
from aicost.core.categories import MEANINGS, TaskCategory
from aicost.core.errors import AicostError
from aicost.core.text import fit
from aicost.core.view import SessionRow
from aicost.ipc.answers import value_in
from aicost_tui.dialog_lines import tag_lines
from aicost_tui.feed import Ask, system_clock
from aicost_tui.keymap import TAG_KEYS
from aicost_tui.screens.dialog import Dialog
from aicost_tui.widgets.menu import Menu

_ROOM = 48  # cells for what a category means
_REMOVE = "-"  # the option that takes a correction back


class TagDialog(Dialog[str]):
    """Says what a turn of `row` was for; `turn_id` "" is the current one."""

    HEADING: ClassVar[str] = "What was it for?"
    BINDINGS: ClassVar[list[BindingType]] = TAG_KEYS
    AUTO_FOCUS = "Menu"

    def __init__(self, row: SessionRow, ask: Ask, turn_id: str = "") -> None:
        super().__init__()
        self._row, self._ask, self._turn_id = row, ask, turn_id
        self._turn: CurrentTurn | None = None
        self._is_whole = False
        self._first: int | None = None  # what was highlighted before anybody moved

    def body(self) -> Iterable[Widget]:
        """Return the categories."""
        yield Menu(id="categories")

    def buttons(self) -> Mapping[str, str]:
        """Return what can be done beside choosing."""
        return {"whole": "Turn or session (w)", "close": "Close"}

    def on_mount(self) -> None:
        """Find the turn; the categories are there at once."""
        self.query_one(Menu).set_options(_options(self._row.task))
        self._highlight(self._row.task)
        self._show()
        self._find()

    @work(exclusive=True, group="find")
    async def _find(self) -> None:
        asked = {
            "session": self._row.session_id,
            "agent": self._row.agent,
            "turn": self._turn_id,
        }
        try:
            hand = value_in(await self._ask("session.hand", asked), SessionAtHand)
        except AicostError as error:
            self.show_error(error)
            return
        self._turn = hand.turn
        choices = self.query_one(Menu)
        at, category = choices.highlighted, hand.turn.category if hand.turn else self._row.task
        choices.set_options(
            _options(category, can_remove=bool(hand.turn and hand.turn.is_corrected))
        )
        if at == self._first:
            self._highlight(category)
        else:
            choices.highlighted = at
        self._show()

    def _highlight(self, category: str) -> None:
        names = list(TaskCategory)
        at = names.index(TaskCategory(category)) if category in names else 0
        self.query_one(Menu).highlighted = self._first = at

    def action_whole(self) -> None:
        """Mean the whole session, or the turn again."""
        self._is_whole = not self._is_whole
        self._show()

    def pressed(self, name: str) -> None:
        """Do what the key does."""
        self.action_whole()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say it."""
        self._tag(event.option_id or "")

    @work(exclusive=True, group="tag")
    async def _tag(self, choice: str) -> None:
        is_of_turn = self._turn is not None and not self._is_whole
        named = self._turn.turn_id if self._turn and is_of_turn else self._row.session_id
        asked = {"action": "remove", "id": named}
        if choice != _REMOVE:
            asked = {"action": "set", "id": named, "category": choice}
        try:
            answer = await self._ask("tag", asked)
        except AicostError as error:
            self.show_error(error)
            return
        text = str(answer.get("text", ""))
        self.app.notify(text, timeout=5, markup=False)
        self.dismiss(text)

    def _show(self) -> None:
        zone = system_clock().tzinfo
        assert zone is not None
        lines = partial(tag_lines, self._row, self._turn, zone, is_whole=self._is_whole)
        self.show_text(lines)


def _options(category: str, *, can_remove: bool = False) -> list[Option]:
    """Return a line for each category; the one that it has now is marked."""
    options = [
        Option(f"{'●' if name == category else ' '} {name:19}{fit(MEANINGS[name], _ROOM)}", id=name)
        for name in TaskCategory
    ]
    if can_remove:
        options.append(Option("✕ take my correction back", id=_REMOVE))
    return options
