"""The fields of Claude Code's records that tell of calls and prompts: what the first reading needs.

They stand in the order in which the client writes them, and are found faster so. All else in a
record is passed over, but must be JSON.
"""

from typing import Annotated

import msgspec

from aicost.sources.claude.records import Time

Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]  # so large that sums fit 64 bits


class Searches(msgspec.Struct):
    """What the API's own tools did in a request."""

    web_search_requests: Count | None = None


class Thinking(msgspec.Struct):
    """What the output was spent on."""

    thinking_tokens: Count | None = None


class CacheWrites(msgspec.Struct):
    """Cache writes by lifetime."""

    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class Request(msgspec.Struct):
    """One request's usage; `null` and a missing field mean the same."""

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: CacheWrites | None = None  # the same writes, split by lifetime
    output_tokens: Count | None = None
    output_tokens_details: Thinking | None = None
    type: str | None = None  # of an entry of `iterations`


class Usage(Request):
    """What the API says a call used."""

    server_tool_use: Searches | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    iterations: list[Request] | None = None
    speed: str | None = None


class Message(msgspec.Struct):
    """An answer of the API."""

    model: str = ""
    id: str = ""
    usage: Usage | None = None


class Nested(msgspec.Struct):
    """A subagent's record inside one of its parent's log."""

    message: Message | None = None
    timestamp: Time | None = None


class Progress(msgspec.Struct, rename="camel"):
    """What a `progress` record tells of."""

    message: Nested | None = None
    agent_id: str = ""


class Line(msgspec.Struct, rename="camel"):
    """What all kinds of record have, and the content of `assistant` and `progress` ones."""

    type: str
    is_sidechain: bool = False
    cwd: str | None = None
    session_id: str = ""
    git_branch: str | None = None
    agent_id: str | None = None
    message: Message | None = None
    data: Progress | None = None
    timestamp: Time | None = None
    request_session_id: str | None = None


class ContentBlock(msgspec.Struct):
    """A part of a prompt."""

    type: str = ""
    text: str | None = None


class UserMessage(msgspec.Struct):
    """A prompt."""

    content: str | list[ContentBlock] = ""


class UserLine(msgspec.Struct, rename="camel"):
    """A `user` record."""

    timestamp: Time
    session_id: str
    uuid: str
    message: UserMessage
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_sidechain: bool = False
    agent_id: str | None = None
    prompt_id: str | None = None


class _Kind(msgspec.Struct):
    type: str | None = None


decode_line = msgspec.json.Decoder(Line).decode
decode_user = msgspec.json.Decoder(UserLine).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode


def kind_of(line: bytes) -> str | None:
    """Return a record's type, whatever else is in it. Raises UNREADABLE if it is no JSON object."""
    return _decode_kind(line).type
