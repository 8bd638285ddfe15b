"""What Codex' lines say of what a turn was for."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from corpora import Scenario
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.facts import WorkSeen
from aicost.core.turn_features import MOST_BYTES, TurnFeatures, unpacked
from aicost.core.vocabulary import number_of
from aicost.sources.codex.evidence import CodexEvidenceParser
from aicost.sources.codex.working import Working
from aicost.sources.gathering import WorkState

PLACE = ("s-1", "t-1", "")
PATCH = "*** Begin Patch\n*** Update File: a_test.go\n-old\n+new\n*** Add File: b.go\n+x\n"


def event(kind: str, /, **fields: Any) -> tuple[bytes, bytes]:
    return kind.encode(), json.dumps({"payload": {"type": kind, **fields}}).encode()


def item(kind: str, /, **fields: Any) -> tuple[bytes, bytes]:
    payload = {"type": "item_completed", "item": {"type": kind, **fields}}
    return b"item_completed", json.dumps({"payload": payload}).encode()


def features(*lines: tuple[bytes, bytes]) -> TurnFeatures:
    working = Working(WorkState())
    for kind, line in (event("user_message", message="fix the crash"), *lines):
        working.take(kind, line, PLACE, "fix/login")
    return unpacked(working.seen()[-1].features)


def call(name: str, number: int = 1, **arguments: Any) -> tuple[bytes, bytes]:
    said = json.dumps(arguments)
    return event("function_call", name=name, call_id=f"call_{number}", arguments=said)


RAN = item("CommandExecution", id="call_1", command=["/bin/bash", "-lc", "npm test"], exit_code=1)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (item("FileChange", id="c", changes={"a.go": {"type": "add", "content": "x"}}), "new_code"),
        (item("FileChange", id="c", changes={"a.md": {"unified_diff": "-a\n+b"}}), "edit_doc"),
        (event("patch_apply_end", call_id="c", changes={"go.sum": {}}), "edit_lock"),
        (event("custom_tool_call", name="apply_patch", call_id="c", input=PATCH), "edit_test"),
        (RAN, "test_failed"),
        (call("shell", command=["bash", "-lc", "git push"]), "ran_push"),
        (call("exec_command", cmd="cargo update"), "ran_package"),
        (call("update_plan", plan=[{"step": "Rename it"}]), "tasks"),
        (item("WebSearch", id="w"), "web"),
        (item("McpToolCall", id="m"), "mcp"),
        (item("SubAgentActivity", kind="started", id="a"), "agents"),
        (item("EnteredReviewMode", id="r"), "agents_review"),
    ],
)
def test_a_line_is_counted_for_what_was_done(line: tuple[bytes, bytes], count: str) -> None:
    assert features(line).counts[count] == 1


def test_what_was_asked_for_and_what_was_done_count_once() -> None:
    found = features(call("exec_command", cmd="npm test"), RAN)
    assert (found.counts["ran_test"], found.counts["test_failed"]) == (1, 1)
    asked = event("custom_tool_call", name="apply_patch", call_id="c", input=PATCH)
    done = item("FileChange", id="c", changes={"a_test.go": {}, "b.go": {"type": "add"}})
    patched = features(asked, done)
    assert (patched.counts["edit_test"], patched.counts["new_code"]) == (1, 1)


def test_words_are_those_of_prompt_thought_plan_and_last_answer() -> None:
    found = features(
        item("Reasoning", id="r", summary_text=["They want a refactor"]),
        call("update_plan", plan=[{"step": "Rename the helper"}]),
        event("agent_message", message="Hm"),
        item("AgentMessage", id="m", content=[{"type": "Text", "text": "Committed it"}]),
        event("user_message", message="and the docs"),  # said while it works
    )
    for zone, word in (
        ("prompt", "crash"), ("thought", "refactor"), ("tasks", "rename"), ("closing", "commit"),
        ("branch", "login"),
    ):  # fmt: skip
        assert number_of(word) in found.words[zone], zone
    assert number_of("docs") not in found.words["prompt"]


@given(
    st.sampled_from([b"item_completed", b"function_call", b"user_message"]),
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from(["changes", "content", "arguments", "command", "input", "message"]),
)
def test_any_shape_is_taken_or_passed_over(kind: bytes, value: object, field: str) -> None:
    for name in ("FileChange", "AgentMessage", "CommandExecution", "function_call"):
        body = {"type": name, "id": "c", "call_id": "c", field: value}
        line = json.dumps({"payload": {**body, "item": body}}).encode()
        Working(WorkState()).take(kind, line, PLACE, "")


def work_in(scenario: Scenario) -> list[WorkSeen]:
    seen: list[WorkSeen] = []
    for log in sorted(scenario.home.rglob("rollout-*.jsonl")):
        seen += CodexEvidenceParser().parse(log.read_bytes(), "").work
    return seen


def test_real_logs_of_all_clients_give_features(codex_lab: Mapping[str, Scenario]) -> None:
    known = {name: work_in(scenario) for name, scenario in codex_lab.items()}
    with_words = [name for name, seen in known.items() if any(
        unpacked(one.features).counts.get("prompt_log2_chars") for one in seen
    )]  # fmt: skip
    assert len(with_words) > len(known) * 0.7, sorted(set(known) - set(with_words))
    assert all(len(one.features) <= MOST_BYTES for seen in known.values() for one in seen)
    assert any(unpacked(one.features).counts.get("new_doc") for one in known["tools"]) or any(
        unpacked(one.features).counts.get("edit_doc") for one in known["tools"]
    )
