"""Codex' events: what the daemon is asked, and which runs have no screen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aicost.core.commands import command_key
from aicost_hooks.codex import is_headless, question_of
from aicost_hooks.events import NotAnEvent

BASE = {
    "session_id": "01a201cc-b8a0-7641-bea3-1c935923f04a",
    "turn_id": "01a201cc-b8bd-74d1-bcc8-0f33d4ae8074",
    "transcript_path": "/home/dev/.codex/sessions/2026/11/22/rollout-2026.jsonl",
    "cwd": "/home/dev/work",
    "model": "gpt-5.5",
    "permission_mode": "bypassPermissions",
}
ASKED = {
    "agent": "codex",
    "session_id": BASE["session_id"],
    "turn_id": BASE["turn_id"],
    "path": BASE["transcript_path"],
    "cwd": BASE["cwd"],
    "model": "gpt-5.5",
}
COMMAND = "npm test --token=hunter2"
META = (
    '{"timestamp":"x","type":"session_meta","payload":{"id":"1","originator":"%s","source":"exec"}}'
)


@pytest.mark.parametrize(
    ("event", "said", "more"),
    [
        ("UserPromptSubmit", {"prompt": "hunter2"}, {}),
        ("SessionStart", {"source": "startup"}, {}),
        ("PreCompact", {"trigger": "auto"}, {}),
        (
            "PreToolUse",
            {"tool_name": "Bash", "tool_input": {"command": COMMAND}, "tool_use_id": "call_1"},
            {
                "tool": "Bash",
                "tool_use_ids": ["call_1"],
                "commands": [
                    {"id": "call_1", "command": command_key(COMMAND), "label": "npm test"}
                ],
            },
        ),
        (
            "PreToolUse",
            {"tool_name": "Bash", "tool_input": {"command": "git add -A"}, "tool_use_id": "call_1"},
            {
                "tool": "Bash",
                "tool_use_ids": ["call_1"],
                "saves": True,
                "commands": [
                    {"id": "call_1", "command": command_key("git add -A"), "label": "git add"}
                ],
            },
        ),
        (
            "PreToolUse",
            {
                "tool_name": "spawn_agent",
                "tool_input": {"message": "hunter2"},
                "tool_use_id": "call_1",
                "agent_id": "01a2",
                "agent_type": "default",
            },
            {
                "tool": "spawn_agent",
                "tool_use_ids": ["call_1"],
                "spawns": True,
                "thread_id": "01a2",
            },
        ),
        (
            "PreToolUse",
            {"tool_name": "apply_patch", "tool_input": {"command": "*** Begin"}},
            {"tool": "apply_patch", "saves": True},
        ),
    ],
    ids=range(7),
)
def test_the_daemon_is_asked(event: str, said: dict[str, object], more: dict[str, object]) -> None:
    question = question_of(event, BASE | said, {}, parent_pid=0)
    assert question == ASKED | {"event": event} | more
    assert "hunter2" not in json.dumps(question)


def test_the_client_and_a_guarded_run_are_named() -> None:
    question = question_of("SessionStart", BASE, {"AICOST_GUARD": "g-1"}, parent_pid=77)
    assert (question["guard"], question["pid"]) == ("g-1", 77)


def test_an_event_of_no_session_is_none() -> None:
    with pytest.raises(NotAnEvent):
        question_of("SessionStart", {"turn_id": "x"}, {})


def transcript(folder: Path, originator: str) -> dict[str, object]:
    path = folder / "rollout.jsonl"
    path.write_text(META % originator + "\n" + META % "codex_exec" + "\n")
    return {**BASE, "transcript_path": str(path)}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the system does not show processes")
def test_only_exec_is_headless(tmp_path: Path) -> None:
    """Not a thread that exec began and that goes on on a screen."""
    wait = "import sys; print(flush=True); sys.stdin.read()"
    for word, expected in (("exec", True), ("resume", False)):
        with subprocess.Popen(
            [sys.executable, "-c", wait, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as client:
            assert client.stdout is not None
            client.stdout.readline()
            assert is_headless(transcript(tmp_path, "codex_exec"), client.pid) is expected
            assert not is_headless(transcript(tmp_path, "codex-tui"), client.pid)
            client.communicate()


@pytest.mark.parametrize("path", ["", "/nowhere/x.jsonl", "/", "\0", None])
def test_what_cannot_be_read_is_not_headless(path: object) -> None:
    assert not is_headless(BASE | {"transcript_path": path}, os.getpid())
