"""Codex rollout lines to what the money was spent on. Pure: bytes in, values out.

The second reading of a log. It follows the log as the first one does (`parser.Reading`) and hears
from it of each response that counts; tools, errors and settings are those of such a response.

What counts as a tool call: what a response asks for, and in code mode, where it asks for a script,
what the script runs; a script that ran nothing that is logged counts itself.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Final, Literal

import msgspec

from aicost.core.errors import LogFormatError
from aicost.core.facts import (
    CommandRan,
    CompactionSeen,
    ErrorSeen,
    HiddenKind,
    HiddenSeen,
    LimitsSeen,
    Parsed,
    SettingsSeen,
    StepTaken,
    ToolCallSeen,
)
from aicost.core.tailing import line_spans
from aicost.core.usage import UsageEvent
from aicost.sources.codex import circumstances, commands, patches, records, tools
from aicost.sources.codex.asking import Asking, AskingState, Counted
from aicost.sources.codex.commands import Runs, RunsState
from aicost.sources.codex.following import Follower, Phase
from aicost.sources.codex.parser import Memory, Reading
from aicost.sources.codex.patches import Patches, PatchesState
from aicost.sources.codex.tools import Asked
from aicost.sources.codex.working import Working
from aicost.sources.gathering import WorkState

# The type of a line, and of what lies in it; as in `records.HEAD`, whatever follows.
_HEAD: Final = re.compile(
    rb'\{"timestamp":"[^"\\]{0,40}",(?:"ordinal":\d{1,20},)?"type":"(\w{1,64})"'
    rb'(?:,"payload":\{"type":"(\w{1,64}))?'
)
_WRAPPERS = (b"event_msg", b"response_item")
_DISCONNECTED = "response_stream_disconnected"
_REVIEW = "/review"
_OF_WORK = frozenset(  # lines that say what a turn is for
    (
        b"user_message", b"agent_message", b"agent_reasoning", b"item_completed",
        b"function_call", b"custom_tool_call", b"local_shell_call", b"tool_search_call",
        b"web_search_call", b"exec_command_end", b"patch_apply_end", b"mcp_tool_call_end",
        b"entered_review_mode",
    )
)  # fmt: skip
_STATUSES = {"server_overloaded": 529, "usage_limit_exceeded": 429}  # as HTTP would say it


class _Memo(msgspec.Struct, array_like=True):
    """What is carried from block to block."""

    usage: Memory = msgspec.field(default_factory=Memory)
    version: str = ""
    entrypoint: str = ""
    effort: str = ""
    permission_mode: str = ""
    has_title: bool = False  # its client asks a model for a title, in no log
    asking: AskingState = msgspec.field(default_factory=AskingState)
    at: datetime | None = None  # of the last response
    is_answering: bool = False  # the request in force has begun to be answered
    total: str = ""  # the last running total
    runs: RunsState = msgspec.field(default_factory=RunsState)
    limits: str = ""  # checksum of what was last said of limits, and at which total
    patches: PatchesState = msgspec.field(default_factory=PatchesState)
    work: WorkState = msgspec.field(default_factory=WorkState)


_encode = msgspec.json.Encoder().encode
_decode_memo = msgspec.json.Decoder(_Memo).decode


class CodexEvidenceParser:
    """Parses blocks of lines; the state between blocks says whose the next lines are."""

    agent: Literal["codex"] = "codex"

    def parse(self, lines: bytes, thread: str) -> Parsed:
        """Return what `lines` say beside calls. Counts no broken lines. Never raises."""
        reading = _Reading(records.remembered(thread, _decode_memo, _Memo))
        reading.read(lines)
        return reading.parsed()


class _Reading:
    """Facts found so far in one block, each once."""

    def __init__(self, memo: _Memo) -> None:
        self.memo = memo
        self._usage = Reading(memo.usage)
        self._thread = Follower(memo.usage.thread)
        self._asking, self._runs = Asking(memo.asking), Runs(memo.runs)
        self._patches = Patches(memo.patches)
        self._working = Working(memo.work)
        self._steps: list[StepTaken] = []
        self._compactions: dict[str, CompactionSeen] = {}
        self._tool_calls: dict[str, ToolCallSeen] = {}
        self._commands: list[CommandRan] = []
        self._errors: dict[str, ErrorSeen] = {}
        self._settings: dict[SettingsSeen, None] = {}
        self._hidden: dict[str, HiddenSeen] = {}
        self._limits: dict[str, list[LimitsSeen]] = {}
        self._takers = self._by_kind()

    def _by_kind(self) -> dict[bytes, Callable[[bytes], None]]:
        """Return what takes the lines of each kind."""
        return {
            b"session_meta": self._take_meta,
            b"turn_context": self._take_context,
            b"token_usage_record": self._follow,
            b"token_count": self._take_count,
            b"task_started": self._take_request,
            b"thread_settings_applied": self._follow,
            b"user_message": self._take_request,
            b"function_call": self._take_call,
            b"custom_tool_call": self._take_call,
            b"local_shell_call": self._take_call,
            b"tool_search_call": self._take_call,
            b"web_search_call": self._take_call,
            b"image_generation_call": self._take_call,
            b"function_call_output": self._take_output,
            b"custom_tool_call_output": self._take_output,
            b"local_shell_call_output": self._take_output,
            b"tool_search_output": self._take_output,
            b"item_completed": self._take_item,
            b"exec_command_end": self._take_end,
            b"mcp_tool_call_end": self._take_end,
            b"patch_apply_end": self._take_end,
            b"view_image_tool_call": self._take_end,
            b"entered_review_mode": self._take_review,
            b"compacted": self._take_compaction,
            b"task_complete": self._take_complete,
            b"turn_aborted": self._take_abort,
        }

    def parsed(self) -> Parsed:
        """Return all facts with the parser's state."""
        return Parsed(
            tool_calls=tuple(self._tool_calls.values()),
            commands=tuple(self._commands),
            steps=tuple(self._steps),
            compactions=tuple(self._compactions.values()),
            errors=tuple(self._errors.values()),
            settings=tuple(self._settings),
            hidden=tuple(self._hidden.values()),
            limits=tuple(seen for one in self._limits.values() for seen in one),
            work=self._working.seen(),
            thread=_encode(self.memo).decode(),
        )

    def read(self, lines: bytes) -> None:
        """Read all lines; those that cannot be read are passed over."""
        for start, end in line_spans(lines):
            head = _HEAD.match(lines, start, end)
            try:
                kind = (head[2] or head[1]) if head else _kind_of(lines[start:end])
                taker = self._takers.get(kind)
                if taker is not None:
                    taker(lines[start:end])
                if kind in _OF_WORK and self._is_own:
                    self._take_work(kind, lines[start:end])
            except LogFormatError:
                continue

    def _take_work(self, kind: bytes, line: bytes) -> None:
        owner, state = self._thread.owner, self.memo.usage.thread
        place = (owner.session_id, state.turn_id, owner.subagent_id)
        self._working.take(kind, line, place, state.branch)

    def _follow(self, line: bytes) -> None:
        """Let the usage reading take a line; note what response it found in it."""
        state, calls = self.memo.usage.thread, self._usage.calls
        phase, known = state.phase, len(calls)
        self._usage.read(line)
        if phase is Phase.COPIED and state.phase is not phase:
            # What was asked before, another thread asked.
            memo = self.memo
            memo.asking, memo.runs, memo.patches = AskingState(), RunsState(), PatchesState()
            self._asking, self._runs = Asking(memo.asking), Runs(memo.runs)
            self._patches = Patches(memo.patches)
        for call in calls[known:]:
            self._take_response(call)

    def _take_response(self, call: UsageEvent) -> None:
        memo = self.memo
        memo.at, memo.is_answering = call.at, False
        self._count(self._asking.respond(call.event_key))
        if (call.subagent_id or call.session_id) == memo.usage.thread.owner:
            self._note_settings(call.session_id, call.turn_id, call.subagent_id)
            if memo.has_title:
                memo.has_title = False
                self._hide("title", f"codex:{call.session_id}:title", call.at)

    def _count(self, tools_asked: Iterable[Counted]) -> None:
        for event_key, call_id, name in tools_asked:
            key = f"{event_key}:{call_id}"
            if self.memo.at is not None:
                seen = ToolCallSeen(key=key, event_key=event_key, name=name, at=self.memo.at)
                self._tool_calls.setdefault(key, seen)
                if name == tools.SHELL:
                    self._note_runs(self._runs.pay(call_id, event_key))
                elif name == tools.PATCH:
                    self._steps += self._patches.pay(call_id, event_key)

    def _note_runs(self, runs: Iterable[commands.Ran]) -> None:
        for run in runs:
            self._commands.append(run.command)
            self._steps.append(run.step)

    def _note_settings(
        self, session_id: str, turn_id: str, subagent_id: str, command: str = ""
    ) -> None:
        memo = self.memo
        seen = SettingsSeen(
            session_id=session_id,
            turn_id=turn_id,
            subagent_id=subagent_id,
            version=memo.version,
            entrypoint=memo.entrypoint,
            effort="" if command else memo.effort,  # (a review has a thread of its own)
            permission_mode="" if command else memo.permission_mode,
            command=command,
        )
        self._settings[seen] = None

    def _hide(self, kind: HiddenKind, key: str, at: datetime) -> None:
        owner = self._thread.owner
        self._hidden.setdefault(
            key, HiddenSeen(key=key, session_id=owner.session_id, at=at, kind=kind)
        )

    # Who asks

    def _take_meta(self, line: bytes) -> None:
        is_first = not self.memo.usage.thread.owner
        self._follow(line)
        if is_first and self.memo.usage.thread.owner:
            about, memo = circumstances.client_in(line), self.memo
            memo.version, memo.entrypoint = about.version, about.entrypoint
            memo.has_title = about.has_title and not self._thread.owner.subagent_id

    def _take_context(self, line: bytes) -> None:
        self._take_request(line)
        about = circumstances.mode_in(line)
        self.memo.effort, self.memo.permission_mode = about.effort, about.permission_mode

    def _take_request(self, line: bytes) -> None:
        """Take a line after which a model is asked anew."""
        self._follow(line)
        self._asking.begin()
        self.memo.is_answering = False

    # What it asks for

    def _take_call(self, line: bytes) -> None:
        if asked := tools.asked_in(line):
            has_turn_ids = self.memo.usage.thread.has_turn_ids
            self._count(self._asking.call(asked, has_turn_ids=has_turn_ids))
            if asked.name == tools.SHELL and (command := commands.command_in(line)):
                self._runs.ask(asked.id, command)

    def _take_output(self, line: bytes) -> None:
        call_id = tools.call_id_in(line)
        if self.memo.usage.thread.has_turn_ids:
            self._count(self._asking.answer(call_id))
            self.memo.is_answering = False
        if self._runs.waits_for(call_id):
            self._note_runs(self._runs.answer(commands.answer_in(line)))

    def _take_item(self, line: bytes) -> None:
        ran = tools.ran_in(line)
        if ran.kind == tools.REVIEW and self._is_own:
            self._note_settings(self._thread.owner.session_id, ran.turn_id, "", _REVIEW)
        self._take_tool(ran.tool)
        if ran.kind == tools.COMMAND:
            self._take_run(commands.ran_in(line))
        elif ran.kind == tools.FILES:
            self._take_patch(patches.patched_in(line))

    def _take_end(self, line: bytes) -> None:
        tool = tools.ended_in(line)
        self._take_tool(tool)
        if tool is not None and tool.name == tools.SHELL:
            self._take_run(commands.ended_in(line))
        elif tool is not None and tool.name == tools.PATCH:
            self._take_patch(patches.ended_in(line))

    def _take_run(self, run: commands.Ended | None) -> None:
        if run is not None:
            self._note_runs(self._runs.end(run))

    def _take_patch(self, patch: patches.Patched | None) -> None:
        if patch is not None:
            self._steps += self._patches.end(patch)

    def _take_tool(self, ran: Asked | None) -> None:
        if ran is not None:
            self._count(self._asking.run(ran))

    # What went wrong, or is not logged

    @property
    def _is_own(self) -> bool:
        """Whether the lines surely are those of the thread that the file belongs to."""
        state = self.memo.usage.thread
        return bool(state.owner) and state.phase is Phase.OWN

    def _take_review(self, line: bytes) -> None:
        """Take the start of a review, as older clients log it."""
        owner, turn_id = self._thread.owner, self.memo.usage.thread.turn_id
        if self._is_own and turn_id:
            self._note_settings(owner.session_id, turn_id, owner.subagent_id, _REVIEW)

    def _take_complete(self, line: bytes) -> None:
        end, state = circumstances.end_in(line), self.memo.usage.thread
        if end.error is None or not self._is_own or not end.turn_id:
            return
        owner, key = self._thread.owner, f"codex:{end.turn_id}:error"
        seen = ErrorSeen(
            key=key,
            session_id=owner.session_id,
            turn_id=state.turn_id,
            subagent_id=owner.subagent_id,
            at=end.at,
            is_retried=False,
            status=_STATUSES.get(end.error, 0),
        )
        self._errors.setdefault(key, seen)
        self._note_settings(owner.session_id, state.turn_id, owner.subagent_id)
        if end.error == _DISCONNECTED:
            self._hide("cut_stream", f"codex:{end.turn_id}:cut", end.at)

    def _take_abort(self, line: bytes) -> None:
        end, state = circumstances.end_in(line), self.memo.usage.thread
        is_this = state.turn_id in (end.turn_id, end.root_turn_id)  # (a fork marks its parent's)
        if self.memo.is_answering and self._is_own and state.turn_id and is_this:
            self._hide("cut_stream", f"codex:{end.turn_id}:cut", end.at)

    def _take_compaction(self, line: bytes) -> None:
        """Take a compaction; clients that log no record of its response may not count it."""
        asking, at = self.memo.asking, records.time_of(line)
        has_usage = asking.is_answered or self.memo.usage.has_records
        if not self._is_own or at is None:
            return
        key, state = asking.key or f"codex:{self.memo.usage.thread.owner}", self.memo.usage.thread
        if not has_usage:
            self._hide("compaction", f"{key}:compaction", at)
        owner = self._thread.owner
        seen = CompactionSeen(
            key=f"{key}:compacted",
            session_id=owner.session_id,
            turn_id=state.turn_id,
            subagent_id=owner.subagent_id,
            at=at,
        )
        self._compactions.setdefault(seen.key, seen)

    # What is left of the plan

    def _take_count(self, line: bytes) -> None:
        self._follow(line)
        memo, count = self.memo, circumstances.count_in(line)
        if count.total in ("", memo.total) and not memo.asking.is_answered:
            memo.is_answering = True  # (it was only what an answer's head says of limits)
        memo.total = count.total or memo.total
        if count.limits is None or count.at is None or not self._is_own:
            return
        said = blake2b(f"{memo.total} {count.limits}".encode(), digest_size=8).hexdigest()
        if said != memo.limits:  # else it is repeated
            memo.limits = said
            self._note_limits(LimitsSeen(at=count.at, limits=count.limits))

    def _note_limits(self, seen: LimitsSeen) -> None:
        """Keep the latest word on a limit: a clock may have been set back. Of two at one moment
        the ledger chooses.
        """
        known = self._limits.setdefault(seen.limits.limit_id, [seen])
        if known[0].at < seen.at:
            known[:] = [seen]
        elif known[0].at == seen.at and seen not in known:
            known.append(seen)


def _kind_of(line: bytes) -> bytes:
    """Return what a line is, in whatever order its fields are. Raises LogFormatError."""
    outer, inner = records.types_of(line)
    return inner if outer in _WRAPPERS else outer
