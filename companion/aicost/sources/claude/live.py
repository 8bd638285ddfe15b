"""Claude Code's registry of running sessions: `sessions/<pid>.json`. Pure: bytes in, values out."""

from datetime import UTC, datetime

import msgspec

from aicost.core.errors import LogFormatError
from aicost.core.session import LiveSession, LiveState


class _Entry(msgspec.Struct, rename="camel"):
    pid: int
    session_id: str
    cwd: str = ""
    started_at: float | None = None  # ms since 1970
    proc_start: str | int | None = None  # on Linux, in ticks since the machine began
    status: str = ""
    version: str = ""
    entrypoint: str = ""


_decode = msgspec.json.Decoder(_Entry).decode


def parse_live_session(content: bytes) -> LiveSession:
    """Parse one registry file. Raises LogFormatError if it is none (or half written)."""
    try:
        entry = _decode(content)
        started = entry.started_at
        started_at = None if started is None else datetime.fromtimestamp(started / 1000, tz=UTC)
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        RecursionError,
        ValueError,
        OverflowError,
        OSError,
    ) as error:
        raise LogFormatError("not a live session") from error
    state: LiveState = (
        "waiting" if entry.status == "waiting" else "idle" if entry.status == "idle" else "busy"
    )
    return LiveSession(
        session_id=entry.session_id,
        pid=entry.pid,
        state=state,
        cwd=entry.cwd,
        started_at=started_at,
        version=entry.version,
        entrypoint=entry.entrypoint,
        start_ticks="" if entry.proc_start is None else str(entry.proc_start),
    )
