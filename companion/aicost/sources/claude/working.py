"""What a turn was for, as far as Claude Code's lines say: gathered over the turn. Pure.

A subagent's own log is a stretch of its own; one that is logged beside its turn counts with it.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw

from aicost.core.turn_work import TurnWork
from aicost.sources.claude.records import UNREADABLE, Message, Place, Row, ToolUse
from aicost.sources.gathering import Gathering

_EDITS = frozenset(("Edit", "Write", "MultiEdit", "NotebookEdit"))
_COUNTED: Mapping[str, str] = {
    "Grep": "searches",
    "Glob": "searches",
    "LS": "searches",
    "LSP": "searches",
    "ToolSearch": "searches",
    "WebFetch": "web",
    "WebSearch": "web",
    "Skill": "skills",
    "ExitPlanMode": "plans_made",
    "AskUserQuestion": "questions",
}
_TASKS = ("Task", "Agent")
_AGENTS = (("explore", "agents_explore"), ("plan", "agents_plan"), ("review", "agents_review"))


class _Edit(msgspec.Struct, gc=False):
    old_string: str | None = None
    new_string: str | None = None


class _Todo(msgspec.Struct, gc=False):
    content: str | None = None


class _Input(msgspec.Struct, gc=False):
    """What tools are asked for, as far as it says what they are for."""

    file_path: str | None = None
    notebook_path: str | None = None
    command: str | None = None
    old_string: str | None = None
    new_string: str | None = None
    new_source: str | None = None
    content: str | None = None
    edits: list[_Edit] | None = None
    todos: list[_Todo] | None = None
    subject: str | None = None
    plan: str | None = None
    subagent_type: str | None = None
    description: str | None = None


_decode_input = msgspec.json.Decoder(_Input).decode


class Working(Gathering):
    """Takes prompts, answers and ends of commands."""

    def begin(self, row: Row, place: Place, prompt: str) -> None:
        """Take the start of a turn."""
        self.move(place)
        self.work.begin(prompt, row.branch or "", row.permission_mode or "")

    def answer(
        self, row: Row, place: Place, turn_id: str, message: Message, tools: Iterable[ToolUse]
    ) -> None:
        """Take a line of a call's answer; `turn_id` is that of the log's turn, if it has one."""
        if turn_id:
            place = Place(place.session_id, turn_id, "")
        elif not place.subagent_id:
            return  # nobody asked for it
        if row.uuid and row.uuid == self.state.last_line:
            return  # a client wrote it twice
        self.state.last_line = row.uuid or ""
        if place != self.state.place:
            self.move(place)
        for tool_use_id, name, asked in tools:
            self._tool(tool_use_id, name, asked)
        if not (turn_id and row.is_sidechain):
            self._hear(message)

    def _hear(self, message: Message) -> None:
        for block in message.content:
            if isinstance(block, str):
                return
            if block.type == "text" and block.text:
                self.work.say(block.text)
            elif block.type == "thinking" and block.thinking:
                self.work.think(block.thinking)

    def _tool(self, tool_use_id: str, name: str, asked: Raw) -> None:
        work = self.work
        if (count := _COUNTED.get(name)) is not None and name != "ExitPlanMode":
            work.use(count)
            return
        if name.startswith("mcp__"):
            work.use("mcp")
            return
        try:
            given = _decode_input(asked)
        except UNREADABLE:
            work.use("other_tools")
            return
        path = given.file_path or given.notebook_path or ""
        if name in _EDITS:
            _edit(work, name, path, given)
        elif name == "Read":
            work.read(path)
        elif name == "Bash" and given.command is not None:
            self.run(tool_use_id, given.command)
        else:
            _ask(work, name, given)


def _edit(work: TurnWork, name: str, path: str, given: _Input) -> None:
    changes = [(edit.old_string or "", edit.new_string or "") for edit in given.edits or ()]
    if not changes:
        new = given.new_string or given.content or given.new_source or ""
        changes = [(given.old_string or "", new)]
    for old, new in changes:
        work.edit(path, old, new, is_new=name == "Write")


def _ask(work: TurnWork, name: str, given: _Input) -> None:
    if name in _TASKS:
        work.use("agents")
        kind = (given.subagent_type or "").lower()
        for word, count in _AGENTS:
            if word in kind:
                work.use(count)
        work.plan((given.description or "",))
    elif name == "ExitPlanMode":
        work.use("plans_made")
        work.plan(((given.plan or "")[:200],))
    elif name in ("TaskCreate", "TodoWrite"):
        work.use("tasks")
        todos = [todo.content or "" for todo in given.todos or ()]
        work.plan(todos or (given.subject or "",))
    elif name != "TaskUpdate":
        work.use("other_tools")
