"""The page: every section, honest where something is not known, and without names if shared."""

from dataclasses import replace
from typing import Any

import pytest
from weekly_builders import busy_week, day_use, report, use

from aicost.core.weekly import TeamBand, WeeklyReport
from aicost.core.weekly_share import shared
from aicost.report.weekly_page import Chart, Items, Lines, Page, Section, Steps, Table, weekly_page

SECTIONS = [
    "Spend", "Worth trying", "What it was for", "What led nowhere", "Context and cache",
    "Models", "What came of it", "Budgets", "Not in these figures",
]  # fmt: skip


def section(page: Page, heading: str) -> Section:
    return next(one for one in page.sections if one.heading == heading)


def told(section: Section) -> str:
    return " ".join(
        line for block in section.blocks if isinstance(block, Lines) for line in block.lines
    )


def test_a_busy_week_has_every_section_and_kind_of_block() -> None:
    page = weekly_page(busy_week())
    assert [one.heading for one in page.sections] == SECTIONS
    kinds = {type(block) for one in page.sections for block in one.blocks}
    assert kinds == {Chart, Items, Lines, Steps, Table}


def test_a_week_without_gaps_names_none() -> None:
    page = weekly_page(report(day_use(), *(day_use(ago=ago) for ago in range(1, 5))))
    assert [one.heading for one in page.sections] == SECTIONS[:-1]


def test_tables_are_as_wide_as_their_headings() -> None:
    tables = [
        block
        for week in (busy_week(), report(day_use()), shared(busy_week(), lambda _: True))
        for one in weekly_page(week).sections
        for block in one.blocks
        if isinstance(block, Table)
    ]
    assert len(tables) > 5
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.headings)}
        assert not table.shares or len(table.shares) == len(table.rows)


def test_days_that_are_not_over_have_no_amount() -> None:
    week = report(day_use(0), day_use(1), today=day_use(1).day)
    chart = section(weekly_page(week), "Spend").blocks[0]
    assert isinstance(chart, Chart)
    assert [bar.text for bar in chart.bars] == ["$1.00", "$1.00", "", "", "", "", ""]
    assert chart.usual == ""


def test_a_week_that_is_not_known_is_no_empty_one() -> None:
    week = report(day_use(), day_use(ago=1), first_day=day_use(ago=1).day)
    page = weekly_page(week)
    chart = section(page, "Spend").blocks[1]
    assert isinstance(chart, Chart)
    assert [bar.text for bar in chart.bars] == ["not known"] * 3 + ["$1.00", "$1.00"]
    unknown = told(section(page, "Not in these figures"))
    assert "3 weeks before are not known: the logs begin later." in unknown


@pytest.mark.parametrize("heading", SECTIONS[1:4] + SECTIONS[6:7])
def test_without_evidence_nothing_is_claimed(heading: str) -> None:
    week = busy_week(has_evidence=False, losses=(), mismatches=None, hidden=None)
    page = weekly_page(WeeklyReport(**_without_suggestions(week)))
    assert told(section(page, heading)).startswith("Not known yet")
    assert "in loops" not in [name for _, name, _ in page.tiles]
    assert "Logs are still being read" in told(section(page, "Not in these figures"))


def _without_suggestions(week: WeeklyReport) -> dict[str, Any]:
    fields = {name: getattr(week, name) for name in WeeklyReport.__slots__}
    return fields | {"suggestions": ()}


def test_a_week_with_nothing_to_say_says_so() -> None:
    assert told(section(weekly_page(report(day_use())), "Worth trying")) == (
        "Nothing stands out this week."
    )
    page = weekly_page(report(day_use(ago=1)))
    assert page.headline == ("Nothing was used in this week.",)
    assert [one.heading for one in page.sections] == ["Spend"]


def test_the_foot_says_where_it_was_made_or_that_it_is_shared() -> None:
    week = busy_week()
    assert "Europe/Berlin" in weekly_page(week).footer
    assert "no names" in weekly_page(shared(week, lambda _: True)).footer


def test_amounts_that_others_read_have_no_cents() -> None:
    week = report(day_use(spent=use(12.34)), day_use(1, spent=use(0.2)))
    assert weekly_page(week).tiles[0][0] == "$12.54"
    assert weekly_page(shared(week, lambda _: True)).tiles[0][0] == "$13"
    chart = section(weekly_page(shared(week, lambda _: True)), "Spend").blocks[0]
    assert isinstance(chart, Chart)
    assert [bar.text for bar in chart.bars[:2]] == ["$12", "<$1"]


def test_the_team_is_in_the_page_if_it_is_known() -> None:
    week = report(day_use(), day_use(ago=1))
    band = TeamBand(week="2026-W46", sources=14, low_usd=21, middle_usd=38, high_usd=60)
    assert "Your team" not in told(section(weekly_page(week), "Spend"))
    assert "Your team in week 46" in told(section(weekly_page(replace(week, band=band)), "Spend"))
