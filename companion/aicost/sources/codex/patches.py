"""Which files a rollout says that a patch changed. Pure: bytes in, values out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from aicost.core.commands import hash_of, to_number
from aicost.core.errors import LogFormatError
from aicost.core.facts import StepTaken
from aicost.core.files import file_label
from aicost.sources.codex.records import UNREADABLE, Time, id_of, text, utc

MOST_WAITING: Final = 64
LONGEST_ID: Final = 200
_MOST_FILES = 32  # of one patch
_DONE = "completed"


class Patched(NamedTuple):
    """A patch that was tried."""

    id: str
    at: datetime
    files: tuple["File", ...]
    failed: bool


class File(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file that a patch changed; numbers as in a StepTaken."""

    target: int
    label: str
    content: int  # of what the patch says of it


class _Item(msgspec.Struct, gc=False, frozen=True):
    id: object = None
    call_id: object = None
    changes: object = None
    status: object = None
    success: object = None


class _ItemEvent(msgspec.Struct, gc=False):
    item: _Item


class _ItemLine(msgspec.Struct, gc=False):
    payload: _ItemEvent
    timestamp: Time | None = None


class _EventLine(msgspec.Struct, gc=False):
    payload: _Item
    timestamp: Time | None = None


_decode_item = msgspec.json.Decoder(_ItemLine).decode
_decode_event = msgspec.json.Decoder(_EventLine).decode


def patched_in(line: bytes) -> Patched | None:
    """Return the patch that an `item_completed` line tells of. Raises LogFormatError."""
    try:
        row = _decode_item(line)
    except UNREADABLE as error:
        raise LogFormatError("an item of an unknown shape") from error
    return _patched(row.payload.item, utc(row.timestamp))


def ended_in(line: bytes) -> Patched | None:
    """Return the patch whose end an older client's event tells of. Raises LogFormatError."""
    try:
        row = _decode_event(line)
    except UNREADABLE as error:
        raise LogFormatError("an event of an unknown shape") from error
    return _patched(row.payload, utc(row.timestamp))


def _patched(item: _Item, at: datetime | None) -> Patched | None:
    call_id = id_of(item.id) or id_of(item.call_id)
    if not call_id or at is None or not isinstance(item.changes, dict):
        return None
    found = [(path, what) for path, what in item.changes.items() if isinstance(path, str)]
    files = tuple(_file(path, what) for path, what in sorted(found, key=_path)[:_MOST_FILES])
    failed = item.success is False or text(item.status) not in ("", _DONE)
    return Patched(call_id, at, files, failed)


def _path(change: tuple[str, object]) -> str:
    return change[0]


def _file(path: str, what: object) -> File:
    said = msgspec.json.encode(what).decode("utf-8", "surrogatepass")
    return File(to_number(hash_of(path)), file_label(path), to_number(hash_of(said)))


class _Waiting(msgspec.Struct, array_like=True, gc=False):
    """A patch of which something is still to come."""

    event_key: str = ""  # of the response that asked; "" is not known yet
    at: datetime | None = None  # of its end; None: it is not known yet
    files: tuple[File, ...] = ()
    failed: bool = False


class PatchesState(msgspec.Struct, array_like=True, gc=False):
    """All that is carried from line to line."""

    waiting: dict[str, _Waiting] = msgspec.field(default_factory=dict)  # by id, oldest first


class Patches:
    """Takes which response asked for a patch, and what it changed; yields each file once."""

    def __init__(self, state: PatchesState) -> None:
        self._waiting = state.waiting

    def pay(self, call_id: str, event_key: str) -> Iterator[StepTaken]:
        """Take the response that asked for a patch."""
        one = self._waiting_for(call_id)
        one.event_key = one.event_key or event_key
        yield from self._whole(call_id, one)

    def end(self, patch: Patched) -> Iterator[StepTaken]:
        """Take a patch that was tried."""
        one = self._waiting_for(patch.id)
        if one.at is None:
            one.at, one.files, one.failed = patch.at, patch.files, patch.failed
            yield from self._whole(patch.id, one)

    def _waiting_for(self, call_id: str) -> _Waiting:
        one = self._waiting.get(call_id)
        if one is None:
            one = _Waiting()
            if call_id and len(call_id) <= LONGEST_ID:
                self._waiting[call_id] = one
                if len(self._waiting) > MOST_WAITING:
                    del self._waiting[next(iter(self._waiting))]
        return one

    def _whole(self, call_id: str, one: _Waiting) -> Iterator[StepTaken]:
        if not (one.event_key and one.at and call_id in self._waiting):
            return
        del self._waiting[call_id]
        for number, file in enumerate(one.files):
            key = f"{one.event_key}:{call_id}"
            yield StepTaken(
                key=key if number == 0 else f"{key}#{number}",
                event_key=one.event_key,
                at=one.at,
                kind="edit",
                target=file.target,
                label=file.label,
                content=file.content,
                failed=one.failed,
            )
