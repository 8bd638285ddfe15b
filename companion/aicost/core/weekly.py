"""A week as its user looks back on it: values in, a report out. Pure: the day is an argument.

What is compared is the user's own: the four weeks before, as far as they are known and anything
was used in them. Of a week that is not over, the same days of those are taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from aicost.core.mismatch import Mismatch
from aicost.core.reports import UNALLOCATED, HiddenSpend, OutcomeSums
from aicost.core.waste.hits import LOOPS, Hit, WasteKind
from aicost.core.weekly_advice import Suggestion, suggestions
from aicost.core.weekly_causes import Cause, Price, likely_cause
from aicost.core.weekly_use import NOTHING, Use, added, per_week
from aicost.core.weeks import DAYS, monday_of, week_name

LOOKS_BACK = 4  # weeks
# A rise that is told of: what is less is how weeks are.
LEAST_RISE_NUSD, LEAST_RISE_PERCENT = 1_000_000_000, 20
_MOST_LOSSES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """What was used on a day, of one category on one model."""

    day: date
    category: str  # a TaskCategory, or "unallocated"
    model: str  # normalised
    use: Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What led nowhere, and where."""

    hit: Hit
    session_id: str = ""  # "" in what is shared, as are the next two
    repo: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeContexts:
    """Calls with more context than most work needs."""

    threshold_tokens: int
    calls: int = 0
    extra_tokens: int = 0  # above the threshold, that were read from the cache
    nusd: int | None = 0  # what reading those cost; None: nothing of it has a price


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeUse:
    """What the sessions cost in the week that came to one outcome so far."""

    outcome: str  # an `Outcome`, or "unallocated"
    sessions: int
    cost_nusd: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEvents:
    """What budgets did in the week."""

    stopped: int = 0  # turns that ended, prompts that were not sent
    refused: int = 0  # tool calls, compactions, switches of the model
    would_stop: int = 0  # that soft budgets would have stopped
    allowed: int = 0  # by the user


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyFacts:
    """What the ledger and the journal know of a week and the weeks before it."""

    monday: date
    today: date
    timezone: str  # an IANA name
    first_day: date | None  # with any usage; None: there is none
    uses: tuple[DayUse, ...] = ()  # of the week, and of the weeks before that are looked at
    sessions: int = 0
    turns: int = 0
    losses: tuple[Loss, ...] = ()
    large: LargeContexts = LargeContexts(threshold_tokens=0)
    mismatches: tuple[Mismatch, ...] | None = None  # of all those weeks; None: not looked for
    sums: OutcomeSums | None = None
    outcomes: tuple[OutcomeUse, ...] = ()
    events: BudgetEvents = BudgetEvents()
    unpriced_models: tuple[str, ...] = ()
    hidden: HiddenSpend | None = None
    skipped_lines: int = 0
    complete: bool = True
    has_evidence: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekUse:
    """One week of the trend."""

    week: str  # "2026-W47"
    use: Use
    is_known: bool  # False: the ledger begins in it or after it


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCost:
    """One day of the week, beside what such a day usually costs. None is not known."""

    day: date
    use: Use
    usual_nusd: int | None
    is_over: bool = True  # False: of the future


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A category or a model: this week, and on average in the weeks before."""

    name: str
    use: Use
    usual: Use | None  # a week; None: there are no weeks to compare with
    cause: Cause | None = None  # why it got dearer; None: it did not, or nothing stands out

    @property
    def rise_nusd(self) -> int | None:
        """How much dearer it got; None: not known."""
        if self.usual is None or self.use.cost_nusd is None:
            return None
        return self.use.cost_nusd - (self.usual.cost_nusd or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamBand:
    """What people of the team that was joined spent in a week, as its server publishes it."""

    week: str  # "2026-W46": the newest one that is published
    sources: int  # people
    low_usd: int  # a quarter of them spent less …
    middle_usd: int
    high_usd: int  # … a quarter more


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """All that is said of a week."""

    week: str  # "2026-W47"
    monday: date
    last_day: date  # Sunday, or today if that comes first
    timezone: str  # "" in what is shared
    is_over: bool
    use: Use
    sessions: int
    turns: int
    weeks: tuple[WeekUse, ...]  # oldest first, this one last
    days: tuple[DayCost, ...]
    usual: Use | None  # a week, to the same day; None: there are none to compare with
    usual_weeks: int  # that it is an average of
    categories: tuple[Trend, ...]  # the dearest first; usual is None where most has no category
    models: tuple[Trend, ...]
    losses: tuple[Loss, ...]  # the dearest first
    more_losses: int  # that are not among them
    loops_nusd: int  # of all loops
    by_kind: Mapping[WasteKind, int] = field(default_factory=dict)  # what each kind cost
    large: LargeContexts
    mismatches: tuple[Mismatch, ...] | None
    mismatch_weeks: int
    sums: OutcomeSums | None
    outcomes: tuple[OutcomeUse, ...]
    events: BudgetEvents
    suggestions: tuple[Suggestion, ...]
    unpriced_models: tuple[str, ...]
    hidden: HiddenSpend | None
    skipped_lines: int
    complete: bool
    has_evidence: bool
    is_shared: bool = False  # names are gone, amounts are rounded
    band: TeamBand | None = None  # None: no team was joined, or it has too few people to tell


def build_weekly(facts: WeeklyFacts, price: Price) -> WeeklyReport:
    """Make the report of a week. `price`: of tokens on a model, None where it is not known."""
    span = _Span(facts)
    week = [one for one in facts.uses if span.is_in(one.day)]
    before = [one for one in facts.uses if span.is_compared(one.day)]
    losses = sorted(facts.losses, key=lambda one: -(one.hit.cost_nusd or 0))
    by_kind = _by_kind(losses)
    count = len(span.known)
    return WeeklyReport(
        week=week_name(facts.monday),
        monday=facts.monday,
        last_day=span.last_day,
        timezone=facts.timezone,
        is_over=span.is_over,
        use=added(one.use for one in week),
        sessions=facts.sessions,
        turns=facts.turns,
        weeks=tuple(span.weeks()),
        days=tuple(span.days()),
        usual=per_week((one.use for one in before), count),
        usual_weeks=count,
        categories=_trends(week, before, count if _is_sorted(before) else 0, price),
        models=_trends(_by_model(week), _by_model(before), count, None),
        losses=tuple(losses[:_MOST_LOSSES]),
        more_losses=max(0, len(losses) - _MOST_LOSSES),
        loops_nusd=sum(by_kind.get(kind, 0) for kind in LOOPS),
        by_kind=by_kind,
        large=facts.large,
        mismatches=facts.mismatches,
        mismatch_weeks=count + 1,
        sums=facts.sums,
        outcomes=facts.outcomes,
        events=facts.events,
        suggestions=_suggestions(facts, count + 1),
        unpriced_models=facts.unpriced_models,
        hidden=facts.hidden,
        skipped_lines=facts.skipped_lines,
        complete=facts.complete,
        has_evidence=facts.has_evidence,
    )


class _Span:
    """Which days are the week's, and which it is compared with."""

    def __init__(self, facts: WeeklyFacts) -> None:
        self._facts = facts
        end = facts.monday + timedelta(days=DAYS - 1)
        self.is_over = facts.today > end
        self.last_day = min(end, max(facts.today, facts.monday))
        by_day = defaultdict[date, list[Use]](list)
        for one in facts.uses:
            by_day[one.day].append(one.use)
        self._by_day = {day: added(uses) for day, uses in by_day.items()}
        self.known = tuple(
            monday
            for monday in self._before()
            if self._is_recorded(monday) and self._week(monday).requests
        )

    def is_in(self, day: date) -> bool:
        return self._facts.monday <= day <= self.last_day

    def is_compared(self, day: date) -> bool:
        """Say whether a day is of a week before that counts, and not later in it than today."""
        return monday_of(day) in self.known and day.weekday() <= self.last_day.weekday()

    def weeks(self) -> Iterable[WeekUse]:
        for monday in (*self._before(), self._facts.monday):
            is_known = self._is_recorded(monday) or monday == self._facts.monday
            yield WeekUse(week=week_name(monday), use=self._week(monday), is_known=is_known)

    def days(self) -> Iterable[DayCost]:
        for number in range(DAYS):
            day = self._facts.monday + timedelta(days=number)
            uses = (self._use(monday + timedelta(days=number)) for monday in self.known)
            usual = per_week(uses, len(self.known))
            yield DayCost(
                day=day,
                use=self._use(day),
                usual_nusd=usual.cost_nusd or 0 if usual else None,
                is_over=day <= self.last_day,
            )

    def _before(self) -> Sequence[date]:
        ago = range(LOOKS_BACK, 0, -1)
        return [self._facts.monday - timedelta(weeks=weeks) for weeks in ago]

    def _is_recorded(self, monday: date) -> bool:
        return self._facts.first_day is not None and self._facts.first_day <= monday

    def _week(self, monday: date) -> Use:
        return added(self._use(monday + timedelta(days=number)) for number in range(DAYS))

    def _use(self, day: date) -> Use:
        return self._by_day.get(day, NOTHING)


