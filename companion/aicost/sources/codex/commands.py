"""Which shell command a rollout asks for, and how it ended. Pure: bytes in, values out.

Clients since 0.148 log each command with its exit code (an item), on disk before the next hook
PreToolUse begins (measured with 0.169). Of older ones only the text that the model got says it.
"""

import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw

from aicost.core.commands import to_number
from aicost.core.endings import Command, Ending, Speaks, command_of, ended
from aicost.core.errors import LogFormatError
from aicost.core.facts import CommandRan, StepTaken
from aicost.core.purposes import Purpose
from aicost.sources.codex.records import UNREADABLE, Time, id_of, text, utc

MOST_WAITING: Final = 64
LONGEST_ID: Final = 200
_EXIT_CODE = re.compile(r"(?:Process exited with code|Exit code:) (\d{1,3})\s*$", re.MULTILINE)
_HEAD_CHARS = 500  # of an answer, before the output of the command
_OUTPUT = "\nOutput:\n"
_BY_THE_MODEL = (None, "", "agent", "unified_exec_startup")  # `source` of a command
_SHELL_WORDS = 3  # ["bash", "-lc", "…"]
_DECLINED = "declined"


class Ended(NamedTuple):
    """A command that ran to its end."""

    id: str
    at: datetime
    command: Command
    ending: Ending
    size_bytes: int = 0  # of its output


class Ran(NamedTuple):
    """A command that ran to its end, and the same as a step of the work."""

    command: CommandRan
    step: StepTaken


class _Action(msgspec.Struct, gc=False, frozen=True):
    command: object = None


class _Call(msgspec.Struct, gc=False):
    arguments: object = None
    action: _Action = _Action()  # of a local_shell_call


class _CallLine(msgspec.Struct, gc=False):
    payload: _Call


class _Arguments(msgspec.Struct, gc=False):
    cmd: object = None
    command: object = None


class _Metadata(msgspec.Struct, gc=False, frozen=True):
    exit_code: object = None


class _Told(msgspec.Struct, gc=False):
    output: object = None
    content: object = None
    metadata: _Metadata = _Metadata()


class _Answer(msgspec.Struct, gc=False):
    call_id: object = None
    output: object = None


class _AnswerLine(msgspec.Struct, gc=False):
    payload: _Answer
    timestamp: Time | None = None


class _Run(msgspec.Struct, gc=False, frozen=True):
    type: object = None
    id: object = None
    call_id: object = None
    command: object = None
    source: object = None
    status: object = None
    exit_code: object = None
    aggregated_output: Raw = Raw(b'""')


class _ItemEvent(msgspec.Struct, gc=False):
    item: _Run


class _ItemLine(msgspec.Struct, gc=False):
    payload: _ItemEvent
    timestamp: Time | None = None


class _EventLine(msgspec.Struct, gc=False):
    payload: _Run
    timestamp: Time | None = None


_decode_call = msgspec.json.Decoder(_CallLine).decode
_decode_arguments = msgspec.json.Decoder(_Arguments).decode
_decode_answer = msgspec.json.Decoder(_AnswerLine).decode
_decode_told = msgspec.json.Decoder(_Told).decode
_decode_item = msgspec.json.Decoder(_ItemLine).decode
_decode_event = msgspec.json.Decoder(_EventLine).decode
_decode_text = msgspec.json.Decoder(str).decode


def command_in(line: bytes) -> Command | None:
    """Return the command that a call of a shell asks for. Raises LogFormatError."""
    try:
        call = _decode_call(line).payload
        words = call.action.command
        if isinstance(call.arguments, str):
            asked = _decode_arguments(call.arguments)
            words = asked.cmd or asked.command
    except UNREADABLE as error:
        raise LogFormatError("a call of an unknown shape") from error
    return _command_of(words)


class Answer(NamedTuple):
    """What a model got back for a call."""

    call_id: str
    at: datetime | None
    exit_code: int | None  # None: it does not say, so the command did not end
    output: str


def answer_in(line: bytes) -> Answer:
    """Return what a line answers: the answer to a command. Raises LogFormatError."""
    try:
        row = _decode_answer(line)
        answer = row.payload
        told, code = answer.output, None
        if isinstance(told, dict):
            told = told.get("content")
        if isinstance(told, str) and told.startswith("{"):
            inner = _decode_told(told)
            told, code = inner.output or inner.content, inner.metadata.exit_code
    except UNREADABLE as error:
        raise LogFormatError("an answer of an unknown shape") from error
    output = told if isinstance(told, str) else ""
    if type(code) is not int:  # (nor bool)
        said = _EXIT_CODE.search(output, 0, _HEAD_CHARS)
        code = int(said[1]) if said else None
        output = output.partition(_OUTPUT)[2]
    return Answer(id_of(answer.call_id), utc(row.timestamp), code, output)


