"""What a log says, in words that are the same for every agent. Plain values.

A log is read twice. The *usage* reading finds calls, prompts and threads: all tokens and dollars.
The *evidence* reading comes after it and finds what the money was spent on: tool calls, errors,
settings, and what the client itself says it spent. Each fact has a key or a rule by which reading
it again, or in a copy, changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import chain
from typing import Any, Literal, NamedTuple

from aicost.core.limits import RateLimits
from aicost.core.purposes import Purpose
from aicost.core.tailing import Cursor
from aicost.core.usage import Agent, TokenCounts, UsageEvent, merged

Stage = Literal["usage", "evidence"]
HiddenKind = Literal["compaction", "web_search", "hook", "cut_stream", "title"]
StepKind = Literal["read", "edit", "agent", "other", Purpose]


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
    turn_id: str = ""  # the subagent's own turn, where its log has turns (Codex)
    kind: str = ""  # "Explore", "review" …: which sort of subagent


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSeen:
    """A log belongs to this thread: calls that stood in for it (see UsageEvent) are not needed."""

    thread_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSeen:
    """The agent noted of the folder it works in where its repository lives."""

    cwd: str
    repo_key: str  # as core.repos makes it, with a `/`: of a remote that is on no disk


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallSeen:
    """A model call asked for a tool."""

    key: str  # "claude:<tool use id>", "codex:…:<call id>": the call that asked, then its own id
    event_key: str  # of the call that asked
    name: str  # "Bash", "mcp__<server>__<tool>"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRan:
    """A shell command that a model call asked for ran to its end.

    One that was refused, interrupted or sent to the background is none. No word of the command or
    of its output is kept, only hashes of 64 bits.
    """

    key: str  # of the tool call, as in ToolCallSeen
    event_key: str  # of the call that asked
    at: datetime  # of its end
    command: int  # as `core.commands.command_key` says, as a number
    label: str  # "npm test": see `core.commands.command_label`
    error: int | None  # as `core.endings.error_key` says, as a number; None: it did not fail


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """What a tool did, once its result is known. Of files, patterns and texts only hashes are kept.

    All hashes are of 64 bits, as numbers; 0: there is none.
    """

    key: str  # of the tool call, as in ToolCallSeen; of a patch of several files with `#n` behind
    event_key: str  # of the call that asked
    at: datetime  # of its result
    kind: StepKind
    target: int = 0  # the file; what was searched where; the command; the subagent
    label: str = ""  # the file's last name part, or what the command or subagent is called
    part: int = 0  # of a file: which lines were read, or the text that was replaced
    content: int = 0  # what was read, or the text that took its place
    size_bytes: int | None = None  # of the result, as the model got it; None: not known
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactionSeen:
    """The client put a summary in the place of a conversation."""

    key: str
    session_id: str
    turn_id: str  # as in the UsageEvent of a call at the same place
    subagent_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSeen:
    """What is known so far of what a turn, or a subagent's part of it, is for."""

    session_id: str
    turn_id: str  # as in the UsageEvent of a call at the same place
    subagent_id: str
    steps: int  # lines' contents that were taken: of two readings the longer one knows more
    features: bytes  # as `core.turn_features.packed` makes them


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSeen:
    """A request to the API failed."""

    key: str
    session_id: str
    turn_id: str  # as in the UsageEvent of a call at the same place
    subagent_id: str
    at: datetime
    is_retried: bool  # the client tried again by itself
    status: int = 0  # of the answer, as in HTTP; 0: there was none, or it is not known
    wait_ms: int = 0  # before the client tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSeen:
    """How a stretch of a thread was run. "" is not known; of two known values the larger wins."""

    session_id: str
    turn_id: str
    subagent_id: str = ""
    version: str = ""  # of the agent
    entrypoint: str = ""  # as logged: "cli", "sdk-cli", "codex_exec" …
    effort: str = ""
    permission_mode: str = ""
    command: str = ""  # the slash command or skill that the prompt was: "/review"
    branch: str = ""  # only where a call cannot say it


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillSeen:
    """A call was made while a skill was at work."""

    event_key: str
    skill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySeen:
    """A session's log repeats a call that counts for another session (a fork)."""

    session_id: str  # of the copy
    event_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTotal:
    """What the client itself says a session used so far, for one model. It only ever grows."""

    session_id: str
    model: str  # as the client names it; "": of all models together
    tokens: TokenCounts
    web_searches: int
    cost_nusd: int

    @property
    def size(self) -> tuple[int, int, int]:
        """By what the larger, so the later, of two totals is known; the ledger compares it, too."""
        tokens = self.tokens
        return self.cost_nusd, tokens.output_tokens, tokens.cache_write_1h_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenSeen:
    """Something happened that the provider bills, and whose tokens the log does not show."""

    key: str
    session_id: str
    at: datetime
    kind: HiddenKind
    context_tokens: int = 0  # of the prompt, where the log says it


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestSeen:
    """A session's log links a pull request."""

    session_id: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSeen:
    """The provider said how much of a plan's limits is used. Only the newest word counts."""

    at: datetime
    limits: RateLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """All facts in some lines. Order within each tuple is the order of the lines."""

    calls: tuple[UsageEvent, ...] = ()
    prompts: tuple[PromptSeen, ...] = ()
    subagents: tuple[SubagentSeen, ...] = ()
    threads: tuple[ThreadSeen, ...] = ()
    remotes: tuple[RemoteSeen, ...] = ()
    tool_calls: tuple[ToolCallSeen, ...] = ()
    commands: tuple[CommandRan, ...] = ()
    steps: tuple[StepTaken, ...] = ()
    compactions: tuple[CompactionSeen, ...] = ()
    work: tuple[WorkSeen, ...] = ()
    errors: tuple[ErrorSeen, ...] = ()
    settings: tuple[SettingsSeen, ...] = ()
    skills: tuple[SkillSeen, ...] = ()
    copies: tuple[CopySeen, ...] = ()
    client_totals: tuple[ClientTotal, ...] = ()
    hidden: tuple[HiddenSeen, ...] = ()
    limits: tuple[LimitsSeen, ...] = ()
    pull_requests: tuple[PullRequestSeen, ...] = ()
    broken_lines: int = 0
    thread: str = ""  # the parser's state after the last line


