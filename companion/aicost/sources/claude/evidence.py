"""Claude Code transcript lines to what the money was spent on. Pure: bytes in, values out.

The second reading of a log: every line is decoded, but of prompts, tool inputs and tool outputs
nothing is kept. Lines that cannot be read are passed over: the first reading counts them.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from aicost.core.commands import to_number
from aicost.core.endings import command_of
from aicost.core.errors import LogFormatError
from aicost.core.facts import CommandRan, Parsed, SubagentSeen
from aicost.core.model_ids import SYNTHETIC
from aicost.core.tailing import line_spans
from aicost.sources.claude.findings import Findings, Refused
from aicost.sources.claude.notebook import Asked, Notebook, Task
from aicost.sources.claude.records import (
    NOTHING,
    UNREADABLE,
    Answer,
    AnswerLine,
    HookInfo,
    Line,
    Message,
    Place,
    Row,
    SystemLine,
    Text,
    TextMessage,
    ToolUse,
    UserLine,
    decode_answer_line,
    decode_command_input,
    decode_line,
    decode_message,
    decode_nested,
    decode_progress,
    decode_pull_request,
    decode_system,
    decode_task_input,
    decode_text_message,
    decode_time,
    decode_tool_result,
    decode_user_line,
    place_of,
    starts_a_turn,
    unnamed,
    utc,
)
from aicost.sources.claude.results import SHELL, ending_in
from aicost.sources.claude.steps import NO_ANSWER, answer_of, step_of, wanted_of
from aicost.sources.claude.totals import parse_cost_state
from aicost.sources.claude.working import Working

_OPENING = ord("{")
# What stands before the content of lines as clients write them.
_USER_HEAD = b'"type":"user","message":'
_ANSWER_HEAD = b',"message":'
_PROGRESS_HEAD = b'"type":"progress","data":'  # of no more than this: a hook ran, a command runs
_HEAD_BYTES = len(_PROGRESS_HEAD)
_AT_LAST_TIME = ("pr-link", "ai-title")

_COMPACTION_AGENT = "acompact-"  # older clients log a compaction as a subagent of this name
_COMPACTION = "compact"  # the kind of such a subagent

_TASK_TOOLS = ("Task", "Agent")
_ASKING = ("agent", "other")  # kinds of steps in which another model may be asked
_COMMAND = re.compile(r"<command-name>\s*/?([^\s<]{1,100})")
_CUT_OFF = "Your response above was cut off mid-stream."  # the client's own words to the model
_NEVER_CONNECTED = frozenset(
    ("ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN")
)
_HOOK_INPUT = "$ARGUMENTS"  # stands for the event in what a prompt or agent hook asks a model


class ClaudeEvidenceParser:
    """Parses blocks of lines; the state between blocks is a `Notebook`."""

    agent: Literal["claude"] = "claude"

    def parse(self, lines: bytes, thread: str) -> Parsed:
        """Return what `lines` say beside calls. Counts no broken lines. Never raises."""
        reading = _Reading(Notebook.opened(thread), lines)
        reading.read()
        work = reading.working.seen()
        return reading.found.parsed(reading.notebook.text(), work)


class _Reading:
    """One block, line by line."""

    def __init__(self, notebook: Notebook, lines: bytes) -> None:
        self.notebook, self.found = notebook, Findings()
        self.working = Working(notebook.work)
        self._lines, self._view, self._timed_to = lines, memoryview(lines), 0

    def read(self) -> None:
        """Read all lines; those that cannot be read are passed over."""
        lines, view, find = self._lines, self._view, self._lines.find
        for start, end in line_spans(lines):
            content = find(b"{", start + 1, end)
            head = lines[content - _HEAD_BYTES : content] if content >= _HEAD_BYTES else b""
            try:
                if head.endswith(_USER_HEAD):
                    user = decode_user_line(view[start:end])
                    self._take_user(user, user.message)
                elif head.endswith(_ANSWER_HEAD):
                    self._take_message(view[start:end])
                elif head != _PROGRESS_HEAD or find(b"{", content + 1, end) > 0:
                    self._take(view[start:end], end)
            except (*UNREADABLE, LogFormatError):
                continue
        self._note_time(len(lines))

    def _take_message(self, line: memoryview) -> None:
        """Read a line whose message may be an answer's."""
        try:
            row = decode_answer_line(line)
        except UNREADABLE:
            row = None
        if row is not None and row.type == "assistant":
            self._take_answer(row, row.message)
        else:
            self._take(line)

    def _take(self, line: memoryview, end: int = 0) -> None:
        """Read a line of any type; `end`: where it ends, if it is no message."""
        row = decode_line(line)
        match row.type:
            case "assistant":
                self._take_answer(row, decode_message(row.message))
            case "user":
                self._take_user(row, decode_text_message(row.message))
            case "progress":
                self._take_progress(row)
            case "system":
                self._take_system(row, decode_system(line))
            case _:
                self._take_state(row, line, end)

    def _note_time(self, end: int) -> None:
        """Note the last time that a line until there has."""
        stop = end
        while stop > self._timed_to:
            start = max(self._lines.rfind(b"\n", 0, stop) + 1, self._timed_to)
            if (at := _time_in(self._view[start:stop])) is not None:
                self.notebook.at = at
                break
            stop = start - 1
        self._timed_to = end

    def _take_answer(self, row: Line | AnswerLine, message: Message) -> None:
        place, at = place_of(row, self.notebook.turn_id), utc(row.timestamp)
        if row.is_api_error_message and row.uuid:
            self.found.error(row.uuid, place, at, Refused(is_retried=False))
        if message.model == SYNTHETIC or not message.id:
            return
        event_key = f"claude:{message.id}"
        if row.session_id and row.session_id != place.session_id:
            self.found.copy(row.session_id, event_key)
        if row.is_aborted_mid_stream:
            self.found.hidden(f"{event_key}:cut", place.session_id, at, "cut_stream")
        command = self._note_skill(row, event_key) if row.attribution_skill else None
        self.found.settings(place, row.version, row.entrypoint, row.effort, None, command)
        if place.subagent_id:
            self._note_kind(row, place, at)
        tools = message.tool_uses()
        if tools:
            self._note_tools(tools, event_key, place, at, is_answered_here=True)
        self.working.answer(row, place, self.notebook.turn_id, message, tools)

    def _note_skill(self, row: Row, event_key: str) -> str | None:
        """Note a call's skill; return it as the turn's command if the prompt itself named none."""
        self.found.skill(event_key, row.attribution_skill or "")
        is_prompts_own = not (row.is_sidechain or self.notebook.has_command)
        return f"/{row.attribution_skill}" if is_prompts_own else None

    def _note_kind(self, row: Row, place: Place, at: datetime) -> None:
        is_compaction = place.subagent_id.startswith(_COMPACTION_AGENT)
        kind = _COMPACTION if is_compaction else row.attribution_agent
        if kind:
            self.found.subagent(
                SubagentSeen(
                    session_id=place.session_id, subagent_id=place.subagent_id, at=at, kind=kind
                )
            )

    def _note_tools(
        self,
        tools: Sequence[ToolUse],
        event_key: str,
        place: Place,
        at: datetime,
        *,
        is_answered_here: bool = False,
    ) -> None:
        for tool_use_id, name, asked in tools:
            self.found.tool_call(tool_use_id, event_key, name, at)
            if name in _TASK_TOOLS and (kind := decode_task_input(asked).subagent_type):
                self.notebook.expect(tool_use_id, Task(place.session_id, kind, at))
            command = None
            if name == SHELL and is_answered_here:
                command = decode_command_input(asked).command
                if isinstance(command, str):
                    self.notebook.expect_end(tool_use_id, event_key, command_of(command))
            if is_answered_here:
                wanted = wanted_of(name, asked, event_key, command)
                self.notebook.expect_step(tool_use_id, wanted)

    def _take_progress(self, row: Line) -> None:
        """Take the tools that a subagent asked for, as its parent's log repeats it."""
        about = decode_progress(row.data)
        if about.message == NOTHING or not row.session_id:
            return
        nested = decode_nested(about.message)
        message = nested.message
        if nested.type != "assistant" or message is None:
            return
        if message.id and message.model != SYNTHETIC:
            subagent_id = about.agent_id or unnamed(self.notebook.turn_id)
            place = Place(row.session_id, "", subagent_id)
            self.found.settings(place, row.version, row.entrypoint)
            at = utc(nested.timestamp or row.timestamp)
            self._note_tools(message.tool_uses(), f"claude:{message.id}", place, at)

    def _take_user(self, row: Line | UserLine, message: TextMessage) -> None:
        if row.uuid is None:
            return
        at = utc(row.timestamp)
        if results := message.results():
            self._take_results(row, results, at)
        elif starts_a_turn(row, message):
            text = message.own_text()
            command = _command_in(text)
            place = place_of(row, row.uuid)
            self.notebook.turn_id, self.notebook.has_command = row.uuid, command is not None
            self.working.begin(row, place, text)
            self.found.settings(
                place, row.version, row.entrypoint, None, row.permission_mode, command
            )
        elif row.is_meta and message.own_text().startswith(_CUT_OFF):
            place = place_of(row, "")
            self.found.hidden(f"claude:{row.uuid}", place.session_id, at, "cut_stream")

    def _take_results(self, row: Line | UserLine, results: Sequence[Text], at: datetime) -> None:
        """Take what tools returned: all of them, then steps and commands that were waited for."""
        notebook, answer = self.notebook, NO_ANSWER
        known = [notebook.steps.get(result.tool_use_id or "") for result in results]
        if any(wanted is None or wanted.kind in _ASKING for wanted in known):
            answer = self._take_own_result(row, results, at)
        for result in results:
            tool_use_id = result.tool_use_id or ""
            wanted = notebook.steps.pop(tool_use_id, None)
            if wanted is not None:
                self.found.step(step_of(tool_use_id, wanted, result, at, answer))
        for result in results:
            asked = notebook.commands.pop(result.tool_use_id or "", None)
            if asked is not None:
                self._take_end(result, asked, at)

    def _take_own_result(
        self, row: Line | UserLine, results: Sequence[Text], at: datetime
    ) -> Answer:
        """Take a tool's result in its own words; return the subagent's answer that it is."""
        keys = [result.tool_use_id or "" for result in results]
        tasks = [task for key in keys if (task := self.notebook.tasks.pop(key, None))]
        if memoryview(row.tool_use_result)[0] != _OPENING:
            return NO_ANSWER  # a tool that failed, or one of an MCP server
        result = decode_tool_result(row.tool_use_result)
        if result.agent_id and tasks:
            self.found.subagent(
                SubagentSeen(
                    session_id=tasks[0].session_id,
                    subagent_id=result.agent_id,
                    at=tasks[0].at,
                    prompt_id=row.prompt_id or "",
                    kind=tasks[0].kind,
                )
            )
        if result.is_web_search:
            place = place_of(row, "")
            self.found.hidden(f"claude:{row.uuid}", place.session_id, at, "web_search")
        return answer_of(result)

    def _take_end(self, result: Text, asked: Asked, at: datetime) -> None:
        """Take the result of a command that was waited for."""
        tool_use_id = result.tool_use_id or ""
        end = ending_in(result.said(), asked.speaks, is_error=result.is_error is True)
        if end is None:
            return
        self.working.end(tool_use_id, failed=end.failed)
        ran = CommandRan(
            key=f"claude:{tool_use_id}",
            event_key=asked.event_key,
            at=at,
            command=to_number(asked.key),
            label=asked.label,
            error=to_number(end.error) if end.failed else None,
        )
        self.found.command(ran)

    def _take_system(self, row: Line, system: SystemLine) -> None:
        if not row.uuid:
            return
        place, at = place_of(row, self.notebook.turn_id), utc(row.timestamp)
        key, session_id = f"claude:{row.uuid}", place.session_id
        match row.subtype:
            case "api_error":
                seen = Refused(system.is_retried, system.status, system.wait_ms)
                self.found.error(row.uuid, place, at, seen)
                if _was_cut(system):
                    self.found.hidden(key, session_id, at, "cut_stream")
            case "compact_boundary":
                self.found.hidden(key, session_id, at, "compaction", system.compacted_tokens)
                self.found.compaction(key, place, at)
            case "stop_hook_summary":
                if any(map(_asks_a_model, system.hook_infos or ())):
                    self.found.hidden(key, session_id, at, "hook")
            case _:
                pass

    def _take_state(self, row: Line, line: memoryview, end: int) -> None:
        """Take a record of the session's state; such have no time, and are repeated."""
        if row.type in _AT_LAST_TIME:
            self._note_time(end)
        if row.type == "cost-state":
            for total in parse_cost_state(line):
                self.found.total(total)
        elif row.type == "pr-link" and row.session_id and self.notebook.at is not None:
            number = decode_pull_request(line).pr_number
            self.found.pull_request(row.session_id, number, self.notebook.at)
        elif row.type == "ai-title" and row.session_id and self.notebook.at is not None:
            key = f"claude:{row.session_id}:title"
            self.found.hidden(key, row.session_id, self.notebook.at, "title")


def _time_in(line: memoryview) -> datetime | None:
    """Return a line's time; None if it has none, or cannot be read."""
    try:
        return utc(decode_time(line).timestamp)
    except (*UNREADABLE, LogFormatError):
        return None


def _command_in(prompt: str) -> str | None:
    """Return the name of the slash command that a prompt is, without its arguments."""
    if not prompt.startswith("<command-"):
        return None
    name = _COMMAND.search(prompt)
    return f"/{name[1]}" if name else None


def _was_cut(system: SystemLine) -> bool:
    """Say whether a connection broke that had been made: what came of the answer is billed."""
    if system.source != "connection_retry" or system.error is None:
        return False
    code = system.error.connection.code if system.error.connection else None
    return not system.error.is_network_down and code not in _NEVER_CONNECTED


def _asks_a_model(hook: HookInfo) -> bool:
    """Say whether a hook is one of those that ask a model."""
    return hook.prompt_text is not None or _HOOK_INPUT in (hook.command or "")
