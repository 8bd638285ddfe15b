"""When prompts were given and subagents got their tasks, as logs say."""

import sqlite3
from collections.abc import Iterable

from aicost.core.days import to_us
from aicost.core.facts import FileRead, PromptSeen, SubagentSeen
from aicost.core.usage import Agent
from aicost.store.evidence import mark_stale
from aicost.store.names import Names
from aicost.store.sessions import note_kind, note_start


def record_starts(db: sqlite3.Connection, names: Names, reads: Iterable[FileRead]) -> set[int]:
    """Write prompts and the starts of subagents; return the sessions they lie in.

    The evidence reading says more of threads, but makes none.
    """
    starts = _Starts(db, names)
    for read in reads:
        if read.stage == "usage":
            for parsed in read.parsed:
                for prompt in parsed.prompts:
                    starts.take(read.agent, prompt)
                for subagent in parsed.subagents:
                    starts.take(read.agent, subagent)
    mark_stale(db, starts.changed)
    return starts.sessions


class _Starts:
    """What was written so far."""

    def __init__(self, db: sqlite3.Connection, names: Names) -> None:
        self._db, self._names = db, names
        self.sessions: set[int] = set()
        self.changed: list[int] = []  # spans that are new, or began earlier than was known

    def take(self, agent: Agent, fact: PromptSeen | SubagentSeen) -> None:
        session = self._names.session(fact.session_id, agent)
        subagent_id = fact.subagent_id if isinstance(fact, SubagentSeen) else ""
        start = to_us(fact.at), fact.prompt_id
        span, is_new = self._names.started_span(session, fact.turn_id, subagent_id, *start)
        if isinstance(fact, SubagentSeen) and fact.kind:
            note_kind(self._db, span, fact.kind)
        if is_new or note_start(self._db, span, *start):
            self.changed.append(span)
        self.sessions.add(session)
