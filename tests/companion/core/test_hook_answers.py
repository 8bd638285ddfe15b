"""Answers to agents: the shapes that the clients obey, and nothing that would cost more."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.hook_answers import (
    CLOSED,
    DAEMON_NEEDED,
    NO_REASON,
    Answer,
    claude_answer,
    codex_answer,
    verdict_line,
)

WHY = "aicost: $25.10 of $25.00 today."
SAVE = "Save your work, commit and stop."
BLOCK = {"decision": "block", "reason": WHY}
ENDED = {"continue": False, "stopReason": WHY}
DENY = {
    "hookSpecificOutput": {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": WHY,
    }
}
EVENTS = (
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolBatch",
    "PreCompact",
    "PreModelSwitch",
    "SessionEnd",
    "Stop",
    "SubagentStop",
)
ACTIONS = ("pass", "save", "refuse", "stop", "block")


def decided(action: str, notice: str = "") -> dict[str, object]:
    to_model = SAVE if action == "save" else ""
    return {"action": action, "reason": WHY, "to_model": to_model, "notice": notice}


def told(event: str) -> dict[str, object]:
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": SAVE}}


@pytest.mark.parametrize(
    ("event", "action", "said"),
    [
        ("UserPromptSubmit", "pass", {}),
        ("UserPromptSubmit", "save", told("UserPromptSubmit")),
        ("UserPromptSubmit", "refuse", BLOCK),
        ("UserPromptSubmit", "stop", BLOCK),
        ("UserPromptSubmit", "block", BLOCK),
        ("PreToolUse", "pass", {}),
        ("PreToolUse", "save", told("PreToolUse")),
        ("PreToolUse", "refuse", DENY),
        ("PreToolUse", "stop", DENY | ENDED),
        ("PreToolUse", "block", DENY | ENDED),
        ("PostToolBatch", "pass", {}),
        ("PostToolBatch", "save", told("PostToolBatch")),
        ("PostToolBatch", "refuse", {}),
        ("PostToolBatch", "stop", ENDED),
        ("PostToolUse", "save", told("PostToolUse")),
        ("PostToolUse", "stop", ENDED),
        ("PreModelSwitch", "save", {}),
        ("PreModelSwitch", "refuse", BLOCK),
        ("PreModelSwitch", "stop", BLOCK),
        ("SessionStart", "stop", {}),
        ("SessionEnd", "stop", {}),
        ("Stop", "block", {}),
        ("SubagentStop", "stop", {}),
        ("PreCompact", "save", {}),
    ],
)
def test_claude_code_is_answered_in_json(event: str, action: str, said: Mapping[str, Any]) -> None:
    answer = claude_answer(event, decided(action))
    assert (answer.stderr, answer.exit_code) == ("", 0)
    assert (json.loads(answer.stdout) if answer.stdout else {}) == said


@pytest.mark.parametrize("action", ["refuse", "stop", "block"])
def test_a_compaction_of_claude_code_is_refused_by_an_exit_code(action: str) -> None:
    assert claude_answer("PreCompact", decided(action)) == Answer("", WHY, 2)


@pytest.mark.parametrize(
    ("event", "action", "said"),
    [
        ("UserPromptSubmit", "pass", {}),
        ("UserPromptSubmit", "save", told("UserPromptSubmit")),
        ("UserPromptSubmit", "refuse", BLOCK),
        ("UserPromptSubmit", "block", BLOCK),
        ("PreToolUse", "pass", {}),
        ("PreToolUse", "save", {}),
        ("PreCompact", "save", {}),
        ("PreCompact", "refuse", ENDED),
        ("PreCompact", "stop", ENDED),
        ("SessionStart", "stop", {}),
        ("SessionEnd", "stop", {}),
        ("Stop", "block", {}),
    ],
)
def test_codex_is_answered_in_json(event: str, action: str, said: Mapping[str, Any]) -> None:
    answer = codex_answer(event, decided(action))
    assert (answer.stderr, answer.exit_code) == ("", 0)
    assert (json.loads(answer.stdout) if answer.stdout else {}) == said


@pytest.mark.parametrize("action", ["refuse", "stop", "block"])
def test_a_tool_of_codex_is_refused_by_an_exit_code(action: str) -> None:
    assert codex_answer("PreToolUse", decided(action)) == Answer("", WHY, 2)


@pytest.mark.parametrize(
    ("answer_of", "event", "is_shown"),
    [
        (claude_answer, "SessionStart", True),
        (claude_answer, "UserPromptSubmit", True),
        (claude_answer, "PostToolBatch", True),
        (claude_answer, "SessionEnd", False),
        (claude_answer, "Stop", False),
        (codex_answer, "SessionStart", True),
        (codex_answer, "UserPromptSubmit", True),
        (codex_answer, "PreToolUse", True),
        (codex_answer, "Stop", False),
    ],
)
def test_a_notice_is_shown_to_the_user(
    answer_of: Callable[[str, Mapping[str, object]], Answer], event: str, is_shown: bool
) -> None:
    answer = answer_of(event, decided("pass", "80 % of today's $25"))
    expected = '{"systemMessage": "80 % of today\'s $25"}' if is_shown else ""
    assert answer == Answer(expected)


def test_a_blocked_prompt_carries_the_notice_too() -> None:
    for answer_of in (claude_answer, codex_answer):
        said = json.loads(answer_of("UserPromptSubmit", decided("block", "one word")).stdout)
        assert said == BLOCK | {"systemMessage": "one word"}


@pytest.mark.parametrize("event", ["PreToolUse", "PostToolBatch", "PostToolUse"])
def test_a_stop_reason_is_for_the_model_and_the_user_is_told_beside_it(event: str) -> None:
    """The client shows its model the stop reason with the session's next prompt."""
    decision = {"action": "stop", "reason": WHY, "to_model": SAVE}
    said = json.loads(claude_answer(event, decision).stdout)
    assert (said["stopReason"], said["systemMessage"]) == (SAVE, WHY)
    noticed = json.loads(claude_answer(event, decision | {"notice": "one word"}).stdout)
    assert noticed["systemMessage"] == f"{WHY} one word"


