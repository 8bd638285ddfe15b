"""One call that an agent just wrote: how soon it counts, and what that takes the daemon."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bench.daemon import Daemon, filled, running
from bench.ledger import NewCalls
from bench.replay import call_in, lines_of_session, log_of_session, of_the_moment, session_id
from bench.setting import LEDGER, Bench
from bench.table import Figure, quantile

NUMBER = 9_000  # of the session that writes: none of a storm's
WARM_UP = 20
PAUSE_S = 0.03  # so that each is a wake-up of its own
COUNTED_S = 30.0
CPU_AT_MOST_S = 0.005
LAG_AT_MOST_S = 1.0
_LOOK_S = 0.002


def measure(bench: Bench) -> list[Figure]:
    """Append calls one by one to a log beside the corpus, and watch the daemon."""
    profile, home = filled(bench), bench.scratch / "appended"
    log = log_of_session(home, NUMBER)
    log.parent.mkdir(parents=True)
    lines, count = calls(bench.source), bench.sizes.appends
    with (
        running(bench, profile, [bench.home, home]) as daemon,
        closing(NewCalls(profile / LEDGER)) as new,
    ):
        daemon.report()
        daemon.settle()
        append(log, lines, new, WARM_UP)
        before, start = daemon.cpu_s(), time.monotonic()
        lags = append(log, lines, new, count)
        cpu_s, each_s = (daemon.cpu_s() - before) / count, (time.monotonic() - start) / count
        wake_up_s = wake_ups(daemon, log.with_name("not-a-log.txt"), count, each_s)
        with daemon.watched():
            append(log, lines, new, WARM_UP)
            before = daemon.cpu_s()
            append(log, lines, new, count)
            watched_s = (daemon.cpu_s() - before) / count
    return [
        Figure(
            what=f"one appended call of {count}, processor",
            value=max(0.0, cpu_s - wake_up_s),
            at_most=CPU_AT_MOST_S,
        ),
        Figure(what="the wake-up itself", value=wake_up_s),
        Figure(what="both with a dashboard open", value=watched_s),
        Figure(what="appended call counts after, median", value=quantile(lags, 0.5)),
        Figure(
            what="appended call counts after, p99",
            value=quantile(lags, 0.99),
            at_most=LAG_AT_MOST_S,
        ),
    ]


def calls(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield lines that report a call each, and its message id; no two the same call."""
    logs, seen = sorted(source.glob("projects/**/*.jsonl")), set[str]()
    for line in lines_of_session(logs, NUMBER, 1):
        message_id = call_in(line)
        if message_id is not None and message_id not in seen:
            seen.add(message_id)
            yield message_id, line


def append(log: Path, lines: Iterator[tuple[str, bytes]], new: NewCalls, count: int) -> list[float]:
    """Append calls, each when the one before counts; return the seconds that each took."""
    lags = []
    for _ in range(count):
        message_id, line = next(lines)
        line = of_the_moment(line, session_id(NUMBER), datetime.now(UTC))
        start = time.perf_counter()
        with log.open("ab") as file:
            file.write(line)
        while message_id not in new.take():
            if time.perf_counter() - start > COUNTED_S:
                raise RuntimeError(f"an appended call does not count after {COUNTED_S:g} s")
            time.sleep(_LOOK_S)
        lags.append(time.perf_counter() - start)
        time.sleep(PAUSE_S)
    return lags


def wake_ups(daemon: Daemon, file: Path, count: int, each_s: float) -> float:
    """Write to a file beside the log that is none; return the processor time of each write."""
    before, start = daemon.cpu_s(), time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, start + number * each_s - time.monotonic()))
        with file.open("ab") as opened:
            opened.write(b"a line\n")
    return (daemon.cpu_s() - before) / count
