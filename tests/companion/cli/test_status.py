"""`aicost status`, for real: without a daemon and with one, over logs on disk."""

import json
from pathlib import Path
from typing import Any

from codex_logs import NEW, THREAD, context, event_row, io, meta, record, row, started, usage
from commands import aicost, write_log

from aicost.core.errors import ExitCode


def write_rollout(home: Path) -> Path:
    """Write a Codex thread of one response, with a word on its limits."""
    path = home / ".codex" / "sessions" / "2025" / "01" / "02" / f"rollout-x-{THREAD}.jsonl"
    path.parent.mkdir(parents=True)
    said = {"limit_id": "codex", "primary": {"used_percent": 12.5, "window_minutes": 300}}
    info = {"total_token_usage": usage(io(100, 10)), "last_token_usage": usage(io(100, 10))}
    count = event_row("token_count", {"info": info, "rate_limits": said}, 3)
    odd = row("turn_context", {"model": 7})[:30] + b"\n"
    path.write_bytes(meta(version=NEW) + started() + context() + record() + count + odd)
    return path


def document(*argv: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aicost("status", "--json", *argv).stdout)
    return found


def test_without_a_daemon_the_logs_are_read_for_it(home: Path) -> None:
    write_log(home)
    write_rollout(home)
    found = document()
    assert (found["schema"], found["complete"]) == (1, True)
    assert found["reader"]["daemon_pid"] is None
    assert (found["reader"]["log_files"], found["reader"]["skipped_lines"]) == (2, 1)
    (limit,) = found["limits"]
    assert limit["primary"]["used_percent"] == 12.5
    text = aicost("status").stdout
    assert "daemon      not running" in text
    assert "limits      codex: 5 h 12.5 % used" in text


def test_a_daemon_says_the_same(home: Path) -> None:
    write_log(home)
    write_rollout(home)
    alone = document()
    try:
        assert aicost("daemon", "start").returncode == ExitCode.OK
        found = document()
        pid = json.loads(aicost("daemon", "status", "--json").stdout)["pid"]
    finally:
        assert aicost("daemon", "stop").returncode == ExitCode.OK
    assert found["reader"].pop("daemon_pid") == pid
    alone["reader"].pop("daemon_pid")
    for moving in ("at", "limits"):
        found.pop(moving), alone.pop(moving)
    assert found == alone


def test_no_log_at_all_is_a_screen_as_well() -> None:
    ended = aicost("status", "--no-wait")
    assert ended.returncode == ExitCode.OK
    assert "nothing used" in ended.stdout
    assert "none runs" in ended.stdout
    assert "0 files, all read" in ended.stdout


def test_what_is_no_option_is_refused() -> None:
    assert aicost("status", "--csv").returncode == 2
