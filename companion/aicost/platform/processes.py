"""The process table: does an agent still run, and what do we use ourselves.

psutil is imported by who first asks: many a start asks for no process.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_CLOCK_SLACK_S = 5.0  # start times come from two clocks: the kernel's ticks and the agent's own


def is_alive(pid: int, started: datetime | None, start_ticks: str = "") -> bool:
    """Return whether process `pid` runs and is the one that said at `started` that it does.

    A process that began later got the number of a dead one. `started` None: any process will do.
    Where both say when it began by the kernel's count (`start_ticks`, Linux), that decides: a clock
    that is set moves all other times.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        began_s = process.create_time()
    except psutil.AccessDenied:  # it runs, as somebody else
        return True
    except (psutil.NoSuchProcess, ValueError, OverflowError):  # gone; or no number of a process
        return False
    if start_ticks.isdecimal() and (ticks := _start_ticks(pid)):
        return ticks == start_ticks
    return started is None or began_s <= started.timestamp() + _CLOCK_SLACK_S


def start_mark(pid: int) -> str:
    """Return what names a process beside its number, which is used again; "" if it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return _start_ticks(pid) or repr(process.create_time())
    except (psutil.Error, OSError, ValueError, OverflowError):
        return ""


def _start_ticks(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; "" where nobody says."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    fields = stat.rpartition(b")")[2].split()  # (the name before it may hold anything)
    return fields[19].decode() if len(fields) > 19 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnUse:
    """What this process takes from the machine."""

    rss_bytes: int
    cpu_s: float  # user and system, since it started
    uptime_s: float


def own_use() -> OwnUse:
    """Measure this process now."""
    import psutil

    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return OwnUse(
            rss_bytes=process.memory_info().rss,
            cpu_s=times.user + times.system,
            uptime_s=max(0.0, time.time() - process.create_time()),
        )