def is_risen(trend: Trend) -> bool:
    """Say whether it got so much dearer that it is told."""
    rise = trend.rise_nusd
    if rise is None or trend.usual is None or rise < LEAST_RISE_NUSD:
        return False
    return rise * 100 >= (trend.usual.cost_nusd or 0) * LEAST_RISE_PERCENT


def _is_sorted(before: Sequence[DayUse]) -> bool:
    """Say whether most of the weeks before has a category: else each one would seem to be new."""
    whole = sum(one.use.cost_nusd or 0 for one in before)
    known = sum(one.use.cost_nusd or 0 for one in before if one.category != UNALLOCATED)
    return known * 2 >= whole


def _by_model(uses: Iterable[DayUse]) -> list[DayUse]:
    """Return uses that are grouped by their model, wherever they are grouped by category."""
    return [DayUse(day=one.day, category=one.model, model=one.model, use=one.use) for one in uses]


def _trends(
    week: Iterable[DayUse], before: Iterable[DayUse], count: int, price: Price | None
) -> tuple[Trend, ...]:
    now, then = _grouped(week), _grouped(before)
    found = [
        _trend(name, now.get(name, {}), then.get(name, {}), count, price)
        for name in {**now, **then}
    ]
    shown = [one for one in found if one.use.requests]
    return tuple(sorted(shown, key=lambda one: (-(one.use.cost_nusd or 0), one.name)))


def _grouped(uses: Iterable[DayUse]) -> dict[str, dict[str, Use]]:
    """Return name -> model -> what was used."""
    found = defaultdict[str, dict[str, Use]](dict)
    for one in uses:
        by_model = found[one.category]
        by_model[one.model] = added((by_model.get(one.model, NOTHING), one.use))
    return found


def _trend(
    name: str,
    now: Mapping[str, Use],
    then: Mapping[str, Use],
    count: int,
    price: Price | None,
) -> Trend:
    trend = Trend(name=name, use=added(now.values()), usual=per_week(then.values(), count))
    if price is None or not is_risen(trend):
        return trend
    return replace(trend, cause=likely_cause(now, then, count, price))


def _suggestions(facts: WeeklyFacts, weeks: int) -> tuple[Suggestion, ...]:
    hits = [one.hit for one in facts.losses]
    return suggestions(hits, facts.large.nusd, facts.mismatches or (), weeks)


def _by_kind(losses: Iterable[Loss]) -> dict[WasteKind, int]:
    found = defaultdict[WasteKind, int](int)
    for one in losses:
        found[one.hit.kind] += one.hit.cost_nusd or 0
    return dict(found)
