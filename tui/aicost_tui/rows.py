"""Which sessions a table shows, in which order. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import IntEnum, StrEnum

from aicost.core.repos import repo_label
from aicost.core.view import SessionRow, SessionState

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StateLook:
    """How a state is told: a sign, a word, and a sentence for the help."""

    sign: str
    word: str
    meaning: str


STATES: dict[SessionState, StateLook] = {
    "busy": StateLook("●", "busy", "the agent works"),
    "waiting": StateLook("◐", "waiting", "waits for you: a permission or a question"),
    "idle": StateLook("○", "idle", "open, nothing to do"),
    "ended": StateLook("✕", "ended", "the agent is gone"),
}


class Sort(StrEnum):
    """What a table is ordered by; the value is shown."""

    BURN = "$/h"
    COST = "cost"
    CONTEXT = "context"
    NEXT = "next"
    CACHE = "cache"
    ACTIVITY = "last"
    NAME = "repo"
    TASK = "task"
    MODEL = "model"
    AGENT = "agent"

    def next(self) -> "Sort":
        """Return the one that the sort key takes next."""
        at = _BY_KEY.index(self) if self in _BY_KEY else -1
        return _BY_KEY[(at + 1) % len(_BY_KEY)]


# What the sort key goes through; the others are a click or the palette away.
_BY_KEY = (Sort.BURN, Sort.COST, Sort.CONTEXT, Sort.ACTIVITY, Sort.NAME)


class Listed(IntEnum):
    """Which sessions a table lists; the value is its key."""

    LIVE = 1
    HOUR = 2
    TODAY = 3
    ALL = 4

    @property
    def words(self) -> str:
        """What a header calls it."""
        return _LISTED[self]


_LISTED = {
    Listed.LIVE: "live",
    Listed.HOUR: "last hour",
    Listed.TODAY: "today",
    Listed.ALL: "all",
}
_HOUR = timedelta(hours=1)
_Key = Callable[[SessionRow], float]
_LARGEST_FIRST: dict[Sort, _Key] = {
    Sort.BURN: lambda row: row.burn.nusd_per_hour,
    Sort.COST: lambda row: row.cost_nusd or 0,
    Sort.CONTEXT: lambda row: row.context_share or 0.0,
    Sort.NEXT: lambda row: row.next_prompt_nusd or 0,
    Sort.CACHE: lambda row: row.cache_share or 0.0,
    Sort.ACTIVITY: lambda row: 0.0,  # the tie-breaker alone
}
_BY_TEXT: dict[Sort, Callable[[SessionRow], str]] = {
    Sort.NAME: lambda row: f"{repo_label(row.repo)}\0{row.branch}",
    Sort.TASK: lambda row: row.task or "\U0010ffff",  # what is not known comes last
    Sort.MODEL: lambda row: row.model,
    Sort.AGENT: lambda row: row.agent,
}


def ordered(
    rows: Iterable[SessionRow], sort: Sort, *, is_reversed: bool = False
) -> tuple[SessionRow, ...]:
    """Return live sessions first, each part by `sort`; equals by newest activity, then by id.

    Of equal texts the newest session is first, whichever is active: rows stay where they are.

    Numbers and times run from the largest, texts from A; `is_reversed` turns both parts round.
    """

    def place(row: SessionRow) -> tuple[bool, str, float, float, str]:
        by_text = _BY_TEXT[sort](row).casefold() if sort in _BY_TEXT else ""
        largest = -_LARGEST_FIRST[sort](row) if sort in _LARGEST_FIRST else 0.0
        at = row.started_at if sort in _BY_TEXT else row.last_at
        newest = -((at or _LONG_AGO) - _LONG_AGO).total_seconds()
        is_last = (row.state == "ended") != is_reversed
        return (is_last, by_text, largest, newest, row.session_id)

    return tuple(sorted(rows, key=place, reverse=is_reversed))


def listed(
    rows: Iterable[SessionRow], which: Listed, now: datetime, zone: tzinfo
) -> tuple[SessionRow, ...]:
    """Return the sessions to list, in their order: live ones always, ended ones by their end."""
    today = now.astimezone(zone).date()

    def is_listed(row: SessionRow) -> bool:
        if row.state != "ended" or which is Listed.ALL:
            return True
        if row.last_at is None or which is Listed.LIVE:
            return False
        if which is Listed.HOUR:
            return now - row.last_at < _HOUR
        return row.last_at.astimezone(zone).date() == today

    return tuple(row for row in rows if is_listed(row))
