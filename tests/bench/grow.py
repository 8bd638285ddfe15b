"""A corpus of any size out of real logs: copies that repeat nothing, a week apart each."""

import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

MIB = 2**20
WEEKS = 52  # copies lie so many weeks back at most: a year, whatever the size
_DAY = re.compile(rb"20\d\d-\d\d-\d\d(?=T\d\d:\d\d:\d\d)")
_MESSAGE = re.compile(rb'"(msg|req)_([0-9A-Za-z]{4})')
_UUID = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def grow(source: Path, target: Path, size_bytes: int) -> int:
    """Copy the logs of the home `source` to the home `target` until they have `size_bytes`.

    Every copy has its own uuids, message and request ids, so each call in it counts; texts, line
    lengths and record types stay real. Returns the number of files. `target` must not exist; it
    is there afterwards whole or not at all.
    """
    partial = target.with_name(target.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    logs = sorted(source.glob("projects/**/*.jsonl"))
    written = files = 0
    while written < size_bytes:
        copy = files // len(logs)
        path = logs[files % len(logs)]
        data = rewritten(path.read_bytes(), copy)
        out = partial / _place(path.relative_to(source), copy)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(data)
        written += len(data)
        files += 1
    partial.rename(target)
    return files


def rewritten(data: bytes, copy: int) -> bytes:
    """Return a log with ids and days of its own for the copy of this number."""
    data = _UUID.sub(_renumbered(copy), data)
    data = _MESSAGE.sub(rb'"\1_%04d' % copy, data)
    return _DAY.sub(_earlier(7 * (copy % WEEKS)), data)


def _place(path: Path, copy: int) -> str:
    text = _UUID.sub(_renumbered(copy), path.as_posix().encode()).decode()
    return text.replace("projects/", f"projects/c{copy}", 1)


def _renumbered(copy: int) -> Callable[[re.Match[bytes]], bytes]:
    return lambda found: b"%08x" % ((int(found[0], 16) + copy * 7919) & 0xFFFFFFFF)


def _earlier(days: int) -> Callable[[re.Match[bytes]], bytes]:
    known: dict[bytes, bytes] = {}

    def moved(found: re.Match[bytes]) -> bytes:
        text = found[0]
        if text not in known:
            day = date.fromisoformat(text.decode()) - timedelta(days)
            known[text] = day.isoformat().encode()
        return known[text]

    return moved
