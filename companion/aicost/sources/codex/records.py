"""Codex's rollout lines: which kind one is, and the fields that we use. Pure: bytes in.

What a client may leave out, or a tool may have changed, is typed `object` and read by `text`: one
odd field must not cost the whole line.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Raw

from aicost.core.errors import LogFormatError

Kind = Literal[
    "session_meta",
    "turn_context",
    "token_usage_record",
    "token_count",
    "task_started",
    "thread_settings_applied",
    "user_message",
    "bare_meta",  # the first line of clients before 0.30: no envelope
]
# A line as the client writes it: its types stand at the start, whatever it embeds further on.
HEAD: Final = re.compile(
    rb'\{"timestamp":"[^"\\]{0,40}",(?:"ordinal":\d{1,20},)?"type":"'
    rb'(event_msg","payload":\{"type":"\w{1,64}|\w{1,64})"'
)
_EVENT = b'event_msg","payload":{"type":"'
KINDS: Final[dict[bytes, Kind | None]] = {  # what HEAD finds -> kind, None: the rest must tell
    b"session_meta": "session_meta",
    b"turn_context": "turn_context",
    b"token_usage_record": "token_usage_record",
    b"event_msg": None,
    _EVENT + b"token_count": "token_count",
    _EVENT + b"task_started": "task_started",
    _EVENT + b"thread_settings_applied": "thread_settings_applied",
    _EVENT + b"user_message": "user_message",
}

MAX_ID_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 4_096  # of a path, a branch or a model's name
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

Time = Annotated[datetime, msgspec.Meta(tz=True)]
Total = Annotated[int, msgspec.Meta(ge=0, le=10**15)]

_Shape = TypeVar("_Shape")


class Usage(msgspec.Struct, gc=False):
    """Tokens as the API counts them: input holds what was cached and written to the cache."""

    input_tokens: Total | None = None
    cached_input_tokens: Total | None = None
    cache_write_input_tokens: Total | None = None
    output_tokens: Total | None = None
    reasoning_output_tokens: Total | None = None


class Meta(msgspec.Struct, gc=False):
    """Whose file it is, and where its thread comes from."""

    id: object = None
    session_id: object = None  # the root of the thread's tree; since 0.145
    forked_from_id: object = None
    parent_thread_id: object = None
    history_base: object = None  # a history that is referred to, not copied
    source: object = None
    thread_source: object = None
    agent_role: object = None
    originator: object = None
    cli_version: object = None
    timestamp: object = None
    cwd: object = None
    git: object = None


class Turn(msgspec.Struct, gc=False):
    """What `task_started` and `turn_context` say of a turn."""

    turn_id: object = None  # since 0.110
    root_turn_id: object = None  # of the user's turn that it serves; since 0.153
    model: object = None
    cwd: object = None


class Settings(msgspec.Struct, gc=False, frozen=True):
    """What holds for a thread from here on."""

    model: object = None
    service_tier: object = None


class _Applied(msgspec.Struct, gc=False):
    thread_settings: Settings = Settings()


class Record(msgspec.Struct, gc=False):
    """One response's usage."""

    thread_id: object = None
    turn_id: object = None
    session_id: object = None
    response_id: object = None
    usage: Usage | None = None
    thread_token_usage: Usage | None = None


class Info(msgspec.Struct, gc=False):
    """A thread's usage so far, and what was last added (or estimated)."""

    total_token_usage: Usage | None = None
    last_token_usage: Usage | None = None


class _Count(msgspec.Struct, gc=False):
    info: Info | None = None


class _MetaLine(msgspec.Struct, gc=False):
    payload: Meta
    timestamp: object = None


class _TurnLine(msgspec.Struct, gc=False):
    payload: Turn
    timestamp: Time | None = None


class _SettingsLine(msgspec.Struct, gc=False):
    payload: _Applied


class _RecordLine(msgspec.Struct, gc=False):
    payload: Record
    timestamp: Time | None = None


class _CountLine(msgspec.Struct, gc=False):
    payload: _Count
    timestamp: Time | None = None


class _TimedLine(msgspec.Struct, gc=False):
    timestamp: Time | None = None


class _Typed(msgspec.Struct, gc=False):
    type: object = None


class _AnyLine(msgspec.Struct, gc=False):
    type: object = None
    payload: Raw = Raw(b"null")
    id: object = None


