"""The dialog that interrupts an agent: it names whom, asks, and looks what came of it."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual import work

from aicost.core.at_hand import SessionAtHand
from aicost.core.errors import AicostError
from aicost.core.view import SessionRow
from aicost.ipc.answers import value_in
from aicost_tui.dialog_lines import Phase, interrupt_lines
from aicost_tui.feed import Ask, system_clock
from aicost_tui.format import copyable
from aicost_tui.screens.dialog import Dialog

LOOK_S = 0.5  # between two looks at a process that was interrupted
PATIENCE = 10  # looks after which SIGTERM is offered; the daemon wants some seconds, too


class InterruptDialog(Dialog[None]):
    """Sends SIGINT to the agent of `row`, and offers SIGTERM where that ended nothing."""

    HEADING: ClassVar[str] = "Interrupt this agent?"
    _BUTTONS: ClassVar[dict[Phase, tuple[str, ...]]] = {
        "asking": ("close", "interrupt"),
        "still": ("close", "end"),
        "ended": ("close", "copy"),
    }

    def __init__(
        self, row: SessionRow, ask: Ask, *, look_s: float = LOOK_S, patience: int = PATIENCE
    ) -> None:
        super().__init__()
        self._row, self._ask = row, ask
        self._look_s, self._patience = look_s, patience
        self._phase: Phase = "looking"
        self._hand: SessionAtHand | None = None
        self._looks = 0

    def buttons(self) -> Mapping[str, str]:
        """Return all that may be offered; the focus begins on that which changes nothing."""
        return {
            "close": "Close",
            "interrupt": "Send SIGINT",
            "end": "Send SIGTERM",
            "copy": "Copy the command",
        }

    def on_mount(self) -> None:
        """Find the process."""
        self._enter("looking")
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """Find out how the process is, and what that means."""
        try:
            hand = await self._found()
        except AicostError as error:
            self.show_error(error)
            return
        process = hand.process
        before = self._hand.process if self._hand else None
        if self._phase == "looking":
            self._hand = hand
            self._enter("asking" if process else "gone")
            return
        is_other = before is not None and process is not None and process.mark != before.mark
        if process is None or is_other:
            self._enter("ended")
            return
        self._hand = hand
        self._looks += 1
        if process.state != "busy":
            self._enter("stopped")
        elif self._looks >= self._patience:
            self._enter("still")
        else:
            self._enter(self._phase)

    async def _found(self) -> SessionAtHand:
        asked = {"session": self._row.session_id, "agent": self._row.agent}
        return value_in(await self._ask("session.hand", asked), SessionAtHand)

    def pressed(self, name: str) -> None:
        """Send a signal, or copy how to go on."""
        if name == "copy" and self._hand is not None:
            self.app.copy_to_clipboard(copyable(self._hand.resume))
            self.app.notify("Copied how to resume it", timeout=3, markup=False)
        elif name in ("interrupt", "end"):
            self._send(name)

    @work(exclusive=True, group="look")
    async def _send(self, step: str) -> None:
        process = self._hand.process if self._hand else None
        if process is None:
            return
        asked = {"session": self._row.session_id, "mark": process.mark, "step": step}
        try:
            await self._ask("session.interrupt", asked)
        except AicostError as error:
            self.show_error(error)
            return
        self._looks = 0
        self._enter("ending" if step == "end" else "sent")

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self.show_said(lambda _width: ())
        zone = system_clock().tzinfo
        assert zone is not None
        self.show_text(partial(interrupt_lines, self._row, self._hand, phase, zone))
        self.offer(*self._BUTTONS.get(phase, ("close",)))
        if phase in ("sent", "ending"):
            self.set_timer(self._look_s, self._look)
