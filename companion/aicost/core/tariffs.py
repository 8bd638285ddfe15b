"""What a price list says: rates of a model, dated. Plain values; the arithmetic is in prices."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

MAX_RATE = 1000  # US dollars per million tokens, or per thousand searches
MAX_RATE_DECIMALS = 8
MAX_FACTOR = 10  # of a region or a place
MAX_FACTOR_DECIMALS = 4
STANDARD = "standard"  # the name of the list price among the variants
OWN = "yours"  # how the source of a price begins that is the user's own
_OWN_DAY = re.compile(rf"{OWN} of (\d{{4}}-\d\d-\d\d)")
LIST_TIERS = frozenset({"", STANDARD, "default"})  # as logged: nothing special was asked for
RateUnit = Literal[
    "input_mtok", "cache_read_mtok", "cache_write_5m_mtok", "cache_write_1h_mtok", "output_mtok"
]
RATE_UNITS: tuple[RateUnit, ...] = get_args(RateUnit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """US dollars per million tokens, 0..1000. None: no price is known for that kind of token.

    The two cache writes are the short and the long lifetime: 5 minutes and 1 hour at Anthropic,
    30 minutes and 12 hours at OpenAI.
    """

    input_mtok: Decimal | None = None
    cache_read_mtok: Decimal | None = None
    cache_write_5m_mtok: Decimal | None = None
    cache_write_1h_mtok: Decimal | None = None
    output_mtok: Decimal | None = None

    def times(self, factor: Decimal) -> "Rates":
        """Return every known rate multiplied."""
        return Rates(
            **{
                unit: None if (rate := getattr(self, unit)) is None else rate * factor
                for unit in RATE_UNITS
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Rates of one way to be served.

    A request whose prompt is longer than `threshold_tokens` costs `long_rates` for all its
    tokens, not only for those above. Both None: one price for every length.
    """

    rates: Rates
    threshold_tokens: int | None = None
    long_rates: Rates | None = None

    def times(self, factor: Decimal) -> "Tariff":
        """Return the tariff with every rate multiplied, the threshold kept."""
        long_rates = None if self.long_rates is None else self.long_rates.times(factor)
        return Tariff(
            rates=self.rates.times(factor),
            threshold_tokens=self.threshold_tokens,
            long_rates=long_rates,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """One model's prices from `start` (inclusive, UTC) until the next entry's start."""

    start: datetime | None = None  # None: since ever
    standard: Tariff
    variants: Mapping[str, Tariff] = field(default_factory=dict)  # "fast", "batch", "priority" …
    web_search_kcount: Decimal = Decimal(10)  # US dollars per 1,000 searches
    source: str = ""  # where the numbers come from
    checked: str = ""  # YYYY-MM-DD a person compared them with the source; "" = nobody did

    def tariff_of(self, variant: str) -> Tariff | None:
        """Return a variant's tariff, None if there is no such variant."""
        return self.standard if variant == STANDARD else self.variants.get(variant)

    def source_of(self, variant: str) -> str:
        """Return where a variant's numbers come from: `source` names what differs as `fast: …`."""
        names = "|".join(map(re.escape, (STANDARD, *self.variants)))
        first, *others = re.split(rf"; (?=(?:{names}): )", self.source)
        own = [text for text in others if text.startswith(f"{variant}: ")]
        return own[-1].removeprefix(f"{variant}: ") if own else first

    def checked_of(self, variant: str) -> str:
        """Return the day a variant's numbers were compared, YYYY-MM-DD; of the user's, were set."""
        source = self.source_of(variant)
        if not source.startswith(OWN):
            return self.checked
        found = _OWN_DAY.match(source)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """All that is known of one model: prices by date, oldest first, and its context windows."""

    id: str
    provider: str  # "anthropic", "openai"
    entries: tuple[PriceEntry, ...]
    aliases: tuple[str, ...] = ()
    windows_tokens: tuple[int, ...] = ()  # smallest first; the larger ones must be asked for
    regional_multiplier: Decimal = Decimal(1)  # for ids bound to one AWS region


def entry_at(entries: tuple[PriceEntry, ...], at: datetime | None) -> PriceEntry | None:
    """Return the entry in force at a moment (None: before all dates), if there is one by then."""
    earlier = [e for e in entries if e.start is None or (at is not None and e.start <= at)]
    return earlier[-1] if earlier else None


def priced_since(
    entries: tuple[PriceEntry, ...], entry: PriceEntry, variant: str
) -> datetime | None:
    """Return when a variant's price began (None: since ever): other variants change entries, too.

    `entry` is one of `entries`, oldest first.
    """
    at = entries.index(entry)
    while at > 0 and entries[at - 1].tariff_of(variant) == entry.tariff_of(variant):
        at -= 1
    return entries[at].start


def without_repeats(entries: Iterable[PriceEntry]) -> Iterator[PriceEntry]:
    """Leave out the dates on which nothing changed after all."""
    last: PriceEntry | None = None
    for entry in entries:
        if last is None or replace(entry, start=last.start) != last:
            yield entry
            last = entry


def decimals(number: Decimal) -> int:
    """Return how many digits stand behind the point, trailing zeros not counted."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
