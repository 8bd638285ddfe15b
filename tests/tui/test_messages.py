"""Messages: only views may replace each other in the queue."""

from builders import view

from aicost.core.errors import DaemonDown
from aicost_tui.messages import FeedLost, RetryAsked, ViewReceived


def test_a_newer_view_replaces_an_older_one_and_nothing_else() -> None:
    received = ViewReceived(view())
    assert received.can_replace(ViewReceived(view()))
    assert not received.can_replace(FeedLost(DaemonDown("gone")))
    assert not FeedLost(DaemonDown("gone")).can_replace(received)
    assert not RetryAsked().can_replace(received)
