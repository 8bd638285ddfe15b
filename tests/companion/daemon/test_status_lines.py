"""Status lines stay current, say what is true of their session, and hear what its client says."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from claude_logs import eventually
from log_builders import BOOK, at, calls_read, event, open_ledger, tokens

from aicost.core.days import LocalDays
from aicost.core.errors import StoreError
from aicost.core.facts import ClientTotal, LimitsSeen
from aicost.core.session import LiveSession, Running
from aicost.core.status_line import FOLDER
from aicost.daemon.advising import Setting, setting_of
from aicost.daemon.answers import Question
from aicost.daemon.budgeting import Budgets
from aicost.daemon.status_lines import Access, Lines, StatusLines
from aicost.daemon.world import World
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution

ZONE = ZoneInfo("UTC")
NOW = at(10)
LIVE = LiveSession(
    session_id="s-1", pid=42, state="busy", cwd="/src/shop", started_at=at(0),
    version="2.1.330", entrypoint="cli",
)  # fmt: skip
QUICK_S = 0.02


class Daemon:
    """What status lines need of it: budgets, a ledger with calls, a clock."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.run_dir, self.config, self.ledger = folder / "run", folder / "config.toml", ledger
        self.now, self.trouble, self.is_locked = NOW, "", False
        self.running = Running(sessions={"s-1": LIVE})
        self.told: list[tuple[ClientTotal, LimitsSeen | None]] = []
        self.queries = 0
        self.windows: Mapping[str, int] = {}
        self.budgets = Budgets(
            self.config, folder / "trusted.toml", repo_of=lambda folder: Path(folder).name
        )

    @property
    def access(self) -> Access:
        async def query(question: Callable[[], Lines]) -> Lines:
            self.queries += 1
            if self.is_locked:
                raise StoreError("the ledger is locked")
            return question()

        async def running() -> Running:
            return self.running

        return Access(
            run_dir=self.run_dir,
            query=query,
            running=running,
            moment=self.moment,
            days=LocalDays(ZONE),
            setting=self.setting,
            take_told=lambda total, limits: self.told.append((total, limits)),
            trouble=lambda: self.trouble,
        )

    def moment(self) -> Question:
        return Question(db=self.ledger.db, book=BOOK, zone=ZONE, now=self.now, windows=self.windows)

    def setting(self, running: Running, now: datetime) -> Setting:
        self.budgets.reload()
        world = World(now=now, zone=ZONE, running=running)
        return setting_of(self.budgets, Attribution(), world)

    def spend(self, usd: float, minute: int = 5, **fields: Any) -> None:
        """Make one call; the price is $4 a million tokens."""
        call = event(minute, tokens=tokens(round(usd * 250_000), 0), cwd="/src/shop", **fields)
        self.ledger.record([calls_read(call, path=f"{minute}.jsonl")])

    @property
    def folder(self) -> Path:
        return self.run_dir / FOLDER

    def line(self, session_id: str = "s-1") -> str:
        """Return the widest first line and the widest second one, "" where there is none."""
        try:
            rows = (self.folder / "line" / session_id).read_text().splitlines()
        except FileNotFoundError:
            return ""
        firsts = {row[0]: row.split(" ", 2)[2] for row in reversed(rows)}
        return " / ".join(text for _, text in sorted(firsts.items()))

    def tell(self, session_id: str = "s-1", **fields: object) -> None:
        """Be that session's client."""
        content = {"session_id": session_id, "cost": {"total_cost_usd": 1.25}, **fields}
        (self.folder / "in" / session_id).write_text(json.dumps(content))


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with open_ledger() as ledger:
        yield Daemon(tmp_path, ledger)


@asynccontextmanager
async def at_work(daemon: Daemon, full_s: float = 0.0) -> AsyncIterator[StatusLines]:
    lines = StatusLines(daemon.access, quiet_s=QUICK_S, full_s=full_s)
    task = asyncio.create_task(lines.run())
    await eventually((daemon.folder / "in").exists, "the folder")
    try:
        yield lines
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def shows(daemon: Daemon, part: str, session_id: str = "s-1") -> None:
    await eventually(lambda: part in daemon.line(session_id), repr(part))


async def test_where_nobody_has_a_status_line_nothing_is_asked(daemon: Daemon) -> None:
    daemon.spend(3.2)
    async with at_work(daemon) as lines:
        for _ in range(5):
            lines.changed()
            await asyncio.sleep(QUICK_S)
        assert daemon.queries == 0
        assert not (daemon.folder / "until").exists()


async def test_a_session_is_told_of_itself(daemon: Daemon) -> None:
    daemon.config.write_text('[[budgets]]\nscope = "day"\namount = 4\n')
    daemon.spend(3.2)
    async with at_work(daemon):
        daemon.tell()
        await shows(daemon, "session $3.20 ~m today $3.20 of $4.00 ~y~w80%~0 ~m context")
        assert int((daemon.folder / "until").read_text()) == os.getpid()
        daemon.spend(0.6, 7)
        await shows(daemon, "session $3.80 ~m today $3.80 of $4.00 ~r~s95%~0")
    assert daemon.line() == ""
    assert not (daemon.folder / "until").exists()
    assert (daemon.folder / "in" / "s-1").exists()


