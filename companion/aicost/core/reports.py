"""What a report is asked and what it answers. Plain values; SQL lives in store, text in report."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from aicost.core.usage import Agent, TokenCounts

GroupBy = Literal["day", "week", "month", "session", "model", "repo", "branch", "agent"]
GROUPS: tuple[GroupBy, ...] = get_args(GroupBy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """One question to the ledger. Days are local days of `timezone`, both ends inclusive."""

    by: GroupBy = "day"
    since: date | None = None
    until: date | None = None
    timezone: str = "UTC"  # an IANA name
    agent: Agent | None = None
    homes: tuple[str, ...] = ()  # only sessions seen in these folders; () = all


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """Usage and cost of one group, or of all. None means "not measured", never zero."""

    key: str  # the day, "2026-W47", "2026-11", session id, model, repo, "repo · branch", agent
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    requests: int = 0
    sessions: int = 0
    turns: int = 0
    tokens: TokenCounts = TokenCounts()
    web_searches: int = 0
    cost_nusd: int | None = None  # over the priced calls; None if none is priced
    unpriced_tokens: int = 0


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
    complete: bool = True
    pending_bytes: int = 0


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
