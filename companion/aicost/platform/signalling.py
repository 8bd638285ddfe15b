"""A signal to an agent's process, sent only if its number still is that process's."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from aicost.core.at_hand import AgentProcess, is_agents
from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession
from aicost.platform.processes import is_alive, start_mark


def process_of(live: LiveSession) -> AgentProcess | None:
    """Return the process that has a session open; None if it is gone, or is no such agent's."""
    import psutil

    if live.pid <= 1 or live.pid == os.getpid():
        return None
    mark = start_mark(live.pid)
    if not mark or not is_alive(live.pid, live.started_at, live.start_ticks):
        return None
    try:
        process = psutil.Process(live.pid)
        with process.oneshot():
            name, command = process.name(), tuple(process.cmdline())
            started_at = datetime.fromtimestamp(process.create_time(), UTC)
    except (psutil.Error, OSError):
        return None
    if not is_agents(live.agent, name, command):
        return None
    return AgentProcess(
        pid=live.pid, mark=mark, command=command, started_at=started_at, state=live.state
    )


def send_to_agent(live: LiveSession, mark: str, number: signal.Signals) -> AgentProcess:
    """Send a signal to the process that has a session open, if it is the one that `mark` names.

    Between the proof and the signal nobody else can get its number. Raises ConfigError.
    """
    with _held(live.pid) as send:
        found = process_of(live)
        if found is None or found.mark != mark:
            raise ConfigError(
                f"process {live.pid} is no longer that agent",
                why="it ended, or its number is another process's by now",
                hint="aicost sessions --live",
            )
        try:
            send(number)
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigError(
                f"process {live.pid} takes no signal of ours", why=why, hint="aicost sessions"
            ) from error
    return found


class _Sender:
    """Sends a signal to a process that is held by a descriptor, where the system has such."""

    def __init__(self, pid: int, fd: int | None) -> None:
        self._pid, self._fd = pid, fd

    def __call__(self, number: signal.Signals) -> None:
        if self._fd is None:
            os.kill(self._pid, number)
        else:
            signal.pidfd_send_signal(self._fd, number)


@contextmanager
def _held(pid: int) -> Iterator[_Sender]:
    fd = None
    if hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal"):
        try:
            fd = os.pidfd_open(pid)
        except OSError:  # gone, or an old kernel: what follows finds out
            fd = None
    try:
        yield _Sender(pid, fd)
    finally:
        if fd is not None:
            os.close(fd)
