"""Advice stays current: from config, repositories, the ledger and who runs, to those who ask."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from claude_logs import eventually
from log_builders import BOOK, at, calls_read, event, open_ledger, tokens

from aicost.core.errors import StoreError
from aicost.core.session import LiveSession, Running
from aicost.core.view import SessionRow
from aicost.daemon.advising import LEAST_GAP, Access, Advising
from aicost.daemon.answers import Question, live_rows
from aicost.daemon.budgeting import Budgets
from aicost.daemon.nudging import Advice, Nudging
from aicost.platform.notify import Notification
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution

UTC_ZONE = ZoneInfo("UTC")
NOW = at(10)
NEVER_S = 1000.0
LIVE = LiveSession(
    session_id="s-1", pid=42, state="busy", cwd="/src/shop", started_at=at(0),
    version="2.1.330", entrypoint="cli",
)  # fmt: skip


class Daemon:
    """What advice needs of it: a config, a ledger with one session's calls, a clock."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.config, self.ledger = folder / "config.toml", ledger
        self.now, self.error = NOW, False
        self.shown: set[tuple[str, str]] = set()
        self.told: list[Notification] = []
        self.looks = self.turns = 0
        self.budgets = Budgets(
            self.config, folder / "trusted.toml", repo_of=lambda folder: Path(folder).name
        )
        self.nudging = Nudging(self._note, self.told.append)

    def _note(self, key: str, channel: str, _at: datetime) -> bool:
        is_new = (key, channel) not in self.shown
        self.shown.add((key, channel))
        return is_new

    def moment(self) -> Question:
        self.turns += 1
        return Question(db=self.ledger.db, book=BOOK, zone=UTC_ZONE, now=self.now)

    @property
    def access(self) -> Access:
        async def query(question: Callable[[], Advice]) -> Advice:
            self.looks += 1
            if self.error:
                raise StoreError("the ledger is locked")
            return question()

        async def running() -> Running:
            return Running(sessions={"s-1": LIVE})

        return Access(
            budgets=self.budgets,
            attribution=Attribution(),
            zone=UTC_ZONE,
            guards=dict,
            query=query,
            running=running,
            moment=self.moment,
        )

    def rows(self) -> list[SessionRow]:
        return live_rows(self.moment(), Running(sessions={"s-1": LIVE}), ())

    def spend(self, usd: float, minute: int = 5) -> None:
        """Make one call; the price is $4 a million tokens."""
        call = event(minute, tokens=tokens(round(usd * 250_000), 0), cwd="/src/shop")
        self.ledger.record([calls_read(call, path=f"{minute}.jsonl")])


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with open_ledger() as ledger:
        yield Daemon(tmp_path, ledger)


