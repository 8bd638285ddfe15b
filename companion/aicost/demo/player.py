"""Replay a recorded day as an agent would write it: log lines into a home, as time goes on.

What came before now is written at once; the rest follows at its recorded pace. The real daemon
reads it, so that a demo shows the real thing and cannot touch the user's own data.
"""

import json
import lzma
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).with_name("day.jsonl.xz")


@dataclass(frozen=True, slots=True)
class Line:
    """One log line of the day."""

    at_s: float  # relative to the moment the demo starts
    session_id: str
    cwd: str
    content: dict[str, Any]


def load_recording(path: Path = RECORDING) -> list[Line]:
    """Return all lines of the day in order of time."""
    rows = (json.loads(raw) for raw in lzma.decompress(path.read_bytes()).splitlines())
    return [
        Line(row["at_s"], row["line"]["sessionId"], row["line"]["cwd"], row["line"]) for row in rows
    ]


class Player:
    """Writes a recording into an agent's home; `home` belongs to the demo alone."""

    def __init__(self, lines: list[Line], home: Path, start: datetime) -> None:
        self._lines, self._home, self._start = lines, home, start
        self._last_s = {line.session_id: line.at_s for line in lines}
        self._done = threading.Event()

    def write_past(self) -> None:
        """Write everything up to the start, and register the sessions that go on after it."""
        for line in self._lines:
            if line.at_s <= 0:
                self._write(line)
        for session_id in dict.fromkeys(line.session_id for line in self._lines):
            if self._last_s[session_id] > 0:
                self._register(session_id, "busy")

    def play(self) -> None:
        """Write the rest at its own pace, until it is over or `stop` is called (blocks)."""
        before_s = 0.0
        for line in self._future():
            if self._done.wait(line.at_s - before_s):
                return
            before_s = line.at_s
            self._write(line)
            if line.at_s == self._last_s[line.session_id]:
                self._register(line.session_id, "waiting")

    def stop(self) -> None:
        """End `play` at once."""
        self._done.set()

    def _future(self) -> Iterator[Line]:
        return (line for line in self._lines if line.at_s > 0)

    def _write(self, line: Line) -> None:
        folder = self._home / "projects" / line.cwd.replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        at = self._start + timedelta(seconds=line.at_s)
        record = line.content | {"timestamp": at.isoformat(timespec="milliseconds")}
        with (folder / f"{line.session_id}.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")

    def _register(self, session_id: str, status: str) -> None:
        """Write the registry file of a running session; our own process stands in for it."""
        folder = self._home / "sessions"
        folder.mkdir(parents=True, exist_ok=True)
        cwd = next(line.cwd for line in self._lines if line.session_id == session_id)
        entry = {
            "pid": os.getpid(),
            "sessionId": session_id,
            "cwd": cwd,
            "startedAt": self._start.timestamp() * 1000,
            "status": status,
        }
        temporary = folder / f".{session_id}"
        temporary.write_text(json.dumps(entry))
        temporary.replace(folder / f"{session_id}.json")
