"""What a log says, in words that are the same for every agent. Plain values."""

from dataclasses import dataclass
from datetime import datetime

from aicost.core.tailing import Cursor
from aicost.core.usage import Agent, UsageEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSeen:
    """The user (or a task notification) set the agent to work: a turn starts."""

    session_id: str
    turn_id: str  # uuid of the prompt's own record; copied with the record by a fork
    at: datetime
    prompt_id: str = ""  # the client's id of a prompt, shared with the subagents it starts


@dataclass(frozen=True, slots=True, kw_only=True)
class SubagentSeen:
    """A subagent was given its task."""

    session_id: str
    subagent_id: str
    at: datetime
    prompt_id: str = ""  # of the prompt in whose turn it was started; "" in older clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """All facts in some lines. Order within each tuple is the order of the lines."""

    calls: tuple[UsageEvent, ...] = ()
    prompts: tuple[PromptSeen, ...] = ()
    subagents: tuple[SubagentSeen, ...] = ()
    broken_lines: int = 0
    thread: str = ""  # the parser's state after the last line


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What one reading of one log file found, and where the next one begins."""

    path: str
    home: str  # the agent's folder that the log lies in
    agent: Agent
    cursor: Cursor
    parsed: tuple[Parsed, ...]  # all facts found, in file order
