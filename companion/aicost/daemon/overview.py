"""The answer to `status`, from a read-only ledger and what the reader says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from aicost.core.days import LocalDays, to_us
from aicost.core.prices import PriceBook
from aicost.core.reports import ReportQuery, without_evidence
from aicost.core.session import Running
from aicost.core.view import BurnRate, SessionRow
from aicost.daemon.answers import BURN_WINDOW_S, Question, converted, live_rows, parted
from aicost.daemon.nudging import Advise, no_advice
from aicost.report.documents import as_json
from aicost.report.status import ReaderState, Status, status_document, status_screen
from aicost.store import dashboard, reports
from aicost.store.limits import plan_limits


class OverviewQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `status`."""

    homes: tuple[str, ...] = ()


def overview(
    question: Question,
    running: Running,
    reader: ReaderState,
    params: Mapping[str, object],
    advise: Advise = no_advice,
) -> str:
    """Answer `status`. Raises ConfigError, sqlite3.Error.

    `running` holds those of the homes that are asked about; `advise` says what holds of them.
    """
    shown, rest = parted(params)
    query = converted(rest, OverviewQuery)
    sessions = live_rows(question, running, query.homes)
    advice = advise(sessions)
    status = replace(
        _status(question, sessions, reader, query.homes),
        budgets=advice.budgets,
        nudges=advice.nudges,
    )
    if shown.format == "json":
        return as_json(status_document(status))
    return status_screen(status, shown.style, question.zone)


def _status(
    question: Question, sessions: Sequence[SessionRow], reader: ReaderState, homes: Sequence[str]
) -> Status:
    day = date.fromordinal(LocalDays(question.zone).day_of(to_us(question.now)))
    asked = ReportQuery(since=day, until=day, timezone=question.zone.key, homes=tuple(homes))
    today = replace(
        reports.report(question.db, asked),
        complete=question.complete,
        pending_bytes=question.pending_bytes,
    )
    return Status(
        at=question.now,
        day=day.isoformat(),
        today=today if question.has_evidence else without_evidence(today),
        burn=_burn(question, homes),
        sessions=sessions,
        limits=plan_limits(question.db, homes),
        reader=reader,
        price_book=question.book.book_id,
        priced_on=priced_on(question.book),
    )


def _burn(question: Question, homes: Sequence[str]) -> BurnRate:
    burns = dashboard.burn_by_session(question.db, to_us(question.now), BURN_WINDOW_S)
    if homes and burns:
        known = set(dashboard.session_ids(question.db, homes))
        burns = {name: burn for name, burn in burns.items() if name in known}
    return dashboard.total_burn(burns.values(), BURN_WINDOW_S)


def priced_on(book: PriceBook) -> str:
    """Return the last day on which a price in a book was looked at, "" if none says so."""
    checked = (entry.checked for model in book.models for entry in model.entries)
    return max((book.recipe.fetched[:10], *checked), default="")
