"""What the ledger takes on disk, and how long its year views take.

python -m bench.ledger LEDGER HOME     # seconds of one query each, as JSON
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import get_args

from bench.daemon import filled
from bench.measuring import timed
from bench.ours import ROOT
from bench.setting import LEDGER, Bench
from bench.table import Figure

BYTES_PER_CALL_AT_MOST = 250
VIEW_AT_MOST_S = 0.05
VIEWS = ("day", "model", "repo")
DAYS = 365
ROUNDS = 5
# What turns were made for, its indexes, and how far that was read.
EVIDENCE = (
    "tool_call", "evidence_day", "evidence_day_span", "api_error", "api_error_span", "hidden_hint",
    "hidden_hint_session", "evidence_file", "evidence_file_identity",
    "sqlite_autoindex_evidence_file_1", "command_run", "command_label",
    "sqlite_autoindex_command_label_1",
)  # fmt: skip


class NewCalls:
    """Tells which calls came into a ledger, without asking who writes it."""

    def __init__(self, ledger: Path) -> None:
        self._db = sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)
        self._version = 0
        self._last = int(self._db.execute("SELECT coalesce(max(id), 0) FROM call").fetchone()[0])

    def take(self) -> list[str]:
        """Return the message ids of the calls that came since the last time."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return []
        self._version = version
        rows = self._db.execute("SELECT id, event_key FROM call WHERE id > ?", (self._last,))
        found = rows.fetchall()
        self._last = max([self._last, *(number for number, _ in found)])
        return [str(key).partition(":")[2] for _, key in found]

    def close(self) -> None:
        """Close the ledger."""
        self._db.close()


def measure(bench: Bench) -> list[Figure]:
    """Measure size and year views of the ledger of the whole corpus."""
    ledger = filled(bench) / LEDGER
    size = sum(path.stat().st_size for path in ledger.parent.glob(f"{ledger.name}*"))
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db:
        (calls,) = db.execute("SELECT count(*) FROM call").fetchone()
        marks = ", ".join("?" * len(EVIDENCE))
        of_evidence = f"SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({marks})"
        (evidence,) = db.execute(of_evidence, EVIDENCE).fetchone()
    env = bench.environment(bench.scratch) | {"PYTHONPATH": str(ROOT / "tests")}
    command = bench.python("-m", "bench.ledger", str(ledger), str(bench.home))
    seconds = json.loads(timed(command, env).output)
    return [
        Figure(
            what=f"ledger on disk, per call ({calls:,} calls), evidence apart",
            value=(size - evidence) / calls,
            unit="bytes",
            at_most=BYTES_PER_CALL_AT_MOST,
        ),
        Figure(what="the evidence, per call", value=evidence / calls, unit="bytes"),
        *(
            Figure(what=f"query of a year by {by}", value=seconds[by], at_most=VIEW_AT_MOST_S)
            for by in VIEWS
        ),
    ]


def time_views(ledger: Path, home: str) -> dict[str, float]:
    """Return the median seconds that each view of the last year takes."""
    from aicost.core.reports import GroupBy, ReportQuery  # those of the measured installation
    from aicost.store.connection import connect_readonly
    from aicost.store.reports import report

    with closing(connect_readonly(ledger)) as db:
        days = report(db, ReportQuery(by="day")).rows
        since = date.fromisoformat(days[-1].key) - timedelta(DAYS - 1)

        def view(by: GroupBy) -> Callable[[], object]:
            query = ReportQuery(by=by, timezone="UTC", since=since, homes=(home,))
            return lambda: report(db, query)

        return {by: _seconds(view(by)) for by in get_args(GroupBy) if by in VIEWS}


def _seconds(work: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken[1:])


if __name__ == "__main__":
    print(json.dumps(time_views(Path(sys.argv[1]), sys.argv[2])))