def ran_in(line: bytes) -> Ended | None:
    """Return the command that an `item_completed` line says was run. Raises LogFormatError."""
    try:
        row = _decode_item(line)
        return _ended(row.payload.item, utc(row.timestamp))
    except UNREADABLE as error:
        raise LogFormatError("an item of an unknown shape") from error


def ended_in(line: bytes) -> Ended | None:
    """Return the command whose end an older client's event tells of. Raises LogFormatError."""
    try:
        row = _decode_event(line)
        return _ended(row.payload, utc(row.timestamp))
    except UNREADABLE as error:
        raise LogFormatError("an event of an unknown shape") from error


def _ended(run: _Run, at: datetime | None) -> Ended | None:
    run_id, code = id_of(run.id) or id_of(run.call_id), run.exit_code
    is_models = run.source in _BY_THE_MODEL and text(run.status) != _DECLINED
    command = _command_of(run.command)
    if not (run_id and is_models and command and at and type(code) is int) or code < 0:
        return None  # (a negative code: killed as its thread ended)
    is_plain = code == 0 and command.speaks == "code"
    ending = ended(command.speaks, code, "" if is_plain else _decode_text(run.aggregated_output))
    size = max(0, len(memoryview(run.aggregated_output)) - 2)  # (without the quotes)
    return None if ending is None else Ended(run_id, at, command, ending, size)


def _command_of(words: object) -> Command | None:
    if isinstance(words, str):
        return command_of(words)
    if not isinstance(words, list):
        return None
    found = [word for word in words if isinstance(word, str)]
    if len(found) == _SHELL_WORDS and found[1].startswith("-") and found[1].endswith("c"):
        return command_of(found[2])
    return command_of(shlex.join(found)) if found else None


class _Waiting(msgspec.Struct, array_like=True, gc=False):
    """A command of which something is still to come."""

    event_key: str = ""  # of the response that asked; "" is not known yet
    key: str = ""  # these as in a Command; "" is not known yet
    label: str = ""
    speaks: Speaks = "code"
    at: datetime | None = None  # of its end; None: it goes on
    error: str = ""  # "": it did not fail
    purpose: Purpose = "run"
    size_bytes: int = 0


class RunsState(msgspec.Struct, array_like=True, gc=False):
    """All that is carried from line to line."""

    waiting: dict[str, _Waiting] = msgspec.field(default_factory=dict)  # by id, oldest first


class Runs:
    """Takes what was asked, which response asked it, and how it ended; yields each run once."""

    def __init__(self, state: RunsState) -> None:
        self._waiting = state.waiting

    def ask(self, call_id: str, command: Command) -> None:
        """Take a command that a model asked for."""
        self._fill(call_id, command)

    def pay(self, call_id: str, event_key: str) -> Iterator[Ran]:
        """Take the response that asked for a command."""
        one = self._waiting_for(call_id)
        one.event_key = one.event_key or event_key
        yield from self._whole(call_id, one)

    def answer(self, answer: Answer) -> Iterator[Ran]:
        """Take what a model got back for a call: only where it waits for a command's end."""
        one = self._waiting.get(answer.call_id)
        if one is None or not one.key or one.at or not answer.at or answer.exit_code is None:
            return
        ending = ended(one.speaks, answer.exit_code, answer.output)
        if ending is not None:
            one.at, one.error = answer.at, ending.error
            one.size_bytes = len(answer.output)
            yield from self._whole(answer.call_id, one)

    def end(self, run: Ended) -> Iterator[Ran]:
        """Take a command that ran to its end."""
        one = self._fill(run.id, run.command)
        if one.at is None:
            one.at, one.error, one.size_bytes = run.at, run.ending.error, run.size_bytes
            yield from self._whole(run.id, one)

    def waits_for(self, call_id: str) -> bool:
        """Say whether the end of a command is still to come."""
        return call_id in self._waiting

    def _fill(self, call_id: str, command: Command) -> _Waiting:
        one = self._waiting_for(call_id)
        if not one.key:
            one.key, one.label, one.speaks, one.purpose = command
        return one

    def _waiting_for(self, call_id: str) -> _Waiting:
        one = self._waiting.get(call_id)
        if one is None:
            one = _Waiting()
            if call_id and len(call_id) <= LONGEST_ID:
                self._waiting[call_id] = one
                if len(self._waiting) > MOST_WAITING:
                    del self._waiting[next(iter(self._waiting))]
        return one

    def _whole(self, call_id: str, one: _Waiting) -> Iterator[Ran]:
        if not (one.event_key and one.key and one.at and call_id in self._waiting):
            return
        del self._waiting[call_id]
        ran = CommandRan(
            key=f"{one.event_key}:{call_id}",
            event_key=one.event_key,
            at=one.at,
            command=to_number(one.key),
            label=one.label,
            error=to_number(one.error) if one.error else None,
        )
        step = StepTaken(
            key=ran.key,
            event_key=ran.event_key,
            at=ran.at,
            kind=one.purpose,
            target=ran.command,
            label=ran.label,
            size_bytes=one.size_bytes,
            failed=ran.error is not None,
        )
        yield Ran(ran, step)
