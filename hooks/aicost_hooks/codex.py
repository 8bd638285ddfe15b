"""Codex' events as questions to the daemon. No prompt, no command and no output goes on."""

import os
from collections.abc import Mapping

from aicost_hooks.events import calls_in, command_in, known, place_of, text_in

TYPE_CHECKING = False
if TYPE_CHECKING:  # see events
    from typing import Any

_HEAD_BYTES = 16 * 1024  # of a transcript: its first line says who began it
_HEADLESS = b'"originator":"codex_exec"'


def question_of(
    event_name: str, event: "Mapping[str, Any]", env: Mapping[str, str], *, parent_pid: int = 0
) -> dict[str, object]:
    """Return the parameters of the daemon's method `gate`. Raises NotAnEvent."""
    is_before, tool = event_name == "PreToolUse", text_in(event, "tool_name")
    calls = list(calls_in(event))
    place = place_of(event)
    return place | known(
        {
            "agent": "codex",
            "event": event_name,
            "turn_id": text_in(event, "turn_id"),
            "thread_id": text_in(event, "agent_id"),
            "model": text_in(event, "model"),
            "tool": tool,
            "tool_use_ids": [text_in(call, "tool_use_id") for call in calls],
            **(_means(tool, event) if is_before else {}),
            "commands": [_named(call) for call in calls if command_in(call)] if is_before else [],
            "guard": env.get("AICOST_GUARD", ""),
            "pid": parent_pid or None,
        }
    )


def _means(tool: str, event: "Mapping[str, Any]") -> dict[str, object]:
    from aicost_hooks.saving import saves_work, spawns  # only before a tool

    return {"saves": saves_work(tool, event.get("tool_input")), "spawns": spawns(tool)}


def is_headless(event: "Mapping[str, Any]", parent_pid: int) -> bool:
    """Say whether `codex exec` runs this: it shows its user no reason of a hook.

    A thread that `exec` began may go on in a terminal of its own, which a line from outside would
    spoil: where the system tells, the process is asked too.
    """
    try:
        with open(text_in(event, "transcript_path"), "rb") as transcript:  # noqa: PTH123 - starts fast
            began = _HEADLESS in transcript.read(_HEAD_BYTES).partition(b"\n")[0]
    except (OSError, ValueError):
        return False
    return began and _runs_exec(parent_pid)


def _runs_exec(pid: int) -> bool:
    if not os.path.isdir("/proc/self"):  # noqa: PTH112 - starts fast
        return True
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:  # noqa: PTH123
            return b"exec" in line.read().split(b"\0")[1:]
    except OSError:
        return False


def _named(call: "Mapping[str, Any]") -> dict[str, object]:
    from aicost.core.commands import command_key, command_label  # only where a shell is used

    command = command_in(call)
    return {
        "id": text_in(call, "tool_use_id"),
        "command": command_key(command),
        "label": command_label(command),
    }
