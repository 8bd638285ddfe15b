"""The feed: every view is posted, every loss is told, it always tries again, never in a hurry."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from builders import session_row, view
from fake_feed import FakeFeed
from textual.message import Message

from aicost.core.errors import (
    AicostError,
    ConfigError,
    DaemonDown,
    ProtocolMismatch,
    StoreError,
)
from aicost.core.view import DashboardView
from aicost_tui.feed import RETRY_DELAYS_S, Pacer, follow, system_clock
from aicost_tui.messages import FeedLost, ViewReceived

FIRST, SECOND = view(session_row("1")), view(session_row("2"))


class Stop(Exception):
    """The test has seen enough."""


def stop_after(pauses: int) -> tuple[list[float], Callable[[float], Awaitable[None]]]:
    asked_s: list[float] = []

    async def wait(seconds: float) -> None:
        asked_s.append(seconds)
        if len(asked_s) > pauses:
            raise Stop

    return asked_s, wait


async def test_views_are_posted_and_a_loss_is_told_and_tried_again() -> None:
    lost = DaemonDown("gone")
    feed = FakeFeed(FIRST, lost, SECOND, None)
    posted: list[Message] = []
    _, wait = stop_after(1)
    with pytest.raises(Stop):
        await follow(feed, posted.append, wait)
    assert feed.connections == 2
    first, told, second, ended = posted
    assert isinstance(first, ViewReceived)
    assert first.view == FIRST
    assert isinstance(told, FeedLost)
    assert told.error is lost
    assert isinstance(second, ViewReceived)
    assert second.view == SECOND
    assert isinstance(ended, FeedLost)
    assert "closed" in ended.error.what


async def test_pauses_grow_to_a_limit_and_start_small_after_a_success() -> None:
    errors = [DaemonDown("gone")] * 7
    asked_s, wait = stop_after(9)
    with pytest.raises(Stop):
        await follow(FakeFeed(*errors, FIRST, *errors), lambda _: None, wait)
    longest = RETRY_DELAYS_S[-1]
    assert asked_s == [*RETRY_DELAYS_S, longest, longest, *RETRY_DELAYS_S[:3]]
    assert sorted(RETRY_DELAYS_S) == list(RETRY_DELAYS_S)


async def test_another_version_is_told_as_such_and_tried_again() -> None:
    posted: list[Message] = []
    _, wait = stop_after(0)
    with pytest.raises(Stop):
        await follow(FakeFeed(ProtocolMismatch("2, not 1")), posted.append, wait)
    (told,) = posted
    assert isinstance(told, FeedLost)
    assert isinstance(told.error, ProtocolMismatch)


@pytest.mark.parametrize("kind", [StoreError, ConfigError, AicostError])
async def test_what_else_a_daemon_answers_is_told_and_tried_again(kind: type[AicostError]) -> None:
    error = kind("the ledger is locked", hint="wait")
    posted: list[Message] = []
    _, wait = stop_after(1)
    with pytest.raises(Stop):
        await follow(FakeFeed(error, FIRST, None), posted.append, wait)
    told, found, _ = posted
    assert isinstance(told, FeedLost)
    assert told.error is error
    assert isinstance(found, ViewReceived)


async def test_a_bug_in_the_feed_is_not_taken_for_a_lost_daemon() -> None:
    async def broken() -> AsyncIterator[DashboardView]:
        yield FIRST
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await follow(broken, lambda _: None)


class Later:
    """Notes what was scheduled; the test decides when it happens."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, call: Callable[[], None]) -> None:
        self.calls.append((seconds, call))

    def happens(self) -> None:
        self.calls.pop(0)[1]()


def test_the_first_value_goes_on_at_once_and_then_only_the_newest() -> None:
    later, seen = Later(), list[int]()
    pacer = Pacer(seen.append, later, 0.25)
    for value in (1, 2, 3):
        pacer.offer(value)
    assert seen == [1]
    assert [seconds for seconds, _ in later.calls] == [0.25]
    later.happens()
    assert seen == [1, 3]
    pacer.offer(4)
    assert seen == [1, 3]  # the pause after 3
    later.happens()
    later.happens()
    assert seen == [1, 3, 4]
    pacer.offer(5)
    assert seen == [1, 3, 4, 5]
    assert len(later.calls) == 1


def test_without_a_gap_every_value_goes_on() -> None:
    later, seen = Later(), list[int]()
    pacer = Pacer(seen.append, later, 0)
    pacer.offer(1)
    pacer.offer(2)
    assert seen == [1, 2]
    assert later.calls == []


def test_the_clock_knows_its_zone() -> None:
    assert system_clock().tzinfo is not None