_decode_any = msgspec.json.Decoder(_AnyLine)
_decode_typed = msgspec.json.Decoder(_Typed)
_decode_meta = msgspec.json.Decoder(_MetaLine)
_decode_bare = msgspec.json.Decoder(Meta)
_decode_turn = msgspec.json.Decoder(_TurnLine)
_decode_settings = msgspec.json.Decoder(_SettingsLine)
_decode_record = msgspec.json.Decoder(_RecordLine)
_decode_count = msgspec.json.Decoder(_CountLine)
_decode_timed = msgspec.json.Decoder(_TimedLine)


M = TypeVar("M")  # a memory


def remembered(thread: str, decode: Callable[[str], M], new: Callable[[], M]) -> M:
    """Return a parser's state between two blocks; one that is not ours is as good as none."""
    try:
        return decode(thread) if thread else new()
    except (msgspec.MsgspecError, RecursionError):
        return new()


def kind_of(line: bytes) -> Kind | None:
    """Return what a line is, in whatever order its fields are; None if it is of no interest.

    Raises LogFormatError if it is no JSON object. (HEAD and KINDS tell most lines, and faster.)
    """
    found = _decoded(_decode_any, line)
    outer = found.type.encode() if isinstance(found.type, str) else b""
    if outer == b"event_msg":
        try:
            inner = _decode_typed.decode(found.payload).type
        except UNREADABLE:  # a payload that is no object
            return None
        return KINDS.get(_EVENT + inner.encode()) if isinstance(inner, str) else None
    if not outer and text(found.id):
        return "bare_meta"
    return KINDS.get(outer)


def types_of(line: bytes) -> tuple[bytes, bytes]:
    """Return the type of a line and of its payload, b"" for none. Raises LogFormatError."""
    found = _decoded(_decode_any, line)
    try:
        inner = _decode_typed.decode(found.payload).type
    except UNREADABLE:  # a payload that is no object
        inner = None
    outer, inner = text(found.type), text(inner)
    return outer.encode(errors="replace"), inner.encode(errors="replace")


def meta_of(line: bytes) -> Meta:
    """Decode a `session_meta` line. Raises LogFormatError."""
    return _decoded(_decode_meta, line).payload


def bare_meta_of(line: bytes) -> Meta:
    """Decode the first line of an old client. Raises LogFormatError."""
    return _decoded(_decode_bare, line)


def turn_of(line: bytes) -> tuple[Turn, datetime | None]:
    """Decode a `task_started` or `turn_context` line. Raises LogFormatError."""
    found = _decoded(_decode_turn, line)
    return found.payload, utc(found.timestamp)


def settings_of(line: bytes) -> Settings:
    """Decode a `thread_settings_applied` line. Raises LogFormatError."""
    return _decoded(_decode_settings, line).payload.thread_settings


def record_of(line: bytes) -> tuple[Record, datetime | None]:
    """Decode a `token_usage_record` line. Raises LogFormatError."""
    found = _decoded(_decode_record, line)
    return found.payload, utc(found.timestamp)


def count_of(line: bytes) -> tuple[Info | None, datetime | None]:
    """Decode a `token_count` line. Raises LogFormatError."""
    found = _decoded(_decode_count, line)
    return found.payload.info, utc(found.timestamp)


def time_of(line: bytes) -> datetime | None:
    """Return the time of any line. Raises LogFormatError."""
    return utc(_decoded(_decode_timed, line).timestamp)


def _decoded(decoder: "msgspec.json.Decoder[_Shape]", line: bytes) -> _Shape:
    try:
        return decoder.decode(line)
    except UNREADABLE as error:
        raise LogFormatError("a rollout line of an unknown shape") from error


def utc(at: datetime | None) -> datetime | None:
    """Return a log's time in UTC. Raises LogFormatError for years that no zone can hold."""
    if at is None:
        return None
    if not 1970 <= at.year < 9999:
        raise LogFormatError("a time out of range")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def text(value: object, limit: int = MAX_TEXT_CHARS) -> str:
    """Return a field's text, "" if it has none (or far too much to be what it should be)."""
    return value if isinstance(value, str) and len(value) <= limit else ""


def id_of(value: object) -> str:
    """Return an id, "" if it is none."""
    return text(value, MAX_ID_CHARS)


def field_of(value: object, *names: str) -> object:
    """Return what lies in nested objects under these names, None if nothing does."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
