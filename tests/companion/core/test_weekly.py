"""The report of a week: beside which weeks it stands, what got dearer, and what is not known."""

from datetime import date, timedelta
from typing import Any

import pytest
from weekly_builders import HAIKU, MONDAY, NUSD, OPUS, day_use, loss, report, use

from aicost.core.weekly import WeeklyReport
from aicost.core.weekly_causes import Cause


def usual_usd(found: WeeklyReport) -> float | None:
    if found.usual is None:
        return None
    return (found.usual.cost_nusd or 0) / NUSD


def test_a_usual_week_is_the_average_of_four() -> None:
    before = [day_use(ago=ago, spent=use(dollars)) for ago, dollars in enumerate((5, 1, 2, 6, 3))]
    found = report(*before)
    assert (found.usual_weeks, usual_usd(found)) == (4, 3.0)
    assert [one.week for one in found.weeks] == [f"2026-W{week}" for week in range(43, 48)]
    assert [one.use.cost_nusd for one in found.weeks] == [n * NUSD for n in (3, 6, 2, 1, 5)]
    assert found.week == "2026-W47"
    assert (found.monday, found.last_day) == (MONDAY, MONDAY + timedelta(days=6))


@pytest.mark.parametrize(
    ("first_day", "weeks"),
    [
        (MONDAY - timedelta(weeks=4), 4),
        (MONDAY - timedelta(weeks=4) + timedelta(days=1), 3),
        (MONDAY, 0),
        (None, 0),
    ],
    ids=["all known", "begins on a Tuesday", "begins this week", "no usage at all"],
)
def test_a_week_whose_beginning_is_not_known_is_not_compared(
    first_day: date | None, weeks: int
) -> None:
    uses = [day_use(2, ago=ago) for ago in range(5)]
    found = report(*uses, first_day=first_day)
    assert found.usual_weeks == weeks
    assert [one.is_known for one in found.weeks] == [False] * (4 - weeks) + [True] * (weeks + 1)
    assert (found.usual is None) == (weeks == 0)


def test_a_week_of_holidays_is_no_usual_week() -> None:
    found = report(day_use(), day_use(ago=1, spent=use(4)), day_use(ago=3, spent=use(2)))
    assert (found.usual_weeks, usual_usd(found)) == (2, 3.0)


def test_a_week_that_is_not_over_is_compared_to_the_same_day() -> None:
    uses = [day_use(day, ago=ago) for ago in range(5) for day in range(7)]
    wednesday = MONDAY + timedelta(days=2)
    found = report(*uses, today=wednesday)
    assert not found.is_over
    assert (found.last_day, usual_usd(found)) == (wednesday, 3.0)
    assert [one.is_over for one in found.days] == [True] * 3 + [False] * 4
    assert found.use.cost_nusd == 3 * NUSD
    assert report(*uses, today=MONDAY + timedelta(days=7)).is_over


def test_each_day_stands_beside_such_days() -> None:
    found = report(day_use(0, spent=use(9)), day_use(0, ago=1, spent=use(2)), day_use(0, ago=2))
    assert found.days[0].usual_nusd == 3 * NUSD // 2
    assert found.days[1].usual_nusd == 0
    assert found.days[1].use.cost_nusd is None
    assert report(day_use()).days[0].usual_nusd is None


def test_the_dearest_category_is_first_with_its_likely_cause() -> None:
    before = [day_use(ago=ago, spent=use(2, 10)) for ago in range(1, 5)]
    found = report(*before, day_use(spent=use(8, 40)), day_use(category="docs", spent=use(0.5)))
    assert [one.name for one in found.categories] == ["feature", "docs"]
    feature, docs = found.categories
    assert feature.rise_nusd == 6 * NUSD
    assert feature.cause == Cause(kind="calls", nusd=30 * 1010 * 5000, was=10, now=40)
    assert docs.cause is None


@pytest.mark.parametrize(
    ("now", "has_cause"),
    [(11.99, False), (12, True), (5, False)],
    ids=["less than a fifth", "a fifth", "cheaper"],
)
def test_a_small_rise_is_how_weeks_are(now: float, has_cause: bool) -> None:
    before = [day_use(ago=ago, spent=use(10, 10)) for ago in range(1, 5)]
    (trend,) = report(*before, day_use(spent=use(now, 40))).categories
    assert (trend.cause is not None) == has_cause


@pytest.mark.parametrize(("now", "has_cause"), [(1.99, False), (2, True)])
def test_less_than_a_dollar_is_not_told(now: float, has_cause: bool) -> None:
    before = [day_use(ago=ago, spent=use(1, 10)) for ago in range(1, 5)]
    (trend,) = report(*before, day_use(spent=use(now, 40))).categories
    assert (trend.cause is not None) == has_cause


def test_categories_are_not_compared_with_weeks_that_have_none() -> None:
    unsorted = day_use(ago=1, category="unallocated", spent=use(3))
    few = day_use(ago=1, category="docs", spent=use(2.99))
    enough = day_use(ago=1, category="docs", spent=use(3))
    assert {one.usual for one in report(unsorted, few, day_use()).categories} == {None}
    assert None not in {one.usual for one in report(unsorted, enough, day_use()).categories}
    assert report(unsorted, few, day_use()).models[0].usual is not None


def test_models_are_added_up_over_all_categories() -> None:
    found = report(
        day_use(category="docs", spent=use(1)),
        day_use(category="feature", spent=use(2)),
        day_use(category="feature", model=HAIKU, spent=use(1)),
    )
    assert [(one.name, one.use.cost_nusd) for one in found.models] == [
        (OPUS, 3 * NUSD),
        (HAIKU, NUSD),
    ]


def test_what_has_no_price_is_not_nothing() -> None:
    found = report(day_use(model="mystery", spent=use(None, 3, unpriced_tokens=30)))
    assert found.use.cost_nusd is None
    assert found.use.unpriced_tokens == 30
    assert found.categories[0].rise_nusd is None


def test_the_dearest_losses_are_told_and_the_others_counted() -> None:
    losses = [loss("repeat", dollars) for dollars in (1, 7, 2, None, 3, 4, 5)]
    found = report(day_use(), losses=(*losses, loss("dump", 6)))
    assert [(one.hit.cost_nusd or 0) // NUSD for one in found.losses] == [7, 6, 5, 4, 3]
    assert found.more_losses == 3
    assert found.loops_nusd == 22 * NUSD
    assert found.by_kind == {"repeat": 22 * NUSD, "dump": 6 * NUSD}


@pytest.mark.parametrize("changes", [{}, {"first_day": None}, {"mismatches": None, "sums": None}])
def test_an_empty_week_is_a_report(changes: dict[str, Any]) -> None:
    found = report(**changes)
    assert (found.use.requests, found.categories, found.suggestions) == (0, (), ())
    assert len(found.days) == 7
