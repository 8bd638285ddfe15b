"""The daemon as a process: one at a time, started by whoever needs it, ended in order or not."""

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from claude_logs import append, call_line, log_of
from lab.waiting import until

from aicost.core.errors import ConfigError, DaemonDown, StoreError
from aicost.core.guard import MARK
from aicost.core.hook_files import Where
from aicost.daemon.lifecycle import (
    DAEMON,
    AlreadyRunning,
    is_answering,
    ledger_lock,
    restart_in_background,
    running_pid,
    start_in_background,
    stop_running,
)
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs
from aicost.platform.hook_files import is_current, read_where, write_hook_files

TOO_LATE_S = 20.0


@pytest.fixture
def dirs() -> Iterator[Dirs]:
    """Places of our own; no daemon survives its test."""
    found = load_dirs(os.environ)
    yield found
    stop_running(found, timeout_s=TOO_LATE_S)
    for thread in threading.enumerate():
        if thread.name == "daemon's end":
            thread.join(TOO_LATE_S)


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


def pid_of(dirs: Dirs) -> int:
    return int(wire.call(dirs.socket_path, "status", {}, timeout_s=TOO_LATE_S)["pid"])


def calls(dirs: Dirs) -> int:
    with closing(sqlite3.connect(dirs.ledger_file)) as db:
        return int(db.execute("SELECT count(*) FROM call").fetchone()[0])


def total(dirs: Dirs) -> str:
    return str(wire.call(dirs.socket_path, "report", {}, timeout_s=TOO_LATE_S)["text"])


# The lock


def test_only_one_may_write(dirs: Dirs) -> None:
    with ledger_lock(dirs):
        with (
            pytest.raises(AlreadyRunning, match=f"in use by command {os.getpid()}$"),
            ledger_lock(dirs),
        ):
            pass
        with pytest.raises(AlreadyRunning), ledger_lock(dirs, wait_s=0.05):
            pass
    with ledger_lock(dirs):
        pass


def test_waiting_ends_when_the_other_is_done(dirs: Dirs) -> None:
    waiting, got_it = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with ledger_lock(dirs, wait_s=TOO_LATE_S):
            got_it.set()

    with ledger_lock(dirs):
        thread = threading.Thread(target=wait)
        thread.start()
        waiting.wait(TOO_LATE_S)
        assert not got_it.wait(0.05)
    assert got_it.wait(TOO_LATE_S)
    thread.join()


def test_a_daemon_is_only_outlasted_by_who_wants_to(dirs: Dirs) -> None:
    with ledger_lock(dirs, DAEMON):
        with pytest.raises(AlreadyRunning, match="daemon"), ledger_lock(dirs, wait_s=1000):
            pass
        with (
            pytest.raises(AlreadyRunning),
            ledger_lock(dirs, wait_s=0.05, outlast_daemon=True),
        ):
            pass


def test_the_lock_is_let_go_after_an_error_too(dirs: Dirs) -> None:
    with pytest.raises(ValueError, match="oops"), ledger_lock(dirs):
        raise ValueError("oops")
    with ledger_lock(dirs):
        pass
    assert dirs.lock_file.read_text() == ""


def test_where_nothing_can_be_locked_the_place_is_named(dirs: Dirs) -> None:
    dirs.lock_file.mkdir()
    with pytest.raises(StoreError) as caught, ledger_lock(dirs):
        pass
    assert caught.value.why == f"{dirs.lock_file}: Is a directory"
    dirs.lock_file.rmdir()


# Start


def test_where_no_process_can_be_started_it_is_said(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/python")
    with pytest.raises(DaemonDown) as caught:
        start_in_background(dirs, os.environ)
    assert "No such file" in caught.value.why


def test_a_daemon_is_started_once(dirs: Dirs) -> None:
    assert not is_answering(dirs)
    assert start_in_background(dirs, os.environ)
    pid = pid_of(dirs)
    assert pid != os.getpid()
    assert not start_in_background(dirs, os.environ)
    assert pid_of(dirs) == pid
    assert psutil.Process(pid).cwd() == "/"


def test_a_daemon_that_a_guarded_agent_starts_is_under_no_guard(dirs: Dirs) -> None:
    start_in_background(dirs, {**os.environ, MARK: "0123456789ab"})
    assert MARK not in psutil.Process(pid_of(dirs)).environ()


def test_two_who_start_at_once_get_one_daemon(dirs: Dirs) -> None:
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(start_in_background, dirs, os.environ) for _ in range(2)]
    assert sorted(future.result() for future in started) == [False, True]
    pid = pid_of(dirs)
    assert dirs.lock_file.read_text() == f"daemon {pid}\n"
    until(lambda: _daemons() == [pid], "the end of the other")


