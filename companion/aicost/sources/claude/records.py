"""The fields of Claude Code's records that the second reading uses, and whose record it is."""

from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Raw

from aicost.core.errors import LogFormatError

UNNAMED_SUBAGENT = "sidechain"  # of clients that did not number their subagents yet
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
NO_PROMPT = ("<local-command", "Caveat:", "[Request interrupted", "<command-stdout")

_STATUSES = (100, 599)
_LONGEST_WAIT_MS = 24 * 3_600_000

NOTHING = Raw(b"null")  # a field that a record does not have

Time = Annotated[datetime, msgspec.Meta(tz=True)]
Tokens = Annotated[int, msgspec.Meta(ge=0, le=10**9)]  # so large that sums fit 64 bits


class Row(msgspec.Struct, rename="camel", gc=False):
    """What all records have, in the order in which the client writes it: so it is found faster."""

    is_sidechain: bool | None = None
    session_id: str | None = None
    version: str | None = None
    branch: str | None = msgspec.field(default=None, name="gitBranch")
    agent_id: str | None = None
    type: str | None = None
    uuid: str | None = None
    timestamp: Time | None = None
    request_session_id: str | None = None  # a copy: the session that made the call
    entrypoint: str | None = None
    prompt_id: str | None = None
    permission_mode: str | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_api_error_message: bool | None = None
    is_aborted_mid_stream: bool | None = None
    effort: str | None = None
    attribution_skill: str | None = None
    attribution_agent: str | None = None


class Timed(msgspec.Struct, gc=False):
    """When a record was written."""

    timestamp: Time | None = None


class Line(Row, rename="camel", gc=False):
    """One record of any type. What only some types have stays undecoded until it is needed."""

    subtype: str | None = None
    message: Raw = NOTHING
    data: Raw = NOTHING
    tool_use_result: Raw = NOTHING


class Block(msgspec.Struct, gc=False):
    """A block of a call's answer."""

    type: str = ""
    id: str | None = None
    name: str | None = None
    input: Raw = Raw(b"{}")
    text: str | None = None
    thinking: str | None = None


ToolUse = tuple[str, str, Raw]  # id, name, input


class Message(msgspec.Struct, gc=False):
    """A call's answer."""

    id: str = ""
    model: str = ""
    content: list[Block] | str = ""

    def tool_uses(self) -> list[ToolUse]:
        """Return each tool that it asks for."""
        if isinstance(self.content, str):
            return []
        return [
            (block.id, block.name, block.input)
            for block in self.content
            if block.type == "tool_use" and block.id and block.name
        ]


class Text(msgspec.Struct, gc=False):
    """A block of what the user or a tool said."""

    type: str = ""
    text: str | None = None
    tool_use_id: str | None = None  # these of what a tool said
    is_error: object = None
    content: Raw = NOTHING

    def said(self) -> str:
        """Return all that a tool said. Raises one of UNREADABLE."""
        content = _decode_said(self.content)
        if isinstance(content, str):
            return content
        return "\n".join(block.text for block in content or () if block.text)


class TextMessage(msgspec.Struct, gc=False):
    """What the user or a tool said."""

    content: str | list[Text] = ""

    def results(self) -> list[Text]:
        """Return what tools said."""
        if isinstance(self.content, str):
            return []
        return [block for block in self.content if block.type == "tool_result"]

    def answers(self) -> list[str] | None:
        """Return the ids of the tool calls that this is the result of; None: it is no result."""
        if isinstance(self.content, str):
            return None
        results = [block for block in self.content if block.type == "tool_result"]
        return [block.tool_use_id or "" for block in results] if results else None

    def own_text(self) -> str:
        """Return the first text ("" where there are pictures only)."""
        if isinstance(self.content, str):
            return self.content
        return next((block.text for block in self.content if block.text), "")


class AnswerLine(Row, rename="camel", gc=False, kw_only=True):
    """A line of a call's answer, or of another record that has a message of its shape."""

    message: Message


class UserLine(Row, rename="camel", gc=False, kw_only=True):
    """A prompt, or what tools said."""

    message: TextMessage
    tool_use_result: Raw = NOTHING


class NestedRecord(msgspec.Struct, gc=False):
    """A subagent's record as older clients repeat it in its parent's log."""

    type: str = ""
    timestamp: Time | None = None
    message: Message | None = None


class Progress(msgspec.Struct, rename="camel", gc=False):
    """What a `progress` record is about."""

    agent_id: str | None = None
    message: Raw = NOTHING


class ToolResult(msgspec.Struct, rename="camel", gc=False):
    """The parts of a tool's own result that say which tool it was, or which subagent ran."""

    agent_id: str | None = None
    is_async: object = None  # it goes on in the background
    content: Raw = NOTHING  # a subagent's answer, without the client's own words around it
    query: Raw = NOTHING
    results: Raw = NOTHING
    duration_seconds: Raw = NOTHING

    @property
    def is_web_search(self) -> bool:
        """Whether it is of the WebSearch tool, which asks a model to search."""
        return NOTHING not in (self.query, self.results, self.duration_seconds)


