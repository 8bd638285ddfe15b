"""The files in which Claude Code registers its running sessions."""

import contextlib
import json

from fuzz.target import Target

from aicost.core.errors import LogFormatError
from aicost.sources.claude.live import parse_live_session

ENTRY = {
    "pid": 4411, "sessionId": "s-1", "cwd": "/src/shop", "startedAt": 1795312800123,
    "procStart": "123456", "version": "2.1.330", "kind": "interactive", "entrypoint": "cli",
    "status": "waiting", "waitingFor": "permission prompt",
}  # fmt: skip


def check(content: bytes) -> None:
    """Any bytes are a session or the one declared error."""
    with contextlib.suppress(LogFormatError):
        found = parse_live_session(content)
        assert found == parse_live_session(content)
        assert found.state in ("busy", "waiting", "idle")
        assert found.started_at is None or found.started_at.tzinfo is not None


TARGET = Target(
    name="claude_live",
    modules=("aicost.sources.claude.live",),
    seeds=lambda: [json.dumps(ENTRY).encode(), b'{"pid": 1, "sessionId": "s"}'],
    check=check,
)
