"""Runs and processes: how long, how much processor, how much memory over all of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

import psutil

SAMPLE_S = 0.01
_CPU_CLOCK = 2  # CPUCLOCK_SCHED of Linux: the time that the scheduler gave


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program took."""

    wall_s: float
    cpu_s: float  # of it and of the processes that it waited for
    output: bytes = b""


def timed(
    argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str], content: bytes | None = None
) -> Run:
    """Run a program to its end, with `content` as its input.

    Raises RuntimeError with its last words if it fails.
    """
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(argv, env=env, input=content, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode != 0:
        raise RuntimeError(f"{argv}: {done.stderr.decode(errors='replace')[-1000:]}")
    cpu = after.children_user + after.children_system
    return Run(wall, cpu - before.children_user - before.children_system, done.stdout)


def peak_bytes(argv: Sequence[str | os.PathLike[str]], env: Mapping[str, str]) -> int:
    """Run a program; return the most memory that it and its children held at one time."""
    peak = 0
    with subprocess.Popen(
        argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        own = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                peak = max(peak, sum(map(_own_bytes, [own, *own.children(recursive=True)])))
            time.sleep(SAMPLE_S)
    return peak


def _own_bytes(process: psutil.Process) -> int:
    """Return a process' memory; of pages that it shares, on Linux its part, so that sums hold."""
    try:
        if sys.platform == "linux":
            return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ends, or already ended
        return 0


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def cpu_s(pid: int) -> float:
    """Return the user and system time of a process, of its ended threads too.

    On Linux from its own clock: /proc counts in ticks of 10 ms, and an append takes less.
    """
    if sys.platform == "linux":
        return time.clock_gettime(~pid << 3 | _CPU_CLOCK)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def alternating(
    runs: Mapping[str, Callable[[], Run]], rounds: int
) -> dict[str, tuple[float, float]]:
    """Call each in turn, `rounds` times after one round to warm up.

    Returns name -> (median wall time, median processor time), in seconds.
    """
    taken: dict[str, list[Run]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            result = run()
            if number:
                taken[name].append(result)
    return {
        name: (median(run.wall_s for run in found), median(run.cpu_s for run in found))
        for name, found in taken.items()
    }
