"""What the second reading of a log remembers from one block of lines to the next."""

from datetime import datetime
from typing import Self

import msgspec

from aicost.sources.claude.records import UNREADABLE

MOST_TASKS = 64  # a message asks for a handful at once; a client that died leaves some behind
LONGEST = 200  # characters of an id or of a subagent's kind


class Task(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A subagent that was asked for, while its id is not known yet."""

    session_id: str
    kind: str
    at: datetime


class Notebook(msgspec.Struct, array_like=True):
    """The turn in force, the last time seen, and the tasks without an answer."""

    turn_id: str = ""
    has_command: bool = False  # the turn's prompt was a slash command
    at: datetime | None = None
    tasks: dict[str, Task] = {}  # by tool use id, oldest first

    @classmethod
    def opened(cls, text: str) -> Self:
        """Read what `text` returned; begin a new one if it did not."""
        try:
            return msgspec.json.decode(text, type=cls) if text else cls()
        except UNREADABLE:
            return cls()

    def text(self) -> str:
        """Write all of it as JSON."""
        return msgspec.json.encode(self).decode()

    def expect(self, tool_use_id: str, task: Task) -> None:
        """Remember a task; of too many, the oldest is forgotten."""
        if max(map(len, (tool_use_id, task.session_id, task.kind))) > LONGEST:
            return
        self.tasks[tool_use_id] = task
        if len(self.tasks) > MOST_TASKS:
            del self.tasks[next(iter(self.tasks))]