class RunNames(NamedTuple):
    """Whose a call is, and whose price it has: what the calls of a turn mostly share."""

    agent: Agent
    session_id: str
    turn_id: str
    subagent_id: str
    model: str
    cwd: str
    branch: str
    speed: str
    service_tier: str
    inference_geo: str
    source_rank: int


# All else of a call, as a row has it: its key as a number and as a text, microseconds since 1970
# UTC, the fields of TokenCounts, web searches, its parts as JSON, nano-dollars, nano-credits, and
# how many of those are uncertain.
CallValues = tuple[
    int, str, int, int, int, int, int, int, int, int, str | None, int | None, int | None, int
]


class Run(NamedTuple):
    """Calls that share their names and their local day, and what they come to."""

    names: RunNames
    day: int  # as `date.toordinal()`
    calls: list[CallValues]  # one or more
    sums: tuple[int, ...]  # as the ledger adds them up by day
    first_us: int
    last_us: int
    last_key: int  # of the last one


class Ready(NamedTuple):
    """A file's calls, each once, made ready for a ledger of these prices and this time zone."""

    book_id: str
    zone: str
    runs: list[Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What one reading of one log file found, and where the next one begins."""

    path: str
    home: str  # the agent's folder that the log lies in
    agent: Agent
    cursor: Cursor
    parsed: tuple[Parsed, ...]  # all facts found, in file order
    stage: Stage = "usage"
    ready: Ready | None = None  # calls that are in no `parsed`


_OTHER_FACTS = tuple(
    field.name for field in fields(Parsed) if field.name not in ("calls", "broken_lines", "thread")
)


def together(blocks: Sequence[Parsed]) -> Parsed:
    """Put the facts of a file's blocks together, each call once."""
    calls: dict[str, UsageEvent] = {}
    for block in blocks:
        for call in block.calls:
            known = calls.setdefault(call.event_key, call)
            if known is not call:
                calls[call.event_key] = merged(known, call)
    others: dict[str, Any] = {}
    for name in _OTHER_FACTS:  # of which a block mostly has none
        if found := [facts for block in blocks if (facts := getattr(block, name))]:
            others[name] = found[0] if len(found) == 1 else tuple(chain.from_iterable(found))
    return Parsed(calls=tuple(calls.values()), **others)
