"""Whose line it is: follows a rollout's thread, turn, model and tier as its lines go by. Pure.

A file belongs to the thread of its first `session_meta`. Forks and subagents with context begin
with a copy of another thread's lines; where ids tell (UUIDs of version 7 sort by time), the
thread's own lines begin with the first turn that is younger than the thread itself.
"""

import re
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from aicost.core.days import from_us, to_us
from aicost.core.errors import LogFormatError
from aicost.sources.codex.ids import is_timed
from aicost.sources.codex.records import Meta, Settings, Turn, field_of, id_of, text

MAX_ANCESTORS: Final = 32
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.\d{1,9})?(.*)", re.ASCII | re.DOTALL)
_WITH_RECORDS = (0, 153)
_STANDARD_TIERS = frozenset({"default", "auto", "standard"})
_NO_TIME = -1


class Phase(IntEnum):
    """Whose lines are being read."""

    OWN = 0
    COPIED = 1  # another thread's, copied into this file
    UNSURE = 2  # the ids do not tell


class Thread(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A thread that a file names."""

    thread_id: str
    session_id: str  # the root of its tree

    @property
    def subagent_id(self) -> str:
        """The thread's id below its session, "" for the root itself."""
        return "" if self.thread_id == self.session_id else self.thread_id


class State(msgspec.Struct, array_like=True, gc=False):
    """All that is carried from line to line."""

    owner: str = ""  # "" before any line told
    session_id: str = ""
    kind: str = ""  # of a subagent: its role, "review" …
    family: str = ""  # the oldest known thread that the file's history begins with
    phase: Phase = Phase.OWN
    is_fork: bool = False  # the counters may start at another thread's total
    is_reference: bool = False  # what came before is referred to, not copied
    writes_records: bool = False  # its client logged each response's usage from the start
    begun: bool = False  # lines other than those about threads were read
    ancestors: list[Thread] = msgspec.field(default_factory=list)
    own_cwd: str = ""
    own_branch: str = ""
    cwd: str = ""
    branch: str = ""
    model: str = ""
    service_tier: str = ""
    turn_id: str = ""
    root_turn_id: str = ""
    turn_us: int = _NO_TIME  # when it began
    is_turn_sure: bool = False  # it is the owner's own
    is_announced: bool = False
    has_turn_ids: bool = False
    prompts: int = 0  # of clients without turn ids


class Begun(NamedTuple):
    """A turn of the file's owner."""

    turn_id: str
    root_turn_id: str  # "" where the client did not log it
    at: datetime


class Follower:
    """Takes the lines that say whose the next ones are."""

    def __init__(self, state: State) -> None:
        self.state = state

    @property
    def owner(self) -> Thread:
        """The thread that the file belongs to."""
        return Thread(self.state.owner, self.state.session_id)

    @property
    def is_copied(self) -> bool:
        """Whether a running total in force can only be another thread's."""
        phase = self.state.phase
        # A client that logs each response does so before the total grows.
        return phase is Phase.COPIED or (phase is Phase.UNSURE and self.state.writes_records)

    def take_meta(self, meta: Meta) -> bool:
        """Take a `session_meta`; return whether it is the owner's. Raises LogFormatError."""
        thread_id = id_of(meta.id)
        if not thread_id:
            raise LogFormatError("a thread without id")
        state = self.state
        if not state.owner:
            self._adopt(thread_id, meta)
            return True
        if thread_id != state.owner and not state.begun:
            self._inherit(thread_id, meta)
        return False

    def adopt_unnamed(self, thread_id: str, session_id: str) -> None:
        """Give a file that does not say whose it is (its start is missing) an owner."""
        state = self.state
        if not state.owner:
            state.owner, state.family, state.session_id = thread_id, thread_id, session_id

    def take_start(self, turn: Turn, at: datetime | None) -> None:
        """Take a `task_started`."""
        if turn_id := id_of(turn.turn_id):
            self._begin(turn_id, id_of(turn.root_turn_id), at)

    def take_context(self, turn: Turn, at: datetime | None) -> None:
        """Take a `turn_context`: it names the model for all that follows."""
        state = self.state
        if turn_id := id_of(turn.turn_id):
            self._begin(turn_id, id_of(turn.root_turn_id), at)
        if state.phase is Phase.OWN:
            state.is_turn_sure = True
        if model := text(turn.model):
            state.model = model
        state.cwd = text(turn.cwd) or state.cwd

    def take_prompt(self, at: datetime | None) -> None:
        """Take a `user_message`: without turn ids, it is what begins a turn."""
        state = self.state
        state.begun = True
        if not state.has_turn_ids:
            state.prompts += 1
            owner = state.family if self.is_copied else state.owner
            self._set_turn(f"{owner}#{state.prompts}", "", at, is_sure=False)

    def take_settings(self, settings: Settings) -> None:
        """Take a `thread_settings_applied`, the only place of the service tier."""
        state = self.state
        tier = text(settings.service_tier)
        state.service_tier = "" if tier in _STANDARD_TIERS else tier
        if not state.model:  # a fork may compact with it before its first turn says so
            state.model = text(settings.model)

    def confirm(self) -> None:
        """Take it as shown that the lines, and so their turn, are the owner's."""
        self.state.is_turn_sure = True

    def own(self) -> None:
        """Take it as shown that all from here on is the owner's."""
        self.state.phase = Phase.OWN
        self.confirm()

    def begun_turn(self) -> Begun | None:
        """Return the turn in force, once, as soon as it surely is the owner's."""
        state = self.state
        if state.is_announced or not (state.owner and state.turn_id and state.is_turn_sure):
            return None
        state.is_announced = True
        if state.turn_us == _NO_TIME:
            return None
        return Begun(state.turn_id, state.root_turn_id, from_us(state.turn_us))

    def origin(self) -> Thread:
        """Return the thread that copied lines come from: the youngest that its turn is not
        older than, as far as ids tell; else the oldest known."""
        state = self.state
        turn_id = state.turn_id
        older = [
            thread
            for thread in state.ancestors
            if is_timed(turn_id) and is_timed(thread.thread_id) and thread.thread_id <= turn_id
        ]
        if older:
            return max(older, key=lambda thread: thread.thread_id)
        return state.ancestors[-1] if state.ancestors else self.owner

    def thread(self, thread_id: str) -> Thread:
        """Return a thread with its session, as far as the file says; else as a root."""
        known = (self.owner, *self.state.ancestors)
        return next((one for one in known if one.thread_id == thread_id), Thread(*[thread_id] * 2))

    def _adopt(self, thread_id: str, meta: Meta) -> None:
        state = self.state
        state.owner, state.session_id = thread_id, _session_of(thread_id, meta)
        state.kind = _kind_of(meta)
        state.writes_records = is_since(meta, _WITH_RECORDS)
        state.own_cwd, state.own_branch = state.cwd, state.branch = _place_of(meta)
        forked_from = id_of(meta.forked_from_id)
        if meta.history_base is not None:  # (several files of one thread may refer to the same)
            state.family = f"{thread_id}@{text(meta.timestamp, 40)}"
            state.is_fork = state.is_reference = True
        elif forked_from:
            is_root = state.session_id == thread_id
            self._expect(Thread(forked_from, forked_from if is_root else state.session_id))
        else:
            state.family = thread_id

    def _inherit(self, thread_id: str, meta: Meta) -> None:
        """Take the `session_meta` of a thread whose lines are copied after it."""
        state = self.state
        session_id = _session_of(thread_id, meta)
        if state.session_id == thread_id:  # the parent, which we took for the root
            state.session_id = session_id
        self._expect(Thread(thread_id, session_id))
        state.cwd, state.branch = _place_of(meta)

    def _expect(self, ancestor: Thread) -> None:
        """Expect copied lines of an ancestor; the last one expected is the oldest."""
        state = self.state
        others = [one for one in state.ancestors if one.thread_id != ancestor.thread_id]
        state.ancestors = [*others[: MAX_ANCESTORS - 1], ancestor]
        state.family, state.is_fork = ancestor.thread_id, True
        state.phase = Phase.UNSURE  # until a turn's id tells

    def _begin(self, turn_id: str, root_turn_id: str, at: datetime | None) -> None:
        state = self.state
        state.begun = state.has_turn_ids = True
        if state.phase is not Phase.OWN:
            self._compare(turn_id)
        if root_turn_id and state.session_id == state.owner:
            turn_id = root_turn_id  # a review's turn is logged in the thread that asked for it
        if turn_id != state.turn_id:
            # (clients before 0.157 log only in the `turn_context` whose turn a subagent serves)
            is_told = bool(root_turn_id) or state.session_id == state.owner
            self._set_turn(turn_id, root_turn_id, at, is_sure=is_told and state.phase is Phase.OWN)
        state.root_turn_id = state.root_turn_id or root_turn_id

    def _compare(self, turn_id: str) -> None:
        """Find out whether the owner's own lines begin with this turn."""
        state = self.state
        if not is_timed(turn_id) or not is_timed(state.owner):
            state.phase = Phase.UNSURE
        elif turn_id <= state.owner:
            state.phase = Phase.COPIED
        else:
            state.phase = Phase.OWN
            state.cwd, state.branch = state.own_cwd, state.own_branch

    def _set_turn(
        self, turn_id: str, root_turn_id: str, at: datetime | None, *, is_sure: bool
    ) -> None:
        state = self.state
        state.turn_id, state.root_turn_id = turn_id, root_turn_id
        state.turn_us = _NO_TIME if at is None else to_us(at)
        state.is_turn_sure, state.is_announced = is_sure, False


def _session_of(thread_id: str, meta: Meta) -> str:
    """Return the root of a thread's tree; older clients name only a subagent's parent."""
    if session_id := id_of(meta.session_id):
        return session_id
    spawned_by = id_of(field_of(meta.source, "subagent", "thread_spawn", "parent_thread_id"))
    if not spawned_by and (field_of(meta.source, "subagent") or meta.thread_source == "subagent"):
        spawned_by = id_of(meta.parent_thread_id) or id_of(meta.forked_from_id)
    return spawned_by or thread_id


def _kind_of(meta: Meta) -> str:
    """Return which sort of subagent a thread is, "" for none or a plain one."""
    source = field_of(meta.source, "subagent")
    return (
        text(meta.agent_role)
        or text(field_of(source, "thread_spawn", "agent_role"))
        or text(field_of(source, "other"))
        or text(source)
    )


def is_since(meta: Meta, version: tuple[int, int]) -> bool:
    """Return whether a thread's client surely is of this version or newer."""
    found = _VERSION.fullmatch(text(meta.cli_version, 80))
    if found is None:
        return False
    logged = (int(found[1]), int(found[2]))
    is_preview = found[3].startswith("-")
    return logged > version or (logged == version and not is_preview)


def _place_of(meta: Meta) -> tuple[str, str]:
    return text(meta.cwd), text(field_of(meta.git, "branch"))
