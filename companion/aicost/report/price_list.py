"""`aicost prices show`: what the price book says, as a document and as tables."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from aicost.core.credits import CreditRates
from aicost.core.prices import PriceBook
from aicost.core.tariffs import (
    RATE_UNITS,
    STANDARD,
    ModelPrice,
    PriceEntry,
    Rates,
    Tariff,
    entry_at,
    priced_since,
)
from aicost.core.text import UNKNOWN, clean
from aicost.report.documents import SCHEMA, Document
from aicost.report.tables import Column, Style, as_table, notes_text

_PROVIDERS = ("anthropic", "openai")  # these first
_FAST = ("fast", "priority")  # one thing: as Claude Code and as OpenAI name it
_RATE_HEADINGS = ("Input", "Cache read", "Write 5m", "Write 1h", "Output")
_RATE_RANKS = (0, 3, 5, 6, 0)
_UNITS = (
    "US dollars per million tokens."
    " OpenAI keeps a cache for 30 minutes and 12 hours, not 5m and 1h."
)


def price_document(book: PriceBook, models: Sequence[ModelPrice], at: datetime | None) -> Document:
    """Return the document of `aicost prices show --json`: the rows in force `at` a moment, or all.

    Rates are US dollars per million tokens; credits are credits per million.
    """
    recipe = book.recipe
    return {
        "schema": SCHEMA,
        "price_book": book.book_id,
        "genai_prices": recipe.genai_prices,
        "fetched_at": recipe.fetched or None,
        "at": None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "models": [_model_fields(book, model, at) for model in _ordered(models)],
        "unpriced_models": [
            {"model": name, "why": why} for name, why in sorted(book.content.unpriced.items())
        ],
    }


def _model_fields(book: PriceBook, model: ModelPrice, at: datetime | None) -> Document:
    credits = book.content.credits.get(model.id, ())
    return {
        "model": model.id,
        "provider": model.provider,
        "aliases": list(model.aliases),
        "windows_tokens": list(model.windows_tokens),
        "regional_multiplier": float(model.regional_multiplier),
        "rows": [_entry_fields(entry) for entry in _entries(model, at)],
        "credits": [_credit_fields(row) for row in _credit_rows(credits, at)],
    }


def _entry_fields(entry: PriceEntry) -> Document:
    tiers = {STANDARD: entry.standard, **entry.variants}
    return {
        "from": _day(entry.start),
        "tiers": {name: _tariff_fields(tariff) for name, tariff in tiers.items()},
        "web_search_kcount": float(entry.web_search_kcount),
        "source": entry.source,
        "checked": entry.checked_of(STANDARD) or None,
    }


def _tariff_fields(tariff: Tariff) -> Document:
    return {
        **_rates_fields(tariff.rates),
        "above_tokens": tariff.threshold_tokens,
        "long": None if tariff.long_rates is None else _rates_fields(tariff.long_rates),
    }


def _rates_fields(rates: Rates) -> Document:
    return {unit: _number(getattr(rates, unit)) for unit in RATE_UNITS}


def _credit_fields(row: CreditRates) -> Document:
    return {
        "from": _day(row.start),
        "input_mtok": float(row.input_mtok),
        "cached_input_mtok": float(row.cached_input_mtok),
        "output_mtok": float(row.output_mtok),
        "fast_multiplier": _number(row.fast_multiplier),
        "default_tier": row.default_tier or None,
        "uncertain_above_tokens": row.uncertain_above_tokens,
        "is_confirmed": row.is_confirmed,
        "source": row.source,
        "checked": row.checked or None,
    }


def _number(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate)


def price_table(book: PriceBook, models: Sequence[ModelPrice], at: datetime, style: Style) -> str:
    """Return one line a model: its rates in force at a moment."""
    found = [
        (model, entry)
        for model in _ordered(models)
        if (entry := entry_at(model.entries, at)) is not None
    ]
    cells = [_rate_cells(entry.standard.rates) for _, entry in found]
    since = [_day_text(priced_since(model.entries, entry, STANDARD)) for model, entry in found]
    sources = (clean(entry.source_of(STANDARD)) for _, entry in found)
    table = as_table(
        [
            Column(("Model", *(clean(model.id) for model, _ in found)), is_text=True),
            *(
                Column((heading, *(row[n] for row in cells)), rank=_RATE_RANKS[n])
                for n, heading in enumerate(_RATE_HEADINGS)
            ),
            Column(("Fast", *(_fast(entry) for _, entry in found)), rank=4),
            Column(("Long prompts", *(_long(entry.standard) for _, entry in found)), rank=7),
            Column(("Tiers", *(_tiers(entry) for _, entry in found)), is_text=True, rank=8),
            Column(("From", *since), is_text=True, rank=9),
            Column(("Source", *sources), is_text=True, rank=10),
        ],
        style,
    )
    return (
        f"{_heading(book)} on {at:%Y-%m-%d}\n{table}{notes_text([_UNITS, *_unpriced(book)], style)}"
    )


def model_table(book: PriceBook, model: ModelPrice, at: datetime | None, style: Style) -> str:
    """Return all dated rows of a model, or those in force at a moment; and what else is known."""
    lines = list(_lines(_entries(model, at)))
    columns = [
        Column(("From", *(line[0] for line in lines)), is_text=True),
        Column(("Tier", *(line[1] for line in lines)), is_text=True),
        Column(("Prompts", *(line[2] for line in lines)), rank=2),
        *(
            Column((heading, *(line[3][n] for line in lines)), rank=_RATE_RANKS[n])
            for n, heading in enumerate(_RATE_HEADINGS)
        ),
        Column(("Checked", *(line[4] for line in lines)), is_text=True, rank=8),
        Column(("Source", *(line[5] for line in lines)), is_text=True, rank=9),
    ]
    parts = [f"{_heading(book)}: {clean(model.id)}\n", as_table(columns, style)]
    parts.append(notes_text(_notes(model), style))
    credits = _credit_rows(book.content.credits.get(model.id, ()), at)
    if credits:
        parts += ["\nCodex credits per million tokens\n", _credit_table(credits, style)]
    return "".join(parts)


_Line = tuple[str, str, str, tuple[str, ...], str, str]


def _lines(entries: Sequence[PriceEntry]) -> Iterator[_Line]:
    """Yield a line for every change of a tier's price, tier by tier, the standard one first."""
    tiers = sorted({name for entry in entries for name in entry.variants})
    for tier in (STANDARD, *tiers):
        last: Tariff | None = None
        for entry in entries:
            tariff = entry.tariff_of(tier)
            if tariff != last:
                yield from _tariff_lines(entry, tier, tariff)
            last = tariff


