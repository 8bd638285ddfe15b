"""Which dialog an action opens."""

from typing import Any

from textual.screen import ModalScreen

from aicost.core.view import SessionRow
from aicost_tui.actions import Kind
from aicost_tui.feed import Ask
from aicost_tui.screens.allowing import AllowDialog
from aicost_tui.screens.copying import CopyDialog
from aicost_tui.screens.interrupting import InterruptDialog
from aicost_tui.screens.tagging import TagDialog


def dialog_for(kind: Kind, row: SessionRow, turn_id: str, ask: Ask) -> ModalScreen[Any]:
    """Return the dialog of an action on a session."""
    match kind:
        case "interrupt":
            return InterruptDialog(row, ask)
        case "allow":
            return AllowDialog(row, ask)
        case "tag":
            return TagDialog(row, ask, turn_id)
        case "copy":
            return CopyDialog(row, ask)
        case "resume":
            return CopyDialog(row, ask, first="resume")
