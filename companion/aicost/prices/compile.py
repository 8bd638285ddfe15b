"""genai-prices plus our overrides, merged to one price book. `python -m aicost.prices.compile`.

Run as a module it rewrites the book that ships with aicost, after checking it against the old one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from aicost.core.errors import ConfigError
from aicost.core.price_json import BookContent, Recipe, decode_book, encode_book
from aicost.core.tariffs import (
    STANDARD,
    ModelPrice,
    PriceEntry,
    Rates,
    Tariff,
    entry_at,
    without_repeats,
)
from aicost.prices.book import SHIPPED
from aicost.prices.credits import CreditTable, load_credits
from aicost.prices.library import Fetched, Library, read_library
from aicost.prices.overrides import Overrides, PriceRow, ProviderRow, load_overrides
from aicost.prices.validate import check_book


def compile_book(previous: BookContent | None, fetched: Fetched | None = None) -> bytes:
    """Return a new price book as JSON: the library's list, installed or fetched, and our rows.

    Raises ConfigError that names the row when the result may not replace `previous`.
    """
    overrides = load_overrides()
    content = merged(read_library(overrides.is_wanted, fetched), overrides, load_credits())
    check_book(content, previous)
    return encode_book(content)


def merged(library: Library, overrides: Overrides, credits: CreditTable) -> BookContent:
    """Return the library's models with our rows laid over them, and the credits. Pure."""
    models = {model.id: model for model in library.models}
    _refuse_strangers(models, overrides)
    for model in list(models.values()):
        rows = [row for row in overrides.prices if row.model == model.id]
        rule = overrides.providers.get(model.provider, ProviderRow())
        windows = overrides.windows.get(model.id, model.windows_tokens)
        entries = tuple(without_repeats(_entries(model.entries, rows, rule)))
        models[model.id] = replace(model, entries=entries, windows_tokens=windows)
    for row in overrides.models:
        if row.same_as:
            twin = models[row.same_as]
            entries = tuple(
                replace(entry, source=row.source.text, checked=row.source.checked)
                for entry in twin.entries
            )
            models[row.id] = replace(twin, id=row.id, aliases=row.aliases, entries=entries)
        else:
            known = models[row.id]
            aliases = tuple(sorted({*known.aliases, *row.aliases}))
            models[row.id] = replace(known, aliases=aliases)
    return BookContent(
        models=models,
        unpriced=overrides.unpriced,
        geo_multipliers={
            name: rule.geo_multipliers
            for name, rule in overrides.providers.items()
            if rule.geo_multipliers
        },
        recipe=Recipe(
            genai_prices=library.version,
            overrides_sha256=overrides.sha256,
            credits_sha256=credits.sha256,
            fetched=library.fetched,
        ),
        credits=credits.rows,
    )


def _refuse_strangers(models: Mapping[str, ModelPrice], overrides: Overrides) -> None:
    """A row for a model that the library dropped or renamed would be lost in silence."""
    named = {row.model for row in overrides.prices} | set(overrides.windows)
    named |= {row.same_as or row.id for row in overrides.models}
    if strangers := sorted(named - models.keys()):
        raise ConfigError(
            f"overrides.toml names models that are not in the library: {', '.join(strangers)}",
            why="their rows would have no effect",
        )


def _entries(
    library: tuple[PriceEntry, ...], rows: list[PriceRow], rule: ProviderRow
) -> Iterator[PriceEntry]:
    """Yield one entry for every date on which the library or a row changes something."""
    dates = {entry.start for entry in library if entry.start}
    dates |= {at for row in rows for at in (row.start, row.end) if at}
    for start in (None, *sorted(dates)):
        found = entry_at(library, start)
        if found is None:
            continue
        entry = replace(found, start=start)
        for row in rows:
            if row.holds_at(start):
                entry = _with_row(entry, row)
        yield _with_rule(entry, rule)


def _with_row(entry: PriceEntry, row: PriceRow) -> PriceEntry:
    entry = replace(
        entry,
        source=f"{entry.source}; {row.variant}: {row.source.text}",
        checked=row.source.checked,
    )
    if row.ends:
        return replace(
            entry, variants={k: v for k, v in entry.variants.items() if k != row.variant}
        )
    if row.multiplier is not None:
        tariff = entry.standard.times(row.multiplier)
    elif row.variant == STANDARD:
        tariff = _with_rates(entry.standard, row.rates)
    else:
        tariff = _with_rates(Tariff(rates=Rates()), row.rates)
    if row.variant == STANDARD:
        return replace(entry, standard=tariff)
    return replace(entry, variants={**entry.variants, row.variant: tariff})


def _with_rates(tariff: Tariff, rates: Mapping[str, Decimal]) -> Tariff:
    if tariff.long_rates is not None:
        raise ConfigError("overrides.toml: a row for a model with long prompts needs a multiplier")
    return Tariff(rates=replace(tariff.rates, **rates))


def _with_rule(entry: PriceEntry, rule: ProviderRow) -> PriceEntry:
    """Apply what holds for the whole provider, after the rows: a half price is half of them."""
    for name, factor in rule.variant_multipliers.items():
        entry = replace(entry, variants={**entry.variants, name: entry.standard.times(factor)})
    if rule.long_write_per_input is None:
        return entry
    factor = rule.long_write_per_input
    return replace(
        entry,
        standard=_with_long_write(entry.standard, factor),
        variants={k: _with_long_write(v, factor) for k, v in entry.variants.items()},
    )


def _with_long_write(tariff: Tariff, factor: Decimal) -> Tariff:
    long_rates = tariff.long_rates
    return replace(
        tariff,
        rates=_rates_with_long_write(tariff.rates, factor),
        long_rates=None if long_rates is None else _rates_with_long_write(long_rates, factor),
    )


def _rates_with_long_write(rates: Rates, factor: Decimal) -> Rates:
    fresh, written = rates.input_mtok, rates.cache_write_5m_mtok
    if fresh is None or written is None or written <= fresh:  # no price of its own for writing
        return rates
    return replace(rates, cache_write_1h_mtok=fresh * factor)


def main() -> None:
    """Rewrite the shipped book; say what it is."""
    previous = decode_book(SHIPPED.read_bytes())[1] if SHIPPED.exists() else None
    raw = compile_book(previous)
    SHIPPED.write_bytes(raw)
    book_id, content = decode_book(raw)
    print(f"{SHIPPED.name}: book {book_id}, {len(content.models)} models, {len(raw)} bytes")


if __name__ == "__main__":
    main()
