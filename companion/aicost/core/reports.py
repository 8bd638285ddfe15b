"""What a report is asked and what it answers. Plain values; SQL lives in store, text in report."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from aicost.core.purpose import Purpose
from aicost.core.tasks import Task
from aicost.core.usage import Agent, TokenCounts
from aicost.core.waste.hits import Hit

if TYPE_CHECKING:  # few reports name one, and none is sent over the wire as a value
    from aicost.core.mismatch import Mismatch

GroupBy = Literal[
    "day", "week", "month", "session", "model", "repo", "branch", "category", "agent",
    "environment", "workflow", "version", "subagent", "skill", "mcp", "ticket", "mode",
    "outcome",
]  # fmt: skip
GROUPS: tuple[GroupBy, ...] = get_args(GroupBy)
# What only the evidence reading knows.
EVIDENCE_GROUPS: frozenset[GroupBy] = frozenset(
    (
        "category", "environment", "workflow", "version", "subagent", "skill", "mcp", "mode",
        "outcome",
    )
)  # fmt: skip
WithinBy = Literal["session", "model", "repo", "branch", "category", "agent", "environment"]
MISMATCH_GROUPS: frozenset[GroupBy] = frozenset(("model", "category"))
UNALLOCATED = "unallocated"  # the key of what belongs to no group, or to one that is not known


class Within(NamedTuple):
    """A part of all usage: one group's, by the key of its row."""

    by: WithinBy
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """One question to the ledger. Days are local days of `timezone`, both ends inclusive."""

    by: GroupBy = "day"
    since: date | None = None
    until: date | None = None
    timezone: str = "UTC"  # an IANA name
    agent: Agent | None = None
    homes: tuple[str, ...] = ()  # only sessions seen in these folders; () = all
    within: tuple[Within, ...] = ()  # only what belongs to all of these groups


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """Usage and cost of one group, or of all. None means "not measured", never zero."""

    key: str  # the day, "2026-W47", "2026-11", session id, model, repo, "repo · branch", agent …
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    requests: int = 0
    sessions: int = 0
    turns: int = 0
    tokens: TokenCounts = TokenCounts()
    web_searches: int = 0
    cost_nusd: int | None = None  # over the priced calls; None if none is priced
    unpriced_tokens: int = 0
    ncredits: int | None = None  # nano-credits of the agent's plan; None if none are known
    uncertain_ncredits: int = 0  # those of them that may be another number
    tool_calls: int | None = None
    api_errors: int | None = None
    retries: int | None = None  # of requests, by the client itself
    active_us: int | None = None  # in which the agent worked, without long pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenSpend:
    """What was billed and is in no row: only the clients' own totals tell of it."""

    cost_nusd: int | None  # at least so much: what has no price is not in it; None: nothing has one
    why: tuple[str, ...] = ()  # sentences


@dataclass(frozen=True, slots=True)
class Each:
    """So many things, and what the sessions cost that led to them."""

    count: int
    cost_nusd: int | None  # None: nothing of it has a price

    @property
    def nusd_each(self) -> int | None:
        """What one of them cost on average; None if there is none, or none is priced."""
        return self.cost_nusd // self.count if self.count and self.cost_nusd is not None else None


class OutcomeSums(NamedTuple):
    """What came of all sessions of a report. One session may have led to several of these."""

    commits: Each
    merged_commits: Each
    merged_branches: Each
    fixed_tests: Each
    tickets: Each  # that branches are named for, whatever came of them
    closed_tickets: Each  # by merged pull requests; only if gh may be asked
    abandoned: Each  # sessions, also those whose branch was
    reverted: Each  # sessions all of whose commits were taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """The answer. `complete` is False while logs on disk are not read to their end."""

    query: ReportQuery
    price_book: str
    rows: tuple[ReportRow, ...]
    total: ReportRow
    unpriced_models: tuple[str, ...] = ()
    skipped_lines: int = 0
    active_days: int = 0
    hidden: HiddenSpend | None = None  # None while the evidence is not read, and of groups
    outcomes: OutcomeSums | None = None  # only of a report by outcome
    mismatches: "tuple[Mismatch, ...] | None" = None  # of MISMATCH_GROUPS; None: not looked for
    complete: bool = True
    pending_bytes: int = 0

    @property
    def nusd_per_active_day(self) -> int | None:
        """What a day with usage cost on average; None if there was none, or none is priced."""
        if not self.active_days or self.total.cost_nusd is None:
            return None
        return self.total.cost_nusd // self.active_days


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """One prompt and all calls until the next, subagents' calls included."""

    session_id: str
    prompt_uuid: str  # "" for calls before any prompt
    started_at: datetime | None
    requests: int
    tokens: TokenCounts
    cost_nusd: int | None
    unpriced_tokens: int = 0
    evidence: "WorkDone | None" = None  # None while it is not read
    loop: Hit | None = None  # the dearest one


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    """What the calls of a turn or a session were made for, and how. "" is not known."""

    tool_calls: int = 0
    api_errors: int = 0
    retries: int = 0
    active_us: int = 0
    environment: str = ""
    workflow: str = ""
    effort: str = ""
    tier: str = ""
    permission_mode: str = ""
    outcome: str = ""  # an `Outcome`
    purpose: Purpose | None = None  # None: nothing tells it
    task: Task | None = None  # that a turn belongs to, or that a session is in; None: no turn
    tasks: int = 0  # of a session


def without_evidence(report: UsageReport) -> UsageReport:
    """Return a report in which nothing is said of evidence: it is not all read."""

    def unknown(row: ReportRow) -> ReportRow:
        return replace(row, tool_calls=None, api_errors=None, retries=None, active_us=None)

    rows = tuple(map(unknown, report.rows))
    return replace(report, rows=rows, total=unknown(report.total), hidden=None)