def test_a_refused_tools_reason_is_for_the_model() -> None:
    decision = {"action": "stop", "reason": WHY, "to_model": SAVE}
    said = json.loads(claude_answer("PreToolUse", decision).stdout)
    assert said["hookSpecificOutput"]["permissionDecisionReason"] == SAVE
    assert codex_answer("PreToolUse", decision) == Answer("", SAVE, 2)
    assert json.loads(claude_answer("UserPromptSubmit", decision).stdout)["reason"] == WHY


@pytest.mark.parametrize("reason", [None, "", "  ", 7])
def test_nothing_is_refused_without_a_word(reason: object) -> None:
    decision = {"action": "stop", "reason": reason}
    assert codex_answer("PreToolUse", decision).stderr == NO_REASON
    assert claude_answer("PreCompact", decision).stderr == NO_REASON
    assert json.loads(claude_answer("PostToolBatch", decision).stdout)["stopReason"] == NO_REASON


def test_without_a_daemon_the_sentence_says_how_to_start_it_and_how_to_do_without() -> None:
    said = json.loads(claude_answer("UserPromptSubmit", CLOSED).stdout)
    assert said == {"decision": "block", "reason": DAEMON_NEEDED}
    assert "aicost daemon start" in DAEMON_NEEDED
    assert "fail = 'open'" in DAEMON_NEEDED


@pytest.mark.parametrize("action", [None, "", "allow", 1, "STOP"])
def test_what_is_no_action_passes(action: object) -> None:
    for event in EVENTS:
        decision = {"action": action, "reason": WHY}
        assert claude_answer(event, decision) == codex_answer(event, decision) == Answer()


values = st.none() | st.integers() | st.text()
decisions = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(ACTIONS) | values,
        "reason": values,
        "to_model": values,
        "notice": values,
    },
)


@given(st.sampled_from(EVENTS) | st.text(), decisions)
def test_no_answer_allows_asks_or_keeps_an_agent_going(
    event: str, decision: dict[str, object]
) -> None:
    for answer in (claude_answer(event, decision), codex_answer(event, decision)):
        said: dict[str, Any] = json.loads(answer.stdout) if answer.stdout else {}
        assert said.get("hookSpecificOutput", {}).get("permissionDecision", "deny") == "deny"
        assert said.get("decision", "block") == "block"
        if event in ("Stop", "SubagentStop"):
            assert said == {}
        assert (answer.exit_code == 2) == bool(answer.stderr)
        assert answer.stdout == "" or answer.exit_code == 0
        assert answer.stdout.isascii()  # so that any shell prints it in any locale
        assert "\n" not in answer.stdout


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(), ""),
        (Answer('{"decision": "block"}'), 'E 0 {"decision": "block"}'),
        (Answer("", "two\nlines\0 and  é", 2), "E 2 two lines and é"),
        (Answer("", "half \ud800", 2), "E 2 half ?"),
    ],
)
def test_a_prepared_answer_is_one_line(answer: Answer, line: str) -> None:
    assert verdict_line("E", answer) == line


@given(st.sampled_from(EVENTS), decisions)
def test_a_prepared_line_says_what_the_answer_says(event: str, decision: dict[str, object]) -> None:
    answer = claude_answer(event, decision)
    line = verdict_line(event, answer)
    assert "\n" not in line
    assert bool(line) == bool(answer.stdout or answer.stderr)
    if answer.stdout:
        assert json.loads(line.split(" ", 2)[2]) == json.loads(answer.stdout)


def test_answers_are_values() -> None:
    assert Answer("a") == Answer("a") != Answer("a", "b", 2)
    assert len({Answer("a"), Answer("a")}) == 1
    assert Answer("a") != "a"
    assert repr(Answer("a")) == "Answer('a', '', 0)"
