"""What a rollout says around its calls: the client, how it was run, how a turn ended, what is left
of the plan. Pure: bytes in, values out.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Raw

from aicost.core.errors import LogFormatError
from aicost.core.limits import RateLimits
from aicost.sources.codex import records
from aicost.sources.codex.counting import counts_of
from aicost.sources.codex.following import is_since
from aicost.sources.codex.limits import parse_rate_limits
from aicost.sources.codex.records import UNREADABLE, field_of, id_of, text

_TERMINAL = "codex-tui"
_WITH_TITLES = (0, 169)  # seen first in it: the first prompt of a thread asks for a title


class Client(NamedTuple):
    """What wrote a thread."""

    version: str
    entrypoint: str
    has_title: bool  # it asks a model for a title, which no log shows


class Mode(NamedTuple):
    """How a turn is run."""

    effort: str  # "": the model's own
    permission_mode: str  # "never/workspace-write"


class End(NamedTuple):
    """How a turn ended."""

    turn_id: str
    root_turn_id: str
    at: datetime
    error: str | None  # the client's word for it, None: no error


class Count(NamedTuple):
    """A running total, as text: only whether it moved is of interest; "" if it has none."""

    total: str
    limits: RateLimits | None
    at: datetime | None


class _Context(msgspec.Struct, gc=False):
    effort: object = None
    collaboration_mode: object = None
    approval_policy: object = None
    sandbox_policy: object = None


class _End(msgspec.Struct, gc=False):
    turn_id: object = None
    root_turn_id: object = None
    error: object = None


class _ContextLine(msgspec.Struct, gc=False):
    payload: _Context


class _EndLine(msgspec.Struct, gc=False):
    payload: _End
    timestamp: records.Time


class _RawLine(msgspec.Struct, gc=False):
    payload: Raw


_decode_context = msgspec.json.Decoder(_ContextLine).decode
_decode_end = msgspec.json.Decoder(_EndLine).decode
_decode_raw = msgspec.json.Decoder(_RawLine).decode


def client_in(line: bytes) -> Client:
    """Return what a `session_meta` says of the client. Raises LogFormatError."""
    meta = records.meta_of(line)
    entrypoint = id_of(meta.originator)
    is_new = not id_of(meta.forked_from_id) and meta.history_base is None
    has_title = entrypoint == _TERMINAL and is_new and is_since(meta, _WITH_TITLES)
    return Client(id_of(meta.cli_version), entrypoint, has_title)


def mode_in(line: bytes) -> Mode:
    """Return how the turn of a `turn_context` is run. Raises LogFormatError."""
    try:
        context = _decode_context(line).payload
    except UNREADABLE as error:
        raise LogFormatError("a context of an unknown shape") from error
    effort = id_of(context.effort) or id_of(
        field_of(context.collaboration_mode, "settings", "reasoning_effort")
    )
    words = (_word(context.approval_policy), _word(context.sandbox_policy))
    return Mode(effort, "/".join(filter(None, words)))


def end_in(line: bytes) -> End:
    """Return how a `task_complete` or `turn_aborted` ends a turn. Raises LogFormatError."""
    try:
        found = _decode_end(line)
    except UNREADABLE as error:
        raise LogFormatError("an end of an unknown shape") from error
    end, at = found.payload, records.utc(found.timestamp)
    if at is None:
        raise LogFormatError("an end without time")
    error_word = None
    if end.error is not None:
        error_word = _word(field_of(end.error, "codex_error_info"))
    return End(id_of(end.turn_id), id_of(end.root_turn_id), at, error_word)


def count_in(line: bytes) -> Count:
    """Return what a `token_count` says. Raises LogFormatError."""
    info, at = records.count_of(line)
    total = str(counts_of(info.total_token_usage)) if info and info.total_token_usage else ""
    return Count(total, parse_rate_limits(bytes(_decode_raw(line).payload)), at)


def _word(value: object) -> str:
    """Return the word that names one of several kinds: by itself, or over what belongs to it."""
    if isinstance(value, dict):
        named = text(value.get("type")) or text(value.get("mode"))
        return named or next((id_of(key) for key in value), "")
    return id_of(value)
