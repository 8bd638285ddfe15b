"""What a team's lead sees of some weeks, as values: only sums of what is published. Pure.

Dollars are whole and of list prices. None stands for what is withheld or was never counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aicost.core.team.anonymity import DIMENSIONS, TOTAL, Dimension, Why
from aicost.core.team.weekly_report import ReportCell, TeamWeek, at_least, days_of

_EARLIER_WEEKS = 4  # that the latest week is compared with
OUTCOMES = ("commits", "merged", "reverted", "fixed_tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLine:
    """One week: what was published of all, or why nothing was."""

    week: str
    monday: date
    sunday: date
    total: ReportCell | None
    active_days: int | None  # of developers, together
    withheld: Why | None  # None beside no total: nobody sent a day

    @property
    def usd_per_active_day(self) -> float | None:
        """Dollars for each day that a developer was at work with an agent."""
        if self.total is None or not self.active_days:
            return None
        return self.total.cost_usd / self.active_days


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """One word of a group over all weeks. `weeks` is in how many it could be shown."""

    key: str  # "": unallocated
    cost_usd: int
    tokens: int
    unpriced_tokens: int | None  # None: some, but how many is withheld
    weeks: int
    share: float | None  # of the published total; None if that is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A dimension: its words, the dearest first, and what is in the total but under none of them.

    `withheld` counts cells of single weeks.
    """

    dimension: Dimension
    lines: tuple[GroupLine, ...]
    not_shown_usd: int
    withheld: Mapping[Why, int]


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """What came of the work, and what one of it cost if all spending was for it."""

    name: str
    count: int | None  # None: withheld
    usd_each: float | None  # None: there was none, or it is withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the page shows."""

    weeks: tuple[WeekLine, ...]
    groups: Mapping[Dimension, Group]
    outcomes: tuple[OutcomeLine, ...]
    abandoned_usd: int | None  # None: withheld
    cost_usd: int
    tokens: int
    unpriced_tokens: int | None  # None: some, but how many is withheld
    active_days: int

    @property
    def published(self) -> tuple[WeekLine, ...]:
        """The weeks whose total may be seen, the earliest first."""
        return tuple(line for line in self.weeks if line.total is not None)

    @property
    def latest(self) -> WeekLine | None:
        """The last week that is published."""
        return self.published[-1] if self.published else None

    @property
    def usual_usd(self) -> float | None:
        """What one of the (at most four) published weeks before the latest cost."""
        earlier = [line.total.cost_usd for line in self.published[:-1] if line.total is not None]
        earlier = earlier[-_EARLIER_WEEKS:]
        return sum(earlier) / len(earlier) if earlier else None

    @property
    def usd_per_active_day(self) -> float | None:
        """Dollars for each day that a developer was at work with an agent."""
        return self.cost_usd / self.active_days if self.active_days else None

    @property
    def withheld(self) -> Mapping[Why, int]:
        """How many cells were not published, by the reason; weeks themselves are among them."""
        found = Counter[Why]()
        for group in self.groups.values():
            found.update(group.withheld)
        return found


def overview_of(weeks: Sequence[TeamWeek]) -> Overview:
    """Return what is to be seen of published weeks, the earliest first."""
    lines = tuple(map(_line, weeks))
    totals = [line.total for line in lines if line.total is not None]
    cost_usd = sum(total.cost_usd for total in totals)
    seen = [week.outcomes for week in weeks if week.outcomes is not None]
    counts = {name: at_least(getattr(one, name) for one in seen) for name in OUTCOMES}
    return Overview(
        weeks=lines,
        groups={name: _group(name, weeks, cost_usd) for name in DIMENSIONS},
        outcomes=tuple(
            OutcomeLine(name, count, cost_usd / count if count else None)
            for name, count in counts.items()
        ),
        abandoned_usd=at_least(one.abandoned_usd for one in seen),
        cost_usd=cost_usd,
        tokens=sum(total.tokens for total in totals),
        unpriced_tokens=at_least(total.unpriced_tokens for total in totals),
        active_days=sum(one.active_developer_days for one in seen),
    )


def _line(week: TeamWeek) -> WeekLine:
    monday, sunday = days_of(week.week)
    totals = week.cells[TOTAL]
    return WeekLine(
        week=week.week,
        monday=monday,
        sunday=sunday,
        total=totals[0] if totals else None,
        active_days=week.outcomes.active_developer_days if week.outcomes else None,
        withheld=next(iter(week.withheld.get(TOTAL, {})), None),
    )


def _group(dimension: Dimension, weeks: Sequence[TeamWeek], total_usd: int) -> Group:
    cells: dict[str, list[ReportCell]] = {}
    withheld = Counter[Why]()
    for week in weeks:
        withheld.update(week.withheld.get(dimension, {}))
        for cell in week.cells[dimension]:
            cells.setdefault(cell.key, []).append(cell)
    lines = [_group_line(key, found, total_usd) for key, found in cells.items()]
    lines.sort(key=lambda line: (-line.cost_usd, line.key))
    shown_usd = sum(line.cost_usd for line in lines)  # rounding may put it above the total
    return Group(
        dimension=dimension,
        lines=tuple(lines),
        not_shown_usd=max(0, total_usd - shown_usd),
        withheld=withheld,
    )


def _group_line(key: str, cells: Sequence[ReportCell], total_usd: int) -> GroupLine:
    cost_usd = sum(cell.cost_usd for cell in cells)
    return GroupLine(
        key=key,
        cost_usd=cost_usd,
        tokens=sum(cell.tokens for cell in cells),
        unpriced_tokens=at_least(cell.unpriced_tokens for cell in cells),
        weeks=len(cells),
        share=cost_usd / total_usd if total_usd else None,
    )
