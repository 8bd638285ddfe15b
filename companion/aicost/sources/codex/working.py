"""What a turn was for, as far as Codex' lines say: gathered over the turn. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from aicost.sources.codex.records import UNREADABLE, id_of, text
from aicost.sources.gathering import Gathering, Place

_COUNTED: Final[Mapping[str, str]] = {
    "WebSearch": "web",
    "web_search_call": "web",
    "McpToolCall": "mcp",
    "mcp_tool_call_end": "mcp",
    "CollabAgentToolCall": "agents",
    "EnteredReviewMode": "agents_review",
    "entered_review_mode": "agents_review",
    "tool_search_call": "searches",
}
_PLAN, _SHELLS = "update_plan", frozenset(("shell", "shell_command", "exec_command", "local_shell"))
_PATCH = "apply_patch"
_DECLINED = "declined"
_ADD, _UPDATE, _DELETE = "*** Add File: ", "*** Update File: ", "*** Delete File: "
_MOST_FILES = 64  # of one patch


class _Change(msgspec.Struct, gc=False):
    type: object = None
    content: object = None
    unified_diff: object = None


class _Item(msgspec.Struct, gc=False, frozen=True):
    type: object = None
    id: object = None
    call_id: object = None
    name: object = None
    message: object = None  # of a prompt or an answer, in older clients
    text: object = None  # of a thought
    content: object = None
    summary_text: object = None
    arguments: object = None
    input: object = None
    command: object = None
    exit_code: object = None
    status: object = None
    kind: object = None
    changes: object = None


class _Payload(msgspec.Struct, gc=False):
    type: object = None
    item: _Item | None = None


class _Line(msgspec.Struct, gc=False):
    payload: _Payload


class _PlainLine(msgspec.Struct, gc=False):
    payload: _Item


class _Arguments(msgspec.Struct, gc=False):
    cmd: object = None
    command: object = None
    plan: object = None


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_plain = msgspec.json.Decoder(_PlainLine).decode
_decode_arguments = msgspec.json.Decoder(_Arguments).decode


class _Edit(NamedTuple):
    path: str
    old: str
    new: str
    is_new: bool


class Working(Gathering):
    """Takes the lines of the thread's own turns."""

    def take(self, kind: bytes, line: bytes, place: Place, branch: str) -> None:
        """Take a line of a turn; one that cannot be read says nothing."""
        if not place[1]:
            return
        try:
            if kind == b"item_completed":
                item = _decode_line(line).payload.item
            else:
                item = _decode_plain(line).payload
        except UNREADABLE:
            return
        if item is None:
            return
        if place != self.state.place:
            self.move(place)
        self._take(text(item.type), item, branch)

    def _take(self, kind: str, item: _Item, branch: str) -> None:
        if kind in ("UserMessage", "user_message"):
            if "prompt_log2_chars" not in self.work.counts:  # what is said meanwhile is no prompt
                self.work.begin(_said(item), branch)
        elif kind in ("AgentMessage", "agent_message"):
            self.work.say(_said(item))
        elif kind in ("Reasoning", "agent_reasoning"):
            self.work.think(_said(item))
        else:
            self._take_tool(kind, item)

    def _take_tool(self, kind: str, item: _Item) -> None:
        if kind in ("FileChange", "patch_apply_end"):
            self._patch(item, tuple(_changes_of(item.changes)))
        elif kind in ("CommandExecution", "exec_command_end"):
            self._ran(item)
        elif kind in ("function_call", "custom_tool_call", "local_shell_call"):
            self._asked(item)
        elif kind == "SubAgentActivity" and item.kind == "started":
            self.work.use("agents")
        elif kind in _COUNTED:
            self.work.use(_COUNTED[kind])

    def _asked(self, item: _Item) -> None:
        call_id, name = id_of(item.call_id), text(item.name)
        if name == _PATCH and isinstance(item.input, str):
            self._patch(item, tuple(_edits_of(item.input)))
        elif isinstance(item.arguments, str):
            try:
                given = _decode_arguments(item.arguments)
            except UNREADABLE:
                return
            command = _command_of(given.cmd or given.command)
            if name in _SHELLS and command and call_id:
                self.run(call_id, command)
            elif name == _PLAN:
                self.work.use("tasks")
                self.work.plan(_steps_of(given.plan))

    def _ran(self, item: _Item) -> None:
        call_id, command = id_of(item.id) or id_of(item.call_id), _command_of(item.command)
        if not call_id or not command or text(item.status) == _DECLINED:
            return
        self.run(call_id, command)
        if type(item.exit_code) is int:
            self.end(call_id, failed=item.exit_code != 0)

    def _patch(self, item: _Item, edits: tuple[_Edit, ...]) -> None:
        """Take a patch once: asked for, and as it was applied, it has one id."""
        call_id = id_of(item.call_id) or id_of(item.id)
        if self.state.running.get(call_id) == ():
            return
        if call_id:
            self.state.running[call_id] = ()
        for path, old, new, is_new in edits[:_MOST_FILES]:
            self.work.edit(path, old, new, is_new=is_new)


def _said(item: _Item) -> str:
    """Return the text of a message or a thought, however its client logs it."""
    for one in (item.message, item.text):
        if isinstance(one, str):
            return one
    for some in (item.content, item.summary_text):
        if isinstance(some, list) and some:
            parts = [part.get("text") if isinstance(part, dict) else part for part in some]
            return "\n".join(part for part in parts if isinstance(part, str))
    return ""


def _command_of(words: object) -> str:
    if isinstance(words, str):
        return words
    if not isinstance(words, list):
        return ""
    found = [word for word in words if isinstance(word, str)]
    is_wrapped = len(found) == 3 and found[1].startswith("-") and found[1].endswith("c")
    return found[2] if is_wrapped else " ".join(found)


def _steps_of(plan: object) -> list[str]:
    if not isinstance(plan, list):
        return []
    steps = [step.get("step") for step in plan if isinstance(step, dict)]
    return [step for step in steps if isinstance(step, str)]


def _changes_of(changes: object) -> Iterator[_Edit]:
    if not isinstance(changes, dict):
        return
    for path, change in changes.items():
        what = change if isinstance(change, dict) else {}
        content, diff = what.get("content"), what.get("unified_diff")
        if isinstance(diff, str):
            yield _Edit(str(path), *_sides(diff.splitlines()), is_new=False)
        else:
            body = content if isinstance(content, str) else ""
            is_gone = what.get("type") == "delete"
            old, new = (body, "") if is_gone else ("", body)
            yield _Edit(str(path), old, new, is_new=what.get("type") == "add")


def _edits_of(patch: str) -> Iterator[_Edit]:
    """Return the files of a patch in the form that the tool takes."""
    path, lines, is_new = "", list[str](), False
    for line in patch.splitlines():
        head = next((head for head in (_ADD, _UPDATE, _DELETE) if line.startswith(head)), "")
        if not head:
            lines.append(line)
            continue
        if path:
            yield _Edit(path, *_sides(lines), is_new=is_new)
        path, lines, is_new = line[len(head) :].strip(), [], head == _ADD
    if path:
        yield _Edit(path, *_sides(lines), is_new=is_new)


def _sides(lines: list[str]) -> tuple[str, str]:
    """Return what lines of a diff take away, and what they add."""
    old = (line[1:] for line in lines if line.startswith("-") and not line.startswith("---"))
    new = (line[1:] for line in lines if line.startswith("+") and not line.startswith("+++"))
    return "\n".join(old), "\n".join(new)
