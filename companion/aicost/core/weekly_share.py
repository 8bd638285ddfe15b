"""A weekly report that others may read: no name that is the user's own, and rounded money. Pure.

What stays: sums, counts, the closed words of categories, outcomes and detectors, and models of the
public price list. A model that it does not know may be named for a project.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from aicost.core.categories import TaskCategory
from aicost.core.mismatch import Mismatch
from aicost.core.money import NANO
from aicost.core.reports import UNALLOCATED, Each, HiddenSpend, OutcomeSums
from aicost.core.usage import TokenCounts
from aicost.core.waste.hits import Hit
from aicost.core.weekly import DayCost, Loss, Trend, WeeklyReport
from aicost.core.weekly_advice import Suggestion
from aicost.core.weekly_use import Use, added

OTHER_MODEL = "another model"
_TOKENS_STEP = 1_000
_CATEGORIES = frozenset({*map(str, TaskCategory), UNALLOCATED})
IsPublic = Callable[[str], bool]  # a model's name


def shared(report: WeeklyReport, is_public: IsPublic) -> WeeklyReport:
    """Return the report as others may read it."""
    cut = _Cut(is_public)
    return replace(
        report,
        timezone="",
        use=_use(report.use),
        weeks=tuple(replace(one, use=_use(one.use)) for one in report.weeks),
        days=tuple(map(_day, report.days)),
        usual=_use(report.usual) if report.usual else None,
        categories=tuple(cut.trend(one, cut.category) for one in report.categories),
        models=cut.models(report.models),
        losses=tuple(Loss(hit=_hit(one.hit)) for one in report.losses),
        loops_nusd=_dollars(report.loops_nusd),
        by_kind={kind: _dollars(nusd) for kind, nusd in report.by_kind.items()},
        large=replace(
            report.large,
            extra_tokens=_thousands(report.large.extra_tokens),
            nusd=_known(report.large.nusd),
        ),
        mismatches=cut.mismatches(report.mismatches),
        sums=_sums(report.sums) if report.sums else None,
        outcomes=tuple(replace(one, cost_nusd=_known(one.cost_nusd)) for one in report.outcomes),
        suggestions=tuple(cut.suggestions(report.suggestions)),
        unpriced_models=(),
        hidden=_hidden(report.hidden),
        is_shared=True,
    )


class _Cut:
    """Takes names away."""

    def __init__(self, is_public: IsPublic) -> None:
        self._is_public = is_public

    def model(self, name: str) -> str:
        return name if not name or self._is_public(name) else OTHER_MODEL

    def category(self, name: str) -> str:
        return name if name in _CATEGORIES else UNALLOCATED

    def trend(self, trend: Trend, named: Callable[[str], str]) -> Trend:
        cause = trend.cause
        if cause is not None:
            cause = replace(cause, nusd=_dollars(cause.nusd), model=self.model(cause.model))
            if cause.kind in ("context", "cache", "output"):
                cause = replace(cause, was=_hundreds(cause.was), now=_hundreds(cause.now))
        return replace(
            trend,
            name=named(trend.name),
            use=_use(trend.use),
            usual=_use(trend.usual) if trend.usual else None,
            cause=cause,
        )

    def models(self, trends: Iterable[Trend]) -> tuple[Trend, ...]:
        """Return the models, all that are not public as one."""
        by_name = defaultdict[str, list[Trend]](list)
        for one in trends:
            by_name[self.model(one.name)].append(one)
        return tuple(self.trend(_together(some), self.model) for some in by_name.values())

    def mismatches(self, found: tuple[Mismatch, ...] | None) -> tuple[Mismatch, ...] | None:
        return None if found is None else tuple(map(self._mismatch, found))

    def suggestions(self, found: Iterable[Suggestion]) -> Iterable[Suggestion]:
        for one in found:
            yield replace(
                one,
                nusd=_dollars(one.nusd),
                hit=_hit(one.hit) if one.hit else None,
                mismatch=self._mismatch(one.mismatch) if one.mismatch else None,
            )

    def _mismatch(self, one: Mismatch) -> Mismatch:
        return replace(
            one,
            model=self.model(one.model),
            cheaper_model=self.model(one.cheaper_model),
            cost_nusd=_dollars(one.cost_nusd),
            saving_nusd=_dollars(one.saving_nusd),
        )


def _together(trends: list[Trend]) -> Trend:
    usual = [one.usual for one in trends if one.usual is not None]
    return replace(
        trends[0], use=added(one.use for one in trends), usual=added(usual) if usual else None
    )


def _hit(hit: Hit) -> Hit:
    """Return a hit without ids, names of commands, files and subagents, and without its time."""
    cause = hit.cause if hit.kind in ("cache", "dump", "retry-storm") else ""
    nusd = _known(hit.cost_nusd)
    return replace(
        hit, turn_id="", thread="", label="", cause=cause, since_us=0, until_us=0, cost_nusd=nusd
    )


def _use(use: Use) -> Use:
    """Return rounded use; a lower bound is rounded down: it stays one."""
    cost = _known(use.cost_nusd)
    if use.unpriced_tokens and use.cost_nusd is not None:
        cost = use.cost_nusd // NANO * NANO
    return replace(
        use,
        tokens=TokenCounts(
            **{name: _thousands(getattr(use.tokens, name)) for name in TokenCounts.__slots__}
        ),
        cost_nusd=cost,
        unpriced_tokens=_up_to_thousands(use.unpriced_tokens),
    )


def _day(one: DayCost) -> DayCost:
    return replace(one, use=_use(one.use), usual_nusd=_known(one.usual_nusd))


def _sums(sums: OutcomeSums) -> OutcomeSums:
    return OutcomeSums(*(Each(one.count, _known(one.cost_nusd)) for one in sums))


def _hidden(hidden: HiddenSpend | None) -> HiddenSpend | None:
    return replace(hidden, cost_nusd=_known(hidden.cost_nusd)) if hidden else None


def _known(nusd: int | None) -> int | None:
    return None if nusd is None else _dollars(nusd)


def _dollars(nusd: int) -> int:
    """Return whole dollars; of less than a half one the least there is: it is not nothing."""
    return _step(nusd, NANO) or min(nusd, 1)


def _thousands(tokens: int) -> int:
    return _step(tokens, _TOKENS_STEP)


def _up_to_thousands(tokens: int) -> int:
    """Round up: that something has no price stays said."""
    return -(-tokens // _TOKENS_STEP) * _TOKENS_STEP


def _hundreds(tokens: int) -> int:
    return _step(tokens, 100)


def _step(value: int, step: int) -> int:
    return (value + step // 2) // step * step
