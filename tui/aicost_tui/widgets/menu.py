"""A list of choices. The footer says that enter takes one."""

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import OptionList

from aicost_tui.keymap import MENU_KEYS


class Menu(OptionList):
    """Shows its options as they are, without markup."""

    BINDINGS: ClassVar[list[BindingType]] = MENU_KEYS

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
