"""The reader: follows as agents write, catches up when asked, and outlives what goes wrong."""

import asyncio
import contextlib
import errno
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import pytest
from claude_logs import TOO_LATE_S, append, call_line, eventually, log_of, register
from codex_logs import meta, started
from ledgers import BOOK
from watchdog.observers.api import BaseObserver

from aicost.core.errors import StoreError
from aicost.core.facts import FileRead
from aicost.core.rests import Rest
from aicost.core.tailing import Cursor
from aicost.daemon import indexer
from aicost.daemon.engine import Engine, Step, open_engine
from aicost.daemon.indexer import Survey, Unread
from aicost.daemon.pace import USUAL_PACE, Pace
from aicost.daemon.reader import NOTHING_SEEN, Reader
from aicost.daemon.reading import read_log
from aicost.platform.dirs import load_dirs
from aicost.store.cursors import read_homes
from aicost.store.evidence import has_stale
from aicost.store.ledger import Ledger, Recorded
from aicost.store.waste import has_stale_waste

NEVER_S = 1000.0
NO_POLL = Pace(poll_s=NEVER_S, bare_poll_s=NEVER_S, folders_s=0.02, retry_s=NEVER_S)


class Run:
    """A running reader and what it said."""

    def __init__(self, engine: Engine, ledger: Path, pace: Pace) -> None:
        self.changes = list[Recorded]()
        self.changed: Callable[[Recorded], None] = self.changes.append
        self.reader = Reader(engine, lambda recorded: self.changed(recorded), pace)
        self.ledger = ledger

    @property
    def calls(self) -> set[str]:
        """The message ids that another process would find in the ledger."""
        with contextlib.closing(sqlite3.connect(self.ledger)) as db:
            keys = db.execute("SELECT event_key FROM call")
            return {key.removeprefix("claude:") for (key,) in keys}

    async def has(self, *wanted: str) -> None:
        await eventually(lambda: set(wanted) <= self.calls, f"{wanted} in the ledger")

    async def is_up_to_date(self) -> None:
        await eventually(lambda: self.reader.reading is None, "the first look")


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


def own_threads() -> set[str]:
    """Name the threads, but those the event loop keeps for whoever needs one."""
    return {thread.name for thread in threading.enumerate() if "asyncio" not in thread.name}


@asynccontextmanager
async def running(home: Path, homes: list[Path], pace: Pace = NO_POLL) -> AsyncIterator[Run]:
    """Run a reader; afterwards nothing of it is left."""
    threads, descriptors = own_threads(), psutil.Process().num_fds()
    dirs = load_dirs({"AICOST_HOME": str(home / "aicost")})
    engine = open_engine(dirs, book=BOOK, zone=ZoneInfo("UTC"), homes=[str(path) for path in homes])
    run = Run(engine, dirs.ledger_file, pace)
    task = asyncio.create_task(run.reader.run())
    try:
        yield run
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, TOO_LATE_S)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        engine.ledger.db.execute("SELECT 1")
    assert own_threads() <= threads
    assert psutil.Process().num_fds() <= descriptors


# Following


