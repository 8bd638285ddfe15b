"""All that a screen shows of one session at one moment. Plain values; None is "not known"."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aicost.core.outcome import Verdict
from aicost.core.purpose import Purpose
from aicost.core.tasks import Task
from aicost.core.usage import Agent, TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.waste.progress import Progress
from aicost.core.waste.rebuilding import Cause

# What a context is filled with. "start" is what every prompt of the session begins with: the system
# prompt, tools and instructions.
Source = Literal[
    "start", "summary", "prompts", "answers", "files", "commands", "searches", "agents", "other"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTurn:
    """One prompt and all calls until the next, subagents' included."""

    turn_id: str  # "": calls before any prompt
    started_at: datetime | None = None
    prompt: str = ""  # its first line, as its log has it now; "" is not known
    purpose: Purpose | None = None
    requests: int = 0
    tokens: TokenCounts = TokenCounts()
    cost_nusd: int | None = None
    unpriced_tokens: int = 0
    duration_us: int | None = None  # from the prompt to the last answer
    active_us: int = 0  # of it, without long pauses
    tools: tuple[tuple[str, int], ...] = ()  # (name, calls), the most used first
    api_errors: int = 0
    retries: int = 0
    outcome: str = ""  # an `Outcome`
    subagents: int = 0
    compactions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSubagent:
    """A subagent's own calls."""

    subagent_id: str
    turn_id: str  # that started it; "" is not known
    kind: str = ""  # "Explore"; "" is not known
    model: str = ""  # of its last call
    started_at: datetime | None = None
    last_at: datetime | None = None
    requests: int = 0
    tokens: TokenCounts = TokenCounts()
    cost_nusd: int | None = None
    unpriced_tokens: int = 0
    context_tokens: int = 0  # of its last prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextPoint:
    """The prompt of one call of the main thread."""

    at: datetime
    tokens: int
    turn_id: str
    is_compacted: bool = False  # the first after a summary took the conversation's place


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextPart:
    """What one source put into the context that the last call had."""

    source: Source
    tokens: int
    is_estimated: bool = True  # False: counted by the provider


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool gave back to the model."""

    at: datetime
    turn_id: str
    thread: str  # the subagent's id; "" for the main thread
    source: Source
    label: str  # the file's last name part, or what the command is called
    size_bytes: int
    tokens: int  # an estimate
    is_in_context: bool  # of the last call


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """A call that had to write again what was in the cache before."""

    at: datetime
    turn_id: str
    thread: str
    cause: Cause
    idle_s: float  # since the call before
    tokens: int  # that were written once more
    cost_nusd: int | None  # more than reading them from the cache would have been


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRuns:
    """All runs of what goes by one label, of one kind."""

    kind: str  # "test", "build" …
    label: str
    runs: int
    failed: int
    last_failed: bool
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """One session. Lists are in order of time unless they say otherwise."""

    session_id: str
    agent: Agent
    timezone: str
    homes: tuple[str, ...] = ()
    transcript: str = ""  # path of its log; "" where there is none any more
    cwd: str = ""
    repo: str = ""
    branch: str = ""
    models: tuple[str, ...] = ()  # as logged, the last used one first
    version: str = ""  # of the agent
    started_at: datetime | None = None
    last_at: datetime | None = None
    requests: int = 0
    tokens: TokenCounts = TokenCounts()
    cost_nusd: int | None = None
    unpriced_tokens: int = 0
    hidden_tokens: int = 0  # that its client counts besides
    hidden_nusd: int | None = None  # what they cost at least; None: no price is known
    context_tokens: int | None = None
    context_window_tokens: int | None = None
    turns: tuple[PageTurn, ...] = ()
    has_evidence: bool = True  # False while what the money was spent on is not read
    purpose: Purpose | None = None
    subagents: tuple[PageSubagent, ...] = ()
    points: tuple[ContextPoint, ...] = ()
    parts: tuple[ContextPart, ...] = ()  # the largest first
    bytes_per_token: float | None = None  # in this session's own results; None: too few to tell
    results: tuple[ToolResult, ...] = ()  # the largest ones, the largest first
    rebuilds: tuple[Rebuild, ...] = ()
    hits: tuple[Hit, ...] = ()
    progress: Progress | None = None
    outcome: Verdict | None = None  # None: not judged yet
    commands: tuple[CommandRuns, ...] = ()  # the last one first
    tasks: tuple[Task, ...] = ()  # runs of turns with one purpose
