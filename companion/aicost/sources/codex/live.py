"""What a rollout that a client holds open tells of its session. Pure: bytes in, values out."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from aicost.core.errors import LogFormatError
from aicost.sources.codex import records
from aicost.sources.codex.following import Follower, State, is_since
from aicost.sources.codex.records import id_of

PROCESS_NAME: Final = "codex"  # of clients, and of the daemon that some are clients of
LOCKS_DIR: Final = "thread-writer-locks"  # of a home: <thread>.lock while a client has it open
LOCK: Final = ".lock"
_WITH_TURN_ENDS = (0, 110)
_TURN_MARK = re.compile(
    rb'^\{"timestamp":"[^"\\]{0,40}",(?:"ordinal":\d{1,20},)?"type":"event_msg",'
    rb'"payload":\{"type":"(task_started|task_complete|turn_aborted)"',
    re.MULTILINE,
)


class OpenThread(NamedTuple):
    """Whose log it is."""

    thread_id: str
    session_id: str  # the root of its tree
    cwd: str
    started_at: datetime | None
    version: str
    entrypoint: str
    logs_turns: bool  # its client logs when turns begin and end

    @property
    def is_root(self) -> bool:
        """Whether it is the session itself, not a subagent."""
        return self.thread_id == self.session_id


def parse_open_thread(first_line: bytes) -> OpenThread:
    """Return what a log's first line says. Raises LogFormatError."""
    if records.types_of(first_line)[0] != b"session_meta":
        raise LogFormatError("no start of a rollout")
    meta, state = records.meta_of(first_line), State()
    Follower(state).take_meta(meta)
    return OpenThread(
        thread_id=state.owner,
        session_id=state.session_id,
        cwd=state.own_cwd,
        started_at=records.time_of(first_line),
        version=id_of(meta.cli_version),
        entrypoint=id_of(meta.originator),
        logs_turns=is_since(meta, _WITH_TURN_ENDS),
    )


def is_in_turn(lines: bytes) -> bool | None:
    """Say whether a turn goes on after these lines; None if they do not tell."""
    found = None
    for mark in _TURN_MARK.finditer(lines):
        found = mark[1] == b"task_started"
    return found
