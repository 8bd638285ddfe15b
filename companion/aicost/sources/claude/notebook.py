"""What the second reading of a log remembers from one block of lines to the next."""

from datetime import datetime
from typing import Self

import msgspec

from aicost.core.endings import Command, Speaks
from aicost.sources.claude.records import UNREADABLE
from aicost.sources.claude.steps import Wanted
from aicost.sources.gathering import WorkState

MOST_TASKS = 64  # a message asks for a handful at once; a client that died leaves some behind
MOST_COMMANDS = 64
MOST_STEPS = 64
LONGEST = 200  # characters of an id or of a subagent's kind


class Task(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A subagent that was asked for, while its id is not known yet."""

    session_id: str
    kind: str
    at: datetime


class Asked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A shell command that has not ended yet."""

    event_key: str  # of the call that asked
    key: str  # these as in a Command
    label: str
    speaks: Speaks


class Notebook(msgspec.Struct, array_like=True):
    """The turn in force, the last time seen, and the tools and commands without an answer."""

    turn_id: str = ""
    has_command: bool = False  # the turn's prompt was a slash command
    at: datetime | None = None
    tasks: dict[str, Task] = {}  # by tool use id, oldest first
    commands: dict[str, Asked] = {}  # likewise
    steps: dict[str, Wanted] = {}  # likewise
    work: WorkState = msgspec.field(default_factory=WorkState)

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

    def expect_end(self, tool_use_id: str, event_key: str, command: Command) -> None:
        """Remember a command until it ended; of too many, the oldest is forgotten."""
        if max(map(len, (tool_use_id, event_key))) > LONGEST:
            return
        self.commands[tool_use_id] = Asked(event_key, *command[:3])
        if len(self.commands) > MOST_COMMANDS:
            del self.commands[next(iter(self.commands))]

    def expect_step(self, tool_use_id: str, wanted: Wanted) -> None:
        """Remember a tool call until its result is known; of too many, the oldest is forgotten."""
        if max(map(len, (tool_use_id, wanted.event_key))) > LONGEST:
            return
        self.steps[tool_use_id] = wanted
        if len(self.steps) > MOST_STEPS:
            del self.steps[next(iter(self.steps))]
