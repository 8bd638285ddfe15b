"""The process table: alive means running, and the same process as then."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from aicost.platform.processes import _start_ticks, is_alive, own_use, start_mark


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process that waits for us."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def began(pid: int) -> datetime:
    return datetime.fromtimestamp(psutil.Process(pid).create_time(), UTC)


def test_a_running_process_is_alive_until_it_ends(child: "subprocess.Popen[bytes]") -> None:
    at = began(child.pid)
    assert is_alive(child.pid, at)
    assert is_alive(child.pid, None)
    child.kill()
    child.wait()
    assert not is_alive(child.pid, at)
    assert not is_alive(child.pid, None)


def test_a_dead_child_that_nobody_asked_about_is_not_alive(
    child: "subprocess.Popen[bytes]",
) -> None:
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert not is_alive(child.pid, None)


@pytest.mark.parametrize(
    ("said_after_start_s", "alive"),
    [(3600, True), (0, True), (-4, True), (-6, False)],
    ids=["an hour later", "at once", "clocks apart", "before this process began"],
)
def test_a_process_that_took_over_the_number_does_not_count(
    said_after_start_s: int,
    alive: bool,
) -> None:
    said = began(os.getpid()) + timedelta(seconds=said_after_start_s)
    assert is_alive(os.getpid(), said) == alive


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts in ticks")
@pytest.mark.parametrize("set_by_s", [-86_400, 0, 86_400])
def test_a_clock_that_is_set_ends_no_process(
    child: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch, set_by_s: int
) -> None:
    said, ticks = began(child.pid), _start_ticks(child.pid)
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + set_by_s)
    assert is_alive(child.pid, said, ticks)
    assert not is_alive(child.pid, said, str(int(ticks) - 1))
    assert is_alive(child.pid, said, "a date") == (set_by_s <= 0)


def test_a_process_that_is_gone_began_at_no_time() -> None:
    assert _start_ticks(2**22 + 1) == ""


def test_a_process_is_named_until_it_ends(child: "subprocess.Popen[bytes]") -> None:
    mark = start_mark(child.pid)
    assert mark
    assert mark == start_mark(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert start_mark(child.pid) == ""
    child.wait()
    assert start_mark(child.pid) == start_mark(-1) == start_mark(2**40) == ""


@pytest.mark.parametrize("pid", [-1, 2**22 + 1, 2**40])
def test_numbers_of_no_process_are_not_alive(pid: int) -> None:
    assert not is_alive(pid, None)


def test_we_use_something() -> None:
    use = own_use()
    assert use.rss_bytes > 1_000_000
    assert use.cpu_s > 0
    assert use.uptime_s > 0
