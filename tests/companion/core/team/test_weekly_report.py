"""A week of a team: published cells, rounded, and sums of nothing but them."""

from datetime import date
from typing import Any

import pytest

from aicost.core.team.anonymity import DIMENSIONS
from aicost.core.team.weekly_report import (
    DayTotals,
    Sums,
    Use,
    at_least,
    build_week,
    days_of,
    merged,
    week_of,
)

WEEK = "2026-W47"
PEOPLE = "ABCDEFGHIJKL"


def use(source: str, usd: float = 10.0, **given: Any) -> Use:
    words = {
        "tool": "claude-code", "model": "opus", "category": "bugfix", "environment": "interactive",
        "project": "", "cohort": "",
    } | {name: given.pop(name) for name in DIMENSIONS[1:] if name in given}  # fmt: skip
    sums = Sums(cost_list_microusd=round(usd * 1e6), input=1_234, output=300, **given)
    return Use(source, "2026Q4", tuple(words.values()), sums)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 11, 16), "2026-W47"),
        (date(2026, 11, 22), "2026-W47"),
        (date(2026, 11, 23), "2026-W48"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
    ],
)
def test_weeks_are_those_of_iso(day: date, week: str) -> None:
    assert week_of(day) == week
    monday, sunday = days_of(week)
    assert monday <= day <= sunday
    assert (sunday - monday).days == 6


def test_cells_are_rounded_sums_of_safe_groups() -> None:
    found = build_week(WEEK, [use(one, requests=7, active_minutes=50) for one in PEOPLE[:6]], [])
    (total,) = found.cells["total"]
    assert (total.cost_usd, total.tokens, total.sources) == (60, 9_000, 6)
    assert (total.requests, total.active_hours) == (40, 5)
    assert total.bands_usd is None
    assert found.cells["model"][0].key == "opus"


def test_a_small_team_gets_nothing_and_is_told_why() -> None:
    found = build_week(WEEK, [use(one) for one in PEOPLE[:4]], [totals("A", commits=3)])
    assert not any(found.cells.values())
    assert found.outcomes is None
    assert found.withheld["total"] == {"few": 1}


def totals(source: str, **given: int) -> DayTotals:
    return DayTotals(source=source, epoch="2026Q4", **({"active_days": 2} | given))


def test_quartiles_are_told_of_ten_people_and_of_the_whole_only() -> None:
    found = build_week(WEEK, [use(one, usd=10 + at) for at, one in enumerate(PEOPLE[:10])], [])
    assert found.cells["total"][0].bands_usd == (12, 14, 17)
    assert found.cells["model"][0].bands_usd is None


def test_outcomes_are_those_of_all() -> None:
    everybody = [totals(one, commits=2, abandoned_microusd=600_000) for one in PEOPLE[:6]]
    found = build_week(WEEK, [use(one) for one in PEOPLE[:6]], everybody).outcomes
    assert found is not None
    assert (found.active_developer_days, found.commits, found.abandoned_usd) == (12, 12, 4)


def test_an_outcome_that_is_one_persons_is_withheld() -> None:
    """Commits are of all; one person alone took some back, and threw work away."""
    everybody = [totals(one, commits=2) for one in PEOPLE[:6]]
    everybody[0] = totals("A", commits=2, reverted=1, abandoned_microusd=9_000_000)
    found = build_week(WEEK, [use(one) for one in PEOPLE[:6]], everybody).outcomes
    assert found is not None
    assert (found.commits, found.merged, found.reverted, found.abandoned_usd) == (12, 0, None, None)


@pytest.mark.parametrize("name", ["unpriced_tokens", "loops", "budget_stops", "overrides"])
def test_a_column_that_is_one_persons_is_told_nowhere(name: str) -> None:
    one = [use("A", **{name: 9_000}), *(use(other) for other in PEOPLE[1:6])]
    found = build_week(WEEK, one, [])
    assert [getattr(cell, name) for cells in found.cells.values() for cell in cells] == [None] * 7
    assert found.hides_unpriced is (name == "unpriced_tokens")
    everybody = [use(other, **{name: 9_000}) for other in PEOPLE[:6]]
    found = build_week(WEEK, everybody, [])
    assert getattr(found.cells["total"][0], name) == 54_000
    assert getattr(found.cells["tool"][0], name) is None  # beside the total it tells of others
    assert not found.hides_unpriced
    assert (
        getattr(build_week(WEEK, [use(one) for one in PEOPLE[:6]], []).cells["tool"][0], name) == 0
    )


@pytest.mark.parametrize(
    ("amounts", "told"),
    [([], 0), ([0, 0], 0), ([1, 2], 3), ([None, 2], 2), ([None, 0], None), ([None], None)],
)
def test_what_is_withheld_leaves_at_least_the_rest(
    amounts: list[int | None], told: int | None
) -> None:
    assert at_least(amounts) == told


def test_sums_over_weeks_are_sums_of_what_is_published() -> None:
    both = [use(one, model=model) for one in PEOPLE[:6] for model in ("opus", "haiku")]
    first = build_week("2026-W46", both, [])
    few = [use(one) for one in PEOPLE[:6]] + [use("A", model="haiku", usd=0.5)]
    second = build_week(WEEK, few, [])
    found = {cell.key: cell.cost_usd for cell in merged([first, second], "model")}
    assert found == {"opus": 60, "haiku": 60}  # where haiku is withheld, opus would uncover it
    assert second.withheld["model"]["few"] == 1
    (total,) = merged([first, second], "total")
    assert (total.cost_usd, total.sources, total.bands_usd) == (180, 6, None)
