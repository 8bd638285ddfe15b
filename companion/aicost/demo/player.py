"""Replay a recorded day as an agent would write it: log lines into a home, as time goes on.

What came before now is written at once; the rest follows at its recorded pace. The real daemon
reads it, so that a demo shows the real thing and cannot touch the user's own data.
"""

import json
import lzma
import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

RECORDING = Path(__file__).with_name("day.jsonl.xz")
EARLIER_DAYS = 182  # so that the history has something to show
_LEAST_LINES, _MOST_LINES = 20, 70  # of a session then
_DAY_S = 24 * 3600.0
_DAYS_OFF = 5, 6  # Saturday and Sunday: seldom anything


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


def earlier(lines: list[Line], start: datetime) -> Iterator[Line]:
    """Yield half a year of days made of pieces of the recorded one; always the same for a day."""
    sessions = defaultdict[str, list[Line]](list)
    for line in lines:
        if line.content["type"] == "assistant":
            sessions[line.session_id].append(line)
    for ago in range(1, EARLIER_DAYS + 1):
        day = start - timedelta(days=ago)
        chance = Random(day.date().toordinal())
        is_off = day.weekday() in _DAYS_OFF
        for name in chance.sample(sorted(sessions), k=chance.randint(0, 1 if is_off else 3)):
            count = chance.randint(_LEAST_LINES, _MOST_LINES)
            for line in sessions[name][:count]:
                yield _moved(line, ago)


def _moved(line: Line, ago: int) -> Line:
    """Return a call as one of a session so many days ago."""
    session_id = f"{line.session_id[:-4]}{ago:04}"
    message = line.content["message"] | {"content": []}
    message["id"] = f"{message['id']}_{ago}"
    content = line.content | {"sessionId": session_id, "message": message}
    content["uuid"] = f"{content['uuid'][:-4]}{ago:04}"
    return Line(line.at_s - ago * _DAY_S, session_id, line.cwd, content)


class Player:
    """Writes a recording into an agent's home; `home` belongs to the demo alone."""

    def __init__(self, lines: list[Line], home: Path, start: datetime) -> None:
        self._lines, self._home, self._start = lines, home, start
        self._last_s = {line.session_id: line.at_s for line in lines}
        self._done = threading.Event()

    def write_past(self) -> None:
        """Write everything up to the start, and register the sessions that go on after it."""
        past = [line for line in self._lines if line.at_s <= 0]
        for (cwd, session_id), lines in _by_log(past):
            self._append(cwd, session_id, lines)
        for session_id in dict.fromkeys(line.session_id for line in self._lines):
            if self._last_s[session_id] > 0:
                self._register(session_id, "busy")

    def write_earlier(self) -> None:
        """Write half a year of days before this one."""
        for (cwd, session_id), lines in _by_log(earlier(self._lines, self._start)):
            self._append(cwd, session_id, lines)

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
        self._append(line.cwd, line.session_id, [line])

    def _append(self, cwd: str, session_id: str, lines: Iterable[Line]) -> None:
        folder = self._home / "projects" / cwd.replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{session_id}.jsonl").open("a") as file:
            for line in lines:
                at = self._start + timedelta(seconds=line.at_s)
                record = line.content | {"timestamp": at.isoformat(timespec="milliseconds")}
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


def _by_log(lines: Iterable[Line]) -> Iterable[tuple[tuple[str, str], list[Line]]]:
    """Return the lines of each log, by (folder, session)."""
    logs = defaultdict[tuple[str, str], list[Line]](list)
    for line in lines:
        logs[line.cwd, line.session_id].append(line)
    return logs.items()