def test_a_daemon_waits_for_a_command_that_reads(dirs: Dirs) -> None:
    with ThreadPoolExecutor(1) as pool:
        with ledger_lock(dirs):
            starting = pool.submit(start_in_background, dirs, os.environ)
            until(lambda: _is_open(dirs.lock_file), "its look at the lock")
        assert starting.result()


def _is_open(path: Path) -> bool:
    """Say whether a daemon that this process started has a file open."""
    return any(
        found.path == str(path) for pid in _daemons() for found in psutil.Process(pid).open_files()
    )


def _daemons() -> list[int]:
    """Return the daemons that this process started."""
    return [
        child.pid
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "aicost" in child.cmdline()
    ]


def test_a_daemon_that_cannot_start_says_why(dirs: Dirs) -> None:
    dirs.config_file.parent.mkdir(parents=True, exist_ok=True)
    dirs.config_file.write_text('timezone = "Mars"\n')
    with pytest.raises(ConfigError, match="there is no time zone 'Mars'") as caught:
        start_in_background(dirs, os.environ)
    assert caught.value.hint == 'timezone = "Europe/Berlin"'
    assert "there is no time zone 'Mars'" in dirs.log_file.read_text()


def test_what_an_earlier_daemon_said_is_not_taken_for_an_answer(
    dirs: Dirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    dirs.log_file.write_text("aicost: an old error\n")
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(DaemonDown) as caught:
        start_in_background(dirs, os.environ)
    assert caught.value.why == "it said nothing"


@pytest.mark.parametrize(("size", "is_cut"), [(2**20, False), (2**20 + 1, True)])
def test_a_long_log_is_put_aside(dirs: Dirs, size: int, is_cut: bool) -> None:
    dirs.log_file.write_bytes(b"x" * size)
    assert start_in_background(dirs, os.environ)
    assert (dirs.log_file.stat().st_size < size) is is_cut
    assert dirs.log_file.with_suffix(".old.log").exists() is is_cut


@pytest.mark.parametrize("is_old", [False, True])
def test_its_log_is_for_the_user_alone(dirs: Dirs, is_old: bool) -> None:
    if is_old:
        dirs.log_file.touch()
        dirs.log_file.chmod(0o644)
    assert start_in_background(dirs, os.environ)
    assert stat.S_IMODE(dirs.log_file.stat().st_mode) == 0o600


# End


def test_it_ends_in_order(dirs: Dirs, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    start_in_background(dirs, os.environ)
    total(dirs)
    process = psutil.Process(pid_of(dirs))
    assert stop_running(dirs, timeout_s=TOO_LATE_S)
    assert not is_answering(dirs)
    assert not dirs.socket_path.exists()
    assert not dirs.ledger_file.with_name("ledger.db-wal").exists()
    assert re.search("stopped$", dirs.log_file.read_text())
    until(lambda: not process.is_running(), "its place in the process table")
    assert not stop_running(dirs, timeout_s=TOO_LATE_S)
    assert calls(dirs) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_reading_ends_it_in_order(
    dirs: Dirs, logs: Path, number: signal.Signals
) -> None:
    """What was read is kept; the rest is read next time."""
    for session in range(60):
        append(log_of(logs, f"s-{session}"), *[call_line(f"m-{session}-{n}") for n in range(10)])
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SLOW_DAEMON]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == b"step\n"
        children = psutil.Process(daemon.pid).children()
        daemon.send_signal(number)
        _, said = daemon.communicate(timeout=TOO_LATE_S)
    assert daemon.returncode == 0, said.decode()
    assert not dirs.socket_path.exists()
    assert psutil.wait_procs(children, timeout=TOO_LATE_S)[1] == []
    assert 0 < calls(dirs) < 600
    start_in_background(dirs, os.environ)
    total(dirs)
    assert calls(dirs) == 600


SLOW_DAEMON = """
import os
from aicost.daemon import indexer
from aicost.daemon.lifecycle import run_daemon
from aicost.platform.dirs import load_dirs
from aicost.store.ledger import Ledger

real = Ledger.recording

def told(ledger):
    print("step", flush=True)
    return real(ledger)

if __name__ == "__main__":
    indexer.BATCH_BYTES = 1
    Ledger.recording = told
    run_daemon(load_dirs(os.environ), os.environ)
"""


def test_after_a_kill_the_next_one_takes_over(dirs: Dirs, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    start_in_background(dirs, os.environ)
    total(dirs)
    process = psutil.Process(pid_of(dirs))
    process.kill()
    until(lambda: not is_answering(dirs), "its end")
    assert dirs.socket_path.exists()
    assert dirs.lock_file.read_text() == f"daemon {process.pid}\n"
    assert not stop_running(dirs, timeout_s=TOO_LATE_S)
    append(log, call_line("msg_2"))
    assert start_in_background(dirs, os.environ)
    total(dirs)
    assert calls(dirs) == 2


def test_a_process_that_does_not_end_is_named(dirs: Dirs) -> None:
    start_in_background(dirs, os.environ)
    process = psutil.Process(pid_of(dirs))
    process.suspend()
    try:
        with pytest.raises(AlreadyRunning, match=f"daemon {process.pid}"):
            stop_running(dirs, timeout_s=0.05)
    finally:
        process.resume()
    until(lambda: not is_answering(dirs), "its end")


def test_nobody_is_killed_for_an_old_lock_file(dirs: Dirs) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        dirs.lock_file.write_text(f"daemon {stranger.pid}\n")
        assert not stop_running(dirs, timeout_s=TOO_LATE_S)
        dirs.lock_file.write_text("daemon soon\n")
        assert not stop_running(dirs, timeout_s=TOO_LATE_S)
        with ledger_lock(dirs):
            assert not stop_running(dirs, timeout_s=TOO_LATE_S)
        assert stranger.poll() is None
        stranger.kill()


def test_a_daemon_that_just_ended_is_no_error(dirs: Dirs, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_pid: int, _signal: int) -> None:
        monkeypatch.undo()
        holding.set()
        raise ProcessLookupError

    holding = threading.Event()

    def hold() -> None:
        with ledger_lock(dirs, DAEMON):
            held.set()
            holding.wait(TOO_LATE_S)

    held = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(TOO_LATE_S)
    monkeypatch.setattr(os, "kill", gone)
    assert stop_running(dirs, timeout_s=TOO_LATE_S)
    thread.join()


def test_installed_hooks_know_the_daemon_while_it_runs(dirs: Dirs) -> None:
    dirs.config_file.write_text('[gate]\nfail = "closed"\n')
    old = Where(run_dir="/old", hook="/old/aicost-hook", fail="open", daemon_pid=0)
    write_hook_files(dirs.data_dir, old)
    (dirs.data_dir / "hooks" / "gate.sh").write_text("exit 0 # an older version's\n")
    assert running_pid(dirs) == 0
    start_in_background(dirs, os.environ)
    found = read_where(dirs.data_dir)
    assert found is not None
    assert (found.run_dir, found.fail) == (str(dirs.run_dir), "closed")
    assert found.daemon_pid == pid_of(dirs) == running_pid(dirs)
    assert os.access(found.hook, os.X_OK)
    assert is_current(dirs.data_dir)
    stop_running(dirs, timeout_s=TOO_LATE_S)
    ended = read_where(dirs.data_dir)
    assert ended is not None
    assert (ended.daemon_pid, ended.fail, ended.hook) == (0, "closed", found.hook)


def test_a_daemon_that_cannot_tell_the_hooks_runs_all_the_same(dirs: Dirs) -> None:
    (dirs.data_dir / "hooks" / "where").mkdir(parents=True)
    start_in_background(dirs, os.environ)
    assert is_answering(dirs)
    stop_running(dirs, timeout_s=TOO_LATE_S)
    assert "hooks" in dirs.log_file.read_text()


def test_without_hooks_nothing_is_written_for_them(dirs: Dirs) -> None:
    start_in_background(dirs, os.environ)
    stop_running(dirs, timeout_s=TOO_LATE_S)
    assert not (dirs.data_dir / "hooks").exists()


def test_a_restart_ends_the_one_that_runs_and_starts_another(dirs: Dirs) -> None:
    start_in_background(dirs, os.environ)
    before = pid_of(dirs)
    restart_in_background(dirs, os.environ)
    assert pid_of(dirs) != before
    assert not psutil.pid_exists(before)


def test_a_daemon_that_runs_is_not_ended_for_one_that_cannot_start(dirs: Dirs) -> None:
    start_in_background(dirs, os.environ)
    before = pid_of(dirs)
    dirs.config_file.parent.mkdir(parents=True, exist_ok=True)
    dirs.config_file.write_text("what = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        restart_in_background(dirs, os.environ)
    assert pid_of(dirs) == before
