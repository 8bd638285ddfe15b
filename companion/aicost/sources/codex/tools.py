"""Which tool a rollout line says was asked for, or was run. Pure: bytes in, values out.

In direct mode a model asks for each tool by itself, and the line of a tool that was run bears the
id of the call. In code mode it asks for one script (`exec`), and each tool that the script runs
has a line with an id of its own.
"""

from typing import NamedTuple

import msgspec

from aicost.core.errors import LogFormatError
from aicost.sources.codex.records import UNREADABLE, id_of, text

SHELL = "Bash"  # as Claude Code calls it
SCRIPT = "exec"
REVIEW = "EnteredReviewMode"
COMMAND = "CommandExecution"
PATCH = "apply_patch"
FILES = "FileChange"
_SEARCH = "WebSearch"
_MCP = "mcp__"

_NAMES = {  # what clients of all versions call the same thing
    "container.exec": SHELL,
    "exec_command": SHELL,
    "local_shell": SHELL,
    "local_shell_call": SHELL,
    "shell": SHELL,
    "shell_command": SHELL,
    "unified_exec": SHELL,
    "image_generation_call": "image_generation",
    "tool_search_call": "tool_search",
    "web_search": _SEARCH,
    "web_search_call": _SEARCH,
}
_ITEMS = {  # kind of what was run (an item, or the event of older clients) -> its tool
    COMMAND: SHELL,
    FILES: PATCH,
    "ImageGeneration": "image_generation",
    "ImageView": "view_image",
    "WebSearch": _SEARCH,
    "exec_command_end": SHELL,
    "patch_apply_end": PATCH,
    "view_image_tool_call": "view_image",
}
_NAMED_ITEMS = frozenset(
    {"CollabAgentToolCall", "DynamicToolCall", "McpToolCall", "mcp_tool_call_end"}
)
_BY_USER, _TO_A_COMMAND = "user_shell", "unified_exec_interaction"  # `source` of a command
_SPAWNED = "started"  # `kind` of a SubAgentActivity


class Asked(NamedTuple):
    """A tool, under the id of the call or of the item."""

    id: str  # "" where the client logged none
    name: str
    is_script: bool = False  # it runs other tools


class _Payload(msgspec.Struct, gc=False):
    type: object = None
    name: object = None
    namespace: object = None
    call_id: object = None
    id: object = None


class _Invocation(msgspec.Struct, gc=False, frozen=True):
    server: object = None
    tool: object = None


class _Item(msgspec.Struct, gc=False, frozen=True):
    type: object = None
    id: object = None
    call_id: object = None  # in the events of older clients
    source: object = None
    kind: object = None
    server: object = None
    tool: object = None
    invocation: _Invocation = _Invocation()


class _ItemEvent(msgspec.Struct, gc=False):
    item: _Item = _Item()
    turn_id: object = None


class _CallLine(msgspec.Struct, gc=False):
    payload: _Payload


class _ItemLine(msgspec.Struct, gc=False):
    payload: _ItemEvent


class _EventLine(msgspec.Struct, gc=False):
    payload: _Item


_decode_call = msgspec.json.Decoder(_CallLine).decode
_decode_item = msgspec.json.Decoder(_ItemLine).decode
_decode_event = msgspec.json.Decoder(_EventLine).decode


def asked_in(line: bytes) -> Asked | None:
    """Return the tool that a call asks for. Raises LogFormatError."""
    try:
        payload = _decode_call(line).payload
    except UNREADABLE as error:
        raise LogFormatError("a call of an unknown shape") from error
    kind, name = text(payload.type), id_of(payload.name)
    if kind == "custom_tool_call" and name == SCRIPT:
        return Asked(id_of(payload.call_id), SCRIPT, is_script=True)
    name = _named(id_of(payload.namespace), name or kind)
    return Asked(id_of(payload.call_id) or id_of(payload.id), name) if name else None


def call_id_in(line: bytes) -> str:
    """Return the id of the call that a line answers. Raises LogFormatError."""
    try:
        return id_of(_decode_call(line).payload.call_id)
    except UNREADABLE as error:
        raise LogFormatError("an answer of an unknown shape") from error


class Ran(NamedTuple):
    """What a line says was done."""

    kind: str  # of the item
    turn_id: str
    tool: Asked | None  # None: it is no tool of the model's


def ran_in(line: bytes) -> Ran:
    """Return what an `item_completed` line names. Raises LogFormatError."""
    try:
        event = _decode_item(line).payload
    except UNREADABLE as error:
        raise LogFormatError("an item of an unknown shape") from error
    return Ran(text(event.item.type), id_of(event.turn_id), _tool_of(event.item))


def ended_in(line: bytes) -> Asked | None:
    """Return the tool whose end an older client's event names. Raises LogFormatError."""
    try:
        return _tool_of(_decode_event(line).payload)
    except UNREADABLE as error:
        raise LogFormatError("an event of an unknown shape") from error


def _tool_of(item: _Item) -> Asked | None:
    item_id, kind = id_of(item.id) or id_of(item.call_id), text(item.type)
    if not item_id or item.source == _BY_USER:
        return None
    if item.source == _TO_A_COMMAND:
        return Asked(item_id, "write_stdin")
    if kind == "SubAgentActivity":
        return Asked(item_id, "spawn_agent") if item.kind == _SPAWNED else None
    name = _ITEMS.get(kind, "")
    if kind in _NAMED_ITEMS:
        server = id_of(item.server) or id_of(item.invocation.server)
        tool = id_of(item.tool) or id_of(item.invocation.tool)
        name = f"{_MCP}{server}__{tool}" if server and tool else tool
    return Asked(item_id, name) if name else None


def _named(namespace: str, name: str) -> str:
    """Return a tool's name as Claude Code spells it; of MCP servers with the server."""
    if namespace.startswith(_MCP):
        return f"{namespace.rstrip('_')}__{name}"
    return _NAMES.get(name, name)