@asynccontextmanager
async def at_work(advising: Advising) -> AsyncIterator[None]:
    task = asyncio.create_task(advising.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


DAY = '[[budgets]]\nscope = "day"\namount = 25\n'


def look(daemon: Daemon) -> Advice:
    advising = Advising(lambda: daemon.nudging, daemon.access)
    return advising.looking(daemon.moment(), Running(sessions={"s-1": LIVE}))(daemon.rows())


def test_budgets_of_the_config_stand_and_are_told(daemon: Daemon) -> None:
    daemon.config.write_text(DAY)
    daemon.spend(20)
    advice = look(daemon)
    [budget] = advice.budgets
    assert (budget.budget.budget_id, budget.share) == ("day", 0.8)
    assert [one.sentence for one in advice.nudges if one.kind == "budget"] == [
        "$20.00 of today's $25.00 spent, 80 %; resets at 00:00"
    ]
    assert daemon.nudging.advice == advice
    assert "$20.00" in daemon.nudging.notice_for("s-1", daemon.now)


def test_settings_say_from_which_price_on_a_prompt_is_worth_a_word(daemon: Daemon) -> None:
    daemon.spend(0.5)
    assert [one.kind for one in look(daemon).nudges] == ["context"]
    daemon.config.write_text("[nudges]\ncontext_usd = 0.51\n")
    assert look(daemon).nudges == ()
    daemon.config.write_text("[nudges]\ncontext_usd = 0.10\n# \n")
    assert len(look(daemon).nudges) == 1


def test_the_desktop_is_told_only_if_it_is_wanted(daemon: Daemon) -> None:
    daemon.config.write_text(DAY)
    daemon.spend(20)
    look(daemon)
    assert daemon.told == []
    daemon.config.write_text(DAY + "[nudges]\ndesktop = true\n")
    look(daemon)
    assert [one.body.partition(",")[0] for one in daemon.told] == ["$20.00 of today's $25.00 spent"]


def test_what_is_found_for_a_status_tells_nobody(daemon: Daemon) -> None:
    daemon.config.write_text(DAY + "[nudges]\ndesktop = true\n")
    daemon.spend(20)
    advising = Advising(lambda: daemon.nudging, daemon.access)
    running = Running(sessions={"s-1": LIVE})
    advice = advising.finding(daemon.moment(), running)(daemon.rows())
    assert len(advice.budgets) == 1
    assert daemon.told == []
    assert daemon.nudging.notice_for("s-1", daemon.now) == ""


def test_who_asks_again_at_once_is_told_what_was_found(daemon: Daemon) -> None:
    advising = Advising(lambda: daemon.nudging, daemon.access)

    def spent(reading: object = "all read") -> list[int]:
        running = Running(sessions={"s-1": LIVE})
        advice = advising.looking(daemon.moment(), running, reading)(daemon.rows())
        return [one.spent // 10**9 for one in advice.budgets]

    daemon.config.write_text(DAY)
    daemon.spend(10)
    assert spent() == [10]
    daemon.spend(1, minute=6)
    daemon.now += LEAST_GAP - timedelta(microseconds=1)
    assert spent() == [10]
    daemon.now += timedelta(microseconds=1)
    assert spent() == [11]
    daemon.spend(1, minute=7)
    assert spent() == [11]
    assert spent("further") == [12]  # more is read
    daemon.spend(1, minute=8)
    daemon.config.write_text(DAY + '[[budgets]]\nscope = "week"\namount = 100\n')
    assert spent("further") == [13, 13]  # another budget counts at once
    daemon.spend(1, minute=9)
    assert spent(None) == [14, 14]  # who wants to know exactly
    daemon.spend(1, minute=10)
    daemon.now -= timedelta(hours=1)  # the clock was set
    assert spent(None) == [15, 15]


# While nobody looks at a screen


async def test_with_budgets_it_looks_at_once_and_at_each_change(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicost.daemon.advising.GATHER_S", 0.0)
    daemon.config.write_text(DAY)
    daemon.spend(13)
    advising = Advising(lambda: daemon.nudging, daemon.access, quiet_s=NEVER_S)
    async with at_work(advising):
        await eventually(lambda: daemon.nudging.advice.budgets, "a first look")
        daemon.spend(10, minute=6)
        daemon.now += LEAST_GAP
        advising.changed()
        await eventually(lambda: daemon.nudging.advice.budgets[0].level == 80, "another look")
    assert "$23.00" in advising.notice_for("s-1", daemon.now)


async def test_without_budgets_it_looks_only_for_who_listens(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicost.daemon.advising.GATHER_S", 0.0)
    daemon.spend(1)
    advising = Advising(lambda: daemon.nudging, daemon.access, quiet_s=0.001)
    async with at_work(advising):
        await eventually(lambda: daemon.turns > 3, "some turns")
        assert daemon.looks == 0
        assert advising.notice_for("s-1", daemon.now) == ""
        await eventually(lambda: daemon.looks, "a look")
        assert "the next prompt" in advising.notice_for("s-1", daemon.now)
        daemon.now += timedelta(minutes=16)  # nobody asked any more
        turns = daemon.turns
        await eventually(lambda: daemon.turns > turns + 1, "a turn at that time")
        looks, turns = daemon.looks, daemon.turns
        await eventually(lambda: daemon.turns > turns + 3, "some turns")
        assert daemon.looks == looks


async def test_a_ledger_that_cannot_be_read_leaves_the_last_advice(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    daemon.config.write_text(DAY)
    daemon.spend(20)
    known = look(daemon)
    daemon.error = True
    advising = Advising(lambda: daemon.nudging, daemon.access, quiet_s=NEVER_S)
    async with at_work(advising):
        await eventually(lambda: caplog.messages, "a warning")
    assert caplog.messages == ["no advice: the ledger is locked"]
    assert daemon.nudging.advice == known


def test_models_without_a_price_are_told(daemon: Daemon) -> None:
    call = event(5, model="claude-mystery-7", tokens=tokens(9_000, 0))
    daemon.ledger.record([calls_read(replace(call, cwd="/src/shop"))])
    assert [one.kind for one in look(daemon).nudges] == ["unpriced"]
