"""A weekly report as a page: its words once, for the terminal, for Markdown and for HTML.

All text is cleaned here; a renderer only escapes it. Signs and order are the same everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicost.core.weekly import WeeklyReport
from aicost.report.weekly_parts import (
    budget_lines,
    habit_lines,
    loss_items,
    loss_lines,
    mismatch_lines,
    outcome_lines,
    outcome_rows,
    team_lines,
    unknown_lines,
)
from aicost.report.weekly_words import (
    Words,
    cause_lines,
    headline,
    suggestion_steps,
    tiles,
    title,
    trend_rows,
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, one below the other."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """What to try, numbered: what, why, how much."""

    steps: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below headings. `texts`: columns that stand left; others are numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: frozenset[int] = frozenset((0,))
    shares: tuple[float, ...] = ()  # of each row, 0 to 1: how much of the whole it is
    ranks: tuple[int, ...] = ()  # of each column: where there is no room the highest goes first


@dataclass(frozen=True, slots=True)
class Items:
    """What happened, where ("": not said), what it cost."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    text: str  # its amount
    value: int | None  # None: not known, or not yet
    usual: int | None = None  # None: not known
    usual_text: str = ""
    is_this: bool = False  # the one that it is about


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one measure; `usual` is what the marks on them mean, "" without marks."""

    name: str
    bars: tuple[Bar, ...]
    usual: str = ""


Block = Lines | Steps | Items | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole."""

    title: str
    headline: tuple[str, ...]  # sentences
    tiles: tuple[tuple[str, str, str], ...]  # figure, what it is, more about it
    sections: tuple[Section, ...]
    footer: str


_RANKS = (0, 0, 3, 4, 2, 1)  # of a trend: its name and its cost always stay
_NO_EVIDENCE = "Not known yet: what the logs say of it is not all read."


def weekly_page(report: WeeklyReport) -> Page:
    """Return the page of a report."""
    words = Words(report)
    sections = [Section("Spend", _spend(report, words))]
    if report.use.requests:
        sections += _about_its_use(report, words)
    if unknown := tuple(unknown_lines(report, words)):
        sections.append(Section("Not in these figures", (Lines(unknown),)))
    return Page(
        title=title(report),
        headline=tuple(headline(report, words)),
        tiles=tuple(tiles(report, words)),
        sections=tuple(sections),
        footer=_footer(report),
    )


def _about_its_use(report: WeeklyReport, words: Words) -> tuple[Section, ...]:
    return (
        Section("Worth trying", _advice(report, words)),
        Section("What it was for", _tasks(report, words)),
        Section("What led nowhere", _losses(report, words)),
        Section("Context and cache", (Lines(tuple(habit_lines(report, words))),)),
        Section("Models", _models(report, words)),
        Section("What came of it", _outcomes(report, words)),
        Section("Budgets", (Lines(tuple(budget_lines(report.events))),)),
    )


def _spend(report: WeeklyReport, words: Words) -> tuple[Block, ...]:
    days = Chart(
        name="Dollars by day",
        bars=tuple(
            Bar(
                label=f"{one.day:%a}",
                text=words.cost(one.use) if one.is_over else "",
                value=one.use.cost_nusd if one.is_over else None,
                usual=one.usual_nusd,
                usual_text="" if one.usual_nusd is None else words.money(one.usual_nusd),
                is_this=True,
            )
            for one in report.days
        ),
        usual="usual on such a day" if report.usual else "",
    )
    weeks = Chart(
        name="Dollars by week",
        bars=tuple(
            Bar(
                label=one.week.partition("-")[2],
                text=words.cost(one.use) if one.is_known else "not known",
                value=one.use.cost_nusd if one.is_known else None,
                is_this=one.week == report.week,
            )
            for one in report.weeks
        ),
    )
    team = tuple(team_lines(report, words))
    return (days, weeks, Lines(team)) if team else (days, weeks)


def _advice(report: WeeklyReport, words: Words) -> tuple[Block, ...]:
    if report.suggestions:
        return (Steps(tuple(suggestion_steps(report, words))),)
    if not report.has_evidence:
        return (Lines((_NO_EVIDENCE,)),)
    return (Lines(("Nothing stands out this week.",)),)


def _tasks(report: WeeklyReport, words: Words) -> tuple[Block, ...]:
    if not report.has_evidence:
        return (Lines((_NO_EVIDENCE,)),)
    table = _trend_table("Task", trend_rows(report.categories, words))
    causes = tuple(cause_lines(report.categories, words))
    return (table, Lines(causes)) if causes else (table,)


def _losses(report: WeeklyReport, words: Words) -> tuple[Block, ...]:
    if not report.has_evidence:
        return (Lines((_NO_EVIDENCE,)),)
    lines = Lines(tuple(loss_lines(report, words)))
    if not report.losses:
        return (lines,)
    return Items(tuple(loss_items(report, words))), lines


def _models(report: WeeklyReport, words: Words) -> tuple[Block, ...]:
    table = _trend_table("Model", trend_rows(report.models, words))
    return table, Lines(tuple(mismatch_lines(report, words)))


def _trend_table(heading: str, rows: Sequence[tuple[tuple[str, ...], float]]) -> Table:
    cells = tuple(row for row, _ in rows)
    headings = (heading, "Cost", "Share", "Calls", "Usual week", "Change")
    width = len(cells[0]) if cells else 0
    return Table(
        headings[:width], cells, shares=tuple(share for _, share in rows), ranks=_RANKS[:width]
    )


def _outcomes(report: WeeklyReport, words: Words) -> tuple[Block, ...]:
    if not report.has_evidence:
        return (Lines((_NO_EVIDENCE,)),)
    rows = tuple(outcome_rows(report, words))
    lines = Lines(tuple(outcome_lines(report, words)))
    if not rows:
        return (lines,)
    headings = ("Outcome so far", "Sessions", "Cost", "Meaning")
    return lines, Table(headings, rows, frozenset((0, 3)), ranks=(0, 1, 0, 2))


def _footer(report: WeeklyReport) -> str:
    if report.is_shared:
        return "Made by aicost weekly --share: no names, amounts rounded to dollars."
    zone = report.timezone
    return f"Made by aicost weekly on this machine. Days of {zone}, list prices. Nothing was sent."
