"""The answer to `weekly`: a week's report, as it was kept, or made now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from aicost.core.days import LocalDays, from_us
from aicost.core.errors import ConfigError
from aicost.core.team.documents import OTHER_MODEL
from aicost.core.team.words import model_words
from aicost.core.weekly import TeamBand, WeeklyReport, build_weekly
from aicost.core.weekly_share import shared
from aicost.core.weeks import last_full_week, monday_of, week_name, week_named
from aicost.daemon.answers import Question, converted
from aicost.daemon.weekly_files import read_weekly, write_weekly
from aicost.platform.dirs import Dirs
from aicost.prices.book import load_price_book
from aicost.store.journal import read_events
from aicost.store.mismatches import list_prices
from aicost.store.queries import meta
from aicost.store.weekly import weekly_facts


class WeeklyQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `weekly`."""

    week: str | None = None  # "2026-W47"; None: the last one that is over
    share: bool = False  # without names, with rounded amounts
    renew: bool = False  # make it now, also if it was kept
    format: Literal["table", "json", "markdown", "html"] = "table"
    width: int = 80
    colour: bool = False
    homes: tuple[str, ...] = ()  # a week is of all that the ledger knows


def weekly(dirs: Dirs, question: Question, params: Mapping[str, object]) -> str:
    """Answer `weekly`. Raises ConfigError for what cannot be asked, sqlite3.Error, StoreError."""
    query = converted(params, WeeklyQuery)
    monday = _asked_week(query.week, _today(question))
    kept = read_weekly(dirs.weekly_file(week_name(monday)))
    if kept is None or query.renew:
        report = keep_week(dirs, question, monday, kept.band if kept else None)
    else:
        report = kept
    if query.share:
        book = load_price_book(dirs.prices_dir)  # the public list: no price of the user's own
        report = shared(
            report, lambda name: model_words(name, book.model_price).model != OTHER_MODEL
        )
    return _shown(report, query)


def keep_week(
    dirs: Dirs, question: Question, monday: date, band: TeamBand | None = None
) -> WeeklyReport:
    """Make a week's report; keep it if the week is over and all its logs are read.

    Raises sqlite3.Error, StoreError.
    """
    report = replace(make_week(dirs, question, monday), band=band)
    if report.is_over and report.complete and report.has_evidence and report.use.requests:
        write_weekly(dirs.weekly_file(report.week), report)
    return report


def make_week(dirs: Dirs, question: Question, monday: date) -> WeeklyReport:
    """Return a week's report as the ledger and the journal have it now.

    Raises sqlite3.Error, StoreError.
    """
    begin = from_us(LocalDays(_zone(question)).start_us(monday))
    events = read_events(dirs.journal_file, begin)
    facts = weekly_facts(question.db, question.book, monday, question.now, events)
    facts = replace(facts, complete=question.complete, has_evidence=question.has_evidence)
    if not question.has_evidence:
        facts = replace(facts, mismatches=None, hidden=None)
    return build_weekly(facts, list_prices(question.book, question.now))


def _zone(question: Question) -> ZoneInfo:
    return ZoneInfo(meta(question.db, "timezone"))


def _today(question: Question) -> date:
    return question.now.astimezone(_zone(question)).date()


def _asked_week(name: str | None, today: date) -> date:
    if name is None:
        return last_full_week(today)
    try:
        monday = week_named(name)
    except ValueError as error:
        raise ConfigError(
            f"there is no week {name!r}",
            why="a week is a year and its number: 2026-W47",
            hint=f"aicost weekly --week {week_name(last_full_week(today))}",
        ) from error
    if monday > today:
        raise ConfigError(
            f"{name} has not begun",
            why=f"it begins on {monday}",
            hint=f"aicost weekly --week {week_name(monday_of(today))}",
        )
    if monday < date(1971, 1, 4):
        raise ConfigError(f"no log is as old as {name}", hint="aicost report --by week")
    return monday


def _shown(report: WeeklyReport, query: WeeklyQuery) -> str:
    match query.format:
        case "table":
            from aicost.report.tables import Style
            from aicost.report.weekly_text import weekly_text

            return weekly_text(report, Style(query.width, query.colour))
        case "markdown":
            from aicost.report.weekly_markdown import weekly_markdown

            return weekly_markdown(report)
        case "html":
            from aicost.report.weekly_html import weekly_html

            return weekly_html(report)
        case "json":
            from aicost.report.documents import as_json
            from aicost.report.weekly_document import weekly_document

            return as_json(weekly_document(report))
