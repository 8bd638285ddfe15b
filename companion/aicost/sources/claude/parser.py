"""Claude Code transcript lines to facts. Pure: bytes in, values out.

Three kinds of line matter: `assistant` (one call's usage, repeated for each content block),
`progress` (older clients: a subagent's call nested in its parent's log) and `user` (a prompt).
Everything else is passed over by a byte search, without decoding it.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from aicost.core.errors import LogFormatError
from aicost.core.facts import Parsed, PromptSeen, SubagentSeen
from aicost.core.model_ids import SYNTHETIC
from aicost.core.tailing import line_spans
from aicost.core.usage import TokenCounts, UsageEvent

UNNAMED_SUBAGENT = "sidechain"  # of clients that did not number their subagents yet
_NO_PROMPT = ("<local-command", "Caveat:", "[Request interrupted", "<command-stdout")

_OPENING, _CLOSING = b"{}"

# Whose attributes win where records repeat one call: a call's own line before a subagent's
# replay of it, both before an older client's nested copy.
_RANK_MAIN, _RANK_SUBAGENT, _RANK_NESTED = 0, 1, 2

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]  # so large that sums fit 64 bits
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Searches(msgspec.Struct):
    web_search_requests: _Count | None = None


class _Thinking(msgspec.Struct):
    thinking_tokens: _Count | None = None


class _CacheWrites(msgspec.Struct):
    ephemeral_5m_input_tokens: _Count | None = None
    ephemeral_1h_input_tokens: _Count | None = None


class _Request(msgspec.Struct):
    """One request's usage; `null` and a missing field mean the same."""

    input_tokens: _Count | None = None
    output_tokens: _Count | None = None
    cache_read_input_tokens: _Count | None = None
    cache_creation_input_tokens: _Count | None = None
    cache_creation: _CacheWrites | None = None  # the same writes, split by lifetime
    output_tokens_details: _Thinking | None = None
    type: str | None = None  # of an entry of `iterations`


class _Usage(_Request):
    server_tool_use: _Searches | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    iterations: list[_Request] | None = None


class _Message(msgspec.Struct):
    id: str = ""
    model: str = ""
    usage: _Usage | None = None


class _Nested(msgspec.Struct):
    timestamp: _Time | None = None
    message: _Message | None = None


class _Progress(msgspec.Struct, rename="camel"):
    agent_id: str = ""
    message: _Nested | None = None


class _Line(msgspec.Struct, rename="camel"):
    """The fields of `assistant` and `progress` lines that we use."""

    type: str
    timestamp: _Time | None = None
    session_id: str = ""
    request_session_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool = False
    cwd: str | None = None
    git_branch: str | None = None
    message: _Message | None = None
    data: _Progress | None = None


class _ContentBlock(msgspec.Struct):
    type: str = ""
    text: str | None = None


class _UserMessage(msgspec.Struct):
    content: str | list[_ContentBlock] = ""


class _UserLine(msgspec.Struct, rename="camel"):
    timestamp: _Time
    session_id: str
    uuid: str
    message: _UserMessage
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_sidechain: bool = False
    agent_id: str | None = None
    prompt_id: str | None = None


class _Kind(msgspec.Struct):
    type: str | None = None


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_user = msgspec.json.Decoder(_UserLine).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class ClaudeParser:
    """Parses blocks of lines; the state between blocks is the id of the turn in force."""

    agent: Literal["claude"] = "claude"

    def parse(self, lines: bytes, thread: str) -> Parsed:
        """Return all facts in `lines`; broken lines are counted and skipped. Never raises."""
        reading = _Reading(turn_id=thread)
        for start, end in line_spans(lines):
            try:
                reading.take(lines, start, end)
            except LogFormatError:
                reading.broken_lines += 1
        return Parsed(
            calls=tuple(reading.calls),
            prompts=tuple(reading.prompts),
            subagents=tuple(reading.subagents),
            broken_lines=reading.broken_lines,
            thread=reading.turn_id,
        )


class _Reading:
    """Facts found so far in one block."""

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        self.calls: list[UsageEvent] = []
        self.prompts: list[PromptSeen] = []
        self.subagents: list[SubagentSeen] = []
        self.broken_lines = 0
        self._last: dict[str, tuple[_Usage, datetime, UsageEvent]] = {}

    def take(self, lines: bytes, start: int, end: int) -> None:
        """Read one line. Raises LogFormatError if it is broken."""
        if lines[start] != _OPENING or lines[end - 1] != _CLOSING:
            raise LogFormatError("not a JSON object")
        # Byte searches are what most lines cost: long needles are found faster than short ones.
        counts_tokens = lines.find(b'output_tokens"', start, end) >= 0
        if counts_tokens and self._take_usage(lines[start:end]):
            return
        if lines.find(b'"user"', start, end) >= 0 and lines.find(b'"tool_result"', start, end) < 0:
            self._take_user(lines[start:end])

    def _take_usage(self, line: bytes) -> bool:
        """Take a call's usage; return False if the line is of another kind."""
        row = _decoded(line)
        if row is None or row.type not in ("assistant", "progress"):
            return False
        found, at = _message_and_time(row)
        if found is None or found.usage is None or found.model == SYNTHETIC:
            return True
        if at is None or not found.id or not found.model or not row.session_id:
            raise LogFormatError("usage without id, model, session or time")
        # A message is logged once for each of its blocks, nearly always with nothing new: such a
        # line is dropped here only if merging it would change nothing (see usage.merged).
        last = self._last.get(found.id)
        if last and last[0] == found.usage and at >= last[1] and self._same(row, found, last[2]):
            return True
        call = _call(row, found, found.usage, at, self.turn_id)
        self._last[found.id] = (found.usage, at, call)
        self.calls.append(call)
        return True

    def _same(self, row: "_Line", found: "_Message", call: UsageEvent) -> bool:
        subagent_id, rank = _thread_of(row, self.turn_id)
        return (
            rank == call.source_rank
            and subagent_id == call.subagent_id
            and (row.request_session_id or row.session_id) == call.session_id
            and ("" if subagent_id else self.turn_id) == call.turn_id
            and found.model == call.model
            and (row.cwd or "") == call.cwd
            and (row.git_branch or "") == call.branch
        )

    def _take_user(self, line: bytes) -> None:
        row = _decoded_user(line)
        if row is None or row.is_meta or row.is_compact_summary:
            return
        at, prompt_id = _utc(row.timestamp), row.prompt_id or ""
        if row.is_sidechain:
            subagent_id = row.agent_id or _unnamed(self.turn_id)
            self.subagents.append(
                SubagentSeen(
                    session_id=row.session_id, subagent_id=subagent_id, at=at, prompt_id=prompt_id
                )
            )
        elif not _own_text(row.message).startswith(_NO_PROMPT):
            self.turn_id = row.uuid
            self.prompts.append(
                PromptSeen(session_id=row.session_id, turn_id=row.uuid, at=at, prompt_id=prompt_id)
            )


