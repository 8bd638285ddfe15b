"""The lead's overview: sums of published cells, gaps where nothing is, reasons beside them."""

from datetime import date

import pytest

from aicost.core.team.overview import overview_of
from aicost.core.team.weekly_report import DayTotals, Sums, TeamWeek, Use, build_week

USD = 1_000_000


def week(
    name: str, people: int = 6, usd: int = 10, models: tuple[str, ...] = ("opus",)
) -> TeamWeek:
    uses = [
        Use(
            f"p{person}",
            "2026Q4",
            ("claude-code", model, "bugfix", "interactive", "", ""),
            Sums(cost_list_microusd=usd * USD, input=5_000),
        )
        for person in range(people)
        for model in models
    ]
    totals = [
        DayTotals(source=f"p{person}", epoch="2026Q4", active_days=2, commits=3)
        for person in range(people)
    ]
    return build_week(name, uses, totals)


def test_weeks_are_summed_as_they_were_published() -> None:
    seen = overview_of([week("2026-W46"), week("2026-W47", usd=20)])
    assert (seen.cost_usd, seen.tokens, seen.active_days) == (180, 60_000, 24)
    assert seen.usd_per_active_day == 7.5
    assert [line.usd_per_active_day for line in seen.weeks] == [5.0, 10.0]
    assert seen.weeks[0].monday == date(2026, 11, 9)
    commits = seen.outcomes[0]
    assert (commits.name, commits.count, commits.usd_each) == ("commits", 36, 5.0)
    assert [line.usd_each for line in seen.outcomes[1:]] == [None, None, None]


def test_a_week_of_few_is_a_gap_with_its_reason() -> None:
    seen = overview_of([week("2026-W45"), week("2026-W46", people=4), week("2026-W47", people=0)])
    assert [line.withheld for line in seen.weeks] == [None, "few", None]
    assert [line.total is None for line in seen.weeks] == [False, True, True]
    assert [line.week for line in seen.published] == ["2026-W45"]
    assert seen.weeks[1].usd_per_active_day is None
    assert seen.cost_usd == 60
    assert seen.withheld["few"] == 7  # the total, and the one cell of each group


@pytest.mark.parametrize(("costs", "usual"), [([1], None), ([2, 9], 12), ([9, 2, 3, 4, 5, 1], 21)])
def test_the_latest_week_stands_beside_four_before_it(
    costs: list[int], usual: float | None
) -> None:
    seen = overview_of([week(f"2026-W{40 + at}", usd=usd) for at, usd in enumerate(costs)])
    assert seen.usual_usd == usual


def test_what_is_in_the_total_but_in_no_cell_is_named() -> None:
    shown = week("2026-W46", models=("opus", "sonnet"))
    hidden = week("2026-W47", people=6)
    uses = [
        Use(
            f"p{person}", "2026Q4",
            ("claude-code", f"model{person}", "bugfix", "interactive", "", ""),
            Sums(cost_list_microusd=10 * USD),
        )
        for person in range(6)
    ]  # fmt: skip
    alone = build_week("2026-W47", uses, [])
    assert overview_of([shown, hidden]).groups["model"].not_shown_usd == 0
    group = overview_of([shown, alone]).groups["model"]
    assert [(line.key, line.cost_usd, line.weeks) for line in group.lines] == [
        ("opus", 60, 1),
        ("sonnet", 60, 1),
    ]
    assert group.not_shown_usd == 60
    assert group.withheld == {"few": 6}
    assert group.lines[0].share == 60 / 180


def test_nothing_is_no_week_and_no_share() -> None:
    seen = overview_of([])
    assert (seen.latest, seen.usd_per_active_day, seen.usual_usd) == (None, None, None)
    free = overview_of([week("2026-W47", usd=0)])
    assert free.groups["model"].lines[0].share is None
