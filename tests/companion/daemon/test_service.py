"""The daemon in one piece: what is written is known at once, whoever asks, whatever they ask."""

import asyncio
import gc
import json
import os
import sqlite3
import stat
import statistics
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from claude_logs import (
    MODEL,
    TOO_LATE_S,
    append,
    call_line,
    eventually,
    log_of,
    prompt_line,
    register,
)
from desktops import desktop_on, session_bus
from serving import WAIT_S

from aicost.core.errors import ConfigError, StoreError
from aicost.core.view import DashboardView
from aicost.daemon import indexer
from aicost.daemon.engine import Engine
from aicost.daemon.indexer import Survey
from aicost.daemon.service import Service
from aicost.daemon.setup import load_setup
from aicost.ipc import wire
from aicost.ipc.client import subscribe
from aicost.platform.dirs import Dirs, load_dirs
from aicost.store.ledger import Ledger, Recorded


@pytest.fixture
def dirs() -> Dirs:
    return load_dirs(os.environ)


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


class Daemon:
    """A running service and its clients."""

    def __init__(self, service: Service, dirs: Dirs) -> None:
        self.service, self.dirs = service, dirs
        self.progress = list[dict[str, Any]]()

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        async with asyncio.timeout(TOO_LATE_S):
            return await asyncio.to_thread(
                wire.call,
                self.dirs.socket_path,
                method,
                params,
                timeout_s=TOO_LATE_S,
                on_progress=self.progress.append,
            )

    async def document(self, method: str, **params: object) -> dict[str, Any]:
        answer = await self.ask(method, **params)
        found: dict[str, Any] = json.loads(answer["text"])
        return found

    async def total(self, **params: object) -> int:
        """Return how many requests a report counts."""
        requests: int = (await self.document("report", **params))["total"]["requests"]
        return requests

    def has(self, calls: int) -> Callable[[], bool]:
        """Return a test of how many calls the ledger has."""
        return lambda: self.calls == calls

    def has_heard_of(self, files_done: int) -> bool:
        return bool(self.progress) and self.progress[-1]["files_done"] == files_done

    @property
    def calls(self) -> int:
        with closing(sqlite3.connect(self.dirs.ledger_file)) as db:
            return int(db.execute("SELECT count(*) FROM call").fetchone()[0])


def shows(views: list[DashboardView], *, requests: int) -> bool:
    """Say whether the screen shows so many calls of its first session."""
    return bool(views[-1].sessions) and views[-1].sessions[0].requests == requests


def own_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if "asyncio" not in thread.name}


@asynccontextmanager
async def running(dirs: Dirs) -> AsyncIterator[Daemon]:
    """Run a service; afterwards nothing of it is left."""
    threads, descriptors = own_threads(), psutil.Process().num_fds()
    service = Service(load_setup(dirs, os.environ))
    ready = asyncio.Event()
    task = asyncio.create_task(service.run(ready.set))
    try:
        await asyncio.wait_for(ready.wait(), TOO_LATE_S)
        yield Daemon(service, dirs)
    finally:
        service.stop()
        await asyncio.wait_for(task, TOO_LATE_S)
    assert not dirs.socket_path.exists()
    assert own_threads() <= threads
    await eventually(lambda: psutil.Process().num_fds() <= descriptors, "no open file")


@pytest.fixture
async def daemon(dirs: Dirs) -> AsyncIterator[Daemon]:
    async with running(dirs) as found:
        yield found


@asynccontextmanager
async def watched(daemon: Daemon, *homes: Path) -> AsyncIterator[list[DashboardView]]:
    """Receive the views that a screen would."""
    views = list[DashboardView]()

    async def receive() -> None:
        named = [str(home) for home in homes]
        async for view in subscribe(daemon.dirs.socket_path, homes=named):
            views.append(view)

    task = asyncio.create_task(receive())
    await eventually(lambda: views, "the first view")
    try:
        yield views
    finally:
        task.cancel()
        await asyncio.wait([task])


