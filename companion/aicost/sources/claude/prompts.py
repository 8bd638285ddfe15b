"""The prompts in a Claude Code transcript, for a screen that shows them. Pure."""

from aicost.core.prompt_line import PromptLine, prompt_line
from aicost.core.tailing import line_spans
from aicost.sources.claude.records import (
    UNREADABLE,
    TextMessage,
    decode_line,
    decode_text_message,
    starts_a_turn,
)

_NOT_OWN = ("<ide_", "<system-reminder>")  # what editors and the client put before one's words


class ClaudePrompts:
    """A PromptReader: what the user said on the main thread."""

    def __init__(self) -> None:
        self.found: dict[str, PromptLine] = {}

    def take(self, lines: bytes) -> None:
        """Read the next whole lines. Never raises."""
        for start, end in line_spans(lines):
            line = memoryview(lines)[start:end]
            if lines.find(b'"user"', start, end) >= 0 > lines.find(b'"tool_result"', start, end):
                self._take(line)

    def _take(self, line: memoryview) -> None:
        try:
            row = decode_line(line)
            if row.type != "user" or not row.uuid:
                return
            message = decode_text_message(row.message)
        except UNREADABLE:
            return
        if starts_a_turn(row, message):
            self.found.setdefault(row.uuid, prompt_line(_own(message)))


def _own(message: TextMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    texts = [block.text for block in message.content if block.text]
    own = [text for text in texts if not text.startswith(_NOT_OWN)]
    return "\n".join(own or texts)
