"""Claude Code's events as questions to the daemon. No prompt, no command and no output goes on."""

import re
from collections.abc import Mapping

from aicost_hooks.events import calls_in, command_in, known, place_of, text_in

TYPE_CHECKING = False
if TYPE_CHECKING:  # see events
    from typing import Any

_HEADLESS = "sdk-cli"  # CLAUDE_CODE_ENTRYPOINT of `claude -p`
_EXIT_CODE = re.compile(r"Exit code (\d{1,3})(?:\n|$)")
_MAX_COMMANDS = 64


def question_of(
    event_name: str, event: "Mapping[str, Any]", env: Mapping[str, str]
) -> dict[str, object]:
    """Return the parameters of the daemon's method `gate`. Raises NotAnEvent."""
    calls = list(calls_in(event))
    is_before, tool = event_name == "PreToolUse", text_in(event, "tool_name")
    switched = event if event_name == "PreModelSwitch" else {}
    pid = env.get("CLAUDE_PID", "")
    place = place_of(event)
    return place | known(
        {
            "agent": "claude",
            "event": event_name,
            "turn_id": text_in(event, "prompt_id"),
            "thread_id": text_in(event, "agent_id"),
            "model": text_in(event, "model"),
            "entrypoint": env.get("CLAUDE_CODE_ENTRYPOINT", ""),
            "tool": tool,
            "tool_use_ids": [text_in(call, "tool_use_id") for call in calls],
            **(_means(tool, event) if is_before else {}),
            "commands": _to_run(calls) if is_before else _failures(calls),
            "to_model": text_in(switched, "to_model"),
            "rewrite_usd": _number(switched.get("estimated_cache_write_usd")),
            "guard": env.get("AICOST_GUARD", ""),
            "pid": int(pid) if pid.isascii() and pid.isdecimal() else None,
        }
    )


def _means(tool: str, event: "Mapping[str, Any]") -> dict[str, object]:
    from aicost_hooks.saving import saves_work, spawns  # only before a tool

    return {"saves": saves_work(tool, event.get("tool_input")), "spawns": spawns(tool)}


def is_headless(env: Mapping[str, str]) -> bool:
    """Say whether the client shows its user no more than the last answer."""
    return env.get("CLAUDE_CODE_ENTRYPOINT") == _HEADLESS


def _to_run(calls: "list[Mapping[str, Any]]") -> list[dict[str, object]]:
    return [_named(call) for call in calls if command_in(call)]


def _failures(calls: "list[Mapping[str, Any]]") -> list[dict[str, object]]:
    """Return the commands that failed.

    The client says `Exit code N` in front of a failed one's output. What looks like a success may
    be a command that was not run at all (refused): only the transcript tells these apart.
    """
    shells = [call for call in calls[:_MAX_COMMANDS] if command_in(call)]
    ended = [(call, _error_of(call)) for call in shells]
    return [_named(call) | {"failed": True, "error": error} for call, error in ended if error]


def _error_of(call: "Mapping[str, Any]") -> str:
    """Return the key of the error that a command ended with, "" if it is not known to have."""
    from aicost.core.endings import ending  # only where a shell was used

    output = call.get("tool_response", call.get("error"))
    if not isinstance(output, str):
        return ""
    said = _EXIT_CODE.match(output)
    code, output = (int(said[1]), output[said.end() :]) if said else (0, output)
    end = ending(command_in(call), code, output)
    return end.error if end is not None and end.failed else ""


def _named(call: "Mapping[str, Any]") -> dict[str, object]:
    from aicost.core.commands import command_key, command_label  # only where a shell is used

    command = command_in(call)
    return {
        "id": text_in(call, "tool_use_id"),
        "command": command_key(command),
        "label": command_label(command),
    }


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 10**6 else None  # type: ignore[operator,arg-type]
