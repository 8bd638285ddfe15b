"""Codex rollout lines to facts: calls, prompts, subagents, threads. Pure: bytes in, values out.

Since 0.153 each response has a line of its own, `token_usage_record`. What older clients spent is
taken from their running totals (`token_count`), up to a file's first record.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from aicost.core.errors import LogFormatError
from aicost.core.facts import Parsed, PromptSeen, RemoteSeen, SubagentSeen, ThreadSeen
from aicost.core.repos import repo_key
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.sources.codex import records
from aicost.sources.codex.counting import Counter, CounterState, counts_of, tokens_of
from aicost.sources.codex.following import Follower, Phase, State, Thread
from aicost.sources.codex.ids import earliest, is_timed
from aicost.sources.codex.records import (
    HEAD,
    KINDS,
    MAX_ID_CHARS,
    Kind,
    Meta,
    Record,
    field_of,
    id_of,
    kind_of,
    text,
)

UNKNOWN_MODEL = "unknown"  # the log does not say it, and a guess would have a price

_OPENING, _CLOSING = b"{}"

# Whose attributes win where several files hold one call: those of the file of its thread.
_RANK_OWN, _RANK_COPY = 0, 1


class Memory(msgspec.Struct, array_like=True):
    """The parser's state between two blocks."""

    thread: State = msgspec.field(default_factory=State)
    counter: CounterState = msgspec.field(default_factory=CounterState)
    has_records: bool = False


_encode = msgspec.json.Encoder().encode
_decode_memory = msgspec.json.Decoder(Memory).decode


class CodexParser:
    """Parses blocks of lines; the state between blocks says whose the next lines are."""

    agent: Literal["codex"] = "codex"

    def parse(self, lines: bytes, thread: str) -> Parsed:
        """Return all facts in `lines`; broken lines are counted and skipped. Never raises."""
        reading = Reading(records.remembered(thread, _decode_memory, Memory))
        reading.read(lines)
        return Parsed(
            calls=tuple(reading.calls),
            prompts=tuple(reading.prompts),
            subagents=tuple(reading.subagents),
            threads=tuple(reading.threads),
            remotes=tuple(reading.remotes),
            broken_lines=reading.broken_lines,
            thread=_encode(reading.memory).decode(),
        )


def _remotes_in(meta: Meta) -> list[RemoteSeen]:
    """Return where a thread's repository lives; none for a folder on a disk: see `repo_key`."""
    cwd, key = text(meta.cwd), repo_key(text(field_of(meta.git, "repository_url")))
    return [RemoteSeen(cwd=cwd, repo_key=key)] if cwd and "/" in key else []


