"""Rollout lines: their kinds and fields, however they are written."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from codex_logs import context, count, event_row, io, meta, prompt, record, row, settings, started
from log_builders import at, line

from aicost.core.errors import LogFormatError
from aicost.sources.codex.records import (
    HEAD,
    KINDS,
    MAX_TEXT_CHARS,
    bare_meta_of,
    count_of,
    field_of,
    id_of,
    kind_of,
    meta_of,
    record_of,
    text,
    time_of,
    turn_of,
)


def kinds(line: bytes) -> set[str | None]:
    """Return what a line is: by its start, if that tells, and by its fields."""
    head = HEAD.match(line)
    told = KINDS.get(head[1], "none") if head else None
    return {kind_of(line), *([] if told is None else [None if told == "none" else told])}


LINES = {
    "session_meta": meta(),
    "turn_context": context(),
    "token_usage_record": record(),
    "token_count": count(io(1, 1)),
    "task_started": started(),
    "thread_settings_applied": settings(),
    "user_message": prompt(),
}
OTHERS = {
    "compacted": row("compacted", {"latest_token_usage_record": json.loads(record())["payload"]}),
    "item": event_row("item_completed", {"item": {"type": "token_count"}}),
    "message": row("response_item", {"type": "token_count"}),
    "quoted": row("response_item", {"type": "message", "text": record().decode()}),
    "new": row("tomorrows_type", {"type": "token_count"}),
    "state": line({"record_type": "state"}),
    "bare message": line({"type": "message", "id": "m-1", "role": "user", "content": []}),
    "nothing": b"{}",
    "no payload": line({"type": "event_msg"}),
    "null": line({"type": "event_msg", "payload": None}),
    "a number": line({"type": "event_msg", "payload": 5}),
    "no inner type": row("event_msg", {"info": None}),
    "inner number": row("event_msg", {"type": 5}),
    "outer number": line({"type": 5, "payload": {"type": "token_count"}}),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda record: json.dumps(record, separators=(",", ":")), id="as the client"),
        pytest.param(
            lambda record: json.dumps(
                {"timestamp": record["timestamp"], "ordinal": 7} | record, separators=(",", ":")
            ),
            id="with ordinals",
        ),
        pytest.param(lambda record: json.dumps(record), id="spaces"),
        pytest.param(
            lambda record: json.dumps(record, sort_keys=True, separators=(",", ":")), id="sorted"
        ),
        pytest.param(
            lambda record: json.dumps(dict(reversed(record.items())), separators=(",", ":")),
            id="the other way round",
        ),
        pytest.param(lambda record: json.dumps(record | {"metadata": {"type": 1}}), id="more"),
    ],
)
def test_a_kind_is_told_however_the_line_is_written(name: str, written: Any) -> None:
    assert kinds(written(json.loads(LINES[name])).encode()) == {name}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("spaced", [False, True])
def test_other_lines_are_no_kind_whatever_they_embed(name: str, spaced: bool) -> None:
    written = json.dumps(json.loads(OTHERS[name])).encode() if spaced else OTHERS[name]
    assert kinds(written) == {None}


def test_the_first_line_of_the_oldest_clients_has_no_envelope() -> None:
    first = line({"id": "t-1", "timestamp": "2025-08-01T10:00:00Z", "git": {"branch": "b"}})
    assert kinds(first) == {"bare_meta"}
    assert (bare_meta_of(first).id, bare_meta_of(first).git) == ("t-1", {"branch": "b"})


@pytest.mark.parametrize(
    "broken",
    [b'{"type":', b'{"type":"event_msg" "payload":{}}', b"[1]", b'{"type":"\xff"}', b"words"],
)
def test_a_line_of_another_writing_must_be_json(broken: bytes) -> None:
    with pytest.raises(LogFormatError):
        kind_of(broken)


@pytest.mark.parametrize("name", LINES)
def test_a_line_as_a_client_writes_it_is_told_by_its_start(name: str) -> None:
    head = HEAD.match(LINES[name])
    assert head
    assert KINDS[head[1]] == name


def test_the_next_line_is_not_looked_at() -> None:
    cut = b'{"timestamp":"","type":'
    assert HEAD.match(cut + b"\n" + LINES["token_count"]) is None


def test_odd_fields_cost_only_themselves() -> None:
    odd = meta_of(meta(cwd=7, git="main", source=[1], agent_role={}, session_id=None, timestamp=1))
    assert id_of(odd.id)
    assert (text(odd.cwd), text(field_of(odd.git, "branch")), id_of(odd.session_id)) == ("",) * 3
    turn, moment = turn_of(context(model=["m"], cwd=None))
    assert (text(turn.model), text(turn.cwd), moment) == ("", "", at(1))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(count((-1, 0, 0, 0, 0)), id="negative"),
        pytest.param(count(io(10**15 + 1, 0)), id="no such total"),
        pytest.param(
            event_row("token_count", {"info": {"total_token_usage": {"input_tokens": "1"}}}),
            id="a count as text",
        ),
        pytest.param(event_row("token_count", {"info": 5}), id="another shape"),
        pytest.param(
            row("event_msg", {"type": "token_count"}, None, timestamp="soon"), id="no time"
        ),
    ],
)
def test_counts_of_another_shape_are_errors(line: bytes) -> None:
    with pytest.raises(LogFormatError):
        count_of(line)


def test_a_count_without_figures_is_none() -> None:
    assert count_of(count(None)) == (None, at(3))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-22T05:48:10.343Z", datetime(2026, 11, 22, 5, 48, 10, 343_000, tzinfo=UTC)),
        ("2026-11-22T12:34:56+05:45", datetime(2026, 11, 22, 6, 49, 56, tzinfo=UTC)),
        (None, None),
    ],
)
def test_times_are_utc_whatever_offset_they_are_written_with(
    stamp: str | None, expected: datetime | None
) -> None:
    found = time_of(line({"timestamp": stamp}))
    assert found == expected
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    "stamp",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-10:00",
        "2026-11-22T05:48:10",
        "x",
    ],
)
def test_times_that_are_none_are_errors(stamp: str) -> None:
    with pytest.raises(LogFormatError):
        record_of(row("token_usage_record", {}, None, timestamp=stamp))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), ("", ""), (None, ""), (5, ""), ("x" * MAX_TEXT_CHARS, "x" * MAX_TEXT_CHARS)],
)
def test_text_is_text(value: object, expected: str) -> None:
    assert text(value) == expected


def test_far_too_long_texts_are_none() -> None:
    assert text("x" * (MAX_TEXT_CHARS + 1)) == id_of("x" * 201) == ""
    assert id_of("x" * 200)


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"a": {"b": 1}}, 1), ({"a": {}}, None), ({"a": 5}, None), ([], None), (None, None)],
)
def test_what_is_nested_is_found_or_none(value: object, expected: object) -> None:
    assert field_of(value, "a", "b") == expected
