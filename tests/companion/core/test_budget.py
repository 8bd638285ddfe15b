"""Budgets: what they cover, when their windows begin and end, and the level of what was used."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aicost.core.budget import (
    Budget,
    BudgetFilter,
    BudgetStatus,
    BudgetWindow,
    Scope,
    Traits,
    budget_id,
    window_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Budget(budget_id="day", scope="day", unit="usd", limit=1000)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("filter_", "traits", "covered"),
    [
        (BudgetFilter(), Traits(), True),
        (BudgetFilter(repo="shop"), Traits(repo="github.com/acme/shop"), True),
        (BudgetFilter(repo="github.com/acme/*"), Traits(repo="github.com/Acme/shop"), True),
        (BudgetFilter(repo="shop"), Traits(repo="github.com/acme/workshop"), False),
        (BudgetFilter(repo="shop"), Traits(), False),
        (BudgetFilter(repo="shop", is_repo_exact=True), Traits(repo="shop"), True),
        (BudgetFilter(repo="shop", is_repo_exact=True), Traits(repo="github.com/a/shop"), False),
        (BudgetFilter(repo="sh*", is_repo_exact=True), Traits(repo="shop"), False),
        (BudgetFilter(is_repo_exact=True), Traits(repo="shop"), False),
        (BudgetFilter(is_repo_exact=True), Traits(), False),
        (BudgetFilter(branch="release/*"), Traits(branch="release/2.1"), True),
        (BudgetFilter(branch="release/*"), Traits(branch="main"), False),
        (BudgetFilter(model="*opus*"), Traits(model="claude-opus-5-5"), True),
        (BudgetFilter(model="*opus*", agent="codex"), Traits(model="claude-opus-5-5"), False),
        (BudgetFilter(agent="codex"), Traits(agent="codex"), True),
        (BudgetFilter(environment="ci"), Traits(environment="headless"), False),
        (BudgetFilter(category="docs"), Traits(category="docs"), True),
    ],
)
def test_a_filter_covers_what_fits_all_its_globs(
    filter_: BudgetFilter, traits: Traits, covered: bool
) -> None:
    assert filter_.covers(traits) is covered


def test_only_a_filter_without_globs_is_open() -> None:
    assert BudgetFilter().is_open
    assert not BudgetFilter(branch="*").is_open


@pytest.mark.parametrize(
    ("scope", "now", "start", "end"),
    [
        ("day", "2026-11-26T22:59:59", "2026-11-25T23:00:00", "2026-11-26T23:00:00"),
        ("day", "2026-11-26T23:00:00", "2026-11-26T23:00:00", "2026-11-27T23:00:00"),
        ("day", "2026-03-29T12:00:00", "2026-03-28T23:00:00", "2026-03-29T22:00:00"),  # 23 hours
        ("day", "2026-10-25T12:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),  # 25 hours
        ("week", "2026-11-26T12:00:00", "2026-11-22T23:00:00", "2026-11-29T23:00:00"),
        ("week", "2026-11-22T22:59:59", "2026-11-15T23:00:00", "2026-11-22T23:00:00"),
        ("month", "2026-11-26T12:00:00", "2026-10-31T23:00:00", "2026-11-30T23:00:00"),
        ("month", "2026-12-31T23:00:00", "2026-12-31T23:00:00", "2027-01-31T23:00:00"),
    ],
)
def test_windows_are_whole_local_days(scope: Scope, now: str, start: str, end: str) -> None:
    window = window_of(scope, at(now), BERLIN)
    assert window == BudgetWindow(start=at(start), end=at(end))
    last = at(end) - timedelta(microseconds=1)
    assert window_of(scope, at(start), BERLIN) == window_of(scope, last, BERLIN) == window
    before = window_of(scope, at(start) - timedelta(microseconds=1), BERLIN)
    assert (before.end, window_of(scope, at(end), BERLIN).start) == (at(start), at(end))


def test_five_hours_roll() -> None:
    now = at("2026-11-26T12:00:00")
    assert window_of("5h", now, BERLIN) == BudgetWindow(start=now - timedelta(hours=5))


@pytest.mark.parametrize("scope", ["turn", "session", "plan-5h", "plan-week"])
def test_other_windows_have_no_ends_of_their_own(scope: Scope) -> None:
    now = at("2026-11-26T12:00:00")
    assert window_of(scope, now, BERLIN) == BudgetWindow()


@pytest.mark.parametrize(
    ("spent", "level"),
    [(0, 0), (499, 0), (500, 50), (799, 50), (800, 80), (949, 80), (950, 95), (999, 95),
     (1000, 100), (5000, 100)],
)  # fmt: skip
def test_the_level_is_the_highest_reached(spent: int, level: int) -> None:
    assert BudgetStatus(budget=DAY, spent=spent).level == level


@pytest.mark.parametrize(
    ("spent", "reserved", "left", "is_over"),
    [(999, 0, 1, False), (1000, 0, 0, True), (900, 99, 1, False), (900, 100, 0, True)],
)
def test_what_is_reserved_is_not_left(spent: int, reserved: int, left: int, is_over: bool) -> None:
    status = BudgetStatus(budget=DAY, spent=spent, reserved=reserved)
    assert (status.left, status.is_over) == (left, is_over)
    assert status.share == spent / 1000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (budget_id("day", "usd", BudgetFilter(), is_hard=False), "day"),
        (budget_id("day", "usd", BudgetFilter(), is_hard=True), "day-hard"),
        (budget_id("session", "tokens", BudgetFilter(), is_hard=False), "session-tokens"),
        (
            budget_id("day", "usd", BudgetFilter(model="*opus*", repo="shop"), is_hard=True),
            "day-hard@repo=shop,model=*opus*",
        ),
    ],
)
def test_a_budget_is_named_by_what_it_limits(name: str, expected: str) -> None:
    assert name == expected
