"""Sessions that write now: real lines with ids of their own and the time of the moment."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from bench.grow import rewritten
from lab.oracle import message_of

FIRST_COPY = 5000  # above all copies of a corpus, so that nothing is a call it has already
_MOVING = re.compile(rb'"(timestamp|sessionId)": ?"[^"]*"')


def lines_of_session(logs: Sequence[Path], number: int, sessions: int) -> Iterator[bytes]:
    """Yield the lines of one of many sessions, without end; no two share an id."""
    for turn in count():
        place = number + turn * sessions
        copy = FIRST_COPY + place // len(logs)
        lines = rewritten(logs[place % len(logs)].read_bytes(), copy).splitlines(keepends=True)
        yield from (line for line in lines if line.endswith(b"\n"))  # no torn tail amidst


def session_id(number: int) -> str:
    """Return the id of a session, a uuid as the client makes them."""
    return f"{0xBE9C0000 + number:08x}-0000-4000-8000-000000000000"


def log_of_session(home: Path, number: int) -> Path:
    """Return where a session writes."""
    return home / "projects" / f"-src-shop-{number}" / f"{session_id(number)}.jsonl"


def of_the_moment(line: bytes, session: str, now: datetime) -> bytes:
    """Return a line as the session writes it now."""
    at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    values = {b"timestamp": at.encode(), b"sessionId": session.encode()}
    return _MOVING.sub(lambda found: b'"%s":"%s"' % (found[1], values[found[1]]), line)


def call_in(line: bytes) -> str | None:
    """Return the message id of the call that a line reports, None if it reports none."""
    if b'"usage"' not in line:
        return None
    try:
        message = message_of(json.loads(line))
    except ValueError:
        return None
    return None if message is None else str(message["id"])
