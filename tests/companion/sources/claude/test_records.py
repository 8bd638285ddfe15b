"""The wire shapes of the second reading, and the rules that both readings share."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from aicost.core.errors import LogFormatError
from aicost.sources.claude.records import (
    NOTHING,
    UNREADABLE,
    Line,
    Place,
    SystemLine,
    decode_line,
    decode_message,
    decode_text_message,
    decode_tool_result,
    place_of,
    starts_a_turn,
    unnamed,
    utc,
)


def test_a_field_that_is_missing_or_null_is_nothing() -> None:
    for line in (b"{}", b'{"message":null,"type":null,"isSidechain":null}'):
        row = decode_line(line)
        assert (row.type, row.message, row.tool_use_result) == (None, NOTHING, NOTHING)
        with pytest.raises(UNREADABLE):
            decode_message(row.message)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (Line(session_id="s"), Place("s", "t-1", "")),
        (Line(session_id="fork", request_session_id="s"), Place("s", "t-1", "")),
        (Line(session_id="s", is_sidechain=True, agent_id="a"), Place("s", "", "a")),
        (Line(session_id="s", is_sidechain=True), Place("s", "", "sidechain:t-1")),
        (Line(session_id="s", agent_id="a"), Place("s", "t-1", "")),
    ],
)
def test_a_record_belongs_to_a_turn_or_to_a_subagent(row: Line, place: Place) -> None:
    assert place_of(row, "t-1") == place


@pytest.mark.parametrize("row", [Line(), Line(session_id="")])
def test_a_record_without_a_session_belongs_nowhere(row: Line) -> None:
    with pytest.raises(LogFormatError):
        place_of(row, "t-1")


def test_subagents_without_a_name_are_told_apart_by_turn() -> None:
    assert (unnamed(""), unnamed("t-1")) == ("sidechain", "sidechain:t-1")


def test_times_are_utc_and_must_be_possible() -> None:
    east = timezone(timedelta(hours=2))
    assert utc(datetime(2026, 11, 22, 12, tzinfo=east)) == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert utc(datetime(1970, 1, 1, tzinfo=UTC)).year == 1970
    assert utc(datetime(9998, 12, 31, tzinfo=UTC)).year == 9998
    for odd in (None, datetime(1969, 12, 31, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)):
        with pytest.raises(LogFormatError):
            utc(odd)


@pytest.mark.parametrize(
    ("content", "answers", "text"),
    [
        (b'"go"', None, "go"),
        (b'[{"type":"text","text":"go"}]', None, "go"),
        (b'[{"type":"image"},{"type":"text","text":"go"}]', None, "go"),
        (b'[{"type":"image"}]', None, ""),
        (b'[{"type":"tool_result","tool_use_id":"a"},{"type":"tool_result"}]', ["a", ""], ""),
        (b"[]", None, ""),
    ],
)
def test_what_the_user_said_is_told_from_what_a_tool_returned(
    content: bytes, answers: list[str] | None, text: str
) -> None:
    message = decode_text_message(b'{"content":%s}' % content)
    assert (message.answers(), message.own_text()) == (answers, text)
    assert starts_a_turn(Line(), message) is (answers is None)


@pytest.mark.parametrize("flag", ["is_meta", "is_compact_summary", "is_sidechain"])
@pytest.mark.parametrize("on", [True, False, None])
def test_what_the_client_wrote_itself_starts_no_turn(flag: str, on: bool | None) -> None:
    message = decode_text_message(b'{"content":"go"}')
    changes: dict[str, Any] = {flag: on}
    assert starts_a_turn(Line(**changes), message) is (on is not True)


@pytest.mark.parametrize(
    ("attempt", "most", "is_retried"),
    [(1, 10, True), (10, 10, True), (11, 10, False), (1, None, False), (None, 10, True)],
)
def test_an_error_is_retried_while_tries_are_left(
    attempt: int | None, most: int | None, is_retried: bool
) -> None:
    assert SystemLine(retry_attempt=attempt, max_retries=most).is_retried is is_retried


def test_a_web_search_is_known_by_what_its_result_holds() -> None:
    assert decode_tool_result(b'{"query":"","results":[],"durationSeconds":0}').is_web_search
    assert not decode_tool_result(b'{"query":"","results":[]}').is_web_search
