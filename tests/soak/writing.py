"""Many agents that write for a long time: real lines, new sessions, and what they add up to."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bench.replay import lines_of_session, log_of_session, of_the_moment, session_id
from lab.oracle import Usage, message_of, usage_of

AT_ONCE = 20  # sessions that write at the same time
LINES_PER_SESSION = 4_000  # then another one begins in its place
TICK_S = 0.05
_BEHIND_S = 1.0  # a writer that is later than this does not hurry after its plan


class Truth:
    """All that was written, by the plainest rule; see lab.oracle. Not thread-safe."""

    def __init__(self) -> None:
        self.lines = 0
        self.size_bytes = 0
        self._calls: dict[str, Usage] = {}
        self.total = Usage()

    @property
    def calls(self) -> int:
        """How many calls the lines report."""
        return len(self._calls)

    def add(self, line: bytes) -> None:
        """Count one line."""
        self.lines += 1
        self.size_bytes += len(line)
        if b'"usage"' not in line:
            return
        try:
            message = message_of(json.loads(line))
        except (ValueError, RecursionError):  # no JSON, or nested deep: nobody can read it
            return
        if message is None:
            return
        before = self._calls.get(message["id"], Usage())
        after = before.merged(usage_of(message))
        self._calls[message["id"]] = after
        self.total += Usage(
            *(getattr(after, name) - getattr(before, name) for name in Usage.__dataclass_fields__)
        )


class Agents:
    """Writes `lines_per_s` lines from a thread of its own, until `end`; `paused` holds it."""

    def __init__(self, source: Path, home: Path, lines_per_s: float) -> None:
        self._logs = sorted(source.glob("projects/**/*.jsonl"))
        self._home, self._lines_per_s = home, lines_per_s
        self.truth = Truth()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = ThreadPoolExecutor(1, "agents")
        self._work: Future[None] | None = None
        self._begun = 0
        self._writing = [self._next_session() for _ in range(AT_ONCE)]
        self._owed = [0.0] * AT_ONCE

    def start(self) -> None:
        """Begin to write."""
        self._work = self._thread.submit(self._write_on)

    def end(self) -> None:
        """Write no more. Raises what ended it before."""
        self._ended.set()
        self._thread.shutdown()
        if self._work is not None:
            self._work.result()

    def pause(self) -> threading.Lock:
        """Return what holds the writing while it is held."""
        return self._lock

    @property
    def sessions(self) -> int:
        """How many sessions have begun."""
        return self._begun

    def _next_session(self) -> tuple[int, Iterator[bytes]]:
        number, self._begun = self._begun, self._begun + 1
        log_of_session(self._home, number).parent.mkdir(parents=True)
        # Ids are told apart by how many sessions there can be at most.
        lines = lines_of_session(self._logs, number, 100_000)
        return number, islice(lines, LINES_PER_SESSION)

    def _write_on(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due = max(due + TICK_S, time.monotonic() - _BEHIND_S)
            with self._lock:
                for place in range(AT_ONCE):
                    self._write_some(place, self._lines_per_s * TICK_S / AT_ONCE)

    def _write_some(self, place: int, share: float) -> None:
        """Write a session's share of a tick; what is less than a line is kept for the next one."""
        self._owed[place] += share
        wanted = int(self._owed[place])
        self._owed[place] -= wanted
        number, lines = self._writing[place]
        found = list(islice(lines, wanted))
        if len(found) < wanted:
            self._writing[place] = self._next_session()
        self._append(number, found)

    def _append(self, number: int, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        now = datetime.now(UTC)
        moved = [of_the_moment(line, session_id(number), now) for line in lines]
        with log_of_session(self._home, number).open("ab") as log:
            log.write(b"".join(moved))
        for line in moved:
            self.truth.add(line)
