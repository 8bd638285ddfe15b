"""Claude Code's logs for tests: lines as the client writes them, in a home of their own."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import NOW

MODEL = "claude-sonnet-4-5-20250929"
TOO_LATE_S = 20.0


def call_line(message_id: str = "msg_1", session: str = "s-1", **changes: Any) -> bytes:
    """One `assistant` line of a call with 4 tokens in and 9 out; `changes` overwrite fields.

    `tokens` (a dict) changes the usage, `at` (a datetime) the time.
    """
    usage = {"input_tokens": 4, "output_tokens": 9} | changes.pop("tokens", {})
    at: datetime = changes.pop("at", NOW)
    row = {
        "type": "assistant",
        "uuid": f"u-{message_id}",
        "sessionId": session,
        "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cwd": "/src/shop",
        "gitBranch": "main",
        "isSidechain": False,
        "message": {
            "id": message_id,
            "role": "assistant",
            "model": changes.pop("model", MODEL),
            "usage": usage,
        },
    }
    return json.dumps(row | changes).encode() + b"\n"


def prompt_line(uuid: str, session: str = "s-1", at: datetime = NOW, text: str = "go on") -> bytes:
    """One `user` line: the prompt that starts a turn."""
    row = {
        "type": "user",
        "uuid": uuid,
        "sessionId": session,
        "timestamp": at.astimezone(UTC).isoformat(),
        "cwd": "/src/shop",
        "message": {"role": "user", "content": text},
    }
    return json.dumps(row).encode() + b"\n"


def append(log: Path, *lines: bytes) -> Path:
    """Write lines to the end of a log, made with its folders if missing."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        file.write(b"".join(lines))
    return log


def log_of(home: Path, session: str = "s-1", project: str = "-src-shop") -> Path:
    """Return where a session's main log lies."""
    return home / "projects" / project / f"{session}.jsonl"


def register(home: Path, session: str, *, pid: int, status: str = "busy", cwd: str = "/x") -> Path:
    """Write the registry file of a running session."""
    path = home / "sessions" / f"{pid}-{session}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    entry = {"pid": pid, "sessionId": session, "cwd": cwd, "status": status}
    path.write_text(json.dumps(entry | {"startedAt": time.time() * 1000}))
    return path


async def eventually(found: Callable[[], object], what: str) -> None:
    """Let the event loop run until `found` answers something true."""
    try:
        async with asyncio.timeout(TOO_LATE_S):
            while not found():  # noqa: ASYNC110 - any condition, also of other processes
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"waited {TOO_LATE_S:g} s for {what}")
