"""Our own rows of the price list, read from TOML. Knows their shape; merging is in compile."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.tariffs import RATE_UNITS, STANDARD
from aicost.prices.files import OVERRIDES

_SCHEMA = 1
_SOURCED = frozenset({"source", "checked"})
_KEYS = {  # table -> keys it must have, keys it may have
    "model": (frozenset({"id"}), frozenset({"same_as", "aliases"}) | _SOURCED),
    "windows": (frozenset({"ids", "tokens"}) | _SOURCED, frozenset[str]()),
    "price": (
        frozenset({"model"}) | _SOURCED,
        frozenset({"variant", "from", "until", "multiplier", "ends", *RATE_UNITS}),
    ),
    "unpriced": (frozenset({"id", "why"}) | _SOURCED, frozenset[str]()),
    "provider": (
        _SOURCED,
        frozenset({"geo_multipliers", "variant_multipliers", "long_write_per_input"}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a row comes from, and the day a person compared it."""

    text: str = ""
    checked: str = ""  # YYYY-MM-DD


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """Rates of one variant of one model from `start` (inclusive) until `end` (exclusive)."""

    model: str
    variant: str = STANDARD
    start: datetime | None = None
    end: datetime | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)  # only those that differ
    multiplier: Decimal | None = None  # of the standard tariff, instead of rates
    ends: bool = False  # the variant is not sold in this span
    source: Source

    def holds_at(self, at: datetime | None) -> bool:
        """Whether the row counts at a moment; None is the moment before all dates."""
        if at is None:
            return self.start is None
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A model the library lacks (`same_as`), or further names of one it has."""

    id: str
    same_as: str = ""
    aliases: tuple[str, ...] = ()
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """What holds for all models of a provider."""

    geo_multipliers: Mapping[str, Decimal] = field(default_factory=dict)
    variant_multipliers: Mapping[str, Decimal] = field(default_factory=dict)
    long_write_per_input: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The whole file. `sha256` is of its bytes."""

    sha256: str
    select: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]  # provider -> include, exclude
    providers: Mapping[str, ProviderRow]
    models: tuple[ModelRow, ...]
    windows: Mapping[str, tuple[int, ...]]
    prices: tuple[PriceRow, ...]
    unpriced: Mapping[str, str]

    def is_wanted(self, provider: str, model_id: str) -> bool:
        """Whether a model of the library goes into the book."""
        include, exclude = self.select.get(provider, ((), ()))
        return _matches(model_id, include) and not _matches(model_id, exclude)


def load_overrides(path: Path = OVERRIDES) -> Overrides:
    """Read our rows. Raises ConfigError that names the row, OSError when there is no file."""
    raw = path.read_bytes()
    try:
        whole = tomllib.loads(raw.decode(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path.name} is not TOML", why=str(error)) from error
    if whole.get("schema") != _SCHEMA:
        raise ConfigError(f"{path.name}: schema {whole.get('schema')!r} is not {_SCHEMA}")
    try:
        return _overrides(whole, hashlib.sha256(raw).hexdigest())
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ConfigError(f"{path.name} has an unknown shape", why=repr(error)) from error


def _overrides(whole: Mapping[str, Any], sha256: str) -> Overrides:
    tables = {
        name: [_checked(name, number, row) for number, row in enumerate(whole.get(name, []), 1)]
        for name in ("model", "windows", "price", "unpriced")
    }
    return Overrides(
        sha256=sha256,
        select={
            provider: (tuple(row["include"]), tuple(row["exclude"]))
            for provider, row in whole.get("select", {}).items()
        },
        providers={
            name: _provider(_checked("provider", name, row))
            for name, row in whole.get("provider", {}).items()
        },
        models=tuple(map(_model, tables["model"])),
        windows={name: tuple(row["tokens"]) for row in tables["windows"] for name in row["ids"]},
        prices=tuple(_price(number, row) for number, row in enumerate(tables["price"], 1)),
        unpriced={row["id"]: row["why"] for row in tables["unpriced"]},
    )


def _checked(table: str, number: object, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row, if it has what it must have and nothing misspelt."""
    required, optional = _KEYS[table]
    named = row.get("id") or row.get("model") or ""
    if missing := required - row.keys():
        raise ConfigError(f"{table} row {number} ({named}) has no {', '.join(sorted(missing))}")
    if unknown := row.keys() - required - optional:
        raise ConfigError(f"{table} row {number} ({named}): unknown {', '.join(sorted(unknown))}")
    if "same_as" in row and _SOURCED - row.keys():
        raise ConfigError(f"{table} row {number} ({named}) has no source and checked date")
    return row


def _source(row: Mapping[str, Any]) -> Source:
    checked = row.get("checked")
    return Source(
        text=row.get("source", ""),
        checked=checked.isoformat() if isinstance(checked, date) else "",
    )


def _provider(row: Mapping[str, Any]) -> ProviderRow:
    long_write = row.get("long_write_per_input")
    return ProviderRow(
        geo_multipliers=_numbers(row.get("geo_multipliers", {})),
        variant_multipliers=_numbers(row.get("variant_multipliers", {})),
        long_write_per_input=None if long_write is None else Decimal(long_write),
    )


def _model(row: Mapping[str, Any]) -> ModelRow:
    return ModelRow(
        id=row["id"],
        same_as=row.get("same_as", ""),
        aliases=tuple(row.get("aliases", ())),
        source=_source(row),
    )


def _price(number: int, row: Mapping[str, Any]) -> PriceRow:
    start, end = _moment(row.get("from")), _moment(row.get("until"))
    rates: dict[str, Any] = {unit: row[unit] for unit in RATE_UNITS if unit in row}
    multiplier, ends = row.get("multiplier"), bool(row.get("ends"))
    if (bool(rates), multiplier is not None, ends).count(True) != 1:
        raise ConfigError(
            f"price row {number} ({row['model']}) needs one of: rates, a multiplier, ends = true"
        )
    if start and end and start >= end:
        raise ConfigError(f"price row {number} ({row['model']}) ends before it begins")
    return PriceRow(
        model=row["model"],
        variant=row.get("variant", STANDARD),
        start=start,
        end=end,
        rates=_numbers(rates),
        multiplier=None if multiplier is None else Decimal(multiplier),
        ends=ends,
        source=_source(row),
    )


def _moment(day: date | datetime | None) -> datetime | None:
    if day is None:
        return None
    if isinstance(day, datetime):
        return day.replace(tzinfo=UTC) if day.tzinfo is None else day.astimezone(UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _numbers(raw: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(number) for name, number in raw.items()}


def _matches(model_id: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(model_id, pattern) for pattern in patterns)
