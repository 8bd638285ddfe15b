"""How a window is named, so that what is told once is told again in the next one."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from builders import NOW, usd

from aicost.core.audit import window_name
from aicost.core.budget import Budget, BudgetStatus, Scope, window_of


def named(scope: Scope, days: float = 0, subject: str = "") -> str:
    budget = Budget(budget_id=scope, scope=scope, unit="usd", limit=usd(1))
    window = window_of(scope, NOW + timedelta(days=days), ZoneInfo("UTC"))
    return window_name(BudgetStatus(budget=budget, window=window, subject=subject))


def test_a_day_is_named_by_its_beginning() -> None:
    assert named("day") == named("day", 0.3) == "2026-11-22T00:00:00+00:00"
    assert named("day", 1) == "2026-11-23T00:00:00+00:00"


def test_what_has_no_beginning_is_named_by_its_subject() -> None:
    assert named("5h") == named("5h", 3) == ""
    assert named("session", subject="s-1") == "s-1"
    assert named("turn", subject="s-1 t-1") == "s-1 t-1"