# What is written is known


async def test_an_answer_holds_what_was_written_before_the_question(
    daemon: Daemon, logs: Path
) -> None:
    for number in range(10):
        append(log_of(logs), prompt_line(f"p-{number}"), call_line(f"msg_{number}"))
        assert await daemon.total() == number + 1
    turns = await daemon.document("turns", session="s-1")
    assert len(turns["turns"]) == 10
    sessions = await daemon.document("sessions")
    assert [row["session_id"] for row in sessions["sessions"]] == ["s-1"]
    assert (turns["complete"], turns["pending_bytes"]) == (True, 0)


async def test_an_answer_that_does_not_wait_says_what_is_missing(
    daemon: Daemon, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await daemon.total() == 0
    monkeypatch.setattr(Engine, "read_all", lambda *_, **__: (_ for _ in ()))
    monkeypatch.setattr(Engine, "read_paths", lambda *_: Recorded(0, frozenset()))
    log = append(log_of(logs), call_line("msg_1"))
    report = await daemon.document("report", wait=False)
    assert report["total"]["requests"] == 0
    assert (report["complete"], report["pending_bytes"]) == (False, log.stat().st_size)


async def test_a_line_is_in_the_ledger_and_on_the_screen_within_half_a_second(
    daemon: Daemon, logs: Path
) -> None:
    to_ledger, to_screen = list[float](), list[float]()
    append(log_of(logs), call_line("msg_0"))
    assert await daemon.total() == 1
    async with watched(daemon, logs) as views:
        for number in range(2, 12):
            begin = time.monotonic()
            append(log_of(logs), call_line(f"msg_{number}"))
            await eventually(daemon.has(number), "the ledger")
            to_ledger.append(time.monotonic() - begin)
            await eventually(partial(shows, views, requests=number), "the screen")
            to_screen.append(time.monotonic() - begin)
    assert statistics.median(to_ledger) < 0.5
    assert statistics.median(to_screen) < 0.5


async def test_running_agents_are_on_the_screen_before_their_first_call(
    daemon: Daemon, logs: Path
) -> None:
    (logs / "sessions").mkdir(parents=True)
    assert await daemon.total() == 0
    async with watched(daemon, logs) as views:
        entry = register(logs, "s-1", pid=os.getpid(), cwd="/src/shop")
        await eventually(lambda: views[-1].live == 1, "the new session")
        assert views[-1].sessions[0].repo == "shop"
        entry.unlink()
        await eventually(lambda: views[-1].live == 0, "its end")


async def test_without_a_screen_no_view_is_built(
    daemon: Daemon, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = list[int]()
    real = daemon.service._publisher._build

    async def counted() -> DashboardView:
        built.append(1)
        return await real()

    monkeypatch.setattr(daemon.service._publisher, "_build", counted)
    append(log_of(logs), call_line("msg_1"))
    assert await daemon.total() == 1
    async with watched(daemon, logs):
        append(log_of(logs), call_line("msg_2"))
        await eventually(lambda: built, "a view for the screen")


# Budgets and advice


async def test_a_screen_a_status_and_an_agents_user_are_told_of_a_budget(
    daemon: Daemon, logs: Path, dirs: Dirs
) -> None:
    dirs.config_file.write_text('[[budgets]]\nscope = "day"\namount = 5\n')
    (logs / "sessions").mkdir(parents=True)
    register(logs, "s-1", pid=os.getpid(), cwd="/src/shop")
    cost = {"input_tokens": 0, "output_tokens": 300_000}  # $15 a million of them
    line = call_line("msg_1", at=datetime.now(UTC), tokens=cost)
    append(log_of(logs), prompt_line("u-1"), line)
    async with watched(daemon, logs) as views:
        await eventually(
            lambda: views[-1].budgets and views[-1].budgets[0].spent, "the budget on the screen"
        )
        [budget] = views[-1].budgets
        assert (budget.budget.budget_id, budget.spent) == ("day", 4_500_000_000)
        assert [one.kind for one in views[-1].nudges if one.severity == "warning"] == ["budget"]
    status = await daemon.document("overview", format="json")
    assert [one["spent"] for one in status["budgets"]] == [4.5]
    assert "$4.50 of today's $5.00 spent, 90 %" in status["nudges"][0]["sentence"]
    ask = {
        "agent": "claude",
        "event": "UserPromptSubmit",
        "session_id": "s-1",
        "path": str(log_of(logs)),
    }
    said = [(await daemon.ask("gate", **ask))["notice"] for _ in range(2)]
    assert said[0].startswith("aicost ▲ $4.50 of today's $5.00 spent, 90 %; resets at ")
    assert said[1] == ""


async def test_the_desktop_is_told_when_its_user_wants_it(
    dirs: Dirs, logs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = '[[budgets]]\nscope = "day"\namount = 5\n'
    dirs.config_file.write_text(f"{budget}[nudges]\ndesktop = true\n")
    line = call_line(at=datetime.now(UTC), tokens={"output_tokens": 300_000})
    append(log_of(logs), prompt_line("u-1"), line)
    with session_bus(home) as address, desktop_on(address) as desktop:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        async with running(dirs):
            await eventually(lambda: desktop.shown, "a notification")
    texts = [body.partition(",")[0] for *_, body, _, _, _ in desktop.shown]
    assert texts.count("$4.50 of today's $5.00 spent") == 1


# Homes


async def test_homes_that_a_client_names_are_taken_on(
    daemon: Daemon, logs: Path, home: Path
) -> None:
    append(log_of(logs, "s-1"), call_line("msg_1", "s-1"))
    other = home / "other"
    log = append(log_of(other, "s-2"), call_line("msg_2", "s-2"))
    assert await daemon.total(homes=[str(other)]) == 1
    assert await daemon.total(homes=[str(logs)]) == 1
    assert await daemon.total() == 2
    assert str(other) in (await daemon.ask("status"))["homes"]
    append(log, call_line("msg_3", "s-2"))
    await eventually(lambda: daemon.calls == 3, "the new home to be followed")


async def test_a_screen_that_names_a_home_sees_it(daemon: Daemon, home: Path) -> None:
    other = home / "other"
    append(log_of(other), call_line("msg_1"))
    async with watched(daemon, other) as views:
        await eventually(lambda: views[-1].reading is None, "the reading")
        assert [row.session_id for row in views[-1].sessions] == ["s-1"]
        assert (views[-1].log_files, str(other) in views[-1].homes) == (1, True)


async def test_not_waiting_does_not_wait_for_a_reading_either(
    daemon: Daemon, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await daemon.total() == 0
    log = append(log_of(home / "other"), call_line("msg_1"))
    reading, go_on = threading.Event(), threading.Event()
    real = Ledger.recording

    def slow(ledger: Ledger) -> object:
        reading.set()
        go_on.wait(TOO_LATE_S)
        return real(ledger)

    monkeypatch.setattr(Ledger, "recording", slow)
    try:
        asked = {"homes": [str(home / "other")], "wait": False}
        report = await daemon.document("report", **asked)
        assert (report["complete"], report["total"]["requests"]) == (False, 0)
        await eventually(reading.is_set, "the reading")
        report = await daemon.document("report", **asked)
        status = await daemon.ask("status")
    finally:
        go_on.set()
    assert (report["complete"], report["pending_bytes"]) == (False, log.stat().st_size)
    assert status["pending_bytes"] == log.stat().st_size
    assert await daemon.total() == 1


async def test_sessions_of_other_homes_are_not_the_callers(
    daemon: Daemon, logs: Path, home: Path
) -> None:
    register(home / "other", "theirs", pid=os.getpid())
    register(logs, "mine", pid=os.getpid())
    await daemon.ask("homes.add", homes=[str(home / "other")])
    for homes, wanted in (([str(logs)], ["mine"]), ([], ["mine", "theirs"])):
        document = await daemon.document("sessions", homes=homes)
        assert sorted(row["session_id"] for row in document["sessions"]) == wanted


async def test_days_are_of_the_callers_zone(daemon: Daemon, logs: Path) -> None:
    at = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
    append(log_of(logs), prompt_line("p-1", at=at), call_line("msg_1", at=at))
    for tz, day in (("UTC", "2026-11-22"), ("America/New_York", "2026-11-21")):
        report = await daemon.document("report", tz=tz)
        assert (report["timezone"], report["rows"][0]["key"]) == (tz, day)
        turns = await daemon.document("turns", since="2026-11-22", tz=tz)
        assert len(turns["turns"]) == (tz == "UTC")
        table = (await daemon.ask("sessions", format="table", tz=tz))["text"]
        assert day in table
    own = await daemon.document("report", tz="America/New_York", timezone="UTC")
    assert own["rows"][0]["key"] == "2026-11-22"


async def test_a_hooks_transcript_names_its_home(daemon: Daemon, home: Path) -> None:
    log = append(log_of(home / "other"), call_line("msg_1"))
    assert await daemon.ask("transcript.seen", path=str(log)) == {"known": True}
    await eventually(lambda: daemon.calls == 1, "the transcript to be read")
    for path in ("/etc/passwd", "/a/projects/../b.jsonl", "projects/x.jsonl", 7, None):
        assert await daemon.ask("transcript.seen", path=path) == {"known": False}


def tell(daemon: Daemon, session_id: str = "s-1", **fields: object) -> None:
    """Leave what a client says where `statusline.sh` does."""
    content = json.dumps({"session_id": session_id, **fields})
    (daemon.dirs.run_dir / "statusline" / "in" / session_id).write_text(content)


async def test_a_status_lines_dollars_are_reconciled_before_the_agent_logs_its_own(
    daemon: Daemon, logs: Path
) -> None:
    append(log_of(logs), call_line("msg_1"))

    async def rows() -> dict[str, dict[str, Any]]:
        (session,) = (await daemon.document("reconcile", homes=[str(logs)]))["sessions"]
        return {row["model"] or "": row for row in session["models"]}

    assert list(await rows()) == [MODEL]
    tell(daemon, cost={"total_cost_usd": 7.5}, transcript_path="/x")
    async with asyncio.timeout(WAIT_S):
        while "" not in (after := await rows()):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.01)
    assert set(after) == {"", MODEL}
    assert after[""]["client"]["cost_usd"] == 7.5


async def test_a_status_lines_limits_are_those_of_its_sessions_home(
    daemon: Daemon, logs: Path
) -> None:
    append(log_of(logs), call_line("msg_1"))
    await eventually(lambda: daemon.calls == 1, "the call to be read")
    week = {"used_percentage": 80, "resets_at": 4_000_000_000}
    for session_id, percent in (("unknown", 90), ("s-1", 41)):
        limits = {"five_hour": {"used_percentage": percent}, "seven_day": week}
        tell(daemon, session_id, cost={"total_cost_usd": 7.5}, rate_limits=limits)

    async def shown() -> Any:
        return (await daemon.document("overview", homes=[str(logs)]))["limits"]

    async with asyncio.timeout(WAIT_S):
        while not (found := (await shown())):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.01)
    assert [(one["limit_id"], one["primary"]["used_percent"]) for one in found] == [("claude", 41)]


async def test_a_session_reads_its_own_line_as_soon_as_its_client_told(
    daemon: Daemon, logs: Path
) -> None:
    folder = daemon.dirs.run_dir / "statusline"
    append(log_of(logs), call_line("msg_1"))
    await eventually(lambda: daemon.calls == 1, "the call to be read")
    assert sorted(path.name for path in folder.iterdir()) == ["in", "line"]
    tell(daemon, context_window={"context_window_size": 400_000})
    line = folder / "line" / "s-1"
    await eventually(line.exists, "the line")
    await eventually((folder / "until").exists, "the sign of life")
    assert line.read_text().startswith("1 ")
    assert int((folder / "until").read_text()) == os.getpid()
    (session,) = (await daemon.document("sessions", homes=[str(logs)]))["sessions"]
    assert session["context_window_tokens"] == 400_000


async def test_budgets_are_read_again_when_asked_and_what_is_wrong_with_them_is_shown(
    daemon: Daemon,
) -> None:
    file = daemon.dirs.config_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('[[budgets]]\nscope = "day"\namount = 25\n')
    assert await daemon.ask("budgets.reload") == {"budgets": 1, "troubles": []}
    file.write_text("[[budgets]]\n")
    answer = await daemon.ask("budgets.reload")
    trouble = f"a budget has no scope ({file}:1): scopes are "
    assert answer["budgets"] == 1
    assert answer["troubles"][0].startswith(trouble)
    assert (await daemon.ask("status"))["budget_troubles"] == answer["troubles"]
    reader = (await daemon.document("overview"))["reader"]
    assert reader["budget_troubles"] == answer["troubles"]


async def test_a_new_budget_is_looked_at_at_once_for_what_is_to_be_told(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    for part in ("_gatekeeper", "_badges", "_advising", "_publisher"):
        woken_part = partial(woken.append, part)
        monkeypatch.setattr(getattr(daemon.service, part), "changed", woken_part)
    await daemon.ask("budgets.reload")
    # (The first looks at the logs may wake them, too.)
    assert set(woken) == {"_gatekeeper", "_badges", "_advising", "_publisher"}


async def test_a_daemon_that_starts_beside_an_agent_knows_its_repositorys_budgets(
    dirs: Dirs, logs: Path, home: Path
) -> None:
    """Before any hook asks: a stop that the user trusts is not to wait for the next prompt."""
    (home / "shop" / ".git").mkdir(parents=True)
    (home / "shop" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (home / "shop" / ".aicost.toml").write_text('[[budgets]]\nscope = "day"\namount = 5\n')
    register(logs, "s-1", pid=os.getpid(), cwd=str(home / "shop"))
    async with running(dirs) as daemon:
        budgets = daemon.service._budgets
        await eventually(lambda: budgets.current().budgets, "the repository's budgets")


# What goes wrong


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("report", {"by": "colour"}),
        ("report", {"timezone": "../x"}),
        ("report", {"homes": "/home"}),
        ("report", {"homes": ["relative"]}),
        ("turns", {"since": "yesterday"}),
        ("sessions", {"live": 7}),
        ("sessions", {"colour": "red"}),
        ("view", {"homes": [7]}),
        ("homes.add", {"homes": [None]}),
        ("budget", {}),
    ],
    ids=str,
)
async def test_what_cannot_be_asked_is_refused_and_the_daemon_goes_on(
    daemon: Daemon, method: str, params: dict[str, object]
) -> None:
    with pytest.raises(ConfigError):
        await daemon.ask(method, **params)
    assert await daemon.total() == 0


async def test_a_ledger_that_cannot_be_written_is_said_and_the_daemon_goes_on(
    daemon: Daemon, logs: Path
) -> None:
    assert await daemon.total() == 0
    daemon.service._engine.ledger.db.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(daemon.dirs.ledger_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        append(log_of(logs), call_line("msg_1"))
        with pytest.raises(StoreError, match="locked"):
            await daemon.total()
        status = await daemon.ask("status")
        assert "locked" in status["trouble"]
        assert (await daemon.ask("view", wait=False))["trouble"] == status["trouble"]
        assert status["pending_bytes"] == log_of(logs).stat().st_size
        assert await daemon.total(wait=False) == 0
        overview = await daemon.document("overview")
        assert "locked" in overview["reader"]["trouble"]
        assert (overview["complete"], overview["today"]["requests"]) == (False, 0)
    assert await daemon.total() == 1
    assert (await daemon.ask("status"))["trouble"] == ""
    assert (await daemon.document("overview"))["reader"]["trouble"] is None


async def test_who_hangs_up_in_the_middle_disturbs_nobody(
    daemon: Daemon, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = Engine.surveying

    def slow(engine: Engine) -> Iterator[Survey | None]:
        go_on.wait(TOO_LATE_S)
        yield from real(engine)

    monkeypatch.setattr(Engine, "surveying", slow)
    append(log_of(logs), call_line("msg_1"))
    for _ in range(5):
        connection = wire.connect(daemon.dirs.socket_path, timeout_s=TOO_LATE_S)
        connection.send_line(b'{"v":1,"id":1,"method":"report","params":{}}', timeout_s=TOO_LATE_S)
        connection.close()
    waiting = asyncio.create_task(daemon.total())
    go_on.set()
    assert await waiting == 1


async def test_what_goes_wrong_for_who_left_is_nobodys_error(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert await daemon.total() == 0
    looking, go_on = threading.Event(), threading.Event()

    def locked(_: Engine) -> Survey:
        looking.set()
        go_on.wait(TOO_LATE_S)
        raise StoreError("the ledger cannot be used: locked")

    def surveying(engine: Engine) -> Iterator[Survey | None]:
        yield locked(engine)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "surveying", surveying)
        patch.setattr(Engine, "glance", locked)
        connection = wire.connect(daemon.dirs.socket_path, timeout_s=TOO_LATE_S)
        connection.send_line(b'{"v":1,"id":1,"method":"report","params":{}}', timeout_s=TOO_LATE_S)
        await eventually(looking.is_set, "the look it asked for")
        connection.close()
        await eventually(lambda: not daemon.service._server._clients, "the client's end")
        go_on.set()
        await eventually(lambda: daemon.service._reader.trouble, "the trouble")
    assert await daemon.total() == 0
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_waiting_client_hears_how_far_the_reading_is(
    dirs: Dirs, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of the reading waits until the client was told of the one before."""
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr("aicost.daemon.service.PROGRESS_S", 0.001)
    for number in range(4):
        append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
    told, real = threading.Semaphore(0), Ledger.recording

    def slow(ledger: Ledger) -> object:
        told.acquire(timeout=TOO_LATE_S)
        return real(ledger)

    monkeypatch.setattr(Ledger, "recording", slow)
    async with running(dirs) as daemon:
        question = asyncio.create_task(daemon.total())
        await eventually(lambda: daemon.progress, "progress")
        for done in range(1, 4):
            told.release()
            await eventually(partial(daemon.has_heard_of, done), "the next step")
        told.release(100)  # the rest, and the evidence
        assert await question == 4
    assert daemon.progress[-1]["files_total"] == 4


async def test_a_bug_ends_the_daemon_in_order(dirs: Dirs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Engine) -> Iterator[Survey | None]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Engine, "surveying", broken)
    service = Service(load_setup(dirs, os.environ))
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(service.run(), TOO_LATE_S)
    assert caught.group_contains(RuntimeError, match="a bug")
    assert not dirs.socket_path.exists()


# The end, and how it is


async def test_it_ends_when_asked(dirs: Dirs) -> None:
    service = Service(load_setup(dirs, os.environ))
    ready = asyncio.Event()
    task = asyncio.create_task(service.run(ready.set))
    await asyncio.wait_for(ready.wait(), TOO_LATE_S)
    assert await Daemon(service, dirs).ask("stop") == {"pid": os.getpid()}
    await asyncio.wait_for(task, TOO_LATE_S)


async def test_it_ends_while_clients_wait_and_watch(
    dirs: Dirs, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    for number in range(30):
        append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
    async with running(dirs) as daemon:
        questions = [asyncio.create_task(daemon.total()) for _ in range(4)]
        async with watched(daemon, logs):
            await eventually(lambda: daemon.calls, "the first step")
            daemon.service.stop()
            await asyncio.wait(questions, timeout=TOO_LATE_S)
        assert all(question.done() for question in questions)
        for question in questions:
            question.exception()
    async with running(dirs) as daemon:
        assert await daemon.total() == 30


async def test_the_status_tells_how_it_is(daemon: Daemon, logs: Path) -> None:
    log = append(log_of(logs), b"broken\n", call_line("msg_1"))
    await daemon.total()
    odd = append(log.parent / os.fsdecode(b"\xff.jsonl"), b"{}\n")
    async with watched(daemon, logs):
        status = await daemon.ask("status")
    assert status["pid"] == os.getpid()
    assert status["log_files"] == 2
    assert status["log_bytes"] == log.stat().st_size + odd.stat().st_size
    assert status["pending_bytes"] == odd.stat().st_size
    assert status["unreadable"] == [str(log.parent / "\ufffd.jsonl")]
    assert status["unreadable_folders"] == []
    assert status["skipped_lines"] == 1
    assert (status["timezone"], status["trouble"], status["unwatched"]) == ("UTC", "", {})
    assert status["homes"] == [str(logs), str(logs.with_name(".codex"))]
    assert status["subscribers"] == 1
    assert min(status["rss_bytes"], status["cpu_s"], status["uptime_s"]) > 0


async def test_what_it_keeps_is_private(daemon: Daemon) -> None:
    assert stat.S_IMODE(daemon.dirs.socket_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(daemon.dirs.ledger_file.stat().st_mode) == 0o600


async def test_a_whole_view_can_be_asked_for(daemon: Daemon, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    view = await daemon.ask("view")
    assert view["reading"] is None
    assert [row["session_id"] for row in view["sessions"]] == ["s-1"]


# Prices

PRICE = f"""
[[price]]
model = "{MODEL}"
input_mtok = 100
output_mtok = 100
"""


async def test_prices_that_the_user_set_count_at_once_for_what_is_there_and_what_comes(
    daemon: Daemon, logs: Path
) -> None:
    append(log_of(logs), call_line("msg_1"))  # 4 tokens in, 9 out
    listed = (await daemon.document("report"))["total"]["cost_usd"]
    before = (await daemon.ask("status"))["price_book"]
    daemon.dirs.config_file.with_name("prices.toml").write_text(PRICE)
    async with watched(daemon, logs) as views:
        answer = await daemon.ask("prices.reload")
        await eventually(lambda: views[-1].sessions[0].cost_nusd == 1_300_000, "the new cost")
    report = await daemon.document("report")
    assert report["total"]["cost_usd"] == 0.0013 != listed
    assert report["price_book"] == answer["price_book"] != before
    assert (await daemon.ask("status"))["price_book"] == answer["price_book"]
    append(log_of(logs), call_line("msg_2"))
    assert (await daemon.document("report"))["total"]["cost_usd"] == 0.0026
    assert (await daemon.ask("prices.reload")) == answer


async def test_prices_that_cannot_be_used_leave_those_in_use(daemon: Daemon, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    before = await daemon.document("report")
    daemon.dirs.config_file.with_name("prices.toml").write_text("[[price]")
    with pytest.raises(ConfigError, match=r"prices\.toml: not TOML"):
        await daemon.ask("prices.reload")
    after = await daemon.document("report")
    assert after["total"] == before["total"]
    assert after["price_book"] == before["price_book"]


async def test_what_came_of_sessions_is_judged_by_itself(daemon: Daemon, logs: Path) -> None:
    append(log_of(logs), prompt_line("t-1"), call_line("msg_1"))
    found: dict[str, Any] = {}
    async with asyncio.timeout(TOO_LATE_S):
        while not found or [row["key"] for row in found["rows"]] != ["answered"]:
            found = await daemon.document("report", by="outcome")
    assert found["outcomes"]["commits"] == 0
    (session,) = (await daemon.document("sessions"))["sessions"]
    assert session["outcome"] == "answered"
