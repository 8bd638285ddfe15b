"""Mondays: made once, when all is read, also after the machine slept over one."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from claude_logs import eventually
from log_builders import BOOK, calls_read, event, recorded

from aicost.daemon.setup import Setup
from aicost.daemon.weekly_files import read_weekly
from aicost.daemon.weekly_rounds import WAITS, Access, Rounds, WeeklyRounds
from aicost.platform.dirs import load_dirs
from aicost.store.connection import connect
from aicost.store.recovery import LedgerDamaged

SUNDAY = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
LATER = datetime(2026, 11, 26, 9, tzinfo=UTC)


class Reads:
    """Stands for the reader."""

    has_read_all = True


class World:
    """A machine with a clock of its own, and rounds on it. Its one session worked on Sunday."""

    def __init__(self, folder: Path, zone: str = "UTC", *, is_judged: bool = True) -> None:
        self.dirs = load_dirs({"AICOST_HOME": str(folder)})
        self.now, self.reads, self.damages = SUNDAY, Reads(), list[LedgerDamaged]()
        with recorded(calls_read(event(1)), path=self.dirs.ledger_file, zone=zone) as ledger:
            if is_judged:
                self.judge(ledger.db)
        self.setup = Setup(dirs=self.dirs, zone=ZoneInfo(zone), book=BOOK, homes=())
        self.rounds = self.begin()

    def judge(self, db: Any) -> None:
        db.execute(
            "INSERT INTO outcome SELECT id, 'answered', '', 0, 0, 0, 0, 0, 0, 0, '', NULL, 1,"
            " last_us, NULL FROM session"
        )

    def begin(self) -> WeeklyRounds:
        """Return the rounds of a daemon that was just started."""
        access = Access(
            setup=lambda: self.setup,
            now=lambda: self.now,
            reader=self.reads,
            damaged=self.damages.append,
        )
        return WeeklyRounds(access, Rounds(rest_s=0.005, gap_s=0.005))

    def has(self, week: str) -> bool:
        return self.dirs.weekly_file(week).exists()


async def test_it_is_made_when_the_week_is_over_and_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.rounds.look()
    assert not world.has("2026-W47")
    world.now = MONDAY
    assert await world.rounds.look()
    kept = read_weekly(world.dirs.weekly_file("2026-W47"))
    assert kept is not None
    assert kept.use.requests == 1
    assert not await world.rounds.look()
    assert not await world.begin().look()


async def test_who_slept_over_monday_has_it_later(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.now = LATER
    assert await world.rounds.look()
    assert world.has("2026-W47")


async def test_the_monday_is_that_of_the_users_zone(tmp_path: Path) -> None:
    world = World(tmp_path, "Pacific/Auckland")  # there the session's Sunday was at 23 o'clock
    world.now = datetime(2026, 11, 22, 10, 59, tzinfo=UTC)
    await world.rounds.look()
    assert not world.has("2026-W47")
    world.now = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
    assert await world.rounds.look()
    assert world.has("2026-W47")


async def test_a_report_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.now = MONDAY
    file = world.dirs.weekly_file("2026-W47")
    file.parent.mkdir()
    file.write_text("mine")
    assert not await world.rounds.look()
    assert file.read_text() == "mine"


async def test_a_week_without_use_has_no_report_and_is_not_looked_for_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.now = datetime(2026, 12, 7, tzinfo=UTC)
    assert not await world.rounds.look()
    assert not world.has("2026-W49")
    world.dirs.ledger_file.unlink()  # whoever looked now would say so
    assert not await world.rounds.look()


async def test_it_waits_for_outcomes_but_not_for_ever(tmp_path: Path) -> None:
    world = World(tmp_path, is_judged=False)
    world.now = MONDAY
    assert [await world.rounds.look() for _ in range(WAITS)] == [False] * WAITS
    assert await world.rounds.look()

    judged = World(tmp_path / "other", is_judged=False)
    judged.now = MONDAY
    assert not await judged.rounds.look()
    with closing(connect(judged.dirs.ledger_file)) as db:
        judged.judge(db)
    assert await judged.rounds.look()


async def test_a_ledger_that_is_not_there_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path)
    world.now = MONDAY
    kept = world.dirs.ledger_file.rename(tmp_path / "aside")
    assert not await world.rounds.look()
    assert "no weekly report" in caplog.text
    kept.rename(world.dirs.ledger_file)
    assert await world.rounds.look()


async def test_damage_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.now = MONDAY
    world.dirs.ledger_file.write_bytes(b"no ledger" * 1000)
    assert not await world.rounds.look()
    assert len(world.damages) == 1


async def test_it_goes_on_by_itself_once_all_is_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.now = MONDAY
    world.reads.has_read_all = False
    task = asyncio.ensure_future(world.rounds.run())
    try:
        for _ in range(20):
            await asyncio.sleep(0)
        assert not world.has("2026-W47")
        world.reads.has_read_all = True
        await eventually(lambda: world.has("2026-W47"), "the report")
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
