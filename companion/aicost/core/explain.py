"""Why a call costs what it costs: the row of the price book, and every product of the sum. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from aicost.core.credits import Credits
from aicost.core.outcome import Verdict
from aicost.core.prices import AppliedRow, Cost, CostStatus, PriceBook
from aicost.core.purpose import Purpose
from aicost.core.reconcile import Finding
from aicost.core.tariffs import RATE_UNITS, STANDARD, Rates, RateUnit, priced_since
from aicost.core.tasks import Task
from aicost.core.usage import TokenCounts, UsageEvent, requests_of
from aicost.core.waste.hits import Hit
from aicost.core.waste.progress import Progress

TokenKind = Literal["input", "cache_read", "cache_write_5m", "cache_write_1h", "output"]
ChargeKind = Literal[TokenKind, "web_search"]
_KINDS: tuple[TokenKind, ...] = get_args(TokenKind)  # in the order of RATE_UNITS
_NUSD_PER_USD = 1_000_000_000
_MTOK = 1_000_000
_KCOUNT = 1_000


@dataclass(frozen=True, slots=True)
class Charge:
    """One product of a call's price."""

    kind: ChargeKind
    count: int  # tokens, or searches
    rate_usd: (
        Decimal | None
    )  # for a million tokens, or a thousand searches; tier and place included
    is_long: bool = False  # of requests over the row's limit

    @property
    def nusd(self) -> Decimal | None:
        """Nano-dollars, exact: a call is rounded once, after its sum. None without a rate."""
        if self.rate_usd is None:
            return None
        return self.count * self.rate_usd * _NUSD_PER_USD / self.per

    @property
    def per(self) -> int:
        """How many of its kind the rate is for."""
        return _KCOUNT if self.kind == "web_search" else _MTOK


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceExplained:
    """The price of one call, taken apart. The charges add up to `nusd`, rounded half-even once."""

    nusd: int | None  # None: no price is known
    status: CostStatus
    why: str = ""  # there is no price
    model_id: str = ""  # in the price book; "": it has no row for the call
    row_from: datetime | None = None  # since when the tier costs this; None: since ever
    source: str = ""
    checked: str = ""  # YYYY-MM-DD
    tier: str = STANDARD  # that is priced
    unknown_tier: str = ""  # that was asked for and has no price
    tier_factor: Decimal | None = None  # to the standard rates, if it is the same for all of them
    place_factor: Decimal = Decimal(1)  # already in the charges' rates
    above_tokens: int | None = None  # longer requests cost more
    is_long_prompt: bool = False  # one of them did
    charges: tuple[Charge, ...] = ()
    credits: Credits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallExplained:
    """One call: what it consumed, what that costs, and what the ledger has of it."""

    event: UsageEvent
    turn_id: str  # the prompt it belongs to, also for a subagent's call; "": none
    price: PriceExplained
    ledger_nusd: int | None  # with the price book it was recorded or last priced with …
    ledger_book: str  # … this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The answer to `explain`: the calls of a call, turn or session, oldest first."""

    kind: Literal["call", "turn", "session"]
    id: str
    price_book: str
    calls: tuple[CallExplained, ...]
    hidden: tuple[Finding, ...] = ()  # of a session: what its client counts besides, by model
    outcome: Verdict | None = None  # of a session; None: not judged
    purpose: Purpose | None = None  # of a turn or session; None: nothing tells it
    tasks: tuple[Task, ...] = ()  # of a session, or the one that a turn belongs to
    waste: tuple[Hit, ...] = ()  # of a turn or session: what of it led nowhere
    progress: Progress | None = None  # of a session
    complete: bool = True
    pending_bytes: int = 0


def explain(event: UsageEvent, book: PriceBook) -> PriceExplained:
    """Take the price of a call apart."""
    priced, row, credits = book.cost_of(event), book.row_of(event), book.credits_of(event)
    known = book.model_price(event.model)
    nusd, why = (priced.nusd, "") if isinstance(priced, Cost) else (None, priced.why)
    if row is None:
        return PriceExplained(nusd=nusd, status=priced.status, why=why, credits=credits)
    charges = tuple(_charges(event, row))
    entry = row.entry
    return PriceExplained(
        nusd=nusd,
        status=priced.status,
        why=why,
        model_id=row.model_id,
        row_from=priced_since(known.entries, entry, row.variant) if known and entry else row.start,
        source="" if entry is None else entry.source_of(row.variant),
        checked="" if entry is None else entry.checked_of(row.variant),
        tier=row.variant,
        unknown_tier=row.unknown_tier,
        tier_factor=None if entry is None else _factor(row.tariff.rates, entry.standard.rates),
        place_factor=row.factor,
        above_tokens=row.threshold_tokens,
        is_long_prompt=any(charge.is_long for charge in charges),
        charges=charges,
        credits=credits,
    )


def _charges(event: UsageEvent, row: AppliedRow) -> Iterator[Charge]:
    """Yield what is charged, kind by kind, short requests first."""
    if row.entry is None:
        return
    short, over = _by_length(event, row)
    long_rates = row.tariff.long_rates or row.tariff.rates
    for is_long, tokens, rates in ((False, short, row.tariff.rates), (True, over, long_rates)):
        for kind, unit, count in zip(_KINDS, RATE_UNITS, tokens.counts()):
            if count:
                yield Charge(kind, count, _rate(rates, unit, row.factor), is_long)
    if event.web_searches:
        yield Charge("web_search", event.web_searches, row.entry.web_search_kcount)


def _by_length(event: UsageEvent, row: AppliedRow) -> tuple[TokenCounts, TokenCounts]:
    """Return the tokens of requests under and over the row's limit."""
    limit, short, over = row.threshold_tokens, TokenCounts(), TokenCounts()
    if limit is None or event.tokens.context_tokens <= limit:
        return event.tokens, over
    for request in requests_of(event.tokens, event.parts):
        if request.context_tokens > limit:
            over += request
        else:
            short += request
    return short, over


def _rate(rates: Rates, unit: RateUnit, factor: Decimal) -> Decimal | None:
    rate: Decimal | None = getattr(rates, unit)
    return None if rate is None else rate * factor


def _factor(rates: Rates, standard: Rates) -> Decimal | None:
    """Return how many times the standard rates these are, if all of them are the same times."""
    fresh = rates.input_mtok
    if fresh is None or not standard.input_mtok:
        return None
    for unit in RATE_UNITS:
        rate: Decimal | None = getattr(rates, unit)
        listed: Decimal | None = getattr(standard, unit)
        if rate is None or listed is None or rate * standard.input_mtok != listed * fresh:
            return None
    return fresh / standard.input_mtok