async def test_what_is_there_is_read_and_then_what_is_written(home: Path, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    async with running(home, [logs]) as run:
        assert run.reader.reading == NOTHING_SEEN
        await run.has("msg_1")
        await run.is_up_to_date()
        append(log, call_line("msg_2"))
        await run.has("msg_2")
        append(log_of(logs, "s-2", "-new"), call_line("msg_3", "s-2"))
        await run.has("msg_3")
        await eventually(lambda: run.reader.lag_s > 0, "a lag")
        await eventually(
            lambda: {"s-1", "s-2"} == {name for change in run.changes for name in change.sessions},
            "word of both sessions",
        )


async def test_a_line_that_tells_a_state_is_word_of_a_change(home: Path) -> None:
    """A Codex turn begins and ends without a call."""
    codex = home / ".codex"
    log = append(codex / "sessions" / "2026" / "11" / "22" / "rollout-x.jsonl", meta())
    async with running(home, [codex]) as run:
        await run.is_up_to_date()
        run.changes.clear()
        append(log, started())
        await eventually(lambda: Recorded(0, frozenset()) in run.changes, "word of the turn")


async def test_a_home_that_appears_later_is_read_and_followed(home: Path, logs: Path) -> None:
    async with running(home, [logs]) as run:
        await run.is_up_to_date()
        log = append(log_of(logs), call_line("msg_1"))
        await run.has("msg_1")
        append(log, call_line("msg_2"))
        await run.has("msg_2")
        register(logs, "s-1", pid=os.getpid())
        run.changes.clear()
        await eventually(lambda: run.changes, "word of the registry")


async def test_a_home_that_is_replaced_is_read_and_followed(home: Path, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    async with running(home, [logs]) as run:
        await run.has("msg_1")
        shutil.rmtree(logs)
        log = append(log_of(logs), call_line("msg_2"))
        await run.has("msg_1", "msg_2")
        append(log, call_line("msg_3"))
        await run.has("msg_3")


async def test_homes_taken_on_are_read_and_followed(home: Path, logs: Path) -> None:
    other = home / "other"
    log = append(log_of(other), call_line("msg_1"))
    async with running(home, [logs], Pace(poll_s=NEVER_S, folders_s=NEVER_S)) as run:
        await run.is_up_to_date()
        run.reader.add_homes([str(other), str(logs)])
        assert run.reader.reading is not None
        await run.has("msg_1")
        await run.is_up_to_date()
        append(log, call_line("msg_2"))
        await run.has("msg_2")


async def test_a_home_taken_on_is_kept_for_the_next_start(home: Path, logs: Path) -> None:
    (home / "other").mkdir()
    async with running(home, [logs]) as run:
        run.reader.add_homes([str(home / "other"), str(home / "missing")])
        await eventually(lambda: str(home / "other") in homes_in(run.ledger), "the home")
        assert str(home / "missing") not in homes_in(run.ledger)


def homes_in(ledger: Path) -> tuple[str, ...]:
    with contextlib.closing(sqlite3.connect(ledger)) as db:
        return read_homes(db)


async def test_without_watches_the_poll_reads(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "schedule", no_space)
    log = append(log_of(logs), call_line("msg_1"))
    pace = Pace(poll_s=NEVER_S, bare_poll_s=0.02)
    async with running(home, [logs], pace) as run:
        await run.has("msg_1")
        assert run.reader.watcher.unwatched == {f"{logs}/projects": "inotify watch limit reached"}
        append(log, call_line("msg_2"))
        await run.has("msg_2")


async def test_logs_that_change_without_a_word_are_polled_more_often(
    home: Path, logs: Path
) -> None:
    """As on a network drive: the watch is there and says nothing."""
    log = append(log_of(logs), call_line("msg_1"))
    pace = Pace(poll_s=0.02, bare_poll_s=0.02)
    async with running(home, [logs], pace) as run:
        await run.is_up_to_date()
        run.reader.watcher._log_written = lambda path, home: None
        for number in range(2, 4):
            append(log, call_line(f"msg_{number}"))
            os.utime(log, (1_000_000 + number, 1_000_000 + number))
            await run.has(f"msg_{number}")
        await eventually(lambda: run.reader.watcher.unwatched, "word of it")
        assert list(run.reader.watcher.unwatched) == [f"{logs}/projects"]


async def test_logs_that_are_told_are_not_mistaken_for_silent_ones(home: Path, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    async with running(home, [logs]) as run:
        await run.is_up_to_date()
        for number in range(2, 6):
            append(log, call_line(f"msg_{number}"))
            os.utime(log, (1_000_000 + number, 1_000_000 + number))
            run.reader.wake(str(log), str(logs))
            await run.reader.catch_up()
        assert run.reader.watcher.unwatched == {}


# Catching up


async def test_catching_up_reads_what_was_written_before_the_question(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(home, [logs]) as run:
        monkeypatch.setattr(run.reader, "wake", lambda path, home: None)
        for number in range(20):
            append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
            left = await asyncio.wait_for(run.reader.catch_up(), TOO_LATE_S)
            assert f"msg_{number}" in run.calls
            assert left.is_complete


async def test_what_a_short_look_may_miss_is_in_the_answer_after_the_file_system_told(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "NEWEST", 1)
    old, new = log_of(logs, "s-old"), log_of(logs, "s-new")
    for number, log in enumerate((old, new)):
        append(log, call_line(f"msg_{number}", log.stem))
        os.utime(log, ns=(number, number))
    async with running(home, [logs]) as run:
        await run.reader.catch_up(with_evidence=True)
        append(old, call_line("msg_9", "s-old"))
        await run.has("msg_9")
        assert (await run.reader.catch_up(with_evidence=True)).has_evidence


async def test_many_may_ask_at_once_and_leave_again(home: Path, logs: Path) -> None:
    for number in range(30):
        append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
    async with running(home, [logs]) as run:
        staying = [run.reader.catch_up() for _ in range(5)]
        leaving = [run.reader.catch_up() for _ in range(5)]
        for future in leaving:
            future.cancel()
        for future in staying:
            assert (await asyncio.wait_for(future, TOO_LATE_S)).is_complete
        assert len(run.calls) == 30


class SlowSurvey:
    """Makes the engine's looks at the disk wait for a word, after they have looked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_done, self.go_on = threading.Event(), threading.Event()
        real = Engine.surveying

        def surveying(engine: Engine) -> Iterator[Survey | None]:
            for found in real(engine):
                if found is not None:
                    self.is_done.set()
                    self.go_on.wait(TOO_LATE_S)
                yield found

        monkeypatch.setattr(Engine, "surveying", surveying)


async def test_who_asks_during_a_look_is_answered_after_another(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowSurvey(monkeypatch)
    async with running(home, [logs]) as run:
        await eventually(slow.is_done.is_set, "the first look")
        append(log_of(logs), call_line("msg_1"))
        caught_up = run.reader.catch_up()
        slow.go_on.set()
        await asyncio.wait_for(caught_up, TOO_LATE_S)
        assert run.calls == {"msg_1"}


async def test_a_home_taken_on_during_a_look_is_not_said_to_be_read(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log_of(home / "other"), call_line("msg_1"))
    slow = SlowSurvey(monkeypatch)
    said_to_be_read = list[set[str]]()
    async with running(home, [logs]) as run:

        def note(_: Recorded) -> None:
            if run.reader.reading is None:
                said_to_be_read.append(run.calls)

        run.changed = note
        await eventually(slow.is_done.is_set, "the first look")
        run.reader.add_homes([str(home / "other")])
        slow.go_on.set()
        await eventually(lambda: said_to_be_read, "the end of the reading")
    assert said_to_be_read[0] == {"msg_1"}


async def test_what_cannot_be_read_is_left_and_said(home: Path, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    odd = append(log_of(logs).parent / os.fsdecode(b"\xff.jsonl"), call_line("msg_2"))
    async with running(home, [logs]) as run:
        left = await run.reader.catch_up()
        assert run.calls == {"msg_1"}
        assert (left.is_complete, left.pending_bytes) == (False, odd.stat().st_size)
        assert (await run.reader.pending()).unreadable == left.unreadable
        assert run.reader.reading is None


# A first reading of much


@pytest.fixture
def many(logs: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Twelve logs, each a step of its own, read in the reader's thread."""
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    return [append(log_of(logs, f"s-{n}"), call_line(f"msg_{n}", f"s-{n}")) for n in range(12)]


async def test_a_reading_says_how_far_it_is(home: Path, logs: Path, many: list[Path]) -> None:
    said = list[tuple[int, int]]()
    async with running(home, [logs]) as run:

        def note(_: Recorded) -> None:
            if reading := run.reader.reading:
                said.append((reading.files_done, reading.files_total))

        run.changed = note
        await run.is_up_to_date()
        assert said == [(number, 12) for number in range(1, 13)]
        run.changed = run.changes.append
        append(many[0], call_line("msg_new"))
        await run.reader.catch_up()
        assert run.reader.reading is None


async def test_a_live_session_does_not_wait_for_old_logs(
    home: Path, logs: Path, many: list[Path]
) -> None:
    live = log_of(logs, "live")
    steps_until_read = list[int]()
    async with running(home, [logs]) as run:

        def write_at_the_first_step(_: Recorded) -> None:
            run.changes.append(_)
            if len(run.changes) == 1:
                append(live, call_line("msg_live", "live"))
                run.reader.wake(str(live), str(logs))
            elif "msg_live" in run.calls:
                steps_until_read.append(len(run.changes))

        run.changed = write_at_the_first_step
        await run.has(*[f"msg_{n}" for n in range(12)])
        assert steps_until_read[0] == 2


async def test_who_waits_for_evidence_gets_all_of_it_while_an_agent_writes_on(
    home: Path, logs: Path, many: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, loop, written = Engine.read, asyncio.get_running_loop(), list[str]()

    def read(engine: Engine, found: Sequence[Unread], **how: int) -> Generator[Step, None, None]:
        for step in real(engine, found, **how):
            if found[0].stage == "evidence" and not written:
                written.append("msg_live")
                append(many[0], call_line("msg_live", "s-0"))
                loop.call_soon_threadsafe(run.reader.wake, str(many[0]), str(logs))
            yield step

    monkeypatch.setattr(Engine, "read", read)
    async with running(home, [logs]) as run:
        left = await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        assert written
        assert "msg_live" in run.calls
        assert left.has_evidence


async def test_live_evidence_does_not_wait_for_a_log_that_cannot_be_read(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = append(log_of(logs), call_line("msg_1"))
    live = append(log_of(logs, "s-2"), call_line("msg_2", "s-2"))

    def broken_read(path: str, home: str, cursor: Cursor, *how: Any) -> FileRead | None:
        if path == str(broken) and "evidence" in how:
            raise OSError(errno.EIO, "Input/output error")
        return read_log(path, home, cursor, *how)

    monkeypatch.setattr(indexer, "read_log", broken_read)
    async with running(home, [logs]) as run:
        left = await run.reader.catch_up(with_evidence=True)
        assert [log.path for log in left.without_evidence] == [str(broken)]
        append(live, call_line("msg_3", "s-2"))
        read_to = run.reader.engine.cursors["evidence"]
        await eventually(
            lambda: read_to[str(live)].seen_bytes == live.stat().st_size, "the live log's evidence"
        )
        assert str(broken) not in read_to


async def test_who_asks_for_usage_does_not_wait_for_evidence_to_be_summed_up(
    home: Path, logs: Path, many: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, may_end = Ledger.settle_some, threading.Event()

    def settle(ledger: Ledger) -> None:
        while real(ledger):
            pass

    monkeypatch.setattr(Ledger, "settle", settle)
    monkeypatch.setattr(Ledger, "settle_some", lambda ledger: real(ledger) or not may_end.is_set())
    async with running(home, [logs]) as run:
        with_evidence = run.reader.catch_up(with_evidence=True)
        await run.is_up_to_date()
        append(many[0], call_line("msg_new"))
        assert (await asyncio.wait_for(run.reader.catch_up(), TOO_LATE_S)).is_complete
        assert "msg_new" in run.calls
        assert not with_evidence.done()
        may_end.set()
        assert (await asyncio.wait_for(with_evidence, TOO_LATE_S)).has_evidence


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets a value whenever the ledger sums up what was appended."""
    real, found = Ledger.settle_some, list[int]()

    def settle_some(ledger: Ledger) -> bool:
        is_left = real(ledger)
        if is_left:
            found.append(1)
        return is_left

    monkeypatch.setattr(Ledger, "settle_some", settle_some)
    return found


def evidence_to(run: Run, log: Path) -> int:
    cursor = run.reader.engine.cursors["evidence"].get(str(log))
    return cursor.seen_bytes if cursor else 0


async def has_evidence_of(run: Run, log: Path) -> None:
    await eventually(lambda: evidence_to(run, log) == log.stat().st_size, "its evidence")


def is_summed_up(run: Run) -> bool:
    with contextlib.closing(sqlite3.connect(run.ledger)) as db:
        return not (has_stale(db) or has_stale_waste(db))


async def test_a_session_that_goes_on_is_not_summed_up_at_each_of_its_calls(
    home: Path, logs: Path, settled: list[int]
) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    pace = replace(NO_POLL, settle=Rest(times=10**9, most_s=NEVER_S))
    async with running(home, [logs], pace) as run:
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        assert settled
        settled.clear()
        for number in range(2, 6):
            append(log, call_line(f"msg_{number}"))
            await run.has(f"msg_{number}")
            await has_evidence_of(run, log)
        assert not settled
        assert not is_summed_up(run)
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        assert is_summed_up(run)


async def test_what_was_left_is_summed_up_after_a_rest_and_told(
    home: Path, logs: Path, settled: list[int]
) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    pace = replace(NO_POLL, settle=Rest(times=10**9, most_s=0.2), folders_s=NEVER_S)
    async with running(home, [logs], pace) as run:
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        settled.clear()
        append(log, call_line("msg_2"))
        await run.has("msg_2")
        await has_evidence_of(run, log)
        assert not settled
        await eventually(lambda: is_summed_up(run), "the sums after a rest")
        await eventually(lambda: run.changes[-1].sessions == frozenset(), "word of it")


async def test_agents_that_write_do_not_wait_until_all_is_summed_up(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    pace = replace(NO_POLL, gather=Rest(times=0, most_s=0), settle=Rest(times=0, most_s=NEVER_S))
    async with running(home, [logs], pace) as run:
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        goes_on = threading.Event()

        def settle_some(_: Ledger) -> bool:
            goes_on.wait(0.01)
            return not goes_on.is_set()

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "settle_some", settle_some)
            for number in range(2, 5):
                append(log, call_line(f"msg_{number}"))
                await run.has(f"msg_{number}")
            goes_on.set()
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        assert is_summed_up(run)


async def test_sums_that_take_too_long_rest_too(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else sessions that write on would be summed up without an end."""
    log = append(log_of(logs), call_line("msg_1"))
    async with running(home, [logs], replace(NO_POLL, settle=Rest(times=1, most_s=0.05))) as run:
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        at = list[float]()

        def settle_some(_: Ledger) -> bool:
            at.append(time.monotonic())
            threading.Event().wait(0.01)
            return True

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "settle_some", settle_some)
            append(log, call_line("msg_2"))
            await eventually(lambda: at and at[-1] - at[0] > 0.3, "several goes")
        pauses = [after - before for before, after in pairwise(at)]
        assert max(pauses) >= 0.05
        assert min(pauses) < 0.05


async def test_sums_that_cannot_be_written_are_made_when_they_can(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    pace = replace(NO_POLL, settle=Rest(times=10**9, most_s=0.05), retry_s=0.05)
    async with running(home, [logs], pace) as run:
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        append(log, call_line("msg_2"))
        await has_evidence_of(run, log)

        tries = list[int]()

        def full(_: Ledger) -> bool:
            tries.append(1)
            raise StoreError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "settle_some", full)
            append(log, call_line("msg_3"))
            await eventually(lambda: tries, "a try")
        await eventually(lambda: not run.reader.trouble and is_summed_up(run), "the sums")


async def test_a_stop_in_the_middle_of_a_reading_leaves_a_whole_ledger(
    home: Path, logs: Path, many: list[Path]
) -> None:
    async with running(home, [logs]) as run:
        await eventually(lambda: run.changes, "the first step")
        question = run.reader.catch_up()
    assert question.cancelled()
    assert run.calls
    async with running(home, [logs]) as run:
        await run.is_up_to_date()
        assert run.calls == {f"msg_{n}" for n in range(12)}


async def test_a_client_that_leaves_does_not_end_the_reading(
    home: Path, logs: Path, many: list[Path]
) -> None:
    async with running(home, [logs]) as run:
        question = run.reader.catch_up()
        await eventually(lambda: run.changes, "the first step")
        question.cancel()
        await run.has(*[f"msg_{n}" for n in range(12)])


# What goes wrong


@asynccontextmanager
async def ledger_held_by_another(run: Run) -> AsyncIterator[None]:
    """Another process writes, and takes its time."""
    run.reader.engine.ledger.db.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(run.ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def test_a_locked_ledger_is_trouble_until_it_is_free(
    home: Path, logs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    pace = Pace(poll_s=NEVER_S, retry_s=0.02, folders_s=0.02)
    async with running(home, [logs], pace) as run:
        await run.has("msg_1")
        await run.is_up_to_date()
        async with ledger_held_by_another(run):
            append(log, call_line("msg_2"))
            said = len(run.changes)
            await eventually(lambda: run.reader.trouble, "trouble")
            assert "locked" in run.reader.trouble
            assert len(run.changes) == said + 1  # a screen hears of it
            other = append(log_of(logs, "s-2"), call_line("msg_3"))
            for unread in (log, other):
                os.utime(unread, (1_000_000, 1_000_000))
            for _ in range(3):
                with pytest.raises(StoreError, match="locked"):
                    await run.reader.catch_up()
            assert run.calls == {"msg_1"}
        await run.has("msg_2", "msg_3")
        await eventually(lambda: not run.reader.trouble, "the end of trouble")
        append(log, call_line("msg_4"))
        await run.has("msg_4")
        assert run.reader.watcher.unwatched == {}
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1


async def test_a_ledger_locked_from_the_start_is_filled_when_it_is_free(
    home: Path, logs: Path
) -> None:
    append(log_of(logs), call_line("msg_1"))
    async with running(home, [logs], Pace(retry_s=0.02)) as run:
        async with ledger_held_by_another(run):
            await eventually(lambda: run.reader.trouble, "trouble")
            assert run.reader.reading is not None
        await run.has("msg_1")
        await run.is_up_to_date()


async def test_a_bug_ends_the_reader_and_whoever_waits(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Engine) -> Iterator[Survey | None]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Engine, "surveying", broken)
    dirs = load_dirs({"AICOST_HOME": str(home / "aicost")})
    engine = open_engine(dirs, book=BOOK, zone=ZoneInfo("UTC"), homes=[str(logs)])
    reader = Reader(engine, lambda _: None)
    question = reader.catch_up()
    with pytest.raises(RuntimeError, match="a bug"):
        await asyncio.wait_for(reader.run(), TOO_LATE_S)
    assert question.cancelled()


# Together


async def test_many_sessions_that_write_at_once_are_read_together_and_nothing_is_lost(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings, read = list[int](), Engine.read_paths

    def counted(engine: Engine, paths: list[tuple[str, str]], *stage: Any) -> Recorded:
        if not stage:
            readings.append(len(paths))
        return read(engine, paths, *stage)

    monkeypatch.setattr(Engine, "read_paths", counted)
    sessions, lines = range(20), range(15)
    async with running(home, [logs], replace(NO_POLL, gather=USUAL_PACE.gather)) as run:
        await run.is_up_to_date()
        for line in lines:
            for session in sessions:
                log = log_of(logs, f"s-{session}", f"-{session}")
                append(log, call_line(f"msg_{session}_{line}", f"s-{session}"))
            await asyncio.sleep(0)
        wanted = {f"msg_{session}_{line}" for session in sessions for line in lines}
        await run.has(*wanted)
        await eventually(lambda: not run.reader._woken, "all that was told")
        assert run.calls == wanted
        await asyncio.wait_for(run.reader.catch_up(with_evidence=True), TOO_LATE_S)
        assert is_summed_up(run)
    assert len(readings) < len(wanted) / 2


async def test_while_a_reading_is_rested_from_who_waits_is_read_all_the_same(
    home: Path, logs: Path
) -> None:
    long = Rest(times=10**9, most_s=NEVER_S)
    one, other = append(log_of(logs), call_line("msg_1")), log_of(logs, "s-2")
    async with running(home, [logs], replace(NO_POLL, gather=long)) as run:
        await run.has("msg_1")
        await run.is_up_to_date()
        append(one, call_line("msg_2"))
        await run.has("msg_2")
        append(one, call_line("msg_3"))
        append(other, call_line("msg_4", "s-2"))
        await eventually(
            lambda: str(one) in run.reader._woken and str(other) in run.reader._woken,
            "word of both",
        )
        run.reader.wake(str(other), str(logs), is_urgent=True)
        await run.has("msg_4")
        await has_evidence_of(run, other)
        assert "msg_3" not in run.calls
        await asyncio.wait_for(run.reader.catch_up(), TOO_LATE_S)
        assert "msg_3" in run.calls


async def test_while_all_logs_are_looked_at_agents_that_write_do_not_wait(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    is_looking, go_on = threading.Event(), threading.Event()
    real = Engine.surveying

    def surveying(engine: Engine) -> Iterator[Survey | None]:
        is_looking.set()
        while not go_on.is_set():
            yield None
        yield from real(engine)

    pace = replace(NO_POLL, poll_s=0.05, survey_s=0.0)
    async with running(home, [logs], pace) as run:
        await run.is_up_to_date()
        monkeypatch.setattr(Engine, "surveying", surveying)
        await eventually(is_looking.is_set, "a look at all")
        append(log, call_line("msg_2"))
        await run.has("msg_2")
        caught_up = run.reader.catch_up()
        go_on.set()
        assert (await asyncio.wait_for(caught_up, TOO_LATE_S)).is_complete
        assert run.calls == {"msg_1", "msg_2"}
