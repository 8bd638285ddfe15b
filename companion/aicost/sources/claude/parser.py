"""Claude Code transcript lines to facts. Pure: bytes in, values out.

Three kinds of line matter: `assistant` (one call's usage, repeated for each content block),
`progress` (older clients: a subagent's call nested in its parent's log) and `user` (a prompt).
Lines are decoded, so that broken ones are counted, but two kinds that are most of a log and hold
no call: results of tools, of which only the two ends are looked at, and progress that tells of no
record (a hook ran …).
"""

from datetime import datetime
from typing import Literal

from aicost.core.drafts import drafts_of
from aicost.core.errors import LogFormatError
from aicost.core.facts import Parsed, PromptSeen, SubagentSeen
from aicost.core.model_ids import SYNTHETIC
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.sources.claude.records import NO_PROMPT, UNREADABLE, unnamed, utc
from aicost.sources.claude.usage_records import (
    Line,
    Message,
    Request,
    Usage,
    UserMessage,
    decode_line,
    decode_user,
    kind_of,
)

# Whose attributes win where records repeat one call: a call's own line before a subagent's
# replay of it, both before an older client's nested copy.
_RANK_MAIN, _RANK_SUBAGENT, _RANK_NESTED = 0, 1, 2

# What stands before the content of those two kinds; in how many bytes a tool's result says that it
# is one; and how long the end is that would show a call which was written right behind a torn line.
_USER_HEAD = b',"type":"user","message":'
_PROGRESS_HEAD = b'"type":"progress","data":'
_HEAD_BYTES = len(_USER_HEAD)  # both
_NEAR_BYTES, _END_BYTES = 200, 1500
_OPENING, _CLOSING = b"{}"

_new_event, _new_counts = drafts_of(UsageEvent), drafts_of(TokenCounts)


class ClaudeParser:
    """Parses blocks of lines; the state between blocks is the id of the turn in force."""

    agent: Literal["claude"] = "claude"

    def parse(self, lines: bytes, thread: str) -> Parsed:
        """Return all facts in `lines`; broken lines are counted and skipped. Never raises."""
        reading = _Reading(turn_id=thread)
        reading.read(lines)
        return Parsed(
            calls=tuple(map(_event, reading.calls)),
            prompts=tuple(reading.prompts),
            subagents=tuple(reading.subagents),
            broken_lines=reading.broken_lines,
            thread=reading.turn_id,
        )


class _Call:
    """What one or more lines say of a call: the first's time, the last's usage."""

    __slots__ = ("at", "message", "row", "turn_id", "usage")

    def __init__(
        self, row: Line, message: Message, usage: Usage, at: datetime, turn_id: str
    ) -> None:
        self.row, self.message, self.usage, self.at, self.turn_id = row, message, usage, at, turn_id

    def take(self, row: Line, message: Message, usage: Usage, at: datetime, turn_id: str) -> bool:
        """Take another line of the call and return True, if merging would only change the usage.

        It nearly always would (see usage.merged): a message is logged once for each of its blocks.
        """
        first, last = self.row, self.usage
        if not (
            row.session_id == first.session_id
            and turn_id == self.turn_id
            and at >= self.at
            and row.cwd == first.cwd
            and row.git_branch == first.git_branch
            and row.type == first.type
            and row.is_sidechain == first.is_sidechain
            and row.agent_id == first.agent_id
            and row.request_session_id == first.request_session_id
            and message.model == self.message.model
            and _nested_agent(row) == _nested_agent(first)
        ):
            return False
        if usage != last:
            if not _only_grew(last, usage):
                return False
            self.usage = usage
        return True


def _nested_agent(row: Line) -> str:
    return row.data.agent_id if row.data else ""


def _only_grew(last: Usage, usage: Usage) -> bool:
    """Say whether merging two records would leave nothing of the earlier one but its time."""
    return (
        (last.output_tokens or 0) <= (usage.output_tokens or 0)
        and last.input_tokens == usage.input_tokens
        and last.cache_read_input_tokens == usage.cache_read_input_tokens
        and last.cache_creation_input_tokens == usage.cache_creation_input_tokens
        and last.cache_creation == usage.cache_creation
        and (not last.service_tier or last.service_tier == usage.service_tier)
        and (not last.inference_geo or last.inference_geo == usage.inference_geo)
        and (not last.speed or last.speed == usage.speed)
        and (not last.iterations or last.iterations == usage.iterations)
        and (not last.server_tool_use or last.server_tool_use == usage.server_tool_use)
        and (
            not last.output_tokens_details
            or last.output_tokens_details == usage.output_tokens_details
        )
    )


