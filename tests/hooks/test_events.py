"""Reading an event: any bytes are an object, or the declared error."""

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost_hooks.events import (
    MAX_INPUT_BYTES,
    NotAnEvent,
    calls_in,
    command_in,
    known,
    parse_object,
    place_of,
    read_event,
    text_in,
)

EVENT = {"session_id": "s-1", "transcript_path": "/x/y.jsonl", "cwd": "/x", "hook_event_name": "E"}


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no JSON"), (b"\xff\x00", "no JSON"), (b"[" * 100_000, "no JSON"), (b"{", "no JSON")],
    ids=["nothing", "no text", "too deep", "half"],
)
def test_what_is_no_json_is_no_event(content: bytes, words: str) -> None:
    with pytest.raises(NotAnEvent, match=words):
        parse_object(content)


@pytest.mark.parametrize("content", [b"[]", b"3", b'"x"', b"null"])
def test_other_json_says_nothing(content: bytes) -> None:
    assert parse_object(content) == {}


@given(st.binary(max_size=100))
def test_any_bytes_are_an_object_or_no_event(content: bytes) -> None:
    with contextlib.suppress(NotAnEvent):
        assert isinstance(parse_object(content), dict)


def test_input_is_bounded() -> None:
    pad = MAX_INPUT_BYTES - len(json.dumps(EVENT | {"pad": ""}))
    assert read_event(io.BytesIO(json.dumps(EVENT | {"pad": "x" * pad}).encode()))
    with pytest.raises(NotAnEvent, match="over"):
        read_event(io.BytesIO(json.dumps(EVENT | {"pad": "x" * (pad + 1)}).encode()))


def test_an_event_is_somewhere() -> None:
    assert place_of(EVENT) == {"session_id": "s-1", "path": "/x/y.jsonl", "cwd": "/x"}
    assert place_of({"session_id": "s-1"}) == {"session_id": "s-1", "path": "", "cwd": ""}


@pytest.mark.parametrize("session_id", [None, "", 3, ["s"]])
def test_an_event_without_session_is_none(session_id: object) -> None:
    with pytest.raises(NotAnEvent, match="names no session"):
        place_of(EVENT | {"session_id": session_id})


def test_texts_are_short() -> None:
    assert text_in({"a": "x" * 5000}, "a") == "x" * 4096
    assert text_in({"a": 3}, "a") == text_in({}, "a") == ""


@pytest.mark.parametrize(
    ("call", "command"),
    [
        ({"tool_name": "Bash", "tool_input": {"command": "ls"}}, "ls"),
        ({"tool_name": "Read", "tool_input": {"command": "ls"}}, ""),
        ({"tool_name": "Bash", "tool_input": {"command": ["ls"]}}, ""),
        ({"tool_name": "Bash", "tool_input": "ls"}, ""),
        ({"tool_name": "Bash"}, ""),
    ],
)
def test_only_a_shell_runs_a_command(call: dict[str, object], command: str) -> None:
    assert command_in(call) == command


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ({"tool_use_id": "a"}, ["a"]),
        ({}, []),
        ({"tool_calls": [{"tool_use_id": "a"}, {"tool_use_id": "b"}]}, ["a", "b"]),
        ({"tool_calls": [{"tool_use_id": ""}, 3, None, {"tool_use_id": "b"}]}, ["b"]),
        ({"tool_calls": []}, []),
        ({"tool_calls": "x", "tool_use_id": "a"}, ["a"]),
        ({"tool_calls": [{"tool_use_id": "a"}] * 1000}, ["a"] * 256),
    ],
    ids=range(7),
)
def test_the_calls_of_an_event(event: dict[str, object], ids: list[str]) -> None:
    assert [call["tool_use_id"] for call in calls_in(event)] == ids


def test_what_says_nothing_is_left_out() -> None:
    fields = {"a": "", "b": False, "c": None, "d": [], "e": 0.0, "f": True, "g": "x", "h": [1]}
    assert known(fields) == {"e": 0.0, "f": True, "g": "x", "h": [1]}
