"""What a team's server publishes of its people's spend: the newest band, for the weekly report."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Protocol

import msgspec

from aicost.core.team.anonymity import LEAST_FOR_BANDS
from aicost.core.weekly import TeamBand
from aicost.core.weeks import DAYS, week_named

LOOKS_BACK = 4  # weeks; what is published is some weeks behind
_MOST_USD = 10**9  # nobody spends more in a week: it is no amount


class _Row(msgspec.Struct):
    key: str
    sources: int
    bands_usd: tuple[int, int, int] | None = None


class _Report(msgspec.Struct):
    rows: tuple[_Row, ...]


class Reporting(Protocol):
    """A server that is asked for a report."""

    def report(self, first: date, last: date) -> Mapping[str, Any]:
        """Return what is published of the weeks of some days. Raises SyncRejected."""
        ...


def fetch_band(server: Reporting, monday: date) -> TeamBand | None:
    """Return the newest band up to a week; None if none is published. Raises SyncRejected."""
    first, last = monday - timedelta(weeks=LOOKS_BACK), monday + timedelta(days=DAYS - 1)
    try:
        said = msgspec.convert(dict(server.report(first, last)), _Report)
    except msgspec.MsgspecError:
        return None  # a server of another kind: nothing is known
    return max(_bands(said, first, monday), key=lambda one: one.week, default=None)


def _bands(said: _Report, first: date, last: date) -> Iterator[TeamBand]:
    """Yield what can be believed: of these weeks, in order, and of enough people."""
    for row in said.rows:
        if row.bands_usd is None or not LEAST_FOR_BANDS <= row.sources <= _MOST_USD:
            continue
        low, middle, high = row.bands_usd
        if 0 <= low <= middle <= high <= _MOST_USD and _is_between(row.key, first, last):
            yield TeamBand(
                week=row.key, sources=row.sources, low_usd=low, middle_usd=middle, high_usd=high
            )


def _is_between(week: str, first: date, last: date) -> bool:
    try:
        return first <= week_named(week) <= last
    except ValueError:
        return False
