"""The price book as JSON and back. Pure; says what is wrong with a book it cannot use."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from aicost.core.credits import MAX_CREDIT_DECIMALS, MAX_CREDIT_RATE, CreditRates
from aicost.core.errors import ConfigError
from aicost.core.tariffs import (
    MAX_FACTOR,
    MAX_FACTOR_DECIMALS,
    MAX_RATE,
    MAX_RATE_DECIMALS,
    RATE_UNITS,
    ModelPrice,
    PriceEntry,
    Rates,
    Tariff,
    decimals,
)

SCHEMA = 2
_WITHOUT_CREDITS = 1  # a book of an older aicost, which may still be in use


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a book was compiled from; two equal recipes give the same book."""

    genai_prices: str = ""  # version of the library, "" = none
    overrides_sha256: str = ""
    credits_sha256: str = ""
    fetched: str = ""  # when the library's list was fetched; "": it is the one it came with


@dataclass(frozen=True, slots=True, kw_only=True)
class BookContent:
    """Everything a price book says."""

    models: Mapping[str, ModelPrice]
    unpriced: Mapping[str, str] = field(default_factory=dict)  # known ids without a price: why
    geo_multipliers: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    recipe: Recipe = Recipe()  # geo_multipliers: provider -> inference_geo -> factor on tokens
    credits: Mapping[str, tuple[CreditRates, ...]] = field(default_factory=dict)  # oldest first


def encode_book(content: BookContent) -> bytes:
    """Return the book as JSON, one model a line so that a change can be read. Deterministic."""
    whole = _book_dict(content)
    parts = [(name, whole.pop(name)) for name in ("credits", "models")]
    head = _canonical(whole).removesuffix("}")
    lists = "".join(f',"{name}":{{\n{_lines(rows)}\n}}' for name, rows in parts)
    return f"{head}{lists}}}\n".encode()


def _lines(rows: Mapping[str, object]) -> str:
    return ",\n".join(f"{json.dumps(name)}:{_canonical(rows[name])}" for name in sorted(rows))


def decode_book(raw: bytes) -> tuple[str, BookContent]:
    """Return the book's id and content. Raises ConfigError for anything but a whole book.

    The id is the first 12 hex digits of the sha256 of the canonical JSON: layout does not count.
    """
    try:
        whole = json.loads(raw)
        content = _content(whole)
        digest = hashlib.sha256(_canonical(whole).encode()).hexdigest()
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _unusable(f"{type(error).__name__}: {error}") from error
    except ArithmeticError as error:  # decimal's own family, and dates out of range
        raise _unusable(f"a number cannot be used: {error}") from error
    return digest[:12], content


def _unusable(why: str) -> ConfigError:
    return ConfigError("the price book cannot be read", why=why[:200], hint="install aicost again")


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _content(whole: Mapping[str, Any]) -> BookContent:
    if whole["schema"] not in (_WITHOUT_CREDITS, SCHEMA):
        raise ValueError(f"schema {whole['schema']!r}, this version reads up to {SCHEMA}")
    if whole["rate_units"] != list(RATE_UNITS):
        raise ValueError(f"rates are {whole['rate_units']!r}, this version reads {RATE_UNITS}")
    made_from = whole["made_from"]
    has_credits = whole["schema"] != _WITHOUT_CREDITS
    credits = whole["credits"] if has_credits else {}
    return BookContent(
        models={name: _model(name, raw) for name, raw in whole["models"].items()},
        unpriced={str(name): str(why) for name, why in whole["unpriced"].items()},
        geo_multipliers={
            provider: {geo: _factor(factor) for geo, factor in factors.items()}
            for provider, factors in whole["geo_multipliers"].items()
        },
        recipe=Recipe(
            genai_prices=str(made_from["genai_prices"]),
            overrides_sha256=str(made_from["overrides_sha256"]),
            credits_sha256=str(made_from["credits_sha256"]) if has_credits else "",
            fetched=str(made_from.get("fetched", "")),
        ),
        credits={str(name): _credit_rows(name, raw) for name, raw in credits.items()},
    )


def _model(name: str, raw: Mapping[str, Any]) -> ModelPrice:
    entries = tuple(map(_entry, raw["entries"]))
    starts = [entry.start for entry in entries]
    dated = [start for start in starts if start is not None]
    if not entries or None in starts[1:] or dated != sorted(set(dated)):
        raise ValueError(f"{name}: entries are not in order of date")
    windows = tuple(map(int, raw["windows_tokens"]))
    if windows != tuple(sorted(windows)):
        raise ValueError(f"{name}: windows are not in order of size")
    return ModelPrice(
        id=name,
        provider=str(raw["provider"]),
        entries=entries,
        aliases=tuple(map(str, raw["aliases"])),
        windows_tokens=windows,
        regional_multiplier=_factor(raw["regional_multiplier"]),
    )


def _credit_rows(name: str, raw: list[Mapping[str, Any]]) -> tuple[CreditRates, ...]:
    rows = tuple(map(_credit_rates, raw))
    starts = [row.start for row in rows]
    if not rows or starts != sorted(set(starts)):
        raise ValueError(f"{name}: credits are not in order of date")
    return rows


