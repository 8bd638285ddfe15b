"""Codex threads that are open: of real files, held in a made-up table of processes."""

import os
from pathlib import Path

import pytest
from codex_logs import (
    LATER_TURN,
    NEW,
    THREAD,
    TURN,
    ended,
    event_row,
    meta,
    record,
    started,
    subagent,
    uuid7,
)
from log_builders import at

from aicost.core.session import WRITING_S, LiveSession, Running
from aicost.daemon.threads import (
    MAX_FIRST_LINE_BYTES,
    MAX_TAIL_BYTES,
    TAIL_BYTES,
    CodexThreads,
    is_codex_home,
)
from aicost.platform.open_files import OpenFiles

CHILD = uuid7(4)
LOG = b"".join([meta(version=NEW), started(), record()])


class Table:
    """A /proc in which the clients hold what they are told to."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        folder.mkdir()
        self.now = 0.0
        files = OpenFiles(
            "codex", ".jsonl", system="linux", proc=str(folder), clock=lambda: self.now
        )
        self.threads = CodexThreads(files, clock=lambda: self.wall_s)
        self.wall_s = 0.0

    def log(self, thread: str, content: bytes, day: str = "2026/11/22") -> Path:
        path = self.home / "sessions" / day / f"rollout-2026-11-22T05-48-28-{thread}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def open(self, path: Path, pid: int = 7) -> None:
        fds = self.folder / str(pid) / "fd"
        if not fds.exists():
            fds.mkdir(parents=True)
            (fds.parent / "comm").write_text("codex\n")
        (fds / str(len(list(fds.iterdir())))).symlink_to(path)

    def close(self, pid: int = 7) -> None:
        for fd in (self.folder / str(pid) / "fd").iterdir():
            fd.unlink()

    def read(self) -> Running:
        self.now += 1
        return self.threads.read([str(self.home)])

    def states(self) -> dict[str, str]:
        return {name: found.state for name, found in self.read().sessions.items()}


@pytest.fixture
def table(tmp_path: Path) -> Table:
    home = tmp_path.resolve() / ".codex"
    (home / "sessions" / "2026").mkdir(parents=True)
    return Table(tmp_path / "proc", home)


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as log:
        log.write(content)


def test_a_thread_is_live_while_a_client_holds_its_log(table: Table) -> None:
    path = table.log(THREAD, LOG)
    assert table.read() == Running(registries=frozenset({str(table.home)}))
    table.open(path, 42)
    assert table.read().sessions == {
        THREAD: LiveSession(
            session_id=THREAD,
            pid=42,
            state="busy",
            cwd="/src/shop",
            started_at=at(0),
            version=NEW,
            entrypoint="codex_exec",
            agent="codex",
        )
    }
    table.close(42)
    assert table.states() == {}


def test_the_log_says_whether_a_turn_goes_on(table: Table) -> None:
    path = table.log(THREAD, LOG)
    table.open(path)
    assert table.states() == {THREAD: "busy"}
    append(path, ended())
    assert table.states() == {THREAD: "idle"}
    append(path, started(LATER_TURN, 2)[:-20])
    assert table.states() == {THREAD: "idle"}  # that line is not whole
    append(path, started(LATER_TURN, 2)[-20:])
    assert table.states() == {THREAD: "busy"}
    append(path, event_row("turn_aborted", {"turn_id": LATER_TURN}))
    assert table.states() == {THREAD: "idle"}


def test_a_log_that_is_written_anew_is_looked_at_anew(table: Table) -> None:
    path = table.log(THREAD, LOG + ended())
    table.open(path)
    assert table.states() == {THREAD: "idle"}
    path.write_bytes(LOG)
    assert table.states() == {THREAD: "busy"}
    other = path.with_suffix(".new")
    other.write_bytes(LOG + ended() * 5)
    other.rename(path)
    assert table.states() == {THREAD: "idle"}


def filler(size: int) -> bytes:
    lines = event_row("agent_message", {"message": "x" * 1000})
    return lines * (size // len(lines) + 1)


@pytest.mark.parametrize("size", [TAIL_BYTES * 2, MAX_TAIL_BYTES + TAIL_BYTES])
def test_a_turn_that_has_long_begun_goes_on(table: Table, size: int) -> None:
    table.open(table.log(THREAD, LOG + filler(size)))
    assert table.states() == {THREAD: "busy"}


def test_a_turn_whose_end_is_a_long_line_has_ended(table: Table) -> None:
    """It repeats the last message, which may be as long as a model likes."""
    end = ended(last_agent_message="x" * TAIL_BYTES * 2)
    table.open(table.log(THREAD, LOG + end))
    assert table.states() == {THREAD: "idle"}


def test_a_log_that_grows_much_between_two_looks_is_read_at_its_end(table: Table) -> None:
    path = table.log(THREAD, LOG)
    table.open(path)
    assert table.states() == {THREAD: "busy"}
    append(path, filler(MAX_TAIL_BYTES * 2) + ended())
    assert table.states() == {THREAD: "idle"}


def test_a_thread_without_any_turn_is_idle(table: Table) -> None:
    table.open(table.log(THREAD, meta(version=NEW)))
    assert table.states() == {THREAD: "idle"}


@pytest.mark.parametrize(("silent_s", "state"), [(WRITING_S - 1, "busy"), (WRITING_S, "idle")])
def test_of_older_clients_only_the_time_of_the_last_line_tells(
    table: Table, silent_s: float, state: str
) -> None:
    path = table.log(THREAD, meta(version="0.98.0"))
    os.utime(path, (1_000, 1_000))
    table.wall_s = 1_000 + silent_s
    table.open(path)
    assert table.states() == {THREAD: state}


def test_a_session_is_busy_while_one_of_its_subagents_is(table: Table) -> None:
    child = meta(CHILD, version=NEW, session_id=THREAD, cwd="/tmp/child", **subagent())
    table.open(table.log(CHILD, child + started(uuid7(5), 5)), 8)
    assert table.states() == {THREAD: "busy"}
    table.open(table.log(THREAD, LOG + ended()), 7)
    (session,) = table.read().sessions.values()
    assert (session.state, session.pid, session.cwd) == ("busy", 7, "/src/shop")


def test_a_log_of_an_old_day_is_as_live_as_any(table: Table) -> None:
    table.open(table.log(THREAD, LOG, "2025/01/02"))
    assert table.states() == {THREAD: "busy"}


def test_a_thread_of_another_home_is_not_this_ones(table: Table, tmp_path: Path) -> None:
    other = tmp_path / "other" / "sessions" / "rollout-x.jsonl"
    other.parent.mkdir(parents=True)
    other.write_bytes(LOG)
    table.open(other)
    notes = table.home / "sessions" / "notes.jsonl"
    notes.write_bytes(LOG)
    table.open(notes)
    assert table.states() == {}


def test_homes_and_their_folders_may_be_links(table: Table, tmp_path: Path) -> None:
    path = table.log(THREAD, LOG)
    table.open(path)
    link = tmp_path / "link"
    link.symlink_to(table.home)
    table.now += 1
    assert list(table.threads.read([str(link)]).sessions) == [THREAD]
    moved = tmp_path / "moved"
    (table.home / "sessions").rename(moved)
    (table.home / "sessions").symlink_to(moved)
    table.close()
    table.open(moved / path.relative_to(table.home / "sessions"))
    assert table.states() == {THREAD: "busy"}


@pytest.mark.parametrize(
    "content", [b"", LOG[:100], b"{}\n", b"x" * MAX_FIRST_LINE_BYTES * 2, started()]
)
def test_a_log_that_says_not_whose_it_is_is_passed_over(table: Table, content: bytes) -> None:
    table.open(table.log(THREAD, content))
    assert table.states() == {}


def test_what_is_held_and_no_file_is_passed_over(table: Table) -> None:
    path = table.log(THREAD, LOG)
    path.unlink()
    table.open(path)
    pipe = path.with_name("rollout-pipe.jsonl")
    os.mkfifo(pipe)
    table.open(pipe)
    assert table.states() == {}


def test_a_long_first_line_is_read(table: Table) -> None:
    long = meta(version=NEW, base_instructions="x" * 100_000) + started(TURN)
    table.open(table.log(THREAD, long))
    assert table.states() == {THREAD: "busy"}


# Who may run unseen


def test_a_locked_thread_that_nobody_is_seen_to_hold_may_run_elsewhere(table: Table) -> None:
    locks = table.home / "thread-writer-locks"
    locks.mkdir()
    for name in (f"{THREAD}.lock", "other.lock", ".coordination.lock"):
        (locks / name).touch()
    table.open(table.log(THREAD, LOG))
    running = table.read()
    assert running.unsure == {"other"}
    assert running.registries == {str(table.home)}


def test_where_processes_cannot_be_seen_nothing_is_known(table: Table, tmp_path: Path) -> None:
    files = OpenFiles("codex", ".jsonl", system="linux", proc=str(tmp_path / "none"))
    assert CodexThreads(files).read([str(table.home)]) == Running()


def test_a_codex_home_is_told_by_what_lies_in_it(table: Table, tmp_path: Path) -> None:
    claude, empty, locked = tmp_path / "claude", tmp_path / "empty", tmp_path / "locked"
    (claude / "sessions").mkdir(parents=True)
    (claude / "sessions" / "2026.json").touch()
    (locked / "thread-writer-locks").mkdir(parents=True)
    found = [is_codex_home(str(home)) for home in (table.home, claude, empty, locked)]
    assert found == [True, False, False, True]
    assert table.threads.read([str(claude), str(empty)]) == Running()
