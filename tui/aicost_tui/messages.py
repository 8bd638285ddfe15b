"""What happens in the dashboard: facts from the feed, wishes from widgets."""

from textual.message import Message

from aicost.core.errors import AicostError
from aicost.core.view import DashboardView


class ViewReceived(Message):
    """The daemon sent a view. A newer one makes it superfluous."""

    def __init__(self, view: DashboardView) -> None:
        self.view = view
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """Let a queue of views shrink to the newest."""
        return isinstance(message, ViewReceived)


class FeedLost(Message):
    """The daemon is gone, of another version or without a ledger; the feed keeps trying."""

    def __init__(self, error: AicostError) -> None:
        self.error = error
        super().__init__()


class RetryAsked(Message):
    """The user wants to try the daemon now, not after the pause."""


class SessionOpened(Message):
    """A session is to be looked into."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__()


class TasksWanted(Message):
    """The user wants to see in the history what the money went for."""


class ColumnsChosen(Message):
    """The user chose which columns may be shown; None: all that have room."""

    def __init__(self, columns: frozenset[str] | None) -> None:
        self.columns = columns
        super().__init__()


class BudgetsWanted(Message):
    """The user wants to see and set budgets."""
