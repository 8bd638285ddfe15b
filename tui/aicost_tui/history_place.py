"""Where one is in the history: the span, the grouping, and the way down into it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from aicost.core.history import History, HistoryBy, calendar_start, days_of
from aicost.core.reports import Within

Grain = Literal["day", "week", "month"]
Unit = Literal["dollars", "tokens"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
UNITS: tuple[Unit, ...] = ("dollars", "tokens")
_SETS: tuple[Literal["repo", "branch", "model", "category", "agent", "environment"], ...] = (
    "repo", "branch", "model", "category", "agent", "environment",
)  # fmt: skip


class Range(StrEnum):
    """How far back one looks; the value is shown."""

    WEEK = "7 d"
    MONTH = "30 d"
    QUARTER = "90 d"
    YEAR = "year"
    ALL = "all"

    @property
    def days(self) -> int | None:
        """How many days that is, today included; None: all there are."""
        return _RANGE_DAYS[self]

    @property
    def grain(self) -> Grain:
        """What its bars are when nobody says otherwise."""
        return "month" if self is Range.ALL else "week" if self is Range.YEAR else "day"

    @property
    def words(self) -> str:
        """The range within a sentence."""
        return "ever" if self.days is None else f"in the last {self.days} days"

    def step(self, by: int) -> "Range":
        """Return a longer (1) or shorter (-1) one; the last ones stay."""
        every = list(Range)
        return every[max(0, min(len(every) - 1, every.index(self) + by))]


_RANGE_DAYS = {Range.WEEK: 7, Range.MONTH: 30, Range.QUARTER: 90, Range.YEAR: 365, Range.ALL: None}


class HistorySort(StrEnum):
    """What the table is ordered by; the value is the column's title."""

    COST = "cost"
    TOKENS = "tokens"
    CALLS = "calls"
    SESSIONS = "sessions"
    CACHE = "cache"
    ACTIVE = "active"
    NAME = "name"

    def next(self) -> "HistorySort":
        """Return the one that the sort key takes next."""
        every = list(HistorySort)
        return every[(every.index(self) + 1) % len(every)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One table on the way down, and how it was left."""

    by: HistoryBy
    crumb: str = ""  # what was opened to get here, as its row named it
    within: tuple[Within, ...] = ()
    since: date | None = None  # with `until`: a day, week or month that was opened
    until: date | None = None
    sort: HistorySort | None = None  # None: times from the newest on, others from the dearest on
    is_flipped: bool = False
    needle: str = ""
    cursor: str = ""  # the key of the row that was selected

    @property
    def order(self) -> HistorySort:
        """What its rows are ordered by."""
        return self.sort or (HistorySort.NAME if self.by in GRAINS else HistorySort.COST)

    def asks_as(self, other: "Level") -> bool:
        """Say whether the daemon gives both the same rows."""
        return (self.by, self.within, self.since, self.until) == (
            other.by,
            other.within,
            other.since,
            other.until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one is. `levels` is never empty; the last one is shown."""

    range: Range = Range.MONTH
    grain: Grain | None = None  # None: what the range has
    unit: Unit = "dollars"
    levels: tuple[Level, ...] = (Level(by="repo"),)

    @property
    def level(self) -> Level:
        """The table that is shown."""
        return self.levels[-1]

    @property
    def grain_asked(self) -> Grain:
        """What bars there should be."""
        return self.grain or self.range.grain

    def at(self, level: Level) -> "Place":
        """Return the place with another table in the place of the shown one."""
        return replace(self, levels=(*self.levels[:-1], level))

    def asks_as(self, other: "Place") -> bool:
        """Say whether the daemon gives both the same answer."""
        return self.range is other.range and self.level.asks_as(other.level)


def asked(place: Place) -> Mapping[str, object]:
    """Return the parameters of `history` for a place."""
    level = place.level
    found: dict[str, object] = {"by": level.by, "within": [list(part) for part in level.within]}
    if level.since is not None and level.until is not None:
        found |= {"since": level.since.isoformat(), "until": level.until.isoformat()}
    elif place.range.days is not None:
        found["last_days"] = place.range.days
    return found


def groupings(place: Place) -> tuple[HistoryBy, ...]:
    """Return what the shown table can be grouped by; what it is a part of already, it cannot."""
    level = place.level
    fixed = {part.by for part in level.within}
    sets = tuple(by for by in _SETS if by not in fixed)
    if level.since is None:
        return (*sets, place.grain_asked)
    return ("session", *sets) if level.since == level.until else ("day", "session", *sets)


def regrouped(place: Place, step: int = 1) -> Place:
    """Return the place with the next grouping."""
    every = groupings(place)
    at = every.index(place.level.by) if place.level.by in every else -step
    return grouped(place, every[(at + step) % len(every)])


def grouped(place: Place, by: HistoryBy) -> Place:
    """Return the place with its table by something else: its order and its row are forgotten."""
    return place.at(replace(place.level, by=by, sort=None, is_flipped=False, cursor="", needle=""))


def with_grain(place: Place, grain: Grain) -> Place:
    """Return the place with other bars; a table by time follows them."""
    found = replace(place, grain=grain)
    return grouped(found, grain) if place.level.by in GRAINS and not place.level.since else found


def with_range(place: Place, range: Range) -> Place:
    """Return the place with another range, and the bars that belong to it."""
    found = replace(place, range=range, grain=None)
    by_time = place.level.by in GRAINS and not place.level.since
    return grouped(found, found.grain_asked) if by_time else found


def opened(place: Place, key: str, crumb: str, history: History) -> Place | None:
    """Return the place below a row of an answer; None below a session: it has its own screen."""
    level = replace(place.level, cursor=key)
    left = replace(place, levels=(*place.levels[:-1], level))
    if level.by == "session":
        return None
    if level.by in GRAINS:
        first, last = days_of(level.by, key)
        return _below(left, crumb, max(first, history.since), min(last, history.until))
    within = (*level.within, Within(level.by, key))  # type: ignore[arg-type]
    below = Level(by=_by_days(place, level), crumb=crumb, within=within)
    below = replace(below, since=level.since, until=level.until)
    return replace(left, levels=(*left.levels, below))


def opened_days(place: Place, since: date, until: date) -> Place:
    """Return the place of some days; those that are open now are left first."""
    kept = tuple(level for level in place.levels if level.since is None) or place.levels[:1]
    return _below(replace(place, levels=kept), span_name(since, until), since, until)


def _below(place: Place, crumb: str, since: date, until: date) -> Place:
    below = Level(
        by="session" if since == until else "day",
        crumb=crumb,
        within=place.level.within,
        since=since,
        until=until,
    )
    return replace(place, levels=(*place.levels, below))


def _by_days(place: Place, level: Level) -> HistoryBy:
    if level.since is None:
        return place.grain_asked
    return "session" if level.since == level.until else "day"


def closed(place: Place) -> Place | None:
    """Return the place above; None at the top."""
    return replace(place, levels=place.levels[:-1]) if len(place.levels) > 1 else None


def beside(place: Place, step: int, today: date) -> Place:
    """Return the day, week or month after (1) or before (-1) the one that is open.

    Nothing lies after today. Without an open one the place stays.
    """
    level = place.level
    if level.since is None or level.until is None:
        return place
    if _is_month(level.since, level.until):
        middle = level.since + timedelta(days=15 + 30 * step)
        since, until = days_of("month", f"{middle:%Y-%m}")
    else:
        days = timedelta(days=((level.until - level.since).days + 1) * step)
        since, until = level.since + days, level.until + days
    if since > today:
        return place
    crumb = span_name(since, until)
    return place.at(replace(level, since=since, until=until, crumb=crumb, cursor=""))


def span_name(since: date, until: date) -> str:
    """Return how days are called: `Sun 22 Nov 2026`, `16 – 22 Nov 2026`, `November 2026`."""
    if since == until:
        return f"{since:%a} {since.day} {since:%b %Y}"
    if _is_month(since, until):
        return f"{since:%B %Y}"
    if since.month == until.month:
        return f"{since.day} – {until.day} {until:%b %Y}"
    return f"{since.day} {since:%b} – {until.day} {until:%b %Y}"


def _is_month(since: date, until: date) -> bool:
    return since.day == 1 and (until + timedelta(days=1)).day == 1 and since.month == until.month


def bar_span(place: Place, history: History) -> tuple[date, date]:
    """Return the first and last day that bars are drawn for: those of the range, as far as known.

    What is open is a part of it: one sees where it lies.
    """
    known = min(history.since, calendar_start(history.today))
    days = place.range.days
    first = history.first_day or history.today
    start = first if days is None else history.today - timedelta(days=days - 1)
    return max(start, known), history.today


def days_at(level: Level, by: HistoryBy, key: str, history: History) -> tuple[date, date] | None:
    """Return the days that a selected row by `by` stands for, else those that are open."""
    if by in GRAINS and key:
        first, last = days_of(by, key)
        return max(first, history.since), min(last, history.until)
    return (level.since, level.until) if level.since and level.until else None
