"""Plans stand as their providers say, for as long as what they said is of now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aicost.core.budget import Budget, BudgetFilter, BudgetWindow, Scope
from aicost.core.limits import LimitWindow, PlanLimits, RateLimits
from aicost.core.plans import plan_status, plan_windows

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def window(percent: float, minutes: int | None = 300, resets_in: float = 60) -> LimitWindow:
    return LimitWindow(
        used_percent=percent,
        window_minutes=minutes,
        resets_at=NOW + timedelta(minutes=resets_in),
    )


def limits(*windows: LimitWindow, limit_id: str = "codex", home: str = "/h") -> PlanLimits:
    primary, secondary = (*windows, None, None)[:2]
    said = RateLimits(limit_id=limit_id, primary=primary, secondary=secondary)
    return PlanLimits(home=home, at=NOW, limits=said)


def percents(*given: PlanLimits) -> dict[str, float]:
    return {one.budget.budget_id: one.spent / 1000 for one in plan_windows(given, NOW)}


def test_a_plans_windows_are_budgets_of_their_own() -> None:
    assert percents(limits(window(41.5), window(7, 10_080))) == {
        "plan-5h-percent@agent=codex": 41.5,
        "plan-week-percent@agent=codex": 7,
    }
    [status] = plan_windows([limits(window(41.5))], NOW)
    assert (status.share, status.resets_at) == (0.415, NOW + HOUR)
    assert status.window == BudgetWindow(start=NOW - 4 * HOUR, end=NOW + HOUR)


def test_of_two_accounts_the_most_used_one_counts() -> None:
    two = [limits(window(12), home="/a"), limits(window(41), home="/b")]
    assert percents(*two) == percents(*reversed(two)) == {"plan-5h-percent@agent=codex": 41}
    assert len(percents(limits(window(12)), limits(window(41), limit_id="claude"))) == 2


def test_a_window_that_began_anew_or_has_no_length_is_left_out() -> None:
    assert percents(limits(window(41, resets_in=0), window(41, None))) == {}
    assert percents(limits(window(41, 1440))) == {}
    silent = replace(limits(replace(window(41), resets_at=None)), at=NOW - 5 * HOUR)
    assert percents(silent) == {}
    assert len(percents(replace(silent, at=silent.at + SECOND))) == 1
    assert percents(limits()) == {}


@pytest.mark.parametrize(
    ("scope", "agent", "spent"),
    [
        ("plan-5h", "", 41_500),
        ("plan-5h", "codex", 41_500),
        ("plan-5h", "claude", 12_000),
        ("plan-week", "", 7_000),
        ("plan-week", "claude", None),
    ],
)
def test_a_budget_of_a_plan_stands_as_its_most_used_window(
    scope: Scope, agent: str, spent: int | None
) -> None:
    said = [
        limits(window(41.5), window(7, 10_080)),
        limits(window(99, resets_in=0)),
        limits(window(12), limit_id="claude"),
    ]
    own = Budget(budget_id="b", scope=scope, unit="percent", limit=80_000)
    status = plan_status(replace(own, filter=BudgetFilter(agent=agent)), said, NOW)
    assert (status.spent if status else None) == spent