class Reading:
    """Facts found so far in one block. The evidence reading follows a log by one of its own."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.calls: list[UsageEvent] = []
        self.prompts: list[PromptSeen] = []
        self.subagents: list[SubagentSeen] = []
        self.threads: list[ThreadSeen] = []
        self.remotes: list[RemoteSeen] = []
        self.broken_lines = 0
        self._thread = Follower(memory.thread)
        self._counter = Counter(memory.counter)
        self._takers: dict[Kind, Callable[[bytes], None]] = {
            "session_meta": self._take_meta,
            "bare_meta": self._take_bare_meta,
            "turn_context": self._take_context,
            "task_started": self._take_start,
            "thread_settings_applied": self._take_settings,
            "user_message": self._take_prompt,
            "token_usage_record": self._take_record,
            "token_count": self._take_count,
        }

    def read(self, lines: bytes) -> None:
        """Read all lines."""
        # The loop is what most lines cost: one look at their start, and one for their end.
        find, match, kinds, start = lines.find, HEAD.match, KINDS, 0
        while start < len(lines):
            end = find(b"\n", start)
            if end < 0:
                end = len(lines)
            head = match(lines, start, end)
            try:
                if head is None or lines[end - 1] != _CLOSING:
                    self._take_odd(lines[start:end].strip())
                elif (found := head[1]) in kinds:
                    self._take(kinds[found], lines[start:end])
            except LogFormatError:
                self.broken_lines += 1
            start = end + 1

    def _take_odd(self, line: bytes) -> None:
        """Read a line as no client writes it. Raises LogFormatError if it is broken."""
        if not line:
            return
        if line[0] != _OPENING or line[-1] != _CLOSING:
            raise LogFormatError("not a JSON object")
        if kind := kind_of(line):
            self._take(kind, line)

    def _take(self, kind: Kind | None, line: bytes) -> None:
        if kind is None:
            kind = kind_of(line)
        if kind is not None and not (kind == "token_count" and self.memory.has_records):
            self._takers[kind](line)

    def _take_meta(self, line: bytes) -> None:
        self._take_thread(records.meta_of(line))

    def _take_bare_meta(self, line: bytes) -> None:
        if not self.memory.thread.owner:
            self._take_thread(records.bare_meta_of(line))

    def _take_thread(self, meta: Meta) -> None:
        if self._thread.take_meta(meta):
            self.threads.append(ThreadSeen(thread_id=self.memory.thread.owner))
            self.remotes += _remotes_in(meta)

    def _take_start(self, line: bytes) -> None:
        self._thread.take_start(*records.turn_of(line))
        self._announce()

    def _take_context(self, line: bytes) -> None:
        self._thread.take_context(*records.turn_of(line))
        self._announce()

    def _take_settings(self, line: bytes) -> None:
        self._thread.take_settings(records.settings_of(line))

    def _take_prompt(self, line: bytes) -> None:
        if self.memory.thread.has_turn_ids:
            return
        self._adopt_unnamed(line)
        self._thread.take_prompt(records.time_of(line))

    def _announce(self) -> None:
        """Report the turn in force, once it is known to be the owner's."""
        begun = self._thread.begun_turn()
        if begun is None:
            return
        owner = self._thread.owner
        if owner.subagent_id:
            self.subagents.append(
                SubagentSeen(
                    session_id=owner.session_id,
                    subagent_id=owner.subagent_id,
                    at=begun.at,
                    prompt_id=begun.root_turn_id,
                    turn_id=begun.turn_id,
                    kind=self.memory.thread.kind,
                )
            )
        else:
            self.prompts.append(
                PromptSeen(
                    session_id=owner.session_id,
                    turn_id=begun.turn_id,
                    at=begun.at,
                    prompt_id=begun.turn_id,
                )
            )

    def _take_record(self, line: bytes) -> None:
        """Take one response's usage."""
        record, at = records.record_of(line)
        state = self.memory.thread
        thread_id, session_id = id_of(record.thread_id) or state.owner, id_of(record.session_id)
        if not thread_id or at is None:
            raise LogFormatError("usage without thread or time")
        self._thread.adopt_unnamed(thread_id, session_id or thread_id)
        self.memory.has_records = state.begun = True
        thread = Thread(thread_id, session_id) if session_id else self._thread.thread(thread_id)
        turn_id = id_of(record.turn_id) or state.turn_id
        if thread_id == state.owner:
            self._thread.own()
            self._announce()
            whose = _Whose(thread, turn_id)
        else:
            whose, at = _Whose(thread, turn_id, _RANK_COPY), earliest(at, turn_id)
        if record.usage is not None:
            tokens = tokens_of(counts_of(record.usage))
            self._add(_record_key(thread_id, turn_id, record), tokens, at, whose)

    def _take_count(self, line: bytes) -> None:
        """Take a running total (see `counting`)."""
        info, at = records.count_of(line)
        if info is None or info.total_token_usage is None:
            return
        state, total = self.memory.thread, counts_of(info.total_token_usage)
        if state.is_reference and state.writes_records:
            self._counter.start_at(total)  # its own first call would have a record before it
        if self._counter.is_repeated(total):
            return
        if at is None:
            raise LogFormatError("usage without time")
        self._adopt_unnamed(line)
        state.begun = True
        last = counts_of(info.last_token_usage)
        used = self._counter.take(total, last, turn_id=state.turn_id, is_fork=state.is_fork)
        if used is None:
            return
        tokens, key = tokens_of(used), self._counter.key(state.turn_id, state.family)
        if self._thread.is_copied:
            origin = self._thread.origin()
            whose = _Whose(origin, state.turn_id, _RANK_COPY, stand_in_for=origin.thread_id)
            # A copy's line bears the time of the copying.
            made_by = state.turn_id if is_timed(state.turn_id) else origin.thread_id
            self._add(key, tokens, earliest(at, made_by), whose)
        else:
            self._thread.confirm()
            self._announce()
            rank = _RANK_OWN if state.phase is Phase.OWN else _RANK_COPY
            self._add(key, tokens, at, _Whose(self._thread.owner, state.turn_id, rank))

    def _adopt_unnamed(self, line: bytes) -> None:
        """Name the thread of a file that lacks its start: by its first line of interest."""
        if not self.memory.thread.owner:
            name = f"unknown-{hashlib.blake2b(line, digest_size=8).hexdigest()}"
            self._thread.adopt_unnamed(name, name)

    def _add(self, key: str, tokens: TokenCounts, at: datetime, whose: "_Whose") -> None:
        state = self.memory.thread
        self.calls.append(
            UsageEvent(
                event_key=key,
                agent="codex",
                session_id=whose.thread.session_id,
                turn_id=whose.turn_id,
                subagent_id=whose.thread.subagent_id,
                model=state.model or UNKNOWN_MODEL,
                at=at,
                tokens=tokens,
                service_tier=state.service_tier,
                cwd=state.cwd,
                branch=state.branch,
                source_rank=whose.rank,
                stand_in_for=whose.stand_in_for,
            )
        )


class _Whose(NamedTuple):
    """Whom a call belongs to."""

    thread: Thread
    turn_id: str
    rank: int = _RANK_OWN
    stand_in_for: str = ""


def _record_key(thread_id: str, turn_id: str, record: Record) -> str:
    """Return a response's identity; some providers give no ids, then the thread's total tells."""
    response_id = text(record.response_id)
    if not response_id:
        return f"codex:{thread_id}:{turn_id}:{counts_of(record.thread_token_usage or record.usage)}"
    if len(response_id) > MAX_ID_CHARS:  # a proxy that wraps its own notes into it
        response_id = hashlib.blake2b(response_id.encode(), digest_size=16).hexdigest()
    return f"codex:{thread_id}:{response_id}"
