"""What an agent sends to our hook: what is asked of it, and the transcript that it names."""

import contextlib
import json

from fuzz.target import Target

from aicost.sources.claude.paths import place_of
from aicost_hooks import claude, codex
from aicost_hooks.events import NotAnEvent, parse_object
from aicost_hooks.prompts import allow_words

EVENTS = ("UserPromptSubmit", "PreToolUse", "PostToolBatch", "PreModelSwitch")
PATH = "/home/dev/.claude/projects/-home-dev-proj/808a1f9b.jsonl"
SHELL = {
    "tool_name": "Bash", "tool_input": {"command": "git commit -m 'x'"}, "tool_use_id": "t",
    "tool_response": "Exit code 1\nno", "estimated_cache_write_usd": 0.5,
}  # fmt: skip


def check(content: bytes) -> None:
    """Any bytes are an event or the declared error; any path has a place or none."""
    with contextlib.suppress(NotAnEvent):
        event = parse_object(content)
        allow_words(event.get("prompt"))
        for name in EVENTS:
            for question in (
                claude.question_of(name, event, {}),
                codex.question_of(name, event, {}),
            ):
                assert len(json.dumps(question, allow_nan=False).encode()) < 2**20
        place = place_of(str(question["path"]))
        if place is not None:
            path, home = place
            assert path.startswith(f"{home.rstrip('/')}/projects/")
            assert place_of(path) == place


TARGET = Target(
    name="hook_event",
    modules=("aicost_hooks.events", "aicost_hooks.claude", "aicost.sources.claude.paths"),
    seeds=lambda: [
        json.dumps({"session_id": "s-1", "transcript_path": path, "cwd": "/x", **more}).encode()
        for path in (PATH, "/projects/a.jsonl", "//x/../projects/projects/./b.jsonl", "x")
        for more in ({}, SHELL, {"tool_calls": [SHELL, SHELL]}, {"prompt": "aicost allow 5"})
    ],
    check=check,
)
