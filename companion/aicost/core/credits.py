"""Codex credits of a call: what a subscription pays beyond its allowance. They are no dollars.

A calculation of its own, not list price times a factor: list prices charge cache writes more than
fresh input and credits do not, and fast mode has another multiplier. No I/O, no clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from aicost.core.tariffs import LIST_TIERS
from aicost.core.usage import TokenCounts, UsageEvent, requests_of

NANO = 1_000_000_000  # nano-credits per credit
MAX_CREDIT_RATE = 10_000  # credits per million tokens; the dearest known one is 3,000
MAX_CREDIT_DECIMALS = 4  # of a rate or a multiplier: a call's sum then is exact
CREDIT_UNITS = ("input_mtok", "cached_input_mtok", "output_mtok")
_NANO_PER_TOKEN = 1000  # credits per million tokens -> nano-credits per token
_FAST_TIERS = frozenset({"fast", "priority"})  # one thing under two names


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRates:
    """Credits per million tokens of one model, from `start` until its next row.

    There is no rate for cache writes: writing is no extra, the tokens cost what fresh input does.
    """

    start: datetime  # UTC
    input_mtok: Decimal
    cached_input_mtok: Decimal
    output_mtok: Decimal
    fast_multiplier: Decimal | None = None  # None: it is not known what fast costs
    default_tier: str = ""  # that the client asks for, where it is not known if it costs more
    uncertain_above_tokens: int | None = None  # longer prompts may cost more; None: they do not
    is_confirmed: bool = True  # False: derived from list prices, no rate card shows it
    source: str = ""
    checked: str = ""  # YYYY-MM-DD


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits of one call, and the row that they were taken from."""

    ncredits: int  # nano-credits
    model_id: str
    rates: CreditRates
    multiplier: Decimal  # that was applied: of fast mode, else 1
    doubts: tuple[str, ...] = ()  # why it may be another number

    @property
    def is_uncertain(self) -> bool:
        """Whether something about the call has no known credit price."""
        return bool(self.doubts)


def credits_of(event: UsageEvent, model_id: str, rows: Sequence[CreditRates]) -> Credits | None:
    """Return the credits of a call by the rates of its model, oldest first; None before them all.

    Where it is not known whether a call costs more, it is counted without that, and says so.
    """
    rates = next((row for row in reversed(rows) if row.start <= event.at), None)
    if rates is None:
        return None
    is_fast = event.service_tier in _FAST_TIERS
    multiplier = (rates.fast_multiplier if is_fast else None) or Decimal(1)
    return Credits(
        ncredits=_ncredits(event.tokens, rates, multiplier),
        model_id=model_id,
        rates=rates,
        multiplier=multiplier,
        doubts=tuple(_doubts(event, rates, is_fast=is_fast)),
    )


def _ncredits(tokens: TokenCounts, rates: CreditRates, multiplier: Decimal) -> int:
    """Return whole nano-credits, rounded half-even once."""
    total = (
        (tokens.input_tokens + tokens.cache_write_tokens) * rates.input_mtok
        + tokens.cache_read_tokens * rates.cached_input_mtok
        + tokens.output_tokens * rates.output_mtok
    )
    exact = total * multiplier * _NANO_PER_TOKEN
    return int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))


def _doubts(event: UsageEvent, rates: CreditRates, *, is_fast: bool) -> Iterator[str]:
    if not rates.is_confirmed:
        yield "the rates are derived from list prices"
    tier = event.service_tier
    if is_fast and rates.fast_multiplier is None:
        yield "what fast costs is not known"
    elif not is_fast and tier not in LIST_TIERS:
        yield f"what the tier {tier} costs is not known"
    elif not tier and rates.default_tier:
        yield f"the default tier, {rates.default_tier}, may cost more"
    limit = rates.uncertain_above_tokens
    if limit is not None and event.tokens.context_tokens > limit:
        requests = requests_of(event.tokens, event.parts)
        if any(request.context_tokens > limit for request in requests):
            yield f"prompts of over {limit:,} tokens may cost more"
