"""The publisher: a view for each change, few for many, none while nobody watches."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from builders import view
from claude_logs import eventually

from aicost.core.errors import StoreError
from aicost.core.view import DashboardView
from aicost.daemon.publisher import Publisher

NEVER_S = 1000.0


class Screens:
    """Builds and receives views; can look away, and can fail to build."""

    def __init__(self) -> None:
        self.built = 0
        self.received = list[DashboardView]()
        self.are_watched = True
        self.error: StoreError | None = None

    async def build(self) -> DashboardView:
        self.built += 1
        if self.error:
            raise self.error
        return view(log_files=self.built)

    async def built_since(self, number: int) -> None:
        await eventually(lambda: self.built > number, "another view")


@asynccontextmanager
async def publishing(screens: Screens, quiet_s: float = NEVER_S) -> AsyncIterator[Publisher]:
    publisher = Publisher(
        screens.build, screens.received.append, lambda: screens.are_watched, quiet_s=quiet_s
    )
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_changes_close_together_make_one_view() -> None:
    screens = Screens()
    async with publishing(screens) as publisher:
        for _ in range(3):
            publisher.changed()
            await asyncio.sleep(0)
        await eventually(lambda: screens.received, "a view")
        publisher.changed()
        await screens.built_since(1)
        assert [received.log_files for received in screens.received] == [1, 2]


async def test_one_change_makes_one_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicost.daemon.publisher.GATHER_S", 0)
    screens = Screens()
    async with publishing(screens) as publisher:
        publisher.changed()
        await screens.built_since(0)
        for _ in range(50):
            await asyncio.sleep(0)
    assert screens.built == 1


async def test_without_changes_views_go_on() -> None:
    """Rates fall, and agents end, without a log line."""
    screens = Screens()
    async with publishing(screens, quiet_s=0.001):
        await screens.built_since(3)


async def test_nothing_is_built_while_nobody_watches() -> None:
    screens = Screens()
    screens.are_watched = False
    asked = 0

    def watched() -> bool:
        nonlocal asked
        asked += 1
        return False

    publisher = Publisher(screens.build, screens.received.append, watched, quiet_s=0.001)
    task = asyncio.create_task(publisher.run())
    await eventually(lambda: asked > 5, "some rounds")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert screens.built == 0


async def test_a_ledger_that_cannot_be_read_costs_one_view(
    caplog: pytest.LogCaptureFixture,
) -> None:
    screens = Screens()
    screens.error = StoreError("the ledger cannot be read: locked")
    async with publishing(screens) as publisher:
        publisher.changed()
        await screens.built_since(0)
        screens.error = None
        publisher.changed()
        await eventually(lambda: screens.received, "the next view")
    assert "no view: the ledger cannot be read: locked" in caplog.text


@pytest.mark.parametrize("rounds", range(5))
async def test_a_stop_that_meets_a_change_stops(rounds: int) -> None:
    """Whatever the event loop has done of either by then."""
    screens = Screens()
    for before in range(5):
        publisher = Publisher(screens.build, screens.received.append, lambda: True)
        task = asyncio.create_task(publisher.run())
        for _ in range(before):
            await asyncio.sleep(0)
        publisher.changed()
        for _ in range(rounds):
            await asyncio.sleep(0)
        task.cancel()
        assert await asyncio.wait([task], timeout=5) == ({task}, set())
        assert task.cancelled()