def _decoded(line: bytes) -> _Line | None:
    """Decode a line that counts tokens. None: a kind of record that is not ours."""
    try:
        return _decode_line(line)
    except _UNREADABLE as error:
        if _kind(line) in ("assistant", "progress"):
            raise LogFormatError("assistant line of an unknown shape") from error
        return None


def _decoded_user(line: bytes) -> _UserLine | None:
    """Decode a line that says "user". None: it is no `user` record."""
    if _kind(line) != "user":
        return None
    try:
        return _decode_user(line)
    except _UNREADABLE as error:
        raise LogFormatError("user line of an unknown shape") from error


def _kind(line: bytes) -> str | None:
    """Return a record's type. Raises LogFormatError if the line is no JSON object."""
    try:
        return _decode_kind(line).type
    except _UNREADABLE as error:
        raise LogFormatError("not a JSON object") from error


def _message_and_time(row: _Line) -> tuple[_Message | None, datetime | None]:
    """Return the API message of a line (in `progress`, the subagent's) and when it was made."""
    if row.type == "assistant":
        return row.message, row.timestamp
    nested = row.data.message if row.data else None
    if nested is None:
        return None, None
    return nested.message, nested.timestamp or row.timestamp


def _utc(at: datetime) -> datetime:
    """Return a log's time in UTC. Raises LogFormatError for years that no zone can hold."""
    if not 1970 <= at.year < 9999:
        raise LogFormatError("a time out of range")
    return at.astimezone(UTC)


def _thread_of(row: _Line, turn_id: str) -> tuple[str, int]:
    """Return (subagent id, "" on the main thread; rank of the line's attributes)."""
    if row.type == "progress":
        return (row.data.agent_id if row.data else "") or _unnamed(turn_id), _RANK_NESTED
    if row.is_sidechain:
        return row.agent_id or _unnamed(turn_id), _RANK_SUBAGENT
    return "", _RANK_MAIN


def _unnamed(turn_id: str) -> str:
    """Return the id of the subagents without one that ran in a turn: they count as one.

    Those of different turns must not, because a subagent belongs to one turn only.
    """
    return f"{UNNAMED_SUBAGENT}:{turn_id}" if turn_id else UNNAMED_SUBAGENT


def _own_text(message: _UserMessage) -> str:
    """Return the first text of a prompt ("" for one of pictures only)."""
    if isinstance(message.content, str):
        return message.content
    return next((block.text for block in message.content if block.text), "")


def _call(row: _Line, message: _Message, usage: _Usage, at: datetime, turn_id: str) -> UsageEvent:
    subagent_id, rank = _thread_of(row, turn_id)
    searches = usage.server_tool_use.web_search_requests if usage.server_tool_use else 0
    return UsageEvent(
        event_key=f"claude:{message.id}",
        agent="claude",
        session_id=row.request_session_id or row.session_id,
        turn_id="" if subagent_id else turn_id,
        subagent_id=subagent_id,
        model=message.model,
        at=_utc(at),
        tokens=_tokens(usage),
        web_searches=searches or 0,
        speed=usage.speed or "",
        service_tier=usage.service_tier or "",
        inference_geo=usage.inference_geo or "",
        parts=_parts(usage.iterations),
        cwd=row.cwd or "",
        branch=row.git_branch or "",
        source_rank=rank,
    )


def _tokens(usage: _Request) -> TokenCounts:
    """Split cache writes by lifetime: what is not said to live an hour lives five minutes."""
    split = usage.cache_creation or _CacheWrites()
    write_1h = split.ephemeral_1h_input_tokens or 0
    write_5m = split.ephemeral_5m_input_tokens or 0
    if usage.cache_creation_input_tokens is not None:
        write_5m = max(0, usage.cache_creation_input_tokens - write_1h)
    details = usage.output_tokens_details
    return TokenCounts(
        input_tokens=usage.input_tokens or 0,
        cache_read_tokens=usage.cache_read_input_tokens or 0,
        cache_write_5m_tokens=write_5m,
        cache_write_1h_tokens=write_1h,
        output_tokens=usage.output_tokens or 0,
        reasoning_tokens=(details.thinking_tokens or 0) if details else 0,
    )


def _parts(iterations: list[_Request] | None) -> tuple[TokenCounts, ...]:
    """Return the requests inside one call, where there was more than one."""
    if not iterations or len(iterations) < 2:
        return ()
    return tuple(_tokens(part) for part in iterations if part.type in (None, "message"))
