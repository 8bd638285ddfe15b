"""The fields of records: which of them are taken, and what is refused."""

import msgspec
import pytest
from log_builders import assistant_line, at, line, progress_line, usage, user_line

from aicost.sources.claude.records import UNREADABLE
from aicost.sources.claude.usage_records import (
    decode_line,
    decode_user,
    kind_of,
)


def test_a_calls_record_says_whose_it_is_and_what_was_used() -> None:
    row = decode_line(assistant_line(1, agentId="a1", isSidechain=True, requestSessionId="s-0"))
    assert (row.type, row.session_id, row.request_session_id) == ("assistant", "s-1", "s-0")
    assert (row.is_sidechain, row.agent_id) == (True, "a1")
    assert (row.cwd, row.git_branch, row.timestamp) == ("/src/shop", "main", at(1))
    assert row.message is not None
    assert row.message.usage is not None
    assert (row.message.id, row.message.usage.output_tokens) == ("msg_1", 10)


def test_a_nested_call_lies_two_levels_deeper() -> None:
    row = decode_line(progress_line(2, agent_id="a7"))
    assert row.data is not None
    assert row.data.agent_id == "a7"
    assert row.data.message is not None
    assert row.data.message.timestamp == at(2)
    assert row.data.message.message is not None
    assert row.data.message.message.id == "msg_2"


def test_a_prompt_has_an_id_and_content() -> None:
    row = decode_user(user_line("t-1", text=[{"type": "text", "text": "go"}]))
    assert (row.uuid, row.prompt_id, row.timestamp) == ("t-1", "p-t-1", at(0))
    assert not isinstance(row.message.content, str)
    assert [block.text for block in row.message.content] == ["go"]


@pytest.mark.parametrize(
    ("count", "is_believed"),
    [(-1, False), (0, True), (10**9, True), (10**9 + 1, False), (1.5, False), ("1", False)],
)
def test_a_count_is_a_whole_number_of_a_believable_size(count: object, is_believed: bool) -> None:
    record = assistant_line(1, usage=usage(output_tokens=count))
    if is_believed:
        assert decode_line(record)
    else:
        with pytest.raises(msgspec.ValidationError, match="output_tokens"):
            decode_line(record)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (line({"type": "system", "message": 5, "timestamp": "soon"}), "system"),
        (line({"message": {"type": "assistant"}}), None),
        (line({"type": None}), None),
    ],
)
def test_the_type_is_known_whatever_else_is_in_a_record(record: bytes, kind: str | None) -> None:
    assert kind_of(record) == kind


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b'{"type":7}',
        b'{"type":"x"',
        b'{"type":"x"}{}',
        b'{"a":"\n"}',
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_record_is_unreadable(broken: bytes) -> None:
    for decode in (kind_of, decode_line, decode_user):
        with pytest.raises(UNREADABLE):
            decode(broken)
