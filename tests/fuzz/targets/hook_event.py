"""What an agent sends to our hook, and the transcript that it names."""

import contextlib
import json

from fuzz.target import Target

from aicost.sources.claude.paths import place_of
from aicost_hooks.main import NotAnEvent, parse_event

PATH = "/home/dev/.claude/projects/-home-dev-proj/808a1f9b.jsonl"


def check(content: bytes) -> None:
    """Any bytes are an event or the declared error; any path has a place or none."""
    with contextlib.suppress(NotAnEvent):
        event = parse_event(content)
        json.dumps(event).encode()
        place = place_of(event["path"])
        if place is not None:
            path, home = place
            assert path.startswith(f"{home.rstrip('/')}/projects/")
            assert place_of(path) == place


TARGET = Target(
    name="hook_event",
    modules=("aicost_hooks.main", "aicost.sources.claude.paths"),
    seeds=lambda: [
        json.dumps({"session_id": "s-1", "transcript_path": path, "cwd": "/x"}).encode()
        for path in (PATH, "/projects/a.jsonl", "//x/../projects/projects/./b.jsonl", "x")
    ],
    check=check,
)
