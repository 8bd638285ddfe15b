"""Many sessions that write at once: is all counted, how soon, and at what cost."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bench.daemon import Daemon, filled, running
from bench.ledger import NewCalls
from bench.replay import call_in, lines_of_session, log_of_session, of_the_moment, session_id
from bench.setting import LEDGER, Bench
from bench.table import Figure, quantile
from lab.oracle import Usage, read_home

SESSIONS = 50
LINES_PER_S = 20  # of each
LAG_AT_MOST_S = 1.0
CPU_AT_MOST_PERCENT = 25
CATCH_UP_S = 30.0
_LOOK_S = 0.005

Line = tuple[bytes, str | None]  # and the message id of the call that it reports


@dataclass
class Storm:
    """What is written, and when each call was first."""

    home: Path
    lines: Sequence[Sequence[Line]]  # by session
    written_at: dict[str, float] = field(default_factory=dict)  # message id -> time.perf_counter
    wall_s: float = 0.0
    size_bytes: int = 0

    def blow(self) -> None:
        """Write the lines in turn, each when it is due."""
        start = time.perf_counter()
        for turn in range(len(self.lines[0])):
            for number, lines in enumerate(self.lines):
                due = start + (turn + number / SESSIONS) / LINES_PER_S
                time.sleep(max(0.0, due - time.perf_counter()))
                self._write(number, *lines[turn])
        self.wall_s = time.perf_counter() - start

    def _write(self, number: int, line: bytes, message_id: str | None) -> None:
        line = of_the_moment(line, session_id(number), datetime.now(UTC))
        if message_id is not None:
            self.written_at.setdefault(message_id, time.perf_counter())
        with log_of_session(self.home, number).open("ab") as log:  # as the client does it
            log.write(line)
        self.size_bytes += len(line)


def prepare(source: Path, home: Path, seconds: float) -> Storm:
    """Make the lines of a storm, and the folders it goes into."""
    logs = sorted(source.glob("projects/**/*.jsonl"))
    count = round(seconds * LINES_PER_S)
    lines = []
    for number in range(SESSIONS):
        found = islice(lines_of_session(logs, number, SESSIONS), count)
        lines.append([(line, call_in(line)) for line in found])
        log_of_session(home, number).parent.mkdir(parents=True)
    return Storm(home, lines)


def measure(bench: Bench) -> list[Figure]:
    """Let sessions write beside the corpus; compare what counts with an independent reading."""
    profile, home = filled(bench), bench.scratch / "storm"
    storm = prepare(bench.source, home, bench.sizes.storm_s)
    with (
        running(bench, profile, [bench.home, home]) as daemon,
        closing(NewCalls(profile / LEDGER)) as new,
    ):
        daemon.report()
        daemon.settle()
        before, start = daemon.cpu_s(), time.perf_counter()
        lags = watch(storm, new)
        share = (daemon.cpu_s() - before) / (time.perf_counter() - start)
        rss_bytes = daemon.rss_bytes()
        lost = lost_calls(daemon, home)
    what = f"{SESSIONS} sessions, {sum(map(len, storm.lines)) / storm.wall_s:,.0f} lines/s"
    return [
        Figure(what=f"{what}: calls lost of {len(lags):,}", value=lost, unit="", at_most=0),
        Figure(
            what=f"{what}: call counts after, p99",
            value=quantile(lags, 0.99),
            at_most=LAG_AT_MOST_S,
        ),
        Figure(what=f"{what}: call counts after, median", value=quantile(lags, 0.5)),
        Figure(
            what=f"{what}: of a core",
            value=share * 100,
            unit="%",
            at_most=CPU_AT_MOST_PERCENT,
        ),
        Figure(what=f"{what}: memory", value=rss_bytes / 10**6, unit="MB"),
    ]


def watch(storm: Storm, new: NewCalls) -> list[float]:
    """Let a storm blow; return how long each call took from its first line to the ledger."""
    writer = threading.Thread(target=storm.blow, name="storm")
    writer.start()
    counted_at: dict[str, float] = {}
    until = float("inf")
    while time.perf_counter() < until:
        counted_at |= dict.fromkeys(new.take(), time.perf_counter())
        if not writer.is_alive():
            until = min(until, time.perf_counter() + CATCH_UP_S)
            if counted_at.keys() >= storm.written_at.keys():
                break
        time.sleep(_LOOK_S)
    writer.join()
    written_at = storm.written_at
    return [at - written_at[name] for name, at in counted_at.items() if name in written_at]


def lost_calls(daemon: Daemon, home: Path) -> int:
    """Return how many calls are missing. Raises RuntimeError if their tokens differ otherwise."""
    truth, total = read_home(home), daemon.report(home)["total"]
    counted = Usage(*(total[name] for name in Usage.__dataclass_fields__))
    if total["requests"] == len(truth.calls) and counted != truth.total():
        raise RuntimeError(f"the storm has {truth.total()}, the daemon counts {counted}")
    return len(truth.calls) - int(total["requests"])