class Answer(NamedTuple):
    """What a subagent returned."""

    subagent_id: str  # "": it is none
    size_bytes: int | None = None  # None: not known


class Connection(msgspec.Struct, gc=False):
    """Why a connection failed."""

    code: str | None = None


class ApiError(msgspec.Struct, rename="camel", gc=False):
    """What went wrong with a request."""

    status: object = None  # of the answer, as in HTTP
    connection: Connection | None = None
    is_network_down: bool | None = None


class Compaction(msgspec.Struct, rename="camel", gc=False):
    """What a compaction did."""

    pre_tokens: Tokens | None = None


class HookInfo(msgspec.Struct, rename="camel", gc=False):
    """One hook that ran."""

    command: str | None = None  # of prompt and agent hooks: their prompt
    prompt_text: str | None = None


class PullRequestLine(msgspec.Struct, rename="camel", gc=False):
    """A record that links a pull request."""

    pr_number: Annotated[int, msgspec.Meta(ge=1, le=10**9)]


class SystemLine(msgspec.Struct, rename="camel", gc=False):
    """What only `system` records have."""

    retry_attempt: int | None = None
    max_retries: int | None = None
    retry_in_ms: object = None
    source: str | None = None
    error: ApiError | None = None
    compact_metadata: Compaction | None = None
    hook_infos: list[HookInfo] | None = None

    @property
    def is_retried(self) -> bool:
        """Whether the client tried again after this error."""
        return self.retry_attempt is None or self.retry_attempt <= (self.max_retries or 0)

    @property
    def compacted_tokens(self) -> int:
        """Size of the conversation that was compacted; 0 if not said."""
        return (self.compact_metadata.pre_tokens or 0) if self.compact_metadata else 0

    @property
    def status(self) -> int:
        """The status of the answer, 0 if not said."""
        status = self.error.status if self.error else None
        is_known = type(status) is int and _STATUSES[0] <= status <= _STATUSES[1]
        return status if is_known and isinstance(status, int) else 0

    @property
    def wait_ms(self) -> int:
        """How long the client waited before it tried again, 0 if not said."""
        wait = self.retry_in_ms
        is_known = isinstance(wait, (int, float)) and 0 <= wait <= _LONGEST_WAIT_MS
        return round(wait) if is_known and isinstance(wait, (int, float)) else 0


class CommandInput(msgspec.Struct, gc=False):
    """What the Bash tool was asked for."""

    command: object = ""


class TaskInput(msgspec.Struct, gc=False):
    """What the Task (now: Agent) tool was asked for."""

    subagent_type: str | None = None


decode_line = msgspec.json.Decoder(Line).decode
decode_answer_line = msgspec.json.Decoder(AnswerLine).decode
decode_user_line = msgspec.json.Decoder(UserLine).decode
decode_message = msgspec.json.Decoder(Message).decode
decode_text_message = msgspec.json.Decoder(TextMessage).decode
decode_progress = msgspec.json.Decoder(Progress).decode
decode_nested = msgspec.json.Decoder(NestedRecord).decode
decode_answer = msgspec.json.Decoder(list[Text]).decode
decode_tool_result = msgspec.json.Decoder(ToolResult).decode
decode_pull_request = msgspec.json.Decoder(PullRequestLine).decode
decode_system = msgspec.json.Decoder(SystemLine).decode
decode_time = msgspec.json.Decoder(Timed).decode
_decode_said = msgspec.json.Decoder(str | list[Text] | None).decode
decode_command_input = msgspec.json.Decoder(CommandInput).decode
decode_task_input = msgspec.json.Decoder(TaskInput).decode


class Place(NamedTuple):
    """Where in a conversation something happened, as in the UsageEvent of a call there."""

    session_id: str
    turn_id: str  # "" in subagents
    subagent_id: str  # "" on the main thread


def place_of(row: Row, turn_id: str) -> Place:
    """Return where a record belongs. Raises LogFormatError if it names no session."""
    session_id = row.request_session_id or row.session_id
    if not session_id:
        raise LogFormatError("a record without session")
    subagent_id = (row.agent_id or unnamed(turn_id)) if row.is_sidechain else ""
    return Place(session_id, "" if subagent_id else turn_id, subagent_id)


def unnamed(turn_id: str) -> str:
    """Return the id of the subagents without one that ran in a turn: they count as one.

    Those of different turns must not, because a subagent belongs to one turn only.
    """
    return f"{UNNAMED_SUBAGENT}:{turn_id}" if turn_id else UNNAMED_SUBAGENT


def utc(at: datetime | None) -> datetime:
    """Return a log's time in UTC. Raises LogFormatError if none, or one that no zone can hold."""
    if at is None or not 1970 <= at.year < 9999:
        raise LogFormatError("no time, or one out of range")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def starts_a_turn(row: Row, message: TextMessage) -> bool:
    """Say whether a `user` record is a prompt: the user's own words, on the main thread."""
    return not (
        row.is_meta
        or row.is_compact_summary
        or row.is_sidechain
        or message.answers() is not None
        or message.own_text().startswith(NO_PROMPT)
    )
