"""What the page says: every figure, every gap with its reason, and nothing that is withheld."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
import team_weeks
from team_documents import row

from aicost.core.team.weekly_report import DayTotals, Sums, Use, build_week
from aicost.team import page
from aicost.team.database import Database
from aicost.team.publishing import published_weeks
from aicost.team.schema import migrate
from aicost.team.settings import TeamSettings

SETTINGS = TeamSettings(team="acme & co", head_count=20, cohorts=("pilot",))
TODAY = team_weeks.NOW.date()
VOID = {"meta", "link", "input"}


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    found = Database.at(str(tmp_path / "team.db"))
    migrate(found)
    yield found
    found.close()


def page_of(database: Database, weeks: int = 13, settings: TeamSettings = SETTINGS) -> str:
    first, last = page.range_of(weeks, TODAY)
    found = published_weeks(database, settings, first, last, TODAY)
    return page.overview_page(found, settings, weeks, has_session=True)


class Outline(HTMLParser):
    """Checks that elements close in order; keeps headings, ids and what points at them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open = list[str]()
        self.headings, self.ids, self.pointed = list[int](), list[str](), list[str]()
        self.wrong = list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        self.ids += [found["id"] or ""] if "id" in found else []
        self.pointed += [found[name] or "" for name in ("aria-labelledby",) if name in found]
        self.wrong += [name for name in found if name.startswith("on") or name == "style"]
        if tag == "th" and "scope" not in found:
            self.wrong.append("a th without scope")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def plain(text: str) -> str:
    """Return what a page says, without its charts."""
    text = re.sub(r"<(svg|style).*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_all_sections_are_there_and_well_formed(lite: Database) -> None:
    team_weeks.team(lite, quiet=[4])
    text = page_of(lite)
    outline = Outline(text)
    assert not outline.open
    assert not outline.wrong
    assert outline.headings[0] == 1
    assert set(outline.headings[1:]) == {2}
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.pointed) <= set(outline.ids)
    assert text.startswith('<!doctype html>\n<html lang="en">')
    assert "<script" not in text
    assert text.count("<table>") >= text.count('class="chart') - 8  # each chart has its table
    says = plain(text)
    for part in ("By category", "By model", "By project", "By cohort", "Per active developer day",
                 "What came of it", "What one developer spends", "What is withheld", "unallocated",
                 "12 of 20", "withheld: too few people", "acme &amp; co"):  # fmt: skip
        assert part in says, part


def test_figures_are_those_of_the_weeks(lite: Database) -> None:
    team_weeks.team(lite, weeks=1)
    # 12 people on 2 days, 6 rows: $2.00, and a cent more for each person before.
    cost = round(2 * 6 * sum(2 + person / 100 for person in range(12)))
    says = plain(page_of(lite, 4))
    assert f"Spent in these weeks ${cost}" in says
    assert f"Per active developer day ${cost / 24:.2f}" in says
    assert "no earlier week to compare with" in says
    assert "feature $99 33 %" in says


def test_a_small_team_sees_why_there_is_nothing(lite: Database) -> None:
    team_weeks.team(lite, people=4, weeks=2)
    says = plain(page_of(lite, 4))
    assert "Nothing to show yet" in says
    assert "withheld" in says
    assert "$" not in says.partition("What is withheld")[0]
    assert "shop" not in says


def test_words_of_few_people_are_nowhere(lite: Database) -> None:
    team_weeks.team(lite, weeks=1)
    rare = row(model="claude-rare-1", project="secretproject", cost_list_microusd=5_000_000)
    team_weeks.send(lite, "p1", date(2026, 11, 21), rare)
    text = page_of(lite)
    assert "rare" not in text
    assert "secretproject" not in text
    assert "p1" not in plain(text)


def test_what_one_person_did_is_not_told_of_all() -> None:
    words = ("claude-code", "opus", "bugfix", "interactive", "", "")
    uses = [
        Use(name, "2026Q4", words, Sums(cost_list_microusd=10**7, input=9_000)) for name in "ABCDEF"
    ]
    uses[0] = replace(uses[0], sums=replace(uses[0].sums, unpriced_tokens=7_000))
    totals = [DayTotals(source=name, epoch="2026Q4", active_days=2, commits=3) for name in "ABCDEF"]
    totals[0] = replace(totals[0], reverted=4, abandoned_microusd=9 * 10**6)
    week = build_week("2026-W46", uses, totals)
    text = plain(page.overview_page([week], SETTINGS, 13, has_session=False))
    assert "some without a known price" in text
    assert "Reverted commits withheld" in text
    assert "Thrown away withheld" in text
    assert "Commits 18" in text


def test_labels_cannot_be_markup(lite: Database) -> None:
    for person in range(6):
        team_weeks.send(lite, f"p{person}", date(2026, 11, 20), row(project="<img src=x>"))
    text = page_of(lite)
    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text


def test_bands_need_ten_people(lite: Database) -> None:
    team_weeks.team(lite, people=9, weeks=1)
    assert "Shown for weeks with ten people or more" in plain(page_of(lite))


@pytest.mark.parametrize(
    ("head_count", "says"),
    [(None, "was not told how many"), (12, "who sent days of it"), (11, "under two names")],
)
def test_people_are_held_against_the_head_count(
    lite: Database, head_count: int | None, says: str
) -> None:
    team_weeks.team(lite, weeks=1)
    settings = TeamSettings(team="acme", head_count=head_count)
    assert says in plain(page_of(lite, 4, settings))


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 25), date(2026, 10, 19), date(2026, 11, 15)),
        (date(2026, 11, 26), date(2026, 10, 26), date(2026, 11, 22)),
        (date(2026, 12, 2), date(2026, 10, 26), date(2026, 11, 22)),
    ],
)
def test_a_range_ends_with_the_last_week_that_is_published(
    today: date, first: date, last: date
) -> None:
    assert page.range_of(4, today) == (first, last)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1_000, "1.0k"), (9_949, "9.9k"), (12_345, "12k"), (2.3e9, "2.3B")],
)
def test_tokens_are_short(value: int, text: str) -> None:
    assert page.tokens(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "—"), (0, "0 %"), (0.004, "<1 %"), (0.006, "1 %"), (1, "100 %")]
)
def test_a_small_share_is_not_nothing(share: float | None, text: str) -> None:
    assert page.percent(share) == text


def test_cents_end_where_they_say_nothing() -> None:
    assert [page.cents(one) for one in (None, 0.5, 99.99, 1_234.5)] == [
        "—", "$0.50", "$99.99", "$1,234",
    ]  # fmt: skip


def test_the_form_says_what_was_wrong() -> None:
    assert 'role="alert"' in page.login_page(SETTINGS, "no")
    assert "alert" not in page.login_page(SETTINGS)
    assert not Outline(page.login_page(SETTINGS, "no")).open
