"""Codex credit rates, read from TOML and checked: a part of the price book. They are no dollars."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aicost.core.credits import CREDIT_UNITS, MAX_CREDIT_DECIMALS, MAX_CREDIT_RATE, CreditRates
from aicost.core.errors import ConfigError
from aicost.core.tariffs import decimals
from aicost.prices.files import CREDITS

_SCHEMA = 1
_REQUIRED = frozenset({"model", "from", "confirmed", "source", "checked", *CREDIT_UNITS})
_OPTIONAL = frozenset({"fast_multiplier", "default_tier", "uncertain_above_tokens"})


@dataclass(frozen=True, slots=True)
class CreditTable:
    """All credit rates, by model, oldest first. `sha256` is of the file's bytes."""

    sha256: str
    rows: Mapping[str, tuple[CreditRates, ...]]


def load_credits(path: Path = CREDITS) -> CreditTable:
    """Read the table. Raises ConfigError that names the row, OSError when there is no file."""
    content = path.read_bytes()
    try:
        whole = tomllib.loads(content.decode(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path.name} is not TOML", why=str(error)) from error
    if whole.get("schema") != _SCHEMA:
        raise ConfigError(f"{path.name}: schema {whole.get('schema')!r} is not {_SCHEMA}")
    rows: dict[str, tuple[CreditRates, ...]] = {}
    for number, raw in enumerate(whole.get("credits", []), 1):
        model = raw.get("model", "")
        row = _row(f"{path.name}: row {number} ({model})", raw)
        earlier = rows.get(model, ())
        if earlier and earlier[-1].start >= row.start:
            raise ConfigError(f"{path.name}: row {number} ({model}) is not in order of date")
        rows[model] = (*earlier, row)
    return CreditTable(hashlib.sha256(content).hexdigest(), rows)


def _row(name: str, raw: Mapping[str, Any]) -> CreditRates:
    if missing := _REQUIRED - raw.keys():
        raise ConfigError(f"{name} has no {', '.join(sorted(missing))}")
    if unknown := raw.keys() - _REQUIRED - _OPTIONAL:
        raise ConfigError(f"{name}: unknown {', '.join(sorted(unknown))}")
    start, checked, fast = raw["from"], raw["checked"], raw.get("fast_multiplier")
    if type(start) is not date or type(checked) is not date:
        raise ConfigError(f"{name}: from and checked are days, e.g. 2026-11-22")
    if not isinstance(raw["confirmed"], bool):
        raise ConfigError(f"{name}: confirmed is true or false")
    return CreditRates(
        start=datetime(start.year, start.month, start.day, tzinfo=UTC),
        input_mtok=_rate(name, raw["input_mtok"]),
        cached_input_mtok=_rate(name, raw["cached_input_mtok"]),
        output_mtok=_rate(name, raw["output_mtok"]),
        fast_multiplier=None if fast is None else _rate(name, fast),
        default_tier=str(raw.get("default_tier", "")),
        uncertain_above_tokens=_length(name, raw.get("uncertain_above_tokens")),
        is_confirmed=raw["confirmed"],
        source=raw["source"],
        checked=checked.isoformat(),
    )


def _rate(name: str, raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise ConfigError(f"{name}: {raw!r} is no number")
    rate = Decimal(raw)
    if not rate.is_finite() or not 0 <= rate <= MAX_CREDIT_RATE:
        raise ConfigError(f"{name}: {raw} is not between 0 and {MAX_CREDIT_RATE}")
    if decimals(rate) > MAX_CREDIT_DECIMALS:
        raise ConfigError(f"{name}: {raw} has over {MAX_CREDIT_DECIMALS} decimals")
    return rate


def _length(name: str, raw: object) -> int | None:
    if raw is not None and (isinstance(raw, bool) or not isinstance(raw, int) or raw <= 0):
        raise ConfigError(f"{name}: {raw!r} is no length of a prompt")
    return raw
