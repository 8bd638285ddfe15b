"""genai-prices as our own values. The only module that knows how that library is built inside."""

from __future__ import annotations  # the library's types, without importing it for them

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from aicost.core.errors import ConfigError
from aicost.core.model_ids import normalise_model_id
from aicost.core.tariffs import ModelPrice, PriceEntry, Rates, Tariff

if TYPE_CHECKING:
    from genai_prices import types as genai

PACKAGE = "genai-prices"
_PROVIDERS = ("anthropic", "openai")
_REGIONAL_PROVIDER = "aws"
_BEFORE_ALL_DATES = datetime(1970, 1, 1, tzinfo=UTC)
_CONTEXTS = {  # our variant -> how the library is asked for it
    "fast": {"speed": "fast"},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}


@dataclass(frozen=True, slots=True)
class Library:
    """What the installed library knows of the models that coding agents use."""

    version: str
    models: tuple[ModelPrice, ...]
    fetched: str = ""  # when its list was fetched; "": it is the one that it came with


@dataclass(frozen=True, slots=True)
class Fetched:
    """A newer list of the library, from an address that the user named."""

    providers: Sequence[genai.Provider]
    at: datetime  # UTC

    @property
    def at_text(self) -> str:
        """The moment to the second, e.g. 2026-11-26T11:30:00Z."""
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ}"


def installed_version() -> str:
    """Return the library's version without importing it; "" when it is not installed."""
    if found := _version_by_folder():
        return found
    import importlib.metadata  # it imports what reads mail: 10 ms of each start of a daemon

    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _version_by_folder() -> str:
    """Return the version that the name of an installation's folder says; "" for none seen.

    That is the first on the path, as importlib.metadata has it.
    """
    begin, end = f"{PACKAGE.replace('-', '_')}-", ".dist-info"
    for folder in sys.path:
        with suppress(OSError):  # no folder: a zip file, or gone
            for name in os.listdir(folder):  # noqa: PTH208 - names only
                if name.startswith(begin) and name.endswith(end):
                    return name.removeprefix(begin).removesuffix(end)
    return ""


def fetch_list(url: str, at: datetime) -> Fetched:
    """Fetch the library's list as of now (`at`). Goes online. Raises ConfigError."""
    import httpx2
    from genai_prices.update_prices import UpdatePrices

    try:
        snapshot = UpdatePrices(url=url).fetch()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, LookupError) as error:
        raise _not_fetched(f"{type(error).__name__}: {error}".splitlines()[0]) from error
    if snapshot is None:
        raise _not_fetched("there was no list")
    return Fetched(snapshot.providers, at)


def _not_fetched(why: str) -> ConfigError:
    return ConfigError("the prices could not be fetched", why=why[:300], hint="aicost prices show")


def read_library(is_wanted: Callable[[str, str], bool], fetched: Fetched | None = None) -> Library:
    """Read the models that `is_wanted(provider, id)`. Imports the library (some 0.3 s).

    Raises ConfigError for a price that cannot be expressed as dates, tiers and variants, and
    where a provider is missing.
    """
    from genai_prices.data_snapshot import get_snapshot

    listed = get_snapshot().providers if fetched is None else fetched.providers
    providers = {provider.id: provider for provider in listed}
    if missing := {*_PROVIDERS, _REGIONAL_PROVIDER} - providers.keys():
        raise ConfigError(f"{PACKAGE}: the list has no {', '.join(sorted(missing))}")
    source = f"{PACKAGE} {installed_version()}"
    if fetched is not None:
        source = f"{PACKAGE}, fetched {fetched.at:%Y-%m-%d}"
    models = [
        _model(name, model, source)
        for name in _PROVIDERS
        for model in providers[name].models
        if is_wanted(name, _name(model))
    ]
    regional = _regional_multipliers(providers[_REGIONAL_PROVIDER].models, models)
    return Library(
        version=installed_version(),
        models=tuple(
            replace(model, regional_multiplier=regional.get(model.id, Decimal(1)))
            for model in models
        ),
        fetched="" if fetched is None else fetched.at_text,
    )


def _name(model: genai.ModelInfo) -> str:
    return normalise_model_id(model.id.removesuffix("-latest"))


def _model(provider: str, model: genai.ModelInfo, source: str) -> ModelPrice:
    name = _name(model)
    aliases = {normalise_model_id(text) for text in (model.id, *_equal_texts(model.match))}
    return ModelPrice(
        id=name,
        provider=provider,
        entries=tuple(_entry(model, start, source) for start in _starts(model)),
        aliases=tuple(sorted(aliases - {name})),
        windows_tokens=(model.context_window,) if model.context_window else (),
    )


