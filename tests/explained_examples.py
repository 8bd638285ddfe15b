"""Explanations of made-up calls for tests, by a small price book."""

from dataclasses import replace
from typing import Any

from price_examples import FLAT, book, credit_rates, day, model_price

from aicost.core.explain import CallExplained, Explained, explain
from aicost.core.prices import PriceBook
from aicost.core.tariffs import PriceEntry
from aicost.core.usage import TokenCounts, UsageEvent

ENTRY = PriceEntry(start=day("2026-09-01"), standard=FLAT, source="a list", checked="2026-11-22")
BOOK = book(
    model_price(entries=(ENTRY,)),
    model_price("gpt-test-1", provider="openai", entries=(ENTRY,)),
    credits={"gpt-test-1": (credit_rates("125", "12.5", "750", source="a card"),)},
)
TOKENS = TokenCounts(input_tokens=1000, cache_read_tokens=20_000, output_tokens=50)


def explained(
    *events: UsageEvent, kind: Any = "session", of: PriceBook = BOOK, **changes: Any
) -> Explained:
    calls = tuple(
        CallExplained(
            event=event,
            turn_id="t-1",
            price=explain(event, of),
            ledger_nusd=of.nusd_of(event),
            ledger_book=of.book_id,
        )
        for event in events
    )
    found = Explained(kind=kind, id="s-1", price_book=of.book_id, calls=calls)
    return replace(found, **changes)