def _tariff_lines(entry: PriceEntry, tier: str, tariff: Tariff | None) -> Iterator[_Line]:
    source = entry.source_of(tier)
    day, origin = _day_text(entry.start), (entry.checked_of(tier) or UNKNOWN, clean(source))
    if tariff is None:
        yield day, clean(tier), "ends", _rate_cells(Rates()), *origin
        return
    limit = tariff.threshold_tokens
    prompts = "any" if limit is None else f"≤{limit:,}"
    yield day, clean(tier), prompts, _rate_cells(tariff.rates), *origin
    if tariff.long_rates is not None:
        yield day, clean(tier), f">{limit:,}", _rate_cells(tariff.long_rates), *origin


def _notes(model: ModelPrice) -> Iterator[str]:
    yield _UNITS
    if searches := {entry.web_search_kcount for entry in model.entries}:
        yield f"web search: {', '.join(map(_text, sorted(searches)))} US dollars per 1,000"
    if model.windows_tokens:
        windows = ", ".join(f"{tokens:,}" for tokens in model.windows_tokens)
        yield f"context window: {windows} tokens"
    if model.aliases:
        yield f"also logged as: {', '.join(map(clean, model.aliases))}"


def _credit_table(rows: Sequence[CreditRates], style: Style) -> str:
    fast = (
        "not known" if r.fast_multiplier is None else f"×{_text(r.fast_multiplier)}" for r in rows
    )
    return as_table(
        [
            Column(("From", *(_day_text(row.start) for row in rows)), is_text=True),
            Column(("Input", *(_text(row.input_mtok) for row in rows))),
            Column(("Cached", *(_text(row.cached_input_mtok) for row in rows))),
            Column(("Output", *(_text(row.output_mtok) for row in rows))),
            Column(("Fast", *fast), rank=1),
            Column(("Sure", *("yes" if r.is_confirmed else "derived" for r in rows)), rank=2),
            Column(("Checked", *(row.checked for row in rows)), is_text=True, rank=3),
            Column(("Source", *(clean(row.source) for row in rows)), is_text=True, rank=4),
        ],
        style,
    )


def _ordered(models: Sequence[ModelPrice]) -> list[ModelPrice]:
    def place(model: ModelPrice) -> tuple[int, str, str]:
        known = model.provider in _PROVIDERS
        number = _PROVIDERS.index(model.provider) if known else len(_PROVIDERS)
        return number, model.provider, model.id

    return sorted(models, key=place)


def _entries(model: ModelPrice, at: datetime | None) -> Sequence[PriceEntry]:
    if at is None:
        return model.entries
    entry = entry_at(model.entries, at)
    return [] if entry is None else [entry]


def _credit_rows(rows: Sequence[CreditRates], at: datetime | None) -> Sequence[CreditRates]:
    return rows if at is None else [row for row in rows if row.start <= at][-1:]


def _heading(book: PriceBook) -> str:
    fetched = f", fetched {book.recipe.fetched}" if book.recipe.fetched else ""
    return f"Price book {book.book_id} (genai-prices {book.recipe.genai_prices}{fetched})"


def _unpriced(book: PriceBook) -> Iterator[str]:
    if book.content.unpriced:
        yield f"without a price: {', '.join(map(clean, sorted(book.content.unpriced)))}"


def _rate_cells(rates: Rates) -> tuple[str, ...]:
    return tuple(_text(getattr(rates, unit)) for unit in RATE_UNITS)


def _fast(entry: PriceEntry) -> str:
    tariff = next((entry.variants[name] for name in _FAST if name in entry.variants), None)
    return UNKNOWN if tariff is None else _in_out(tariff.rates)


def _long(tariff: Tariff) -> str:
    if tariff.long_rates is None:
        return ""
    return f">{(tariff.threshold_tokens or 0) // 1000}k: {_in_out(tariff.long_rates)}"


def _tiers(entry: PriceEntry) -> str:
    return " ".join(clean(name) for name in sorted(entry.variants))


def _in_out(rates: Rates) -> str:
    return f"{_text(rates.input_mtok)} / {_text(rates.output_mtok)}"


def _text(rate: Decimal | None) -> str:
    return UNKNOWN if rate is None else f"{rate.normalize():f}"


def _day(start: datetime | None) -> str | None:
    """Return the moment a row begins: its day, if that is midnight UTC."""
    if start is None:
        return None
    utc = start.astimezone(UTC)
    is_midnight = (utc.hour, utc.minute, utc.second, utc.microsecond) == (0, 0, 0, 0)
    return f"{utc:%Y-%m-%d}" if is_midnight else utc.isoformat().replace("+00:00", "Z")


def _day_text(start: datetime | None) -> str:
    return _day(start) or "since ever"
