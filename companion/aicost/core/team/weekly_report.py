"""What a team's report says: published cells of whole weeks, and nothing computed otherwise. Pure.

Sums over weeks are sums of published cells: "at least so much", whatever range is asked for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from operator import attrgetter

from aicost.core.team.anonymity import (
    DIMENSIONS,
    LEAST_K,
    TOTAL,
    Atom,
    Dimension,
    Published,
    Why,
    bands,
    is_dominated,
    publishable,
    rounded,
)

USD_STEP = 1_000_000  # of micro-dollars: a published sum is of whole dollars
TOKEN_STEP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What is added up of a cell, exact."""

    cost_list_microusd: int = 0
    unpriced_tokens: int = 0
    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0
    requests: int = 0
    tool_calls: int = 0
    loops: int = 0
    budget_stops: int = 0
    overrides: int = 0
    active_minutes: int = 0

    @property
    def tokens(self) -> int:
        """All tokens; reasoning is part of output."""
        return self.input + self.cache_write + self.cache_read + self.output


_SUMMED = tuple(one.name for one in fields(Sums))
_values_of = attrgetter(*_SUMMED)


@dataclass(frozen=True, slots=True)
class Use:
    """What one source used in a week under one combination of words."""

    source: str
    epoch: str
    words: tuple[str, ...]  # one for each of DIMENSIONS but the total
    sums: Sums


