"""Which sessions a table shows, in which order. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

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
    ACTIVITY = "last"
    NAME = "repo"

    def next(self) -> "Sort":
        """Return the one that the sort key takes next."""
        every = list(Sort)
        return every[(every.index(self) + 1) % len(every)]


_Key = Callable[[SessionRow], float]
_LARGEST_FIRST: dict[Sort, _Key] = {
    Sort.BURN: lambda row: row.burn.nusd_per_hour,
    Sort.COST: lambda row: row.cost_nusd or 0,
    Sort.CONTEXT: lambda row: row.context_share or 0.0,
    Sort.ACTIVITY: lambda row: 0.0,  # the tie-breaker alone
}


def ordered(rows: Iterable[SessionRow], sort: Sort) -> tuple[SessionRow, ...]:
    """Return live sessions first, each part by `sort`; equals by newest activity, then by id."""

    def place(row: SessionRow) -> tuple[bool, str, float, float, str]:
        by_name = f"{repo_label(row.repo)}\0{row.branch}".casefold() if sort is Sort.NAME else ""
        largest = 0.0 if sort is Sort.NAME else -_LARGEST_FIRST[sort](row)
        newest = -((row.last_at or _LONG_AGO) - _LONG_AGO).total_seconds()
        return (row.state == "ended", by_name, largest, newest, row.session_id)

    return tuple(sorted(rows, key=place))


def matching(rows: Iterable[SessionRow], needle: str) -> tuple[SessionRow, ...]:
    """Return the rows in which every word of `needle` occurs, in whatever case.

    Looked at: repo, branch, model, agent, state. An empty needle matches all.
    """
    words = needle.casefold().split()
    if not words:
        return tuple(rows)

    def has_all(row: SessionRow) -> bool:
        text = "\n".join((row.repo, row.branch, row.model, row.agent, row.state)).casefold()
        return all(word in text for word in words)

    return tuple(row for row in rows if has_all(row))