def _equal_texts(match: object) -> Iterator[str]:
    """Yield the exact names among the library's rules; its prefixes are too wide for us."""
    if isinstance(text := getattr(match, "equals", None), str):
        yield text
    for clause in getattr(match, "or_", ()):
        yield from _equal_texts(clause)


def _starts(model: genai.ModelInfo) -> list[date | None]:
    """Return every date on which a price of the model changes, oldest first."""
    conditional = model.prices if isinstance(model.prices, list) else []
    dates = set()
    for row in (*conditional, *(model.price_variants or ())):
        if row.constraint is None:
            continue
        start = getattr(row.constraint, "start_date", None)
        if start is None:
            raise ConfigError(
                f"{PACKAGE}: {model.id} has prices by time of day",
                why="aicost knows prices by date only",
            )
        dates.add(start)
    return [None, *sorted(dates)]


def _entry(model: genai.ModelInfo, start: date | None, source: str) -> PriceEntry:
    day = _BEFORE_ALL_DATES if start is None else datetime(*start.timetuple()[:3], tzinfo=UTC)
    prices = model.get_prices(day)
    standard = _tariff(model.id, prices)
    variants = {
        name: tariff
        for name, context in _CONTEXTS.items()
        if (tariff := _tariff(model.id, model.get_prices(day, context))) != standard
    }
    search = prices.web_searches_kcount
    return PriceEntry(
        start=None if start is None else day,
        standard=standard,
        variants=variants,
        web_search_kcount=search if isinstance(search, Decimal) else Decimal(10),
        source=source,
    )


def _tariff(model_id: str, prices: genai.ModelPrice) -> Tariff:
    """Return the library's prices with its rule for gaps: no price of its own, the parent's."""
    write = _or(prices.cache_write_mtok, prices.input_mtok)
    units = (
        prices.input_mtok,
        _or(prices.cache_read_mtok, prices.input_mtok),
        write,
        _or(prices.cache_write_1h_mtok, write),
        prices.output_mtok,
    )
    thresholds = {tier.start for unit in units for tier in _tiers(unit)}
    if len(thresholds) > 1:
        raise ConfigError(
            f"{PACKAGE}: {model_id} has prices for several lengths of prompt",
            why=f"aicost knows one threshold; these are {sorted(thresholds)}",
        )
    rates = _rates(_base(unit) for unit in units)
    if not thresholds:
        return Tariff(rates=rates)
    return Tariff(
        rates=rates,
        threshold_tokens=thresholds.pop(),
        long_rates=_rates(
            tiers[-1].price if (tiers := _tiers(unit)) else _base(unit) for unit in units
        ),
    )


def _base(price: Decimal | genai.TieredPrices | None) -> Decimal | None:
    return price if price is None or isinstance(price, Decimal) else price.base


def _tiers(price: Decimal | genai.TieredPrices | None) -> list[genai.Tier]:
    return [] if price is None or isinstance(price, Decimal) else price.tiers


def _or(
    price: Decimal | genai.TieredPrices | None, parent: Decimal | genai.TieredPrices | None
) -> Decimal | genai.TieredPrices | None:
    return parent if price is None else price


def _rates(units: Iterable[Decimal | None]) -> Rates:
    fresh, read, write_5m, write_1h, output = units
    return Rates(
        input_mtok=fresh,
        cache_read_mtok=read,
        cache_write_5m_mtok=write_5m,
        cache_write_1h_mtok=write_1h,
        output_mtok=output,
    )


def _regional_multipliers(
    sold_by_aws: Iterable[genai.ModelInfo], models: Iterable[ModelPrice]
) -> dict[str, Decimal]:
    """Return, by model, how much more a call bound to one region of AWS costs."""
    by_name = {name: model for model in models for name in (model.id, *model.aliases)}
    found = {}
    for sold in sold_by_aws:
        model = by_name.get(normalise_model_id(sold.id.removeprefix("regional.")))
        if model is None or sold.id.startswith("global."):
            continue
        theirs = _tariff(sold.id, sold.get_prices(datetime.max.replace(tzinfo=UTC))).rates
        ours = model.entries[-1].standard.rates
        if theirs.input_mtok and ours.input_mtok:
            found[model.id] = theirs.input_mtok / ours.input_mtok
    return found
