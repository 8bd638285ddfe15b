"""The prompts in a Codex rollout, for a screen that shows them. Pure."""

import msgspec

from aicost.core.prompt_line import PromptLine, prompt_line
from aicost.core.tailing import line_spans
from aicost.sources.codex.parser import Memory, Reading
from aicost.sources.codex.records import UNREADABLE

_EVENT = b'"payload":{"type":"user_message"'
_ITEM = b'"item":{"type":"UserMessage"'
_NEAR_BYTES = 400  # from a line's start; further on it may be text


class _Text(msgspec.Struct, gc=False):
    text: str | None = None


class _Item(msgspec.Struct, gc=False):
    content: list[_Text] = []


class _Payload(msgspec.Struct, gc=False):
    message: str | None = None  # of the event
    turn_id: str | None = None
    item: _Item | None = None


class _Line(msgspec.Struct, gc=False):
    payload: _Payload


_decode = msgspec.json.Decoder(_Line).decode


class CodexPrompts:
    """A PromptReader. Follows the turns as the usage reading does: older clients do not name them.

    What is said while a turn goes on belongs to it, and is no prompt of its own.
    """

    def __init__(self) -> None:
        self.found: dict[str, PromptLine] = {}
        self._reading = Reading(Memory())

    def take(self, lines: bytes) -> None:
        """Read the next whole lines. Never raises."""
        for start, end in line_spans(lines):
            self._reading.read(lines[start:end])
            near = min(end, start + _NEAR_BYTES)
            if lines.find(_EVENT, start, near) >= 0 or lines.find(_ITEM, start, near) >= 0:
                self._take(lines[start:end])
        for facts in (self._reading.calls, self._reading.prompts, self._reading.subagents):
            facts.clear()

    def _take(self, line: bytes) -> None:
        try:
            payload = _decode(line).payload
        except UNREADABLE:
            return
        turn_id = payload.turn_id or self._reading.memory.thread.turn_id
        said = payload.message or ""
        if payload.item is not None:
            said = "\n".join(part.text for part in payload.item.content if part.text)
        if turn_id:
            self.found.setdefault(turn_id, prompt_line(said))
