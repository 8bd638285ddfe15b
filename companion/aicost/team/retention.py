"""What the server forgets by itself: who sent which days, then what was published of them.

A month's days go 35 days after its end, or once nobody can send them any more if that is later;
with them go the names they came under. Until then whoever sent them can correct or delete them.
Their weeks are published before, and what is published stays for the months that were promised.
Without names nobody could be counted, so nothing else of days is kept.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.concurrency import run_in_threadpool

from aicost.core.errors import StoreError
from aicost.core.team.pseudonyms import epoch_of
from aicost.core.team.weekly_report import week_of
from aicost.team.database import Database
from aicost.team.publishing import published_weeks
from aicost.team.settings import TeamSettings

log = logging.getLogger(__name__)

NAMES_DAYS = 35  # after a month's end
_AHEAD_DAYS = 28
ROUND_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much one round deleted."""

    days: int
    sources: int
    weeks: int


def first_kept_day(today: date, settings: TeamSettings) -> date:
    """Return the first day whose documents are kept; a Monday, for weeks go whole."""
    closed = (today - timedelta(days=NAMES_DAYS)).replace(day=1)
    named = min(closed, today - timedelta(days=settings.days_back))
    promised = _months_before(today, settings.retention_months)
    return max(_monday(named), promised + timedelta(days=-promised.weekday() % 7))


def forget_old(database: Database, settings: TeamSettings, today: date) -> Forgotten:
    """Publish what is about to go, and delete what was kept long enough. Raises StoreError."""
    first = first_kept_day(today, settings)
    with database.transaction(reading=True) as change:
        days = change.rows("SELECT DISTINCT day FROM source_day WHERE day < ?", first.isoformat())
    for monday in sorted({_monday(date.fromisoformat(str(day))) for (day,) in days}):
        published_weeks(database, settings, monday, monday + timedelta(days=6), today)
    first_week = week_of(_months_before(today, settings.retention_months))
    with database.transaction() as change:
        change.run("DELETE FROM day_row WHERE day < ?", first.isoformat())
        number = change.run("DELETE FROM source_day WHERE day < ?", first.isoformat())
        sources = change.run(
            "DELETE FROM source WHERE epoch < ? AND NOT EXISTS"
            " (SELECT 1 FROM source_day d WHERE d.source = source.id)",
            epoch_of(first),
        )
        change.run("DELETE FROM week_change WHERE week < ?", week_of(first))
        weeks = change.run("DELETE FROM published_week WHERE week < ?", first_week)
    return Forgotten(number, sources, weeks)


async def keep_tidy(
    database: Database, settings: TeamSettings, now: Callable[[], datetime]
) -> None:
    """Delete and publish what is due, now and several times a day; `now` is the clock."""
    while True:
        today = now().astimezone(UTC).date()
        try:
            found = await run_in_threadpool(forget_old, database, settings, today)
            first = today - timedelta(days=_AHEAD_DAYS)  # so that no reader waits for it
            await run_in_threadpool(published_weeks, database, settings, first, today, today)
        except StoreError as error:  # the next round deletes it
            log.warning("%s: %s", error.what, error.why)
        else:
            if any((found.days, found.sources, found.weeks)):
                log.info(
                    "forgot %d days, %d sources, %d published weeks",
                    found.days, found.sources, found.weeks,
                )  # fmt: skip
        await asyncio.sleep(ROUND_S)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _months_before(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))
