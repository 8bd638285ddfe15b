"""The dialog that writes the table of a screen to a file in the folder one is in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from aicost.core.errors import AicostError
from aicost.core.text import clean
from aicost_tui.dialog_lines import said
from aicost_tui.export import FORMATS, NAMES, Table, file_name, write_new
from aicost_tui.format import plural
from aicost_tui.screens.dialog import Dialog
from aicost_tui.widgets.menu import Menu


class ExportDialog(Dialog[Path]):
    """Asks for the form; `at` is when, in the zone that names of files are in."""

    HEADING: ClassVar[str] = "Export"
    AUTO_FOCUS = "Menu"

    def __init__(self, table: Table, at: datetime, folder: Path = Path()) -> None:
        super().__init__()
        self._table, self._at, self._folder = table, at, folder

    def body(self) -> Iterable[Widget]:
        """Return the forms."""
        yield Menu(id="forms")

    def buttons(self) -> Mapping[str, str]:
        """Return what can be done beside choosing."""
        return {"close": "Close"}

    def on_mount(self) -> None:
        """Say what is written."""
        rows, name = plural(len(self._table.rows), "row"), self._table.name.replace("-", " ")
        text = f"{rows} of {name}, as shown now, to a new file in the folder that aicost top is in"
        self.show_text(lambda width: said(text, width, "label"))
        self.query_one(Menu).set_options(
            Option(f"{NAMES[form]:10}{file_name(self._table, form, self._at)}", id=form)
            for form in FORMATS
        )
        self.query_one(Menu).highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Write it."""
        for form in FORMATS:
            if form == event.option_id:
                try:
                    path = write_new(self._folder, self._table, form, self._at)
                except AicostError as error:
                    self.show_error(error)
                    return
                self.app.notify(f"Wrote {clean(str(path))}", timeout=8, markup=False)
                self.dismiss(path)
