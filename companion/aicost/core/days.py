"""Local days of moments in time. Pure: the zone is an argument."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY = date(1970, 1, 1)  # logs are younger, and every zone knows it
LAST_DAY = date(9999, 12, 30)  # the next one has no end
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_US = 900_000_000  # since 2012 every zone's midnight is on a quarter of an hour UTC
_CACHED_QUARTERS = 100_000  # three years of quarters


def to_us(at: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC, exact (no float). `at` is timezone-aware."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_us(at_us: int) -> datetime:
    """Return the moment `at_us` microseconds after 1970-01-01 UTC."""
    return _EPOCH + timedelta(microseconds=at_us)


class LocalDays:
    """Maps moments to days of one time zone, as `date.toordinal()` numbers."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._by_quarter: dict[int, int] = {}

    def day_of(self, at_us: int) -> int:
        """Return the ordinal of the local day that holds the moment."""
        quarter = at_us // _QUARTER_US
        day = self._by_quarter.get(quarter)
        if day is None:
            if len(self._by_quarter) >= _CACHED_QUARTERS:
                self._by_quarter.clear()
            start = from_us(quarter * _QUARTER_US)
            day = self._by_quarter[quarter] = start.astimezone(self.zone).date().toordinal()
        return day

    def start_us(self, day: date) -> int:
        """Return the first moment of a local day."""
        # Midnight may not exist where clocks go forward at 00:00: fold=0 then names the moment
        # an hour on, which is the first of the day.
        return to_us(datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC))
