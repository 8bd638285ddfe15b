"""Signals reach the process that was meant, and nobody else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession
from aicost.platform.signalling import process_of, send_to_agent

WAITS = "print('there', flush=True); input()"


@contextmanager
def agent(folder: Path, name: str = "claude", code: str = WAITS) -> Iterator[LiveSession]:
    """Run a program of an agent's name, which waits."""
    program = folder / name
    program.symlink_to(sys.executable)
    with subprocess.Popen(
        [program, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        began = datetime.fromtimestamp(psutil.Process(process.pid).create_time(), UTC)
        yield LiveSession(
            session_id="s-1", pid=process.pid, state="busy", cwd="", started_at=began,
            version="1", entrypoint="cli",
        )  # fmt: skip
        process.kill()


def ended_by(live: LiveSession) -> int:
    _, status = os.waitpid(live.pid, 0)
    return -os.waitstatus_to_exitcode(status)


def test_the_agent_gets_the_signal(tmp_path: Path) -> None:
    code = f"import signal; signal.signal({int(signal.SIGINT)}, signal.SIG_DFL); {WAITS}"
    with agent(tmp_path, code=code) as live:
        found = process_of(live)
        assert found is not None
        assert found.pid == live.pid
        assert found.command[1:] == ("-c", code)
        assert send_to_agent(live, found.mark, signal.SIGINT).pid == live.pid
        assert ended_by(live) == signal.SIGINT


def test_where_the_system_holds_no_processes_it_gets_the_signal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    with agent(tmp_path) as live:
        found = process_of(live)
        assert found is not None
        send_to_agent(live, found.mark, signal.SIGTERM)
        assert ended_by(live) == signal.SIGTERM


def test_another_program_of_that_number_gets_none(tmp_path: Path) -> None:
    with agent(tmp_path, "editor") as live:
        assert process_of(live) is None
        with pytest.raises(ConfigError, match="no longer that agent"):
            send_to_agent(live, "any", signal.SIGTERM)
        assert psutil.Process(live.pid).is_running()


def test_an_agent_that_began_at_another_time_gets_none(tmp_path: Path) -> None:
    with agent(tmp_path) as live:
        with pytest.raises(ConfigError):
            send_to_agent(live, "12345", signal.SIGTERM)
        old = replace(live, started_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert process_of(old) is None  # its registry entry is of a process before it
        assert psutil.Process(live.pid).is_running()


@pytest.mark.parametrize("pid", [-1, 0, 1, pytest.param(os.getpid(), id="our own")])
def test_some_numbers_are_never_an_agents(tmp_path: Path, pid: int) -> None:
    with agent(tmp_path) as live:
        wrong = replace(live, pid=pid, started_at=None)
        assert process_of(wrong) is None
        with pytest.raises(ConfigError):
            send_to_agent(wrong, "", signal.SIGCONT)


def test_what_has_ended_gets_none(tmp_path: Path) -> None:
    with agent(tmp_path) as live:
        found = process_of(live)
        assert found is not None
        os.kill(live.pid, signal.SIGKILL)
        os.waitpid(live.pid, 0)
        with pytest.raises(ConfigError):
            send_to_agent(live, found.mark, signal.SIGTERM)