async def test_all_sessions_that_run_have_a_line_once_one_client_told(daemon: Daemon) -> None:
    """A new session finds its line at its first look."""
    codex = replace(LIVE, session_id="c-1", agent="codex")
    odd = replace(LIVE, session_id="../../x")
    new = replace(LIVE, session_id="s-2")
    daemon.running = Running(sessions={"s-1": LIVE, "s-2": new, "c-1": codex, "../../x": odd})
    daemon.spend(3.2)
    async with at_work(daemon):
        daemon.tell()
        await shows(daemon, "session $0.00 ~m today $3.20", "s-2")
        assert sorted(path.name for path in (daemon.folder / "line").iterdir()) == ["s-1", "s-2"]
        daemon.running = Running(sessions={"s-1": LIVE})
        await eventually(lambda: daemon.line("s-2") == "", "the line to go")


async def test_a_client_without_a_registry_has_a_line_while_it_tells(daemon: Daemon) -> None:
    daemon.now = datetime.now().astimezone()
    daemon.running = Running()
    daemon.spend(3.2)
    async with at_work(daemon):
        daemon.tell()
        await shows(daemon, "session $3.20")


async def test_what_a_client_says_is_known_before_its_log_says_it(daemon: Daemon) -> None:
    daemon.spend(3.2)
    windows = {
        "five_hour": {"used_percentage": 42, "resets_at": NOW.timestamp() + 3600},
        "seven_day": {"used_percentage": 96},
    }
    async with at_work(daemon) as lines:
        daemon.tell(rate_limits=windows, context_window={"context_window_size": 1_600_000})
        await shows(daemon, " / 5h 42% until ")
        await shows(daemon, "week ~r~s96%~0")
        assert lines.windows == {"s-1": 1_600_000}
        ((total, limits),) = daemon.told
        assert (total.session_id, total.cost_nusd) == ("s-1", 1_250_000_000)
        assert limits is not None
        daemon.windows = lines.windows
        await shows(daemon, "context 50%")
        (daemon.folder / "in" / "s-1").unlink()
        await eventually(lambda: lines.windows == {}, "the client to be forgotten")


async def test_the_same_word_is_not_recorded_twice(daemon: Daemon) -> None:
    async with at_work(daemon):
        for number in range(3):
            daemon.tell(n="x" * number)
            await shows(daemon, "session $0.00")
            queries = daemon.queries
            await eventually(lambda q=queries: daemon.queries > q + 1, "another look")  # type: ignore[misc]
        assert len(daemon.told) == 1
        daemon.tell(cost={"total_cost_usd": 1.5})
        await eventually(lambda: len(daemon.told) == 2, "the new total")


async def test_while_nothing_happens_nothing_is_asked(daemon: Daemon) -> None:
    async with at_work(daemon, full_s=1000.0) as lines:
        daemon.tell()
        await shows(daemon, "session $0.00")
        queries = daemon.queries
        await asyncio.sleep(5 * QUICK_S)
        assert daemon.queries == queries
        daemon.spend(1)
        lines.changed()
        await shows(daemon, "session $1.00")
        assert daemon.queries == queries + 1
        daemon.running = Running()
        await eventually(lambda: daemon.queries == queries + 2, "a look at who runs")


async def test_what_was_told_days_ago_is_of_no_screen(daemon: Daemon) -> None:
    async with at_work(daemon):
        path = daemon.folder / "in" / "s-1"
        daemon.tell()
        days_ago = path.stat().st_mtime - 2 * 86_400
        os.utime(path, (days_ago, days_ago))
        await eventually(lambda: len(daemon.told) == 1, "what was told")
        queries = daemon.queries
        await asyncio.sleep(3 * QUICK_S)
        assert daemon.queries <= queries + 1


async def test_half_a_word_is_read_again(daemon: Daemon) -> None:
    async with at_work(daemon) as lines:
        path = daemon.folder / "in" / "s-1"
        path.write_text('{"session_id": "s-1", "cost"')
        await asyncio.sleep(2 * QUICK_S)
        assert (daemon.told, lines.windows, daemon.line()) == ([], {}, "")
        daemon.tell()
        await eventually(lambda: len(daemon.told) == 1, "the whole word")


async def test_who_speaks_for_another_session_is_not_heard(daemon: Daemon) -> None:
    async with at_work(daemon):
        (daemon.folder / "in" / "s-2").write_text('{"session_id": "s-1", "cost": {}}')
        await asyncio.sleep(2 * QUICK_S)
        assert daemon.told == []


async def test_the_cache_ends_when_the_client_says_so(daemon: Daemon) -> None:
    daemon.spend(0.4)
    async with at_work(daemon):
        daemon.tell(prompt_cache={"expires_at": NOW.timestamp() + 61 * 60})
        await shows(daemon, "cache 61m")


async def test_advice_is_of_the_session_and_not_what_figures_say(daemon: Daemon) -> None:
    """A budget that is nearly used is a figure of the line; a price that is missing is not."""
    daemon.config.write_text('[[budgets]]\nscope = "day"\namount = 3.3\n')
    daemon.spend(3.2)
    daemon.spend(0.4, 6, model="nobody-knows-1")
    async with at_work(daemon):
        daemon.tell()
        await shows(daemon, "tokens here have no known price")
        assert "used up" not in daemon.line()


async def test_while_the_ledger_stands_still_lines_grow_old(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    async with at_work(daemon):
        daemon.tell()
        await shows(daemon, "session $0.00")
        daemon.trouble = "the disk is full"
        await asyncio.sleep(QUICK_S)
        queries = daemon.queries
        await asyncio.sleep(3 * QUICK_S)
        assert daemon.queries == queries
        daemon.trouble, daemon.is_locked = "", True
        await eventually(lambda: "no status lines" in caplog.text, "the warning")
        daemon.is_locked = False
        daemon.spend(1)
        await shows(daemon, "session $1.00")
