"""What a call costs: list price of its day, exact, in whole nano-dollars. No I/O, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, Self, cast

from aicost.core.credits import CreditRates, Credits, credits_of
from aicost.core.model_ids import SYNTHETIC, ModelRef, parse_model_id
from aicost.core.price_json import BookContent, Recipe, decode_book
from aicost.core.tariffs import (
    LIST_TIERS,
    MAX_FACTOR_DECIMALS,
    MAX_RATE_DECIMALS,
    RATE_UNITS,
    STANDARD,
    ModelPrice,
    PriceEntry,
    Rates,
    Tariff,
)
from aicost.core.usage import TokenCounts, UsageEvent, requests_of

__all__ = [
    "AppliedRow", "Cost", "CostStatus", "ModelPrice", "PriceBook", "PriceEntry", "Rates", "Recipe",
    "Tariff", "Unpriced",
]  # fmt: skip

# priced: by a row of the book; tier_uncertain: at the standard price, because the tier that was
# asked for has no row; unpriced: not at all.
CostStatus = Literal["priced", "tier_uncertain", "unpriced"]

# Rates are held as whole sub-units of a nano-dollar, so that integers give the exact sum: dollars
# per million tokens x 1000 = nano-dollars per token, and this many decimals are left of a rate
# times a factor.
_SUBUNITS: int = 10 ** (MAX_RATE_DECIMALS - 3 + MAX_FACTOR_DECIMALS)
_NANO_PER_TOKEN = 1000 * _SUBUNITS
_NANO_PER_SEARCH = 1_000_000 * _SUBUNITS
_TIER_ALIASES = {"fast": "priority"}  # one thing under two names; a book keeps the second
_NO_MODEL = frozenset({"", "unknown"})
_NO_TARIFF = Tariff(rates=Rates())


@dataclass(frozen=True, slots=True)
class Cost:
    """The list price of one call, and the row of the book that it was taken from."""

    nusd: int
    model_id: str
    entry_start: datetime | None = None  # the row's first moment; None = since ever
    variant: str = STANDARD  # "fast", "batch" …
    is_long_prompt: bool = False  # a request in it was over the row's threshold
    unknown_tier: str = ""  # that was asked for and has no price of its own

    @property
    def status(self) -> CostStatus:
        """How sure the price is."""
        return "tier_uncertain" if self.unknown_tier else "priced"


@dataclass(frozen=True, slots=True)
class Unpriced:
    """No price is known for the call. Its tokens count, its cost is not known (never 0)."""

    model: str  # as logged
    tokens: int
    why: str

    @property
    def status(self) -> CostStatus:
        """How sure the price is: there is none."""
        return "unpriced"


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """One entry made ready for calls of one kind: sub-units per token, tier and place included."""

    model_id: str
    start: datetime | None
    variant: str
    unknown_tier: str
    standard: tuple[int | None, ...]  # in the order of RATE_UNITS
    threshold_tokens: int | None
    long: tuple[int | None, ...]
    web_search: int
    entry: PriceEntry | None = None  # None: the client's own notes, which no list has
    tariff: Tariff = _NO_TARIFF  # of the variant, the place not yet included
    factor: Decimal = Decimal(1)  # of the place


@dataclass(frozen=True, slots=True)
class _Terms:
    """How calls of one kind are priced: rows, newest first; or why they cannot be."""

    rows: tuple[AppliedRow, ...] = ()
    why: str = ""


class PriceBook:
    """Every known price. Immutable; answers are cached by the kind of call."""

    def __init__(self, book_id: str, content: BookContent) -> None:
        self.book_id = book_id
        self.content = content
        self._by_name = {alias: m for m in content.models.values() for alias in m.aliases}
        self._by_name |= content.models  # an id wins over another model's alias
        self._terms = lru_cache(maxsize=2048)(self._terms_of)
        self._found = lru_cache(maxsize=2048)(self._find)
        self._credit_rows = lru_cache(maxsize=2048)(self._find_credits)

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """Read a book. Raises ConfigError when it is not whole."""
        return cls(*decode_book(raw))

    def __reduce__(self) -> "tuple[type[PriceBook], tuple[str, BookContent]]":
        """Go to another process, without what is only remembered."""
        return PriceBook, (self.book_id, self.content)

    @property
    def models(self) -> Iterable[ModelPrice]:
        """Every priced model."""
        return self.content.models.values()

    @property
    def recipe(self) -> Recipe:
        """What the book was compiled from."""
        return self.content.recipe

    def model_price(self, model: str) -> ModelPrice | None:
        """Return what is known of a model as logged, or None. Exact ids and aliases only.

        Never by prefix: a new model would take an old one's price.
        """
        return self._found(model)[1]

    def cost_of(self, event: UsageEvent) -> Cost | Unpriced:
        """Return the list price of a call at its own time.

        A tier that the model has no price for costs the standard price, and the cost says so:
        its status is tier_uncertain.
        """
        terms = self._terms(event.model, event.speed, event.service_tier, event.inference_geo)
        for row in terms.rows:
            if row.start is None or row.start <= event.at:
                return _cost(event, row)
        return _unpriced(terms, event)

    def nusd_of(self, event: UsageEvent) -> int | None:
        """Return only the money of `cost_of`, None if the call cannot be priced; faster."""
        terms = self._terms(event.model, event.speed, event.service_tier, event.inference_geo)
        for row in terms.rows:
            if row.start is None or row.start <= event.at:
                subunits, _ = _subunits(event, row)
                return None if subunits is None else _rounded(subunits)
        return None

    def nusd_of_alike(self, events: Sequence[UsageEvent]) -> list[int | None]:
        """Return `nusd_of` of each of some calls of one model, speed, tier and place; faster."""
        first = events[0]
        terms = self._terms(first.model, first.speed, first.service_tier, first.inference_geo)
        row = terms.rows[0] if len(terms.rows) == 1 else None
        if row is None or row.start is not None or None in row.standard:
            return [self.nusd_of(event) for event in events]
        rates = cast("tuple[int, int, int, int, int]", row.standard)
        threshold, per_search, found = row.threshold_tokens, row.web_search, list[int | None]()
        for event in events:
            tokens = event.tokens
            if threshold is None or tokens.context_tokens <= threshold:
                searches = event.web_searches * per_search
                found.append(_rounded(_sum(tokens, rates) + searches))
            else:
                found.append(self.nusd_of(event))
        return found

    def row_of(self, event: UsageEvent) -> AppliedRow | None:
        """Return the row that prices a call, whether it has all rates for it or not."""
        terms = self._terms(event.model, event.speed, event.service_tier, event.inference_geo)
        return next((r for r in terms.rows if r.start is None or r.start <= event.at), None)

    def credits_of(self, event: UsageEvent) -> Credits | None:
        """Return the Codex credits of a call; None where no credit price is known.

        Only Codex pays in credits: another agent's call of the same model has none.
        """
        if event.agent != "codex":
            return None
        model_id, rows = self._credit_rows(event.model)
        return credits_of(event, model_id, rows)

    def context_window_tokens(self, model: str, context_tokens: int) -> int | None:
        """Return the window that a prompt of this size was made for; None for unknown models.

        A log names the larger window of older models only as `[1m]`; without it the smallest
        one holds until a prompt was larger.
        """
        ref, known = self._found(model)
        if known is None or not known.windows_tokens:
            return None
        largest = known.windows_tokens[-1]
        if ref.is_1m:
            return largest
        return next((w for w in known.windows_tokens if context_tokens <= w), largest)

    def _find(self, model: str) -> tuple[ModelRef, ModelPrice | None]:
        ref = parse_model_id(model)
        found = self._by_name.get(ref.id) or self._by_name.get(ref.id.removesuffix("-codex"))
        return ref, found

    def _find_credits(self, model: str) -> tuple[str, tuple[CreditRates, ...]]:
        ref, known = self._found(model)
        model_id = known.id if known else ref.id
        return model_id, self.content.credits.get(model_id, ())

    def _terms_of(self, model: str, speed: str, service_tier: str, inference_geo: str) -> _Terms:
        ref, known = self._found(model)
        if ref.id == SYNTHETIC:
            nothing = (0,) * len(RATE_UNITS)
            return _Terms((AppliedRow(SYNTHETIC, None, STANDARD, "", nothing, None, nothing, 0),))
        if known is None:
            why = "the log names no model" if ref.id in _NO_MODEL else "no price is known"
            return _Terms(why=self.content.unpriced.get(ref.id, why))
        by_geo = self.content.geo_multipliers.get(known.provider, {})
        factor = by_geo.get(inference_geo, Decimal(1))
        if ref.is_regional:  # two names of the same surcharge: never both
            factor = max(factor, known.regional_multiplier)
        rows = [_row(known.id, entry, speed, service_tier, factor) for entry in known.entries]
        return _Terms(tuple(reversed(rows)))


def _cost(event: UsageEvent, row: AppliedRow) -> Cost | Unpriced:
    subunits, is_long = _subunits(event, row)
    if subunits is None:
        why = f"no price of {row.variant} {_missing(event.tokens, row)} tokens"
        return Unpriced(event.model, event.tokens.total_tokens, why)
    nusd = _rounded(subunits)
    return Cost(nusd, row.model_id, row.start, row.variant, is_long, row.unknown_tier)


def _subunits(event: UsageEvent, row: AppliedRow) -> tuple[int | None, bool]:
    """Return (price in sub-units, None without one; whether it was a long prompt)."""
    tokens, threshold, is_long = event.tokens, row.threshold_tokens, False
    if threshold is None or tokens.context_tokens <= threshold:
        subunits = _charge(tokens, row.standard)
    else:
        requests = requests_of(tokens, event.parts)
        is_long = any(request.context_tokens > threshold for request in requests)
        subunits = _charge_by_length(requests, row, threshold)
    if subunits is None:
        return None, is_long
    return subunits + event.web_searches * row.web_search, is_long


def _row(
    model_id: str, entry: PriceEntry, speed: str, service_tier: str, factor: Decimal
) -> AppliedRow:
    variant, tariff, unknown_tier = _chosen(entry, speed, service_tier)
    return AppliedRow(
        model_id=model_id,
        start=entry.start,
        variant=variant,
        unknown_tier=unknown_tier,
        standard=_scaled(tariff.rates, factor),
        threshold_tokens=tariff.threshold_tokens,
        long=_scaled(tariff.long_rates or tariff.rates, factor),
        web_search=int(entry.web_search_kcount * _NANO_PER_SEARCH),
        entry=entry,
        tariff=tariff,
        factor=factor,
    )


def _chosen(entry: PriceEntry, speed: str, service_tier: str) -> tuple[str, Tariff, str]:
    """Return the variant's name and tariff, and what was asked for without a price of its own.

    The speed that served a call decides first.
    """
    names = {speed: (speed,), service_tier: (service_tier, _TIER_ALIASES.get(service_tier, ""))}
    wanted = [asked for asked in names if asked not in LIST_TIERS]
    for asked in wanted:
        for name in names[asked]:
            if name in entry.variants:
                others = (other for other in wanted if other != asked)
                return name, entry.variants[name], next(others, "")
    return STANDARD, entry.standard, next(iter(wanted), "")


def _scaled(rates: Rates, factor: Decimal) -> tuple[int | None, ...]:
    known: list[Decimal | None] = [getattr(rates, unit) for unit in RATE_UNITS]
    return tuple(None if r is None else int(r * factor * _NANO_PER_TOKEN) for r in known)


def _billed(tokens: TokenCounts) -> tuple[int, ...]:
    return tokens.counts()[: len(RATE_UNITS)]  # the same order; reasoning is part of output


def _charge_by_length(
    requests: tuple[TokenCounts, ...], row: AppliedRow, threshold_tokens: int
) -> int | None:
    total = 0
    for request in requests:
        is_long = request.context_tokens > threshold_tokens
        part = _charge(request, row.long if is_long else row.standard)
        if part is None:
            return None
        total += part
    return total


def _charge(tokens: TokenCounts, rates: tuple[int | None, ...]) -> int | None:
    """Return sub-units, or None when tokens of a kind without a price are among them."""
    if None not in rates:  # nearly always, and three times as fast as looking at each of them
        return _sum(tokens, cast("tuple[int, int, int, int, int]", rates))
    total = 0
    for count, rate in zip(_billed(tokens), rates):
        if count:
            if rate is None:
                return None
            total += count * rate
    return total


def _sum(tokens: TokenCounts, rates: tuple[int, int, int, int, int]) -> int:
    fresh, read, write_5m, write_1h, output = rates
    return (
        tokens.input_tokens * fresh
        + tokens.cache_read_tokens * read
        + tokens.cache_write_5m_tokens * write_5m
        + tokens.cache_write_1h_tokens * write_1h
        + tokens.output_tokens * output
    )


def _missing(tokens: TokenCounts, row: AppliedRow) -> str:
    kinds = (u.removesuffix("_mtok").replace("_", " ") for u in RATE_UNITS)
    return ", ".join(
        kind
        for kind, count, rate, long_rate in zip(kinds, _billed(tokens), row.standard, row.long)
        if count and (rate is None or long_rate is None)
    )


def _unpriced(terms: _Terms, event: UsageEvent) -> Unpriced:
    why = terms.why
    if terms.rows and (first := terms.rows[-1].start):
        why = f"no price before {first:%Y-%m-%d}"
    return Unpriced(event.model, event.tokens.total_tokens, why)


def _rounded(subunits: int) -> int:
    """Sub-units as whole nano-dollars, half-even: once per call, after all sums."""
    whole, rest = divmod(subunits, _SUBUNITS)
    twice = 2 * rest
    return whole + (twice > _SUBUNITS or (twice == _SUBUNITS and whole % 2 == 1))
