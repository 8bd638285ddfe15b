"""Which files a patch changed: each once, of the response that asked for it."""

from collections.abc import Callable
from typing import Any

import pytest
from codex_logs import (
    NEW,
    THREAD,
    answers,
    asks,
    asks_script,
    context,
    event_row,
    evidence_of,
    item,
    meta,
    record,
)
from hypothesis import given
from hypothesis import strategies as st
from log_builders import at

from aicost.core.commands import hash_of, to_number
from aicost.core.errors import LogFormatError
from aicost.core.facts import StepTaken
from aicost.sources.codex.patches import (
    MOST_WAITING,
    Patched,
    Patches,
    PatchesState,
    ended_in,
    patched_in,
)

RESPONSE = f"codex:{THREAD}:resp_1"
CHANGES: dict[str, Any] = {
    "/x/secret/b.py": {"type": "update", "unified_diff": "secret"},
    "/x/a.py": {"type": "add", "content": "secret"},
}


def steps(*lines: bytes) -> tuple[StepTaken, ...]:
    return evidence_of(meta(version=NEW), context(), *lines).steps


def asks_patch() -> bytes:
    return asks(name="apply_patch")


@pytest.mark.parametrize(
    "lines",
    [
        [asks_patch(), record(), item("FileChange", "call_1", changes=CHANGES)],
        [asks_patch(), item("FileChange", "call_1", changes=CHANGES), record()],
        [asks_patch(), record(), *[item("FileChange", "call_1", changes=CHANGES)] * 2, answers()],
    ],
)
def test_each_file_of_a_patch_is_one_step(lines: list[bytes]) -> None:
    found = steps(*lines)
    assert [(step.key, step.label) for step in found] == [
        (f"{RESPONSE}:call_1", "a.py"),
        (f"{RESPONSE}:call_1#1", "b.py"),
    ]
    assert {(step.kind, step.at, step.event_key, step.failed) for step in found} == {
        ("edit", at(3.5), RESPONSE, False)
    }
    assert found[0].target == to_number(hash_of("/x/a.py"))
    assert "secret" not in repr(found)


def test_what_a_script_patched_is_of_the_scripts_response() -> None:
    found = steps(asks_script(), record(), item("FileChange", "exec-1", changes=CHANGES))
    assert {step.event_key for step in found} == {RESPONSE}
    assert len(found) == 2


def test_a_patch_that_was_not_applied_failed() -> None:
    refused = item("FileChange", "call_1", changes=CHANGES, status="declined")
    assert all(step.failed for step in steps(asks_patch(), record(), refused))


@pytest.mark.parametrize("success", [True, False])
def test_older_clients_tell_of_a_patch_in_an_event(success: bool) -> None:
    event = {"call_id": "call_1", "success": success, "changes": CHANGES}
    found = steps(asks_patch(), record(), event_row("patch_apply_end", event, 4))
    assert [step.failed for step in found] == [not success] * 2


@pytest.mark.parametrize(
    "lines",
    [
        [record(), item("FileChange", "call_1", changes=CHANGES)],
        [asks_patch(), record()],
        [asks_patch(), item("FileChange", "call_1", changes=CHANGES)],
        [asks_patch(), record(), item("FileChange", "call_1", changes=None)],
        [asks_patch(), record(), item("FileChange", "call_1", changes={})],
    ],
)
def test_a_patch_without_a_response_or_files_is_none(lines: list[bytes]) -> None:
    assert steps(*lines) == ()


@pytest.mark.parametrize("read", [patched_in, ended_in])
@pytest.mark.parametrize("line", [b"", b"{", b'{"payload":5}', b"[]"])
def test_a_line_of_another_shape_is_refused(read: Callable[[bytes], object], line: bytes) -> None:
    with pytest.raises(LogFormatError):
        read(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON, JSON)
def test_any_changes_cost_no_more_than_the_line(changes: object, status: object) -> None:
    odd = item("FileChange", "call_1", changes=changes, status=status)
    found = steps(asks_patch(), record(), odd)
    assert len(found) == (len(changes) if isinstance(changes, dict) else 0)


def test_of_too_many_patches_the_oldest_is_forgotten() -> None:
    state = PatchesState()
    waiting = Patches(state)
    for number in range(MOST_WAITING + 1):
        assert list(waiting.end(Patched(f"call_{number}", at(1), (), failed=False))) == []
    assert len(state.waiting) == MOST_WAITING
    assert "call_0" not in state.waiting
