"""What agents send to a hook: one JSON object on stdin. Reading it, and nothing more."""

import json
from collections.abc import Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:  # loading typing takes longer than reading an event
    from typing import Any, BinaryIO

MAX_INPUT_BYTES = 32 * 2**20  # an event carries a tool's whole answer
_MAX_TEXT = 4096  # characters of a path or a name
_MAX_CALLS = 256  # of one batch


class NotAnEvent(ValueError):
    """What the agent sent is not what its hooks are given. Says nothing of its content."""


def read_event(stdin: "BinaryIO") -> "dict[str, Any]":
    """Read an event to its end. Raises NotAnEvent, also for one of over `MAX_INPUT_BYTES`."""
    return parse_object(stdin.read(MAX_INPUT_BYTES + 1))


def parse_object(content: bytes) -> "dict[str, Any]":
    """Parse a JSON object; {} for other JSON. Raises NotAnEvent."""
    if len(content) > MAX_INPUT_BYTES:
        raise NotAnEvent(f"an event of over {MAX_INPUT_BYTES} bytes")
    try:
        event = json.loads(content)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, or no UTF-8
        raise NotAnEvent("the event is no JSON") from error
    return event if isinstance(event, dict) else {}


def place_of(event: "Mapping[str, Any]") -> dict[str, object]:
    """Return the session, transcript and folder that any event names. Raises NotAnEvent."""
    session_id, path = text_in(event, "session_id"), text_in(event, "transcript_path")
    if not session_id:
        raise NotAnEvent("the event names no session")
    return {"session_id": session_id, "path": path, "cwd": text_in(event, "cwd")}


def text_in(event: "Mapping[str, Any]", field: str) -> str:
    """Return a short text of an event, "" for anything else."""
    value = event.get(field)
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def command_in(call: "Mapping[str, Any]") -> str:
    """Return the shell command that a tool call runs, "" for other tools."""
    given = call.get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    is_shell = call.get("tool_name") == "Bash"
    return command if is_shell and isinstance(command, str) else ""


def calls_in(event: "Mapping[str, Any]") -> "Iterator[Mapping[str, Any]]":
    """Yield the tool calls of an event: those of a batch, or its own."""
    batch = event.get("tool_calls")
    calls = batch[:_MAX_CALLS] if isinstance(batch, list) else [event]
    for call in calls:
        if isinstance(call, dict) and text_in(call, "tool_use_id"):
            yield call


def known(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that say something."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ("", [])
    }