# Columns that may be of one person although cost and tokens are of many: of these only the total
# is told, if it is not mostly one person's.
_RARE = ("unpriced_tokens", "loops", "budget_stops", "overrides")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """What one source did in a week beside its rows."""

    source: str
    epoch: str
    active_days: int
    commits: int = 0
    merged: int = 0
    reverted: int = 0
    fixed_tests: int = 0
    abandoned_microusd: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What came of a whole team's week, rounded as little as it must be.

    None: withheld, for it is mostly of one person, or of two.
    """

    active_developer_days: int
    commits: int | None
    merged: int | None
    reverted: int | None
    fixed_tests: int | None
    abandoned_usd: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCell:
    """One published cell; dollars are whole, tokens are thousands.

    None: there is some, but it is told of the total only, or mostly of one person, or of two.
    """

    key: str  # "" is what has no word: unallocated
    sources: int
    cost_usd: int
    tokens: int
    unpriced_tokens: int | None
    requests: int
    loops: int | None
    budget_stops: int | None
    overrides: int | None
    active_hours: int
    bands_usd: tuple[int, int, int] | None = None  # quartiles of sources, only of the total


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamWeek:
    """All that is published of one whole week."""

    week: str  # "2026-W47"
    cells: Mapping[Dimension, tuple[ReportCell, ...]]
    withheld: Mapping[Dimension, Mapping[Why, int]] = field(default_factory=dict)
    outcomes: Outcomes | None = None  # None: the week's total is withheld
    exact: Mapping[str, Sums] = field(default_factory=dict)  # of published models; "" is the rest
    hides_unpriced: bool = False  # of `exact`: tokens without a price, some are one person's


def week_of(day: date) -> str:
    """Return the ISO week that a day lies in, as "2026-W47"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def days_of(week: str) -> tuple[date, date]:
    """Return Monday and Sunday of a week. Raises ValueError if it is none."""
    year, _, number = week.partition("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    return monday, monday + timedelta(days=6)


def build_week(
    week: str, uses: Sequence[Use], totals: Sequence[DayTotals], k: int = LEAST_K
) -> TeamWeek:
    """Return what may be seen of a week. Raises ValueError for a k below the least."""
    atoms = [
        Atom(use.source, use.epoch, use.words, use.sums.cost_list_microusd, use.sums.tokens)
        for use in uses
    ]
    published = publishable(atoms, k)
    by_words: dict[tuple[str, ...], list[Sums]] = {}
    for use in uses:
        by_words.setdefault(use.words, []).append(use.sums)
    sums = {words: _added(found) for words, found in by_words.items()}
    exact = _exact(published)
    return TeamWeek(
        week=week,
        cells={name: _cells(name, published, sums, uses) for name in DIMENSIONS},
        withheld=published.withheld,
        outcomes=_outcomes(totals) if published.cells[TOTAL] else None,
        exact={
            key: _added(sums[words] for words in combinations)
            for key, combinations in exact.items()
        },
        hides_unpriced=any(
            _is_ones("unpriced_tokens", uses, combinations) for combinations in exact.values()
        ),
    )


def _is_ones(name: str, uses: Iterable[Use], combinations: frozenset[tuple[str, ...]]) -> bool:
    """Say whether one person, or two, are most of a column of a cell."""
    return is_dominated(
        (use.epoch, use.source, amount)
        for use in uses
        if (amount := getattr(use.sums, name)) and use.words in combinations
    )


def _exact(published: Published) -> Mapping[str, frozenset[tuple[str, ...]]]:
    """Return of what finance gets exact sums: of the models that are published.

    Of what else is in the published total there is one sum: the audit of differences has found it
    to be nothing, or safe.
    """
    models, totals = published.cells["model"], published.cells[TOTAL]
    found = {key: cell.combinations for key, cell in models.items()}
    shown = {words for cell in models.values() for words in cell.combinations}
    rest = {words for cell in totals.values() for words in cell.combinations} - shown
    if rest:
        found[""] = frozenset(rest)
    return found


def _cells(
    dimension: Dimension,
    published: Published,
    sums: Mapping[tuple[str, ...], Sums],
    uses: Sequence[Use],
) -> tuple[ReportCell, ...]:
    found = list[ReportCell]()
    for key, cell in published.cells[dimension].items():
        added = _added(sums[words] for words in cell.combinations)
        if dimension == TOTAL:
            hidden = [name for name in _RARE if _is_ones(name, uses, cell.combinations)]
            quartiles = _bands(uses)
        else:  # beside the total, each would tell of the others
            hidden, quartiles = [name for name in _RARE if getattr(added, name)], None
        found.append(_cell(key, cell.sources, added, hidden, quartiles))
    return tuple(sorted(found, key=lambda one: (-one.cost_usd, one.key)))


def _cell(
    key: str,
    sources: int,
    sums: Sums,
    hidden: Collection[str],
    quartiles: tuple[int, int, int] | None,
) -> ReportCell:
    def told(name: str, step: int = 1) -> int | None:
        return None if name in hidden else rounded(getattr(sums, name), step)

    return ReportCell(
        key=key,
        sources=sources,
        cost_usd=rounded(sums.cost_list_microusd, USD_STEP) // USD_STEP,
        tokens=rounded(sums.tokens, TOKEN_STEP),
        unpriced_tokens=told("unpriced_tokens", TOKEN_STEP),
        requests=rounded(sums.requests, 10),
        loops=told("loops"),
        budget_stops=told("budget_stops"),
        overrides=told("overrides"),
        active_hours=rounded(sums.active_minutes, 60) // 60,
        bands_usd=quartiles,
    )


def _bands(uses: Iterable[Use]) -> tuple[int, int, int] | None:
    """Return the quartiles of what people used, of the epoch that has most of them."""
    costs: dict[str, dict[str, int]] = {}
    for use in uses:
        of_epoch = costs.setdefault(use.epoch, {})
        of_epoch[use.source] = of_epoch.get(use.source, 0) + use.sums.cost_list_microusd
    if len(costs) != 1:
        return None  # people have two names in such a week
    (of_epoch,) = costs.values()
    return bands([cost // USD_STEP for cost in of_epoch.values()])


def _added(sums: Iterable[Sums]) -> Sums:
    columns = zip(*map(_values_of, sums))
    return Sums(**dict(zip(_SUMMED, map(sum, columns))))


def _outcomes(totals: Iterable[DayTotals]) -> Outcomes:
    found = tuple(totals)

    def told(name: str) -> int | None:
        amounts = [(one.epoch, one.source, getattr(one, name)) for one in found]
        return None if is_dominated(amounts) else sum(amount for _, _, amount in amounts)

    abandoned_microusd = told("abandoned_microusd")
    return Outcomes(
        active_developer_days=sum(one.active_days for one in found),
        commits=told("commits"),
        merged=told("merged"),
        reverted=told("reverted"),
        fixed_tests=told("fixed_tests"),
        abandoned_usd=None
        if abandoned_microusd is None
        else rounded(abandoned_microusd, USD_STEP) // USD_STEP,
    )


def at_least(amounts: Iterable[int | None]) -> int | None:
    """Add up what is told; None where something is withheld, and nothing of it told."""
    given = tuple(amounts)
    return sum(filter(None, given)) or (None if None in given else 0)


def merged(weeks: Iterable[TeamWeek], dimension: Dimension) -> tuple[ReportCell, ...]:
    """Return the sums of published cells over weeks; `sources` is that of the fullest week."""
    found: dict[str, ReportCell] = {}
    for week in weeks:
        for cell in week.cells[dimension]:
            known = found.get(cell.key)
            found[cell.key] = cell if known is None else _both(known, cell)
    return tuple(sorted(found.values(), key=lambda one: (-one.cost_usd, one.key)))


def _both(one: ReportCell, other: ReportCell) -> ReportCell:
    return ReportCell(
        key=one.key,
        sources=max(one.sources, other.sources),
        cost_usd=one.cost_usd + other.cost_usd,
        tokens=one.tokens + other.tokens,
        unpriced_tokens=at_least((one.unpriced_tokens, other.unpriced_tokens)),
        requests=one.requests + other.requests,
        loops=at_least((one.loops, other.loops)),
        budget_stops=at_least((one.budget_stops, other.budget_stops)),
        overrides=at_least((one.overrides, other.overrides)),
        active_hours=one.active_hours + other.active_hours,
    )
