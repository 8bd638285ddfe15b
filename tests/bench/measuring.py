"""One run of a program: how long, how much processor, how much memory over all its processes."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import psutil

SAMPLE_S = 0.01


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program took."""

    wall_s: float
    cpu_s: float  # of it and of the processes that it waited for
    output: bytes


def timed(argv: Sequence[str], env: Mapping[str, str]) -> Run:
    """Run a program to its end. Raises CalledProcessError if it fails."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, check=True)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system
    return Run(wall, cpu - before.children_user - before.children_system, done.stdout)


def peak_rss_bytes(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a program; return the largest sum of its and its children's resident memory."""
    peak = 0
    with subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL) as process:
        own = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _tree_rss_bytes(own))
            time.sleep(SAMPLE_S)
    return peak


def _tree_rss_bytes(process: psutil.Process) -> int:
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_rss_bytes, family))


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


@dataclass(frozen=True, slots=True)
class Idle:
    """A process that has nothing to do."""

    rss_bytes: int
    cpu_share: float  # 0.01 = one percent of one core


def idle(pid: int, seconds: float) -> Idle:
    """Watch a process for some time without asking it anything."""
    process = psutil.Process(pid)
    before, start = _cpu_s(process), time.monotonic()
    time.sleep(seconds)
    used = _cpu_s(process) - before
    return Idle(_rss_bytes(process), used / (time.monotonic() - start))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
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
