"""Claude Code's events: what the daemon is asked, and what never leaves the hook."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.commands import command_key
from aicost.core.endings import ending
from aicost_hooks.claude import is_headless, question_of
from aicost_hooks.events import NotAnEvent

BASE = {
    "session_id": "808a1f9b-a028-42a8-8063-3b1d120f7fec",
    "transcript_path": "/home/dev/.claude/projects/-home-dev-proj/808a1f9b.jsonl",
    "cwd": "/home/dev/proj",
    "prompt_id": "e7dbd920-8b08-472c-b81b-f988dad20630",
    "permission_mode": "default",
    "effort": {"level": "medium"},
}
ENV = {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli", "CLAUDE_PID": "5927", "ANTHROPIC_API_KEY": "sk-x"}
ASKED = {
    "agent": "claude",
    "session_id": BASE["session_id"],
    "path": BASE["transcript_path"],
    "cwd": BASE["cwd"],
    "turn_id": BASE["prompt_id"],
    "entrypoint": "sdk-cli",
    "pid": 5927,
}


def bash(command: str, response: object = None, call_id: str = "toolu_1") -> dict[str, object]:
    call = {"tool_name": "Bash", "tool_input": {"command": command, "description": "d"}}
    answered = {} if response is None else {"tool_response": response}
    return call | answered | {"tool_use_id": call_id}


def failures_in(question: Mapping[str, Any]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = question["commands"]
    return found


@pytest.mark.parametrize(
    ("event", "said", "more"),
    [
        ("UserPromptSubmit", {"prompt": "secret plan"}, {}),
        (
            "SessionStart",
            {"source": "startup", "model": "claude-opus-5"},
            {"model": "claude-opus-5"},
        ),
        ("SessionEnd", {"reason": "other"}, {}),
        ("PreCompact", {"trigger": "auto", "custom_instructions": None}, {}),
        (
            "PreToolUse",
            {"tool_name": "Read", "tool_input": {"file_path": "/x"}, "tool_use_id": "toolu_1"},
            {"tool": "Read", "tool_use_ids": ["toolu_1"]},
        ),
        (
            "PreToolUse",
            {"tool_name": "Edit", "tool_input": {}, "tool_use_id": "toolu_1", "agent_id": "a8"},
            {"tool": "Edit", "tool_use_ids": ["toolu_1"], "saves": True, "thread_id": "a8"},
        ),
        (
            "PreToolUse",
            {"tool_name": "Agent", "tool_input": {"prompt": "go"}, "tool_use_id": "toolu_1"},
            {"tool": "Agent", "tool_use_ids": ["toolu_1"], "spawns": True},
        ),
        (
            "PreModelSwitch",
            {
                "from_model": "claude-opus-5",
                "to_model": "claude-haiku-4-5",
                "estimated_cache_write_usd": 0.0263,
            },
            {"to_model": "claude-haiku-4-5", "rewrite_usd": 0.0263},
        ),
        (
            "PostToolBatch",
            {"tool_calls": [bash("echo ok", "ok"), bash("ls", "a", "toolu_2")]},
            {"tool_use_ids": ["toolu_1", "toolu_2"]},
        ),
    ],
    ids=range(9),
)
def test_the_daemon_is_asked(event: str, said: dict[str, object], more: dict[str, object]) -> None:
    question = question_of(event, BASE | {"hook_event_name": event} | said, ENV)
    assert question == ASKED | {"event": event} | more


def test_a_command_about_to_run_is_named_not_told() -> None:
    command = "npm test --token=hunter2"
    question = question_of("PreToolUse", BASE | bash(command), ENV)
    named = {"id": "toolu_1", "command": command_key(command), "label": "npm test"}
    assert question["commands"] == [named]
    assert "hunter2" not in json.dumps(question)


@pytest.mark.parametrize(
    ("command", "response", "code", "output"),
    [
        ("npm test", "Exit code 1\nout\nerr", 1, "out\nerr"),
        ("exit 3", "Exit code 3", 3, ""),
        ("nope", "Exit code 127\n/bin/bash: line 1: nope: command not found", 127, None),
    ],
)
def test_a_command_that_failed_is_told(
    command: str, response: str, code: int, output: str | None
) -> None:
    """As Claude Code 2.1.330 says it in a batch."""
    question = question_of("PostToolBatch", BASE | {"tool_calls": [bash(command, response)]}, ENV)
    (told,) = failures_in(question)
    expected = ending(command, code, response.partition("\n")[2] if output is None else output)
    assert expected is not None
    assert told["failed"] is True
    assert (told["id"], told["command"]) == ("toolu_1", command_key(command))
    assert told["error"] == expected.error != ""


@pytest.mark.parametrize(
    ("command", "response"),
    [
        ("npm test", "all fine"),
        ("npm test", "it said: Exit code 1"),
        ("npm test", "Exit code 1 is bad"),
        ("npm test", "Permission to use Bash has been denied"),
        ("grep x y", "Exit code 1"),
        ("npm test", {"stdout": "Exit code 1", "stderr": ""}),
        ("npm test", None),
    ],
    ids=range(7),
)
def test_what_may_be_a_success_or_a_refusal_is_left_to_the_log(
    command: str, response: object
) -> None:
    question = question_of("PostToolBatch", BASE | {"tool_calls": [bash(command, response)]}, ENV)
    assert "commands" not in question


def test_a_failure_told_by_itself_is_one_too() -> None:
    said = BASE | bash("npm test") | {"error": "Exit code 1\nboom", "is_interrupt": False}
    (told,) = failures_in(question_of("PostToolUseFailure", said, ENV))
    assert told["failed"] is True


def test_nothing_of_prompts_commands_and_output_is_asked() -> None:
    said = BASE | {
        "prompt": "hunter2",
        "custom_instructions": "hunter2",
        "tool_input": {"command": "echo hunter2"},
        "tool_name": "Bash",
        "tool_use_id": "t",
        "tool_calls": [bash("echo hunter2; false", "Exit code 1\nhunter2")],
        "last_assistant_message": "hunter2",
    }
    for event in ("UserPromptSubmit", "PreToolUse", "PostToolBatch", "PreCompact", "SessionEnd"):
        assert "hunter2" not in json.dumps(question_of(event, said, ENV))


def test_a_guarded_run_names_itself() -> None:
    assert question_of("SessionStart", BASE, {"AICOST_GUARD": "g-1"})["guard"] == "g-1"


@pytest.mark.parametrize("pid", ["", "x", "-1", "٣"])
def test_a_process_that_is_none_is_not_asked_with(pid: str) -> None:
    assert "pid" not in question_of("SessionStart", BASE, {"CLAUDE_PID": pid})


@pytest.mark.parametrize("price", [None, "1", True, -1, 1e9, float("nan")])
def test_a_price_that_is_none_is_not_asked_with(price: object) -> None:
    said = BASE | {"to_model": "m", "estimated_cache_write_usd": price}
    assert "rewrite_usd" not in question_of("PreModelSwitch", said, ENV)


def test_a_batch_is_bounded() -> None:
    calls = [bash("npm test", "Exit code 1\n" + "x" * 100, f"t{n}") for n in range(1000)]
    question = question_of("PostToolBatch", BASE | {"tool_calls": calls}, ENV)
    assert len(json.dumps(question)) < 2**20 / 10


@pytest.mark.parametrize(
    ("entrypoint", "expected"), [("sdk-cli", True), ("cli", False), ("sdk-ts", False), ("", False)]
)
def test_only_print_mode_is_headless(entrypoint: str, expected: bool) -> None:
    assert is_headless({"CLAUDE_CODE_ENTRYPOINT": entrypoint}) is expected


FIELDS = (
    "tool_calls",
    "tool_name",
    "tool_input",
    "command",
    "tool_use_id",
    "tool_response",
    "estimated_cache_write_usd",
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner | st.just("Bash"),
            max_size=5,
        )
    ),
    max_leaves=15,
)
events = st.dictionaries(
    st.sampled_from(["tool_calls", "tool_name", "tool_input", "tool_use_id", "tool_response"]),
    json_values | st.just("Bash"),
)


@given(
    st.sampled_from(["PreToolUse", "PostToolBatch", "PreModelSwitch", "x"]), events, st.booleans()
)
def test_any_event_is_a_question_or_none(
    event: str, said: dict[str, object], has_session: bool
) -> None:
    if not has_session:
        with pytest.raises(NotAnEvent):
            question_of(event, said, ENV)
        return
    json.dumps(question_of(event, BASE | said, ENV), allow_nan=False)
