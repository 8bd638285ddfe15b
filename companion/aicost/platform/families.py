"""Which processes belong together: by who started whom, and by a mark in their environment.

A mark goes on to children, also to those that leave their parent behind. psutil is imported by who
first asks: without a guarded run, nobody does.
"""

import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aicost.core.guard import is_within

if TYPE_CHECKING:
    from psutil import Process

_MOST_STEPS = 64  # up a process tree; numbers that are used again could make it a ring


def _gone(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what says that a process is gone or somebody else's, and more that can be wrong."""
    from psutil import AccessDenied, NoSuchProcess

    return (NoSuchProcess, AccessDenied, OSError, *more)


def mark_of(pid: int, name: str) -> str:
    """Return a variable of a process's environment as it began; "" where it has none."""
    from psutil import Process

    try:
        return Process(pid).environ().get(name, "")
    except _gone(ValueError, OverflowError):
        return ""


def birth_of(pid: int) -> float | None:
    """Return when a process began, by the system's clock; None if it is gone.

    With its number it names a process: numbers are used again.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except _gone(ValueError, OverflowError):
        return None


def is_below(pid: int, ancestor: int) -> bool:
    """Say whether a process is another one, or was started by it or by one that it started."""
    from psutil import Process

    try:
        process: Process | None = Process(pid)
        for _ in range(_MOST_STEPS):
            if process is None:
                return False
            if process.pid == ancestor:
                return True
            process = process.parent()  # (None, too, where the parent began later than its child)
    except _gone(ValueError, OverflowError):
        pass
    return False


def marked(name: str, value: str) -> "list[Process]":
    """Return the user's processes that carry a mark, or one within it; not this one."""
    import psutil

    own, found = os.getuid(), []
    for process in psutil.process_iter():
        try:
            is_other = process.pid != os.getpid() and process.uids().real == own
            if is_other and is_within(process.environ().get(name, ""), value):
                found.append(process)
        except _gone():
            continue
    return found


def descendants(pid: int) -> "list[Process]":
    """Return a process and all below it, the eldest first; nothing if it is gone."""
    from psutil import Process

    try:
        process = Process(pid)
        return [process, *process.children(recursive=True)]
    except _gone():
        return []


def are_alive(processes: "Iterable[Process]") -> bool:
    """Say whether any of them still does anything."""
    return any(_is_alive(process) for process in processes)


def _is_alive(process: "Process") -> bool:
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except _gone():
        return False


def name_of(process: "Process") -> str:
    """Return the name of a process's program, "" if it is gone."""
    try:
        return process.name()
    except _gone():
        return ""


def age_of_s(process: "Process") -> float:
    """Return for how many seconds a process is there; for ever if it is gone."""
    try:
        return max(0.0, time.time() - process.create_time())
    except _gone():
        return float("inf")


def send(processes: "Iterable[Process]", number: int) -> None:
    """Send a signal to those that are still there."""
    for process in processes:
        try:
            process.send_signal(number)  # (never to a stranger that got the number of a dead one)
        except _gone():
            continue