class _Reading:
    """Facts found so far in one block."""

    def __init__(self, turn_id: str) -> None:
        self.turn_id = turn_id
        self.calls: list[_Call] = []
        self.prompts: list[PromptSeen] = []
        self.subagents: list[SubagentSeen] = []
        self.broken_lines = 0
        self._last: dict[str, _Call] = {}

    def read(self, lines: bytes) -> None:
        """Read every line."""
        find, start, size = lines.find, 0, len(lines)
        while start < size:
            end = find(b"\n", start)
            if end < 0:
                end = size
            content = find(b"{", start + 1, end)
            head = lines[content - _HEAD_BYTES : content]
            if head == _USER_HEAD:
                is_passed = (
                    find(b'"tool_result"', content, min(content + _NEAR_BYTES, end)) > 0
                    and find(b'output_tokens"', max(content, end - _END_BYTES), end) < 0
                )
            else:
                is_passed = head == _PROGRESS_HEAD and find(b"{", content + 1, end) < 0
            if not is_passed or lines[start] != _OPENING or lines[end - 1] != _CLOSING:
                try:
                    self._take(lines[start:end])
                except LogFormatError:
                    self.broken_lines += 1
            start = end + 1

    def _take(self, line: bytes) -> None:
        """Read one line. Raises LogFormatError if it is broken."""
        try:
            row = decode_line(line)
        except UNREADABLE:
            self._take_odd(line)
            return
        kind = row.type
        if kind == "assistant":
            if (message := row.message) and (usage := message.usage):
                self._take_usage(row, message, usage, row.timestamp)
        elif kind == "progress":
            if (
                (data := row.data)
                and (nested := data.message)
                and (message := nested.message)
                and (usage := message.usage)
            ):
                self._take_usage(row, message, usage, nested.timestamp or row.timestamp)
        elif kind == "user" and b'"tool_result"' not in line:
            self._take_user(line)

    def _take_odd(self, line: bytes) -> None:
        """Read a line with fields of other types than ours. Raises LogFormatError if it is ours."""
        if not line.strip(b" \t\r"):
            return
        try:
            kind = kind_of(line)
        except UNREADABLE as error:
            raise LogFormatError("not a JSON object") from error
        if kind == "user":
            if b'"tool_result"' not in line:
                self._take_user(line)
        elif kind in ("assistant", "progress") and b'output_tokens"' in line:
            raise LogFormatError("assistant line of an unknown shape")

    def _take_usage(self, row: Line, found: Message, usage: Usage, at: datetime | None) -> None:
        if found.model == SYNTHETIC or (usage.input_tokens is None and usage.output_tokens is None):
            return
        if at is None or not found.id or not found.model or not row.session_id:
            raise LogFormatError("usage without id, model, session or time")
        last = self._last.get(found.id)
        if last and last.take(row, found, usage, at, self.turn_id):
            return
        call = _Call(row, found, usage, utc(at), self.turn_id)
        self._last[found.id] = call
        self.calls.append(call)

    def _take_user(self, line: bytes) -> None:
        try:
            row = decode_user(line)
        except UNREADABLE as error:
            raise LogFormatError("user line of an unknown shape") from error
        if row.is_meta or row.is_compact_summary:
            return
        at, prompt_id = utc(row.timestamp), row.prompt_id or ""
        if row.is_sidechain:
            subagent_id = row.agent_id or unnamed(self.turn_id)
            self.subagents.append(
                SubagentSeen(
                    session_id=row.session_id, subagent_id=subagent_id, at=at, prompt_id=prompt_id
                )
            )
        elif not _own_text(row.message).startswith(NO_PROMPT):
            self.turn_id = row.uuid
            self.prompts.append(
                PromptSeen(session_id=row.session_id, turn_id=row.uuid, at=at, prompt_id=prompt_id)
            )


def _thread_of(row: Line, turn_id: str) -> tuple[str, int]:
    """Return (subagent id, "" on the main thread; rank of the line's attributes)."""
    if row.type == "progress":
        return _nested_agent(row) or unnamed(turn_id), _RANK_NESTED
    if row.is_sidechain:
        return row.agent_id or unnamed(turn_id), _RANK_SUBAGENT
    return "", _RANK_MAIN


def _own_text(message: UserMessage) -> str:
    """Return the first text of a prompt ("" for one of pictures only)."""
    if isinstance(message.content, str):
        return message.content
    return next((block.text for block in message.content if block.text), "")


def _event(call: _Call) -> UsageEvent:
    row, message, usage = call.row, call.message, call.usage
    subagent_id, rank = _thread_of(row, call.turn_id)
    searches = usage.server_tool_use.web_search_requests if usage.server_tool_use else 0
    event = _new_event()
    event.event_key = f"claude:{message.id}"
    event.agent = "claude"
    event.session_id = row.request_session_id or row.session_id
    event.turn_id = "" if subagent_id else call.turn_id
    event.subagent_id = subagent_id
    event.model = message.model
    event.at = call.at
    event.tokens = _tokens(usage)
    event.web_searches = searches or 0
    event.speed = usage.speed or ""
    event.service_tier = usage.service_tier or ""
    event.inference_geo = usage.inference_geo or ""
    event.parts = _parts(usage.iterations) if usage.iterations else ()
    event.cwd = row.cwd or ""
    event.branch = row.git_branch or ""
    event.source_rank = rank
    event.stand_in_for = ""
    event.__class__ = UsageEvent
    made: UsageEvent = event
    return made


def _tokens(usage: Request) -> TokenCounts:
    """Split cache writes by lifetime: what is not said to live an hour lives five minutes."""
    split, written = usage.cache_creation, usage.cache_creation_input_tokens
    write_1h = (split.ephemeral_1h_input_tokens or 0) if split else 0
    if written is not None:
        write_5m = written - write_1h if written > write_1h else 0
    else:
        write_5m = (split.ephemeral_5m_input_tokens or 0) if split else 0
    details = usage.output_tokens_details
    counts = _new_counts()
    counts.input_tokens = usage.input_tokens or 0
    counts.cache_read_tokens = usage.cache_read_input_tokens or 0
    counts.cache_write_5m_tokens = write_5m
    counts.cache_write_1h_tokens = write_1h
    counts.output_tokens = usage.output_tokens or 0
    counts.reasoning_tokens = (details.thinking_tokens or 0) if details else 0
    counts.__class__ = TokenCounts
    made: TokenCounts = counts
    return made


def _parts(iterations: list[Request]) -> tuple[TokenCounts, ...]:
    """Return the requests inside one call, where there was more than one."""
    if len(iterations) < 2:
        return ()
    return tuple(_tokens(part) for part in iterations if part.type in (None, "message"))
