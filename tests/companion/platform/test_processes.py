"""The process table: alive means running, and the same process as then."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from aicost.platform.processes import is_alive, own_use


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


@pytest.mark.parametrize("pid", [-1, 2**22 + 1, 2**40])
def test_numbers_of_no_process_are_not_alive(pid: int) -> None:
    assert not is_alive(pid, None)


def test_we_use_something() -> None:
    use = own_use()
    assert use.rss_bytes > 1_000_000
    assert use.cpu_s > 0
    assert use.uptime_s > 0
