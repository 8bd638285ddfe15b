"""Calls and small price books for tests: sensible defaults, overridden by name."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aicost.core.credits import CreditRates
from aicost.core.price_json import BookContent, encode_book
from aicost.core.prices import PriceBook
from aicost.core.tariffs import RATE_UNITS, ModelPrice, PriceEntry, Rates, Tariff
from aicost.core.usage import TokenCounts, UsageEvent

DATA = Path(__file__).parent / "data"
TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MTOK = 1_000_000


def day(text: str) -> datetime:
    """Return the first moment (UTC) of YYYY-MM-DD."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def call(model: str, tokens: TokenCounts | None = None, **changes: Any) -> UsageEvent:
    """One Claude call of today that read a million fresh tokens."""
    fields: dict[str, Any] = {
        "event_key": "claude:msg_1",
        "agent": "claude",
        "session_id": "s-1",
        "turn_id": "t-1",
        "model": model,
        "at": TODAY,
        "tokens": tokens or TokenCounts(input_tokens=MTOK),
    }
    return UsageEvent(**(fields | changes))


def rates(*numbers: str | None) -> Rates:
    """Rates in the order input, cache read, write short, write long, output."""
    known = [None if number is None else Decimal(number) for number in numbers]
    return Rates(**dict(zip(RATE_UNITS, known)))


def credit_rates(*numbers: str, **changes: Any) -> CreditRates:
    """Credits in the order input, cached input, output, from the start of 2026 on."""
    fresh, cached, output = map(Decimal, numbers)
    fields: dict[str, Any] = {"start": day("2026-01-01")}
    return CreditRates(
        input_mtok=fresh, cached_input_mtok=cached, output_mtok=output, **(fields | changes)
    )


FLAT = Tariff(rates=rates("4", "0.2", "5", "8", "20"))


def model_price(id: str = "claude-test-1", **changes: Any) -> ModelPrice:
    """A Claude model with one price since ever."""
    fields: dict[str, Any] = {
        "provider": "anthropic",
        "entries": (PriceEntry(standard=FLAT),),
        "windows_tokens": (200_000,),
    }
    return ModelPrice(id=id, **(fields | changes))


def content(*models: ModelPrice, **changes: Any) -> BookContent:
    """What a book of these models says."""
    fields: dict[str, Any] = {"geo_multipliers": {"anthropic": {"us": Decimal("1.1")}}}
    return BookContent(models={m.id: m for m in models}, **(fields | changes))


def book(*models: ModelPrice, **changes: Any) -> PriceBook:
    """A price book of these models, through its JSON."""
    return PriceBook.from_json(encode_book(content(*models, **changes)))


def list_prices() -> list[dict[str, Any]]:
    """Return the list prices that were gathered from four sources, see tests/data/prices."""
    found: list[dict[str, Any]] = json.loads(
        (DATA / "prices" / "list_prices.json").read_text(), parse_float=Decimal
    )
    return found


def client_rates() -> Mapping[str, Mapping[str, Decimal]]:
    """Return the rates that the real client was seen to use, by model."""
    found: dict[str, dict[str, Decimal]] = json.loads(
        (DATA / "prices" / "client_rates.json").read_text(), parse_float=Decimal
    )
    return found