def _credit_rates(raw: Mapping[str, Any]) -> CreditRates:
    start, fast, limit = _start(raw["from"]), raw["fast_multiplier"], raw["uncertain_above_tokens"]
    if start is None or not isinstance(raw["is_confirmed"], bool):
        raise ValueError("credits without a date, or not known to be confirmed")
    if limit is not None and (not isinstance(limit, int) or limit <= 0):
        raise ValueError(f"{limit!r} is no length of a prompt")
    fresh, cached, output = raw["rates"]
    return CreditRates(
        start=start,
        input_mtok=_credit_rate(fresh),
        cached_input_mtok=_credit_rate(cached),
        output_mtok=_credit_rate(output),
        fast_multiplier=None if fast is None else _credit_rate(fast),
        default_tier=str(raw["default_tier"]),
        uncertain_above_tokens=limit,
        is_confirmed=raw["is_confirmed"],
        source=str(raw["source"]),
        checked=str(raw["checked"]),
    )


def _credit_rate(text: str) -> Decimal:
    return _number(text, MAX_CREDIT_RATE, MAX_CREDIT_DECIMALS)


def _entry(raw: Mapping[str, Any]) -> PriceEntry:
    return PriceEntry(
        start=_start(raw["from"]),
        standard=_tariff(raw["standard"]),
        variants={str(name): _tariff(tariff) for name, tariff in raw["variants"].items()},
        web_search_kcount=_rate(raw["web_search_kcount"]),
        source=str(raw["source"]),
        checked=str(raw["checked"]),
    )


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    start = datetime.fromisoformat(text)
    return start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)


def _tariff(raw: Mapping[str, Any]) -> Tariff:
    if "above_tokens" not in raw:
        return Tariff(rates=_rates(raw["rates"]))
    threshold = raw["above_tokens"]
    if not isinstance(threshold, int) or threshold <= 0:
        raise ValueError(f"{threshold!r} is no length of a prompt")
    return Tariff(
        rates=_rates(raw["rates"]), threshold_tokens=threshold, long_rates=_rates(raw["long_rates"])
    )


def _rates(raw: list[str | None]) -> Rates:
    if len(raw) != len(RATE_UNITS):
        raise ValueError(f"{len(raw)} rates, not {len(RATE_UNITS)}")
    return Rates(
        **{unit: None if rate is None else _rate(rate) for unit, rate in zip(RATE_UNITS, raw)}
    )


@lru_cache(maxsize=1024)  # a book says the same few hundred rates again and again
def _rate(text: str) -> Decimal:
    return _number(text, MAX_RATE, MAX_RATE_DECIMALS)


def _factor(text: str) -> Decimal:
    return _number(text, MAX_FACTOR, MAX_FACTOR_DECIMALS)


def _number(text: str, largest: int, places: int) -> Decimal:
    """Return the number, if it is one that the arithmetic of prices is exact for."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no number in quotes")
    number = Decimal(text)
    if not number.is_finite() or not 0 <= number <= largest or decimals(number) > places:
        raise ValueError(f"{text} is no rate")
    return number


def _book_dict(content: BookContent) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "rate_units": list(RATE_UNITS),  # what the numbers of a list of rates are, in order
        "made_from": {
            "genai_prices": content.recipe.genai_prices,
            "overrides_sha256": content.recipe.overrides_sha256,
            "credits_sha256": content.recipe.credits_sha256,
            "fetched": content.recipe.fetched,
        },
        "unpriced": dict(content.unpriced),
        "geo_multipliers": {
            provider: {geo: _text(factor) for geo, factor in factors.items()}
            for provider, factors in content.geo_multipliers.items()
        },
        "credits": {name: list(map(_credits_dict, rows)) for name, rows in content.credits.items()},
        "models": {name: _model_dict(model) for name, model in content.models.items()},
    }


def _credits_dict(rates: CreditRates) -> dict[str, Any]:
    fast = rates.fast_multiplier
    return {
        "from": _start_text(rates.start),
        "rates": [*map(_text, (rates.input_mtok, rates.cached_input_mtok, rates.output_mtok))],
        "fast_multiplier": None if fast is None else _text(fast),
        "default_tier": rates.default_tier,
        "uncertain_above_tokens": rates.uncertain_above_tokens,
        "is_confirmed": rates.is_confirmed,
        "source": rates.source,
        "checked": rates.checked,
    }


def _model_dict(model: ModelPrice) -> dict[str, Any]:
    return {
        "provider": model.provider,
        "aliases": list(model.aliases),
        "windows_tokens": list(model.windows_tokens),
        "regional_multiplier": _text(model.regional_multiplier),
        "entries": [_entry_dict(entry) for entry in model.entries],
    }


def _entry_dict(entry: PriceEntry) -> dict[str, Any]:
    return {
        "from": None if entry.start is None else _start_text(entry.start),
        "standard": _tariff_dict(entry.standard),
        "variants": {name: _tariff_dict(tariff) for name, tariff in entry.variants.items()},
        "web_search_kcount": _text(entry.web_search_kcount),
        "source": entry.source,
        "checked": entry.checked,
    }


def _start_text(start: datetime) -> str:
    utc = start.astimezone(UTC).replace(tzinfo=None)
    return utc.date().isoformat() if utc.time() == utc.min.time() else f"{utc.isoformat()}Z"


def _tariff_dict(tariff: Tariff) -> dict[str, Any]:
    raw: dict[str, Any] = {"rates": _rates_list(tariff.rates)}
    if tariff.long_rates is not None:
        raw["above_tokens"] = tariff.threshold_tokens
        raw["long_rates"] = _rates_list(tariff.long_rates)
    return raw


def _rates_list(rates: Rates) -> list[str | None]:
    known = [cast("Decimal | None", getattr(rates, unit)) for unit in RATE_UNITS]
    return [None if rate is None else _text(rate) for rate in known]


def _text(number: Decimal) -> str:
    """Plain digits without a trailing zero, so that equal numbers read the same."""
    return f"{number.normalize():f}"
