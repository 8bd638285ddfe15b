"""What a tool of Claude Code was asked to do, and what came of it. Pure: values in, values out."""

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

import msgspec
from msgspec import Raw

from aicost.core.commands import hash_of, to_number
from aicost.core.drafts import drafts_of
from aicost.core.endings import command_of
from aicost.core.facts import StepKind, StepTaken
from aicost.core.files import file_label, short
from aicost.sources.claude.records import (
    NOTHING,
    UNREADABLE,
    Answer,
    Text,
    ToolResult,
    decode_answer,
)

NO_ANSWER = Answer("")
_SHELL = "Bash"
_NOTE = "<tools-used-before-summary>"  # the client's own, before an answer
_TASKS = ("Task", "Agent")
_SEARCHES = ("Grep", "Glob")
_LIST = ord("[")
_PICTURES = (b'"type":"image"', b'"type": "image"', b'"type":"document"', b'"type": "document"')


class Wanted(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A tool call whose result is still to come; fields as in StepTaken."""

    event_key: str
    kind: StepKind
    target: int = 0
    label: str = ""
    part: int = 0
    content: int = 0


class _FileInput(msgspec.Struct, gc=False):
    """What the tools for files are asked for."""

    file_path: object = None
    notebook_path: object = None
    offset: object = None
    limit: object = None
    pages: object = None
    old_string: Raw = NOTHING
    new_string: Raw = NOTHING
    content: Raw = NOTHING  # Write
    edits: Raw = NOTHING  # MultiEdit
    new_source: Raw = NOTHING  # NotebookEdit


class _SearchInput(msgspec.Struct, gc=False):
    """What the tools for searching are asked for."""

    pattern: object = None
    path: object = None
    glob: object = None
    type: object = None


class _TaskInput(msgspec.Struct, gc=False):
    subagent_type: object = None


_new_step = drafts_of(StepTaken)
_decode_file = msgspec.json.Decoder(_FileInput).decode
_decode_search = msgspec.json.Decoder(_SearchInput).decode
_decode_task = msgspec.json.Decoder(_TaskInput).decode


def wanted_of(name: str, asked: Raw, event_key: str, command: object = None) -> Wanted:
    """Return what of a tool call is kept until its result is known; `command` of a shell's."""
    try:
        return _wanted_of(name, asked, event_key, command)
    except UNREADABLE:
        return Wanted(event_key, "other", label=short(name))


def _wanted_of(name: str, asked: Raw, event_key: str, command: object) -> Wanted:
    if name == _SHELL:
        if not isinstance(command, str):
            return Wanted(event_key, "other")
        known = command_of(command)
        return Wanted(event_key, known.purpose, to_number(known.key), known.label)
    if name == "Read":
        return _reading(_decode_file(asked), event_key)
    if name in ("Edit", "Write", "MultiEdit", "NotebookEdit"):
        return _editing(_decode_file(asked), event_key)
    if name in _SEARCHES:
        found = _decode_search(asked)
        what = (name, found.pattern, found.path, found.glob, found.type)
        return Wanted(event_key, "search", number_of(repr(what)))
    if name in _TASKS:
        kind = _decode_task(asked).subagent_type
        return Wanted(event_key, "agent", label=short(kind) if isinstance(kind, str) else "")
    return Wanted(event_key, "other", label=short(name))


def step_of(
    tool_use_id: str, wanted: Wanted, result: Text, at: datetime, answer: Answer = NO_ANSWER
) -> StepTaken:
    """Return what a tool did by its result; `answer`: of the subagent that it ran."""
    said, has_answer = memoryview(result.content), bool(answer.subagent_id)
    step = _new_step()
    step.key = f"claude:{tool_use_id}"
    step.event_key = wanted.event_key
    step.at = at
    step.kind = wanted.kind
    step.target = number_of(answer.subagent_id) if has_answer else wanted.target
    step.label = wanted.label
    step.part = wanted.part
    step.content = _number(said) if wanted.kind == "read" else wanted.content
    step.size_bytes = answer.size_bytes if has_answer else _size(said)
    step.failed = result.is_error is True
    step.__class__ = StepTaken
    made: StepTaken = step
    return made


def answer_of(result: ToolResult) -> Answer:
    """Return a subagent's answer without what the client says around it."""
    if not result.agent_id or result.is_async:
        return NO_ANSWER
    try:
        blocks = decode_answer(result.content)
    except UNREADABLE:
        return Answer(result.agent_id)
    texts = [block.text for block in blocks if block.text]
    own = [text for text in texts if not text.startswith(_NOTE)]
    return Answer(result.agent_id, sum(len(text.encode("utf-8", "replace")) for text in own))


@lru_cache(maxsize=1024)
def number_of(text: str) -> int:
    """Return 64 bits of a hash of a text; the same in every process."""
    return to_number(hash_of(text))


def _reading(asked: _FileInput, event_key: str) -> Wanted:
    path = asked.file_path
    if not isinstance(path, str):
        return Wanted(event_key, "other")
    lines = number_of(repr((asked.offset, asked.limit, asked.pages)))
    return Wanted(event_key, "read", number_of(path), file_label(path), lines)


def _editing(asked: _FileInput, event_key: str) -> Wanted:
    path = asked.file_path or asked.notebook_path
    if not isinstance(path, str):
        return Wanted(event_key, "other")
    texts = (asked.new_string, asked.content, asked.edits, asked.new_source)
    new = next((text for text in texts if text != NOTHING), NOTHING)
    old = asked.old_string
    return Wanted(
        event_key,
        "edit",
        number_of(path),
        file_label(path),
        0 if old == NOTHING else _number(memoryview(old)),
        0 if new == NOTHING else _number(memoryview(new)),
    )


def _number(said: memoryview) -> int:
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


def _size(said: memoryview) -> int | None:
    """Return about how many bytes of text a result is; None for pictures and pages."""
    if said[0] == _LIST and any(map(bytes(said).__contains__, _PICTURES)):
        return None
    return 0 if bytes(said[:5]) == b"null" else max(0, len(said) - 2)  # (without the quotes)
