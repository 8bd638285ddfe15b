"""Each action has its dialog."""

from typing import get_args

from builders import session_row
from fake_feed import FakeDaemon

from aicost_tui.actions import Kind
from aicost_tui.screens.allowing import AllowDialog
from aicost_tui.screens.copying import CopyDialog
from aicost_tui.screens.dialogs import dialog_for
from aicost_tui.screens.interrupting import InterruptDialog
from aicost_tui.screens.tagging import TagDialog


def test_every_action_opens_one() -> None:
    kinds: tuple[Kind, ...] = get_args(Kind)
    found = {kind: type(dialog_for(kind, session_row(), "", FakeDaemon())) for kind in kinds}
    assert found == {
        "interrupt": InterruptDialog,
        "allow": AllowDialog,
        "tag": TagDialog,
        "copy": CopyDialog,
        "resume": CopyDialog,
    }
