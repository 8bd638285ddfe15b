"""The watcher: every write below a home is told, whenever its folders come, go, or are replaced."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from claude_logs import append, call_line, eventually, log_of, register
from codex_logs import THREAD, meta, started
from watchdog.observers.api import BaseObserver

from aicost.daemon import watcher
from aicost.daemon.watcher import Watcher
from aicost.platform.inotify import WatchProbe

pytestmark = pytest.mark.skipif(not hasattr(os, "eventfd"), reason="inotify is Linux only")


class Told:
    """What a watcher said."""

    def __init__(self) -> None:
        self.written = set[tuple[str, str]]()
        self.registry_changes = 0
        self.watcher = Watcher(self._log_written, self._registry_changed)

    def _log_written(self, path: str, home: str) -> None:
        self.written.add((path, home))

    def _registry_changed(self) -> None:
        self.registry_changes += 1

    def watch(self, home: Path) -> bool:
        return self.watcher.watch(str(home), asyncio.get_running_loop())

    async def of(self, path: Path, home: Path) -> None:
        await eventually(lambda: (str(path), str(home)) in self.written, f"word of {path.name}")
        self.written.clear()


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    """A started watcher; its threads and descriptors are gone after the test."""
    threads, descriptors = threading.active_count(), psutil.Process().num_fds()
    told = Told()
    told.watcher.start()
    yield told
    told.watcher.stop()
    assert threading.active_count() <= threads
    assert psutil.Process().num_fds() <= descriptors


@pytest.fixture
def logs(home: Path) -> Path:
    path = home / ".claude"
    (path / "projects").mkdir(parents=True)
    (path / "sessions").mkdir()
    return path


async def test_appended_new_and_moved_logs_are_told(told: Told, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    assert told.watch(logs)
    append(log, call_line("msg_2"))
    await told.of(log, logs)
    new = append(log_of(logs, "new"), call_line("msg_3"))
    await told.of(new, logs)
    replaced = append(log.with_suffix(".tmp"), call_line("msg_4")).replace(log)
    await told.of(replaced, logs)


async def test_an_old_days_folder_that_grows_again_is_told(told: Told, home: Path) -> None:
    """Codex resumes a thread in the file of its first day."""
    codex = home / ".codex"
    log = codex / "sessions" / "2025" / "01" / "02" / f"rollout-x-{THREAD}.jsonl"
    append(log, meta())
    append(codex / "sessions" / "2026" / "11" / "22" / "rollout-y.jsonl", meta())
    told.watch(codex)
    append(log, started())
    await told.of(log, codex)
    archived = codex / "archived_sessions" / log.name
    archived.parent.mkdir()
    told.watch(codex)
    await told.of(log.rename(archived), codex)
    assert told.registry_changes == 0


async def test_logs_in_new_and_moved_folders_are_told(told: Told, logs: Path, home: Path) -> None:
    told.watch(logs)
    subagent = logs / "projects" / "-new" / "s" / "subagents" / "agent-1.jsonl"
    await told.of(append(subagent, call_line("msg_1")), logs)
    append(subagent, call_line("msg_2"))
    await told.of(subagent, logs)
    append(home / "elsewhere" / "s-2.jsonl", call_line("msg_3"))
    folder = (home / "elsewhere").rename(logs / "projects" / "-moved")
    await told.of(folder / "s-2.jsonl", logs)
    append(folder / "s-2.jsonl", call_line("msg_4"))
    await told.of(folder / "s-2.jsonl", logs)


async def test_the_registry_of_running_sessions_is_told(told: Told, logs: Path) -> None:
    told.watch(logs)
    entry = register(logs, "s-1", pid=7)
    await eventually(lambda: told.registry_changes, "word of a new session")
    told.registry_changes = 0
    entry.unlink()
    await eventually(lambda: told.registry_changes, "word of a session's end")


async def test_our_own_reading_is_not_told(told: Told, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    told.watch(logs)
    assert log.read_bytes()
    list(log.parent.iterdir())
    append(log.with_name("other.txt"), b"no log")
    later = append(log_of(logs, "later"), call_line("msg_2"))
    await eventually(lambda: told.written, "any word")
    assert told.written == {(str(later), str(logs))}


async def test_a_home_that_appears_later_is_watched_from_then_on(told: Told, home: Path) -> None:
    late = home / "late"
    assert not told.watch(late)
    log = append(log_of(late), call_line("msg_1"))
    assert told.watch(late)
    assert not told.watch(late)
    append(log, call_line("msg_2"))
    await told.of(log, late)


@pytest.mark.parametrize("was_noticed", [True, False], ids=["seen gone", "replaced at once"])
async def test_a_folder_that_is_replaced_is_watched_anew(
    told: Told, logs: Path, home: Path, was_noticed: bool
) -> None:
    told.watch(logs)
    (logs / "projects").rename(home / "old")
    if was_noticed:
        assert not told.watch(logs)
    log = append(log_of(logs), call_line("msg_1"))
    assert told.watch(logs)
    append(log, call_line("msg_2"))
    await told.of(log, logs)


async def test_a_folder_that_was_deleted_and_made_again_is_watched_anew(
    told: Told, logs: Path
) -> None:
    told.watch(logs)
    (logs / "projects").rmdir()
    assert not told.watch(logs)
    log = append(log_of(logs), call_line("msg_1"))
    assert told.watch(logs)
    append(log, call_line("msg_2"))
    await told.of(log, logs)


async def test_homes_behind_links_are_told_under_each_name(
    told: Told, logs: Path, home: Path
) -> None:
    """Whoever keeps dot files elsewhere links `~/.claude`, or folders in it."""
    linked = home / "linked"
    linked.symlink_to(logs)
    other = home / "other"
    other.mkdir()
    (other / "projects").symlink_to(logs / "projects")
    assert [told.watch(seen) for seen in (logs, linked, other)] == [True, True, True]
    new = {"session": "s-2", "project": "-new"}
    append(log_of(logs, **new), call_line("msg_2"))
    wanted = {(str(log_of(seen, **new)), str(seen)) for seen in (logs, linked, other)}
    await eventually(lambda: told.written == wanted, "word under every name")


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "inotify watch limit reached")


async def test_at_the_limit_of_watches_folders_are_named_as_unwatched(
    told: Told, logs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(BaseObserver, "schedule", no_space)
        for _ in range(3):
            assert not told.watch(logs)
    assert told.watcher.unwatched == {
        f"{logs}/projects": "inotify watch limit reached",
        f"{logs}/sessions": "inotify watch limit reached",
    }
    assert len(caplog.records) == 2
    assert told.watch(logs)
    assert told.watcher.unwatched == {}
    await told.of(append(log_of(logs), call_line("msg_1")), logs)


async def test_a_folder_watched_in_part_is_watched_anew_when_there_is_room(
    told: Told, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The observer says nothing of the folders below that it could not watch."""
    with monkeypatch.context() as patch:
        patch.setattr(WatchProbe, "has_watch_left", lambda _: False)
        assert told.watch(logs)
        assert not told.watch(logs)
        assert set(told.watcher.unwatched.values()) == {"inotify watch limit reached"}
        told.watcher.tells_too_little(str(logs), str(log_of(logs)))
        assert set(told.watcher.unwatched.values()) == {"inotify watch limit reached"}
    assert told.watch(logs)
    assert told.watcher.unwatched == {}
    assert not told.watch(logs)
    await told.of(append(log_of(logs), call_line("msg_1")), logs)


async def test_without_any_observer_folders_are_named_as_unwatched(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> BaseObserver:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(watcher, "new_observer", none_left)
    told = Told()
    told.watcher.start()
    assert not told.watch(logs)
    assert list(told.watcher.unwatched) == [f"{logs}/projects", f"{logs}/sessions"]
    told.watcher.stop()


async def test_a_home_that_tells_too_little_stays_named_as_unwatched(
    told: Told, logs: Path
) -> None:
    told.watch(logs)
    told.watcher.tells_too_little(str(logs), f"{logs}/projects/-src/one.jsonl")
    assert not told.watch(logs)
    assert list(told.watcher.unwatched) == [f"{logs}/projects"]
