"""May a price book replace another? Pure; the first reason against it is an error with its row."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from aicost.core.credits import CREDIT_UNITS
from aicost.core.errors import ConfigError
from aicost.core.price_json import BookContent
from aicost.core.tariffs import (
    MAX_FACTOR,
    MAX_FACTOR_DECIMALS,
    MAX_RATE,
    MAX_RATE_DECIMALS,
    RATE_UNITS,
    STANDARD,
    ModelPrice,
    PriceEntry,
    Rates,
    Tariff,
    decimals,
    entry_at,
)

_MAX_CHANGE = 10  # times; more is a slip of the decimal point
_BEFORE_ALL_DATES = datetime.min.replace(tzinfo=UTC)


def check_book(content: BookContent, previous: BookContent | None) -> None:
    """Return if the book may be used. Raises ConfigError that names model, date and unit."""
    if not content.models:
        raise _rejected("the book", "it has no models")
    for model in content.models.values():
        _check_model(model)
    _check_names(content)
    _check_credits(content)
    for factors in content.geo_multipliers.values():
        for geo, factor in factors.items():
            _check_factor(f"inference_geo {geo}", factor)
    if previous is not None:
        _check_change(content, previous)


def _check_model(model: ModelPrice) -> None:
    if not model.entries:
        raise _rejected(model.id, "it has no price")
    starts = [entry.start or _BEFORE_ALL_DATES for entry in model.entries]
    if starts != sorted(set(starts)):
        raise _rejected(model.id, "its dates are not in order")
    for entry in model.entries:
        for name, tariff in _tariffs(entry):
            _check_tariff(_row_name(model, entry, name), tariff)
        if not 0 <= entry.web_search_kcount <= MAX_RATE:
            raise _rejected(_row_name(model, entry, STANDARD), "the search price is out of range")
    _check_factor(f"{model.id} in one region", model.regional_multiplier)
    if any(window <= 0 for window in model.windows_tokens):
        raise _rejected(model.id, "a context window is not positive")


def _check_tariff(row: str, tariff: Tariff) -> None:
    if (tariff.threshold_tokens is None) != (tariff.long_rates is None):
        raise _rejected(row, "a threshold needs the prices above it, and these need a threshold")
    if tariff.threshold_tokens is not None and tariff.threshold_tokens <= 0:
        raise _rejected(row, "the threshold is not positive")
    for rates, length in ((tariff.rates, ""), (tariff.long_rates, "long prompt, ")):
        if rates is not None:
            _check_rates(f"{row}, {length}".removesuffix(", "), rates)


def _check_rates(row: str, rates: Rates) -> None:
    if rates.input_mtok is None or rates.output_mtok is None:
        raise _rejected(row, "input and output must have a price")
    for unit in RATE_UNITS:
        rate: Decimal | None = getattr(rates, unit)
        if rate is None:
            continue
        if not rate.is_finite() or not 0 <= rate <= MAX_RATE:
            raise _rejected(f"{row}, {unit}", f"{rate} is not between 0 and {MAX_RATE}")
        if decimals(rate) > MAX_RATE_DECIMALS:
            raise _rejected(f"{row}, {unit}", f"{rate} has over {MAX_RATE_DECIMALS} decimals")


def _check_factor(row: str, factor: Decimal) -> None:
    if not factor.is_finite() or not 0 < factor <= MAX_FACTOR:
        raise _rejected(row, f"the factor {factor} is not between 0 and {MAX_FACTOR}")
    if decimals(factor) > MAX_FACTOR_DECIMALS:
        raise _rejected(row, f"the factor {factor} has over {MAX_FACTOR_DECIMALS} decimals")


def _check_names(content: BookContent) -> None:
    owner: dict[str, str] = {}
    for model in content.models.values():
        for name in (model.id, *model.aliases):
            if name in owner:
                raise _rejected(model.id, f"{name} also names {owner[name]}")
            owner[name] = model.id
    if both := sorted(content.unpriced.keys() & owner.keys()):
        raise _rejected(both[0], "it is listed as unpriced and has a price")


def _check_credits(content: BookContent) -> None:
    for model, rows in content.credits.items():
        if model not in content.models and model not in content.unpriced:
            raise _rejected(f"credits of {model}", "no such model is known")
        starts = [row.start for row in rows]
        if not rows or starts != sorted(set(starts)):
            raise _rejected(f"credits of {model}", "its dates are not in order")


def _check_credits_change(content: BookContent, previous: BookContent) -> None:
    for model, old_rows in previous.credits.items():
        now = {row.start: row for row in content.credits.get(model, ())}
        if not now:
            raise _rejected(f"credits of {model}", "the book in use has them, the new one has not")
        for old in old_rows:
            new = now.get(old.start, old)
            for unit in CREDIT_UNITS:
                name = f"credits of {model} from {old.start:%Y-%m-%d}, {unit}"
                _check_rate_change(name, getattr(old, unit), getattr(new, unit))


def _check_change(content: BookContent, previous: BookContent) -> None:
    _check_credits_change(content, previous)
    names = {name: m for m in content.models.values() for name in (m.id, *m.aliases)}
    for old in previous.models.values():
        new = names.get(old.id)
        if new is None:
            raise _rejected(old.id, "the book in use has this model, the new one has not")
        starts = {entry.start for entry in (*old.entries, *new.entries)}
        for start in sorted(starts, key=lambda at: at or _BEFORE_ALL_DATES):
            before, after = entry_at(old.entries, start), entry_at(new.entries, start)
            if before and after:
                _check_entry_change(new, before, after)


def _check_entry_change(model: ModelPrice, before: PriceEntry, after: PriceEntry) -> None:
    old = dict(_tariffs(before))
    for name, tariff in _tariffs(after):
        if name not in old:
            continue
        pairs = [(old[name].rates, tariff.rates), (old[name].long_rates, tariff.long_rates)]
        for old_rates, new_rates in pairs:
            if old_rates is not None and new_rates is not None:
                _check_rates_change(_row_name(model, after, name), old_rates, new_rates)


def _check_rates_change(row: str, before: Rates, after: Rates) -> None:
    for unit in RATE_UNITS:
        _check_rate_change(f"{row}, {unit}", getattr(before, unit), getattr(after, unit))


def _check_rate_change(row: str, old: Decimal | None, new: Decimal | None) -> None:
    if old is None or new is None or old == new:
        return
    if max(old, new) > _MAX_CHANGE * min(old, new):
        raise _rejected(row, f"{old} would become {new}, over {_MAX_CHANGE} times")


def _tariffs(entry: PriceEntry) -> Iterator[tuple[str, Tariff]]:
    yield STANDARD, entry.standard
    yield from entry.variants.items()


def _row_name(model: ModelPrice, entry: PriceEntry, variant: str) -> str:
    since = "since ever" if entry.start is None else f"from {entry.start:%Y-%m-%d}"
    return f"{model.id} {since}, {variant}"


def _rejected(row: str, why: str) -> ConfigError:
    return ConfigError(f"price book rejected: {row}", why=why)
