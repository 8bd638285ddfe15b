"""`aicost top`, for real: one screen as text or JSON from a daemon it starts itself."""

import contextlib
import fcntl
import gc
import json
import os
import pty
import select
import sqlite3
import struct
import subprocess
import termios
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import MODEL, aicost, command_line, own_environment, write_log

from aicost.cli.top import tidy

WAIT_S = 60.0


@contextmanager
def on_terminal(*argv: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run a command on a terminal of 80 by 24; give the process and the other end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    with subprocess.Popen(
        command_line(*argv), stdin=theirs, stdout=theirs, stderr=theirs, env=own_environment()
    ) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def read_until(terminal: int, wanted: bytes | None) -> bytes:
    """Return what comes up to the wanted bytes, or (None) to the end."""
    seen, until = b"", time.monotonic() + WAIT_S
    while wanted is None or wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
        assert ready, seen
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            chunk = b""
        if not chunk:
            break
        seen += chunk
    return seen


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    """End the test's own daemon, however the test ended."""
    yield
    aicost("daemon", "stop")


def test_json_is_the_complete_view_of_a_daemon_it_started(home: Path) -> None:
    write_log(home)
    document = json.loads(aicost("top", "--json").stdout)
    assert (document["schema"], document["complete"]) == (1, True)
    assert [row["model"] for row in document["sessions"]] == [MODEL]
    assert aicost("daemon", "status").returncode == 0


def test_its_sessions_are_those_of_sessions(home: Path) -> None:
    write_log(home)
    document = json.loads(aicost("top", "--json").stdout)
    (row,) = document["sessions"]
    assert [row] == json.loads(aicost("sessions", "--json").stdout)["sessions"]
    assert row["tool_calls"] == row["api_errors"] == row["retries"] == 0
    assert row["active_seconds"] is not None


def test_json_is_not_complete_beside_a_log_that_cannot_be_read(home: Path) -> None:
    write_log(home)
    (log,) = home.rglob("s-1.jsonl")
    (log.parent / os.fsdecode(b"\xff.jsonl")).write_bytes(log.read_bytes())
    document = json.loads(aicost("top", "--json").stdout)
    assert document["complete"] is False
    assert len(document["sessions"]) == 1


@pytest.mark.parametrize("options", [["--once"], []], ids=["asked for", "into a pipe"])
def test_one_screen_is_plain_text(home: Path, options: list[str]) -> None:
    write_log(home)
    ended = aicost("top", *options)
    assert ended.returncode == 0
    assert "shop" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_a_ledger_that_stays_locked_is_said_and_not_waited_for(home: Path) -> None:
    write_log(home)
    assert aicost("top", "--once").returncode == 0
    ledger = home / ".aicost" / "data" / "ledger.db"
    with contextlib.closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        write_log(home, "s-2")
        ended = aicost("top", "--once", env={"CLAUDE_CONFIG_DIR": str(home / "new" / ".claude")})
    assert ended.returncode == 0
    assert "shop" in ended.stdout
    assert "not reading: the ledger cannot be used: database is locked" in ended.stdout
    what, why, hint = ended.stderr.splitlines()
    assert what == "aicost: the newest calls may be missing"
    assert "locked" in why
    assert hint == "   try: aicost daemon status"


def test_json_waits_for_no_locked_ledger_either(home: Path) -> None:
    write_log(home)
    assert aicost("top", "--json").returncode == 0
    ledger = home / ".aicost" / "data" / "ledger.db"
    with contextlib.closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        write_log(home, "s-2")
        ended = aicost("top", "--json", env={"CLAUDE_CONFIG_DIR": str(home / "new" / ".claude")})
    document = json.loads(ended.stdout)
    assert document["complete"] is False
    assert [row["session_id"] for row in document["sessions"]] == ["s-1"]


def test_homes_the_daemon_did_not_know_are_taken_on(home: Path) -> None:
    assert aicost("daemon", "start").returncode == 0
    write_log(home / "other")
    other = {"CLAUDE_CONFIG_DIR": str(home / "other" / ".claude")}
    document = json.loads(aicost("top", "--json", env=other).stdout)
    assert [row["session_id"] for row in document["sessions"]] == ["s-1"]


def test_on_a_terminal_the_dashboard_opens_and_q_ends_it(home: Path) -> None:
    write_log(home)
    assert aicost("daemon", "start").returncode == 0
    with on_terminal("top") as (process, terminal):
        seen = read_until(terminal, b"shop")
        assert b"shop" in seen
        os.write(terminal, b"q")
        read_until(terminal, None)
        assert process.wait(WAIT_S) == 0


class _Screen:
    """Something that holds itself, as widgets do."""

    def __init__(self) -> None:
        self.itself = self


def test_tidying_frees_what_was_closed_and_leaves_alone_what_was_there_before() -> None:
    gc.unfreeze()
    gc.disable()
    try:
        tidy()
        there = gc.get_freeze_count()
        closed = weakref.ref(_Screen())
        assert closed() is not None
        tidy()
        assert closed() is None
        assert 0 < gc.get_freeze_count() <= there
    finally:
        gc.enable()
        gc.unfreeze()
