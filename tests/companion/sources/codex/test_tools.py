"""Which tool a line names, in the words of all versions."""

from typing import Any

import pytest
from codex_logs import TURN, asks, asks_script, event_row, item, row
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import LogFormatError
from aicost.sources.codex.tools import Asked, Ran, asked_in, call_id_in, ended_in, ran_in

MCP = {"server": "docs", "tool": "search"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exec_command", "Bash"),
        ("shell", "Bash"),
        ("shell_command", "Bash"),
        ("local_shell", "Bash"),
        ("container.exec", "Bash"),
        ("unified_exec", "Bash"),
        ("write_stdin", "write_stdin"),
        ("apply_patch", "apply_patch"),
        ("update_plan", "update_plan"),
        ("exec", "exec"),  # a function of that name is no script
        ("mcp__docs__search", "mcp__docs__search"),
    ],
)
def test_a_function_has_the_name_that_claude_code_gives_the_same_thing(
    name: str, expected: str
) -> None:
    assert asked_in(asks(name=name)) == Asked("call_1", expected)


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        ("mcp__docs__", "mcp__docs__search"),
        ("mcp__docs", "mcp__docs__search"),
        ("multi_agent_v1", "search"),
        (None, "search"),
    ],
)
def test_only_the_namespace_of_a_server_is_part_of_the_name(
    namespace: str | None, expected: str
) -> None:
    assert asked_in(asks(name="search", namespace=namespace)) == Asked("call_1", expected)


def test_a_script_is_told_from_other_custom_tools() -> None:
    patch = row("response_item", {"type": "custom_tool_call", "name": "apply_patch"})
    assert asked_in(asks_script("call_7")) == Asked("call_7", "exec", is_script=True)
    assert asked_in(patch) == Asked("", "apply_patch")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"type": "local_shell_call", "call_id": "c"}, Asked("c", "Bash")),
        ({"type": "web_search_call", "id": "ws_1"}, Asked("ws_1", "WebSearch")),
        ({"type": "web_search_call", "id": None}, Asked("", "WebSearch")),
        ({"type": "tool_search_call", "call_id": "c", "id": "t"}, Asked("c", "tool_search")),
        ({"type": "image_generation_call", "id": "ig_1"}, Asked("ig_1", "image_generation")),
        ({"type": "function_call", "name": 7, "call_id": "c"}, Asked("c", "function_call")),
        ({"name": ["x"], "call_id": "c"}, None),
    ],
)
def test_calls_without_a_name_go_by_their_kind(
    payload: dict[str, Any], expected: Asked | None
) -> None:
    assert asked_in(row("response_item", payload)) == expected


def test_an_answer_names_its_call() -> None:
    assert call_id_in(row("response_item", {"call_id": "call_3"})) == "call_3"
    assert call_id_in(row("response_item", {"call_id": 3})) == ""


@pytest.mark.parametrize(
    ("kind", "more", "name"),
    [
        ("CommandExecution", {"source": "unified_exec_startup"}, "Bash"),
        ("CommandExecution", {"source": "unified_exec_interaction"}, "write_stdin"),
        ("CommandExecution", {"source": "user_shell"}, None),
        ("FileChange", {}, "apply_patch"),
        ("WebSearch", {}, "WebSearch"),
        ("ImageView", {}, "view_image"),
        ("ImageGeneration", {}, "image_generation"),
        ("McpToolCall", MCP, "mcp__docs__search"),
        ("McpToolCall", {"tool": "search"}, "search"),
        ("CollabAgentToolCall", {"tool": "wait_agent"}, "wait_agent"),
        ("DynamicToolCall", {"tool": "lookup"}, "lookup"),
        ("DynamicToolCall", {}, None),
        ("SubAgentActivity", {"kind": "started"}, "spawn_agent"),
        ("SubAgentActivity", {"kind": "completed"}, None),
        ("AgentMessage", {}, None),
        ("Reasoning", {}, None),
        ("ContextCompaction", {}, None),
    ],
)
def test_what_was_run_is_named_by_the_kind_of_its_item(
    kind: str, more: dict[str, Any], name: str | None
) -> None:
    tool = Asked("exec-1", name) if name else None
    assert ran_in(item(kind, "exec-1", **more)) == Ran(kind, TURN, tool)


def test_an_item_without_id_is_none() -> None:
    assert ran_in(item("FileChange", "")).tool is None


@pytest.mark.parametrize(
    ("kind", "more", "name"),
    [
        ("exec_command_end", {}, "Bash"),
        ("exec_command_end", {"source": "user_shell"}, None),
        ("patch_apply_end", {}, "apply_patch"),
        ("view_image_tool_call", {}, "view_image"),
        ("mcp_tool_call_end", {"invocation": MCP}, "mcp__docs__search"),
        ("mcp_tool_call_end", {}, None),
    ],
)
def test_older_clients_log_ends_of_tools(kind: str, more: dict[str, Any], name: str | None) -> None:
    ended = ended_in(event_row(kind, {"call_id": "call_1"} | more))
    assert ended == (Asked("call_1", name) if name else None)


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"payload": 3}', b'{"payload":{"item":[]}}', b"\xff"]
)
@pytest.mark.parametrize("read", [asked_in, call_id_in, ran_in, ended_in])
def test_what_is_no_such_line_is_said_to_be_none(read: Any, line: bytes) -> None:
    if line.endswith(b"[]}}") and read is not ran_in:
        assert not read(line)  # (a payload without any field of a call)
    else:
        with pytest.raises(LogFormatError):
            read(line)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_tool_or_a_broken_line(line: bytes) -> None:
    for read in (asked_in, call_id_in, ran_in, ended_in):
        try:
            read(line)
        except LogFormatError:
            continue
