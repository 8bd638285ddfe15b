"""The windows of plans, as their providers count them, and how budgets stand in them. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from aicost.core.budget import (
    STEPS,
    Budget,
    BudgetFilter,
    BudgetStatus,
    BudgetWindow,
    Scope,
    budget_id,
)
from aicost.core.limits import LimitWindow, PlanLimits

_SCOPES: dict[int, Scope] = {300: "plan-5h", 10_080: "plan-week"}  # by their minutes
_FULL = 100 * STEPS["percent"]


def plan_windows(limits: Iterable[PlanLimits], now: datetime) -> tuple[BudgetStatus, ...]:
    """Return the five hours and the week of each agent's plan as budgets, by what is known now.

    Of several accounts of one agent the most used one.
    """
    found: dict[str, BudgetStatus] = {}
    for scope, one, window in _present(limits, now):
        status = _status(_whole(scope, one.agent), window)
        known = found.get(status.budget.budget_id)
        if known is None or known.spent < status.spent:
            found[status.budget.budget_id] = status
    return tuple(found.values())


def plan_status(budget: Budget, limits: Iterable[PlanLimits], now: datetime) -> BudgetStatus | None:
    """Return how a budget of a plan stands: the most used window counts; None if none is known."""
    found = [
        _status(budget, window)
        for scope, one, window in _present(limits, now)
        if scope == budget.scope and budget.filter.agent in ("", one.agent)
    ]
    return max(found, key=lambda one: one.spent, default=None)


def _present(
    limits: Iterable[PlanLimits], now: datetime
) -> Iterator[tuple[Scope, PlanLimits, LimitWindow]]:
    """Return the windows that go on now.

    One that started anew since, or that nobody spoke of for its whole length, is left out: how
    much is used in the present one is not known.
    """
    for one in limits:
        for window in (one.limits.primary, one.limits.secondary):
            minutes = (window.window_minutes if window else None) or 0
            if window is None or minutes not in _SCOPES or window.has_reset(now):
                continue
            if now - one.at < timedelta(minutes=minutes):
                yield _SCOPES[minutes], one, window


def _whole(scope: Scope, agent: str) -> Budget:
    filter_ = BudgetFilter(agent=agent)
    name = budget_id(scope, "percent", filter_, is_hard=False)
    return Budget(budget_id=name, scope=scope, unit="percent", limit=_FULL, filter=filter_)


def _status(budget: Budget, window: LimitWindow) -> BudgetStatus:
    end = window.resets_at
    start = end - timedelta(minutes=window.window_minutes or 0) if end else None
    return BudgetStatus(
        budget=budget,
        window=BudgetWindow(start=start, end=end),
        spent=round(window.used_percent * STEPS["percent"]),
        resets_at=end,
    )
