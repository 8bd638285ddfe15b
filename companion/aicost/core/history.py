"""What the history screen asks and what it is answered. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from aicost.core.reports import HiddenSpend, ReportRow, Within
from aicost.core.usage import Agent

HistoryBy = Literal[
    "repo", "branch", "model", "category", "agent", "environment",
    "day", "week", "month", "session",
]  # fmt: skip
HISTORY_GROUPS: tuple[HistoryBy, ...] = get_args(HistoryBy)
CALENDAR_WEEKS = 53  # of the year before a day, the week that it is in included


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """One question. Days are the ledger's local days, both ends inclusive."""

    by: HistoryBy = "repo"
    last_days: int | None = None  # so many up to today; wins over `since` and `until`
    since: date | None = None  # None: the first day with usage
    until: date | None = None  # None: today
    within: tuple[Within, ...] = ()  # only what belongs to all of these
    homes: tuple[str, ...] = ()  # only sessions seen in these folders; () = all


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was used on one local day."""

    day: date
    requests: int
    tokens: int
    cost_nusd: int | None  # of the priced calls; None if none is priced
    unpriced_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNote:
    """Which session it was. "" is not known."""

    agent: Agent
    first_at: datetime
    last_at: datetime
    repo: str = ""  # where its last call was made
    branch: str = ""
    task: str = ""  # a TaskCategory: what it was at last


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The answer."""

    by: HistoryBy
    since: date
    until: date
    today: date
    timezone: str  # an IANA name
    days: tuple[Day, ...]  # with usage, oldest first; of the calendar's year, too
    rows: tuple[ReportRow, ...]
    total: ReportRow
    sessions: Mapping[str, SessionNote] = field(default_factory=dict)  # of rows by session
    first_day: date | None = None  # with any usage at all; None: there is none
    active_days: int = 0
    unpriced_models: tuple[str, ...] = ()
    hidden: HiddenSpend | None = None  # None: not known, or of a part of the sessions only
    complete: bool = True  # False while logs on disk are not read to their end
    pending_bytes: int = 0
    has_evidence: bool = True  # False while what was done and why is not read


def calendar_start(today: date) -> date:
    """Return the Monday on which the calendar of the year up to `today` begins."""
    return today - timedelta(days=today.weekday(), weeks=CALENDAR_WEEKS - 1)


def days_of(by: HistoryBy, key: str) -> tuple[date, date]:
    """Return the first and last day of a row by day, week or month.

    Raises ValueError for what is no such key.
    """
    if by == "day":
        return date.fromisoformat(key), date.fromisoformat(key)
    if by == "week":
        year, _, week = key.partition("-W")
        first = date.fromisocalendar(int(year), int(week), 1)
        return first, first + timedelta(days=6)
    if by == "month":
        first = date.fromisoformat(f"{key}-01")
        after = (first + timedelta(days=31)).replace(day=1)
        return first, after - timedelta(days=1)
    raise ValueError(f"no days: {by} {key!r}")
