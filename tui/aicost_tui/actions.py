"""What can be done with a selected session: screens ask for it, the app opens the dialogs."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol, cast, runtime_checkable

from textual import work
from textual.app import App
from textual.message import Message
from textual.screen import Screen

from aicost.core.errors import AicostError, DaemonDown, ProtocolMismatch
from aicost.core.view import DashboardView, SessionRow
from aicost_tui.export import Exportable, Table
from aicost_tui.feed import Ask, Clock, Keeper

Kind = Literal["interrupt", "allow", "tag", "copy", "resume"]
ACTIONS: frozenset[str] = frozenset({"interrupt", "allow", "tag", "copy", "resume"})


@runtime_checkable
class Follower(Protocol):
    """A screen that shows what the daemon's views say."""

    def follow(self, view: DashboardView | None, now: datetime) -> None:
        """Take on a newer view, or that time went on. `now` is timezone-aware."""
        ...


class ActionWanted(Message):
    """The user wants to do something with a session, or with one of its turns."""

    def __init__(self, kind: Kind, row: SessionRow, turn_id: str = "") -> None:
        self.kind, self.row, self.turn_id = kind, row, turn_id
        super().__init__()


def possible_actions(row: SessionRow | None) -> frozenset[str]:
    """Return which of ACTIONS can be done with what is selected."""
    if row is None:
        return frozenset()
    return ACTIONS if row.pid is not None else ACTIONS - {"interrupt"}


class ActingScreen(Screen[None]):
    """A screen on which a session can be selected. Its BINDINGS hold keymap.ACTION_KEYS."""

    def selected_session(self) -> SessionRow | None:
        """Return the session that an action is for."""
        raise NotImplementedError

    def selected_turn(self) -> str:
        """Return the id of the turn that a correction is for; "": the current one."""
        return ""

    def action_interrupt(self) -> None:
        """Ask whether to interrupt the agent."""
        self._want("interrupt")

    def action_allow(self) -> None:
        """Ask for an allowance."""
        self._want("allow")

    def action_tag(self) -> None:
        """Ask what the turn was for."""
        self._want("tag")

    def action_copy(self) -> None:
        """Offer what can be copied."""
        self._want("copy")

    def action_resume(self) -> None:
        """Show how the session is resumed, and where its log is."""
        self._want("resume")

    def _want(self, kind: Kind) -> None:
        row = self.selected_session()
        if row is not None and kind in possible_actions(row):
            self.post_message(ActionWanted(kind, row, self.selected_turn()))


class ActingApp(App[None]):
    """Opens the dialogs of actions. `ask` puts a question to the daemon; `clock` tells the time."""

    ask: Ask
    clock: Clock
    keeper: Keeper | None = None
    lost: AicostError | None = None  # why there is no feed

    def on_action_wanted(self, message: ActionWanted) -> None:
        """Open the dialog for it."""
        message.stop()
        from aicost_tui.screens.dialogs import dialog_for  # only who acts pays for loading them

        self.push_screen(dialog_for(message.kind, message.row, message.turn_id, self.ask))

    def action_export(self) -> None:
        """Ask in which form the table on the screen is to be written."""
        table = self.table_on_screen()
        if table is not None:
            from aicost_tui.screens.exporting import ExportDialog

            self.push_screen(ExportDialog(table, self.clock()))

    def table_on_screen(self) -> Table | None:
        """Return the table that could be exported now."""
        screen = cast(object, self.screen)
        return screen.export_table() if isinstance(screen, Exportable) else None

    def action_daemon(self) -> None:
        """Start a daemon where none answers, or restart one of another version."""
        if self.keeper is not None and isinstance(self.lost, DaemonDown):
            is_other = isinstance(self.lost, ProtocolMismatch)
            words = "Restarting the daemon …" if is_other else "Starting the daemon …"
            self.notify(words, timeout=5, markup=False)
            self._keep(self.keeper.restart if is_other else self.keeper.start)

    @work(thread=True, exclusive=True, group="keeper")
    def _keep(self, start: Callable[[], object]) -> None:
        """Start it beside the screen, which goes on; then connect, or say what went wrong."""
        try:
            start()
        except AicostError as error:
            said = ". ".join(filter(None, (error.what, error.why)))
            self.call_from_thread(
                self.notify, said, title="No daemon", severity="error", timeout=15, markup=False
            )
        else:
            self.call_from_thread(self.connect)

    def connect(self) -> None:
        """Listen to the daemon anew."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the export where there is no table."""
        if action == "export":
            return self.table_on_screen() is not None
        if action == "daemon":
            return self.keeper is not None and isinstance(self.lost, DaemonDown)
        return super().check_action(action, parameters)
