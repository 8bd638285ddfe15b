"""Watches a log grow, and what shows it: when each call was written, and when it was seen."""

import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles

from lab.terminal import Terminal

POLL_S = 0.001


class Counts:
    """How far something had counted at which moment. Filled by one thread, read after it ended."""

    def __init__(self) -> None:
        self._first: list[float] = []  # [n]: when n + 1 was first seen, on the monotonic clock

    def note(self, count: int) -> None:
        """Say that the count is `count` now (it may have jumped)."""
        now = time.monotonic()
        self._first += [now] * (count - len(self._first))

    def __len__(self) -> int:
        return len(self._first)

    def delays_after(self, written: "Counts") -> list[float]:
        """Return, for each step of `written`, the seconds until it was seen here."""
        return [seen - then for then, seen in zip(written._first, self._first)]


@contextmanager
def watching(look: Callable[[], int]) -> Iterator[Counts]:
    """Ask `look` for a count all the time, in a thread of its own."""
    counts, ended = Counts(), threading.Event()

    def watch() -> None:
        while not ended.wait(POLL_S):
            counts.note(look())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield counts
    finally:
        ended.set()
        thread.join()


def calls_in_log(home: Path, session_id: str) -> Callable[[], int]:
    """Return a look at a session's log: how many calls it holds."""
    state = _LogState()

    def look() -> int:
        if state.path is None:
            state.path = next(home.glob(f"projects/*/{session_id}.jsonl"), None)
        elif state.path.stat().st_size > state.read_bytes:
            state.read()
        return len(state.message_ids)

    return look


class _LogState:
    def __init__(self) -> None:
        self.path: Path | None = None
        self.read_bytes = 0
        self.message_ids: set[str] = set()

    def read(self) -> None:
        """Take in the whole lines that were appended: a look may fall into a write."""
        assert self.path is not None
        with self.path.open("rb") as log:
            log.seek(self.read_bytes)
            data, newline, _ = log.read().rpartition(b"\n")
        self.read_bytes += len(data) + len(newline)
        for line in data.splitlines():
            if b'"type":"assistant"' in line:
                self.message_ids.add(json.loads(line)["message"]["id"])


def calls_in_ledger(ledger_file: Path, session_id: str) -> Callable[[], int]:
    """Return a look at a ledger: how many calls of a session it holds."""
    query = (
        "SELECT count(*) FROM call c JOIN span s ON s.id = c.span"
        " JOIN session x ON x.id = s.session WHERE x.session_id = ?"
    )

    def look() -> int:
        with closing(sqlite3.connect(f"{ledger_file.as_uri()}?mode=ro", uri=True)) as db:
            return int(db.execute(query, (session_id,)).fetchone()[0])

    return look


def calls_on_screen(terminal: Terminal, usd_per_call: float, before: int) -> Callable[[], int]:
    """Return a look at the dashboard: how many calls, without those `before`, today's cost says."""

    def look() -> int:
        shown = re.search(r"today \$([\d,]+\.\d\d)", terminal.screen())
        calls = round(float(shown[1].replace(",", "")) / usd_per_call) if shown else 0
        return max(0, calls - before)

    return look


def summary(name: str, delays: list[float]) -> str:
    """Return a line with median, 99th percentile and maximum of at least two delays."""
    p99 = quantiles(delays, n=100, method="inclusive")[98]
    figures = f"median {median(delays) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
    return f"{name}: {figures}, max {max(delays) * 1000:.0f} ms ({len(delays)} calls)"
