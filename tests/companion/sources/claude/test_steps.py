"""What tools did: their files, sizes and ends, and no word of their input or output."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_builders import assistant_line, at, message, user_line

from aicost.core.commands import command_key, to_number
from aicost.core.facts import Parsed, StepTaken
from aicost.sources.claude.evidence import ClaudeEvidenceParser
from aicost.sources.claude.notebook import Notebook
from aicost.sources.claude.records import Text
from aicost.sources.claude.steps import number_of, step_of, wanted_of

Json = dict[str, Any]
KEY = "claude:msg_1"


def taken(name: str, asked: object, result: object = "done", **changes: Any) -> StepTaken:
    raw = msgspec.Raw(msgspec.json.encode(asked))
    command = asked.get("command") if isinstance(asked, dict) else None
    block = Text(
        "tool_result",
        tool_use_id="toolu_1",
        content=msgspec.Raw(msgspec.json.encode(result)),
        **changes,
    )
    return step_of("toolu_1", wanted_of(name, raw, KEY, command), block, at(2))


def test_a_file_that_was_read_is_known_by_name_lines_and_content() -> None:
    asked = {"file_path": "/home/ada/shop/pay.py"}
    first = taken("Read", asked, "text")
    assert (first.kind, first.label, first.size_bytes) == ("read", "pay.py", 4)
    assert first.target == number_of("/home/ada/shop/pay.py")
    assert taken("Read", asked, "text") == first
    assert taken("Read", asked, "next").content != first.content
    assert taken("Read", asked | {"offset": 9}, "text").part != first.part
    assert taken("Read", {"file_path": "/x/pay.py"}, "text").target != first.target


def test_an_edit_is_known_by_the_text_before_and_after() -> None:
    asked = {"file_path": "/x/pay.py", "old_string": "a", "new_string": "b"}
    there = taken("Edit", asked)
    back = taken("Edit", asked | {"old_string": "b", "new_string": "a"})
    assert there.kind == "edit"
    assert (there.part, there.content) == (back.content, back.part)
    assert taken("Write", {"file_path": "/x/pay.py", "content": "b"}).content == there.content
    assert taken("NotebookEdit", {"notebook_path": "/x/n.ipynb"}).label == "n.ipynb"
    assert taken("MultiEdit", {"file_path": "/x/pay.py", "edits": []}).content != 0


@pytest.mark.parametrize(
    ("name", "asked", "kind", "label"),
    [
        ("Bash", {"command": "cd /x && npm test"}, "test", "npm test"),
        ("Bash", {"command": 5}, "other", ""),
        ("Grep", {"pattern": "secret"}, "search", ""),
        ("Glob", {"pattern": "*.py"}, "search", ""),
        ("Task", {"subagent_type": "Explore"}, "agent", "Explore"),
        ("Agent", {}, "agent", ""),
        ("Read", {"file_path": 5}, "other", ""),
        ("Edit", {}, "other", ""),
        ("Read", [], "other", "Read"),
        ("WebFetch", {"url": "https://secret"}, "other", "WebFetch"),
    ],
)
def test_each_tool_has_a_kind_and_a_label(name: str, asked: Any, kind: str, label: str) -> None:
    step = taken(name, asked)
    assert (step.kind, step.label) == (kind, label)


def test_a_command_is_known_as_in_its_run() -> None:
    step = taken("Bash", {"command": "npm test 2>&1"})
    assert step.target == to_number(command_key("npm test"))


@pytest.mark.parametrize(
    ("result", "size"),
    [
        ("", 0),
        ("four", 4),
        (None, 0),
        ([{"type": "text", "text": "four"}], 29),
        ([{"type": "image", "source": {"data": "AAAA"}}], None),
        ([{"type": "document", "source": {"data": "AAAA"}}], None),
        ('[{"type":"image"}]', 22),
    ],
)
def test_a_results_size_is_that_of_its_text(result: Any, size: int | None) -> None:
    assert taken("Read", {"file_path": "x"}, result).size_bytes == size


def evidence(*lines: bytes) -> Parsed:
    return ClaudeEvidenceParser().parse(b"".join(lines), Notebook(turn_id="t-1").text())


def asking(name: str, asked: Json, number: int = 1, **changes: Any) -> bytes:
    block = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": asked}
    return assistant_line(number, message=message(number, content=[block]), **changes)


def answer(number: int = 1, text: Any = "done", result: Any = None, **changes: Any) -> bytes:
    block = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": text} | changes
    return user_line(f"r-{number}", minutes=5, text=[block], toolUseResult=result)


def test_a_step_is_taken_when_its_result_comes() -> None:
    asked = asking("Read", {"file_path": "/x/secret/pay.py"})
    assert evidence(asked).steps == ()
    assert evidence(answer()).steps == ()
    (step,) = evidence(asked, answer(is_error=True), answer()).steps
    assert (step.key, step.event_key, step.at) == ("claude:toolu_1", KEY, at(5))
    assert step.failed
    assert "secret" not in repr(step)


def test_a_subagents_answer_is_known_by_its_id_unless_it_goes_on() -> None:
    asked = asking("Task", {"subagent_type": "Explore"})
    note = {"type": "text", "text": "<tools-used-before-summary>Bash</tools-used-before-summary>"}
    said = {"agentId": "a1", "content": [note, {"type": "text", "text": "Fünf"}]}
    (step,) = evidence(asked, answer(text="x" * 900, result=said)).steps
    assert (step.target, step.size_bytes) == (number_of("a1"), 5)
    (step,) = evidence(asked, answer(result={"agentId": "a1", "content": 5})).steps
    assert (step.target, step.size_bytes) == (number_of("a1"), None)
    (step,) = evidence(asked, answer(result={"agentId": "a1", "isAsync": True})).steps
    assert step.target == 0


def test_a_copy_repeats_no_step() -> None:
    lines = [asking("Read", {"file_path": "x"}), answer()]
    copied = [asking("Read", {"file_path": "x"}, session="f", requestSessionId="s-1"), answer()]
    assert evidence(*lines, *copied).steps == evidence(*lines).steps


LINES = [
    asking("Read", {"file_path": "/x/a.py"}),
    asking("Bash", {"command": "npm test"}, 2),
    answer(2, "Exit code 1\nerror: a", is_error=True),
    answer(1, "text"),
    asking("Edit", {"file_path": "/x/a.py", "old_string": "a", "new_string": "b"}, 3),
    answer(3),
]


@given(st.sets(st.integers(0, len(LINES))))
def test_blocks_may_end_anywhere(cuts: set[int]) -> None:
    found, thread = list[StepTaken](), ""
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(LINES)]):
        parsed = ClaudeEvidenceParser().parse(b"".join(LINES[start:end]), thread)
        found += parsed.steps
        thread = parsed.thread
    whole = ClaudeEvidenceParser().parse(b"".join(LINES), "").steps
    assert tuple(found) == whole
    assert [step.kind for step in whole] == ["test", "read", "edit"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["Bash", "Read", "Edit", "Grep", "Task", "x"])
FIELDS = ("file_path", "command", "pattern", "subagent_type", "old_string", "offset")


@given(NAMES, JSON | st.dictionaries(st.sampled_from(FIELDS), JSON), JSON)
def test_any_input_makes_one_step(name: str, asked: object, result: object) -> None:
    step = taken(name, asked, result)
    assert step.size_bytes is None or step.size_bytes >= 0
    assert -(2**63) <= step.target < 2**63
