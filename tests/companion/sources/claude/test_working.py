"""What Claude Code's lines say of what a turn was for."""

import json
from pathlib import Path
from typing import Any

import pytest
from classify.labelled import labelled_turns, turns_in
from claude_logs import call_line, prompt_line
from corpora import Excerpt
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.facts import WorkSeen
from aicost.core.turn_features import MOST_BYTES, TurnFeatures, unpacked
from aicost.core.vocabulary import number_of
from aicost.sources.claude.evidence import ClaudeEvidenceParser

Block = dict[str, Any]


def tool(name: str, number: int = 1, **asked: Any) -> Block:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": asked}


def answer(*blocks: Block, message_id: str = "msg_1", **changes: Any) -> bytes:
    row = json.loads(call_line(message_id, **changes))
    row["message"]["content"] = list(blocks)
    row["uuid"] = f"line of {json.dumps(blocks)}"  # each block has a line of its own
    return json.dumps(row).encode() + b"\n"


def result(number: int, text: str, *, is_error: bool = False) -> bytes:
    row = json.loads(prompt_line(f"r-{number}"))
    block = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": text}
    row["message"]["content"] = [block | {"is_error": is_error}]
    return json.dumps(row).encode() + b"\n"


def work(*lines: bytes) -> tuple[WorkSeen, ...]:
    return ClaudeEvidenceParser().parse(b"".join(lines), "").work


def features(*lines: bytes) -> TurnFeatures:
    return unpacked(work(prompt_line("t-1", text="fix the crash"), *lines)[-1].features)


@pytest.mark.parametrize(
    ("block", "count"),
    [
        (tool("Read", file_path="/src/a.go"), "read_code"),
        (tool("Edit", file_path="/src/a_test.go", old_string="a", new_string="b"), "edit_test"),
        (tool("Write", file_path="/src/README.md", content="x"), "new_doc"),
        (tool("MultiEdit", file_path="go.mod", edits=[{"new_string": "x"}]), "edit_manifest"),
        (tool("NotebookEdit", notebook_path="/src/a.ipynb", new_source="x"), "edit_code"),
        (tool("Grep", pattern="x"), "searches"),
        (tool("WebFetch", url="https://example.org"), "web"),
        (tool("Task", subagent_type="code-reviewer"), "agents_review"),
        (tool("Agent", subagent_type="Explore"), "agents_explore"),
        (tool("Skill", skill="x"), "skills"),
        (tool("ExitPlanMode", plan="# Plan"), "plans_made"),
        (tool("TodoWrite", todos=[{"content": "Add tests"}]), "tasks"),
        (tool("mcp__docs__look"), "mcp"),
        (tool("SomethingNew"), "other_tools"),
        (tool("Edit", file_path=7), "other_tools"),
        (tool("Bash", command="npm test"), "ran_test"),
    ],
)
def test_a_tool_is_counted_for_what_it_does(block: Block, count: str) -> None:
    assert features(answer(block)).counts[count] == 1


def test_a_command_counts_again_with_its_end() -> None:
    ran = answer(tool("Bash", command="npm test"))
    failed = features(ran, result(1, "Exit code 1\nFAIL", is_error=True))
    assert failed.counts["test_failed"] == 1
    assert features(ran, result(1, "ok")).counts["test_passed"] == 1
    assert "test_passed" not in features(ran).counts


def test_a_line_that_is_there_twice_counts_once() -> None:
    read, edit = answer(tool("Read", file_path="a.go")), answer(tool("Edit", 2, file_path="a.go"))
    assert features(read, read, edit, edit) == features(read, edit)


def test_words_are_those_of_prompt_thought_tasks_and_last_answer() -> None:
    found = features(
        answer({"type": "thinking", "thinking": "The user wants a refactor"}),
        answer(tool("TaskCreate", subject="Rename the helper"), {"type": "text", "text": "Hm"}),
        answer({"type": "text", "text": "Committed it"}, message_id="msg_2"),
    )
    for zone, word in (
        ("prompt", "crash"), ("thought", "refactor"), ("tasks", "rename"), ("closing", "commit"),
    ):  # fmt: skip
        assert number_of(word) in found.words[zone], zone


def test_each_turn_is_known_by_its_own_lines() -> None:
    seen = work(
        prompt_line("t-1"),
        answer(tool("Read", file_path="a.go")),
        prompt_line("t-2"),
        answer(tool("Grep", 2, pattern="x"), message_id="msg_2"),
    )
    assert [one.turn_id for one in seen] == ["t-1", "t-2"]
    assert "read_code" not in unpacked(seen[1].features).counts


def test_a_subagent_counts_with_its_turn_or_in_a_log_of_its_own() -> None:
    edit = tool("Edit", file_path="a.go", old_string="a", new_string="b")
    beside = answer(edit, isSidechain=True, agentId="a1")
    assert features(beside).counts["edit_code"] == 1
    (alone,) = work(beside)
    assert (alone.turn_id, alone.subagent_id) == ("", "a1")
    assert unpacked(alone.features).counts["edit_code"] == 1


def test_calls_before_any_prompt_are_of_no_turn() -> None:
    assert work(answer(tool("Read", file_path="a.go"))) == ()


@given(cut=st.floats(0, 1))
def test_the_end_of_a_block_changes_nothing(cut: float) -> None:
    """Wherever a live log was read, what is known in the end is the same."""
    lines = [
        prompt_line("t-1", text="add a flag"),
        answer({"type": "thinking", "thinking": "They want a new flag"}),
        answer(tool("Edit", file_path="a.go", old_string="a", new_string="b")),
        answer({"type": "text", "text": "Now the tests"}),
        answer(tool("Bash", 2, command="go test ./...")),
        result(2, "Exit code 1\nFAIL", is_error=True),
        answer({"type": "text", "text": "Added the flag."}, message_id="msg_2"),
    ]
    at = round(cut * len(lines))
    parser = ClaudeEvidenceParser()
    first = parser.parse(b"".join(lines[:at]), "")
    second = parser.parse(b"".join(lines[at:]), first.thread)
    whole = work(*lines)[-1]
    assert (first.work + second.work)[-1] == whole


def test_real_logs_give_features_that_fit(real_excerpt: Excerpt) -> None:
    seen: list[WorkSeen] = []
    for log in sorted(real_excerpt.home.glob("projects/**/*.jsonl")):
        seen += work(log.read_bytes())
    turns = [unpacked(one.features) for one in seen if one.turn_id]
    assert len(turns) > 20
    assert max(len(one.features) for one in seen) <= MOST_BYTES
    assert sum(bool(turn.words.get("prompt")) for turn in turns) > len(turns) / 2
    assert any(turn.counts.get("edit_code") for turn in turns)
    assert any(turn.counts.get("test_passed") for turn in turns)


def test_what_training_knows_is_what_the_product_reads(real_corpus: Path) -> None:
    """The features in tests/data/labels are those of this very code."""
    logs = sorted(real_corpus.glob("projects/**/*.jsonl"))
    read = turns_in(logs)
    for turn in labelled_turns():
        assert unpacked(read[turn.session_id, turn.turn_id]) == turn.features
