"""Codex credit rates, read from TOML and checked. They are no dollars.

Nothing asks for them yet: they are for Codex as a source, which is not read so far.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.model_ids import normalise_model_id

CREDITS = Path(__file__).with_name("credits.toml")
_SCHEMA = 1
_RATES = ("input_mtok", "cached_input_mtok", "output_mtok")
_MAX_RATE = 10_000  # credits per million tokens; the dearest known one is 3,000
_REQUIRED = frozenset({"model", "from", "confirmed", "source", "checked", *_RATES})
_OPTIONAL = frozenset({"fast_multiplier"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRates:
    """Credits per million tokens of one model, from `start` until its next row.

    Cache writes cost nothing in credits. `fast_multiplier` None: not known whether fast costs
    more. Not `is_confirmed`: derived from list prices, no rate card shows it.
    """

    model: str
    start: datetime  # UTC
    input_mtok: Decimal
    cached_input_mtok: Decimal
    output_mtok: Decimal
    fast_multiplier: Decimal | None
    is_confirmed: bool
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class CreditTable:
    """All credit rates, by model, oldest first."""

    rows: Mapping[str, tuple[CreditRates, ...]]

    def rates_at(self, model: str, at: datetime) -> CreditRates | None:
        """Return the rates of a model, as logged, at a moment; None when none are known."""
        rows = self.rows.get(normalise_model_id(model), ())
        return next((row for row in reversed(rows) if row.start <= at), None)


def load_credits(path: Path = CREDITS) -> CreditTable:
    """Read the table. Raises ConfigError that names the row, OSError when there is no file."""
    try:
        whole = tomllib.loads(path.read_bytes().decode(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path.name} is not TOML", why=str(error)) from error
    if whole.get("schema") != _SCHEMA:
        raise ConfigError(f"{path.name}: schema {whole.get('schema')!r} is not {_SCHEMA}")
    rows: dict[str, tuple[CreditRates, ...]] = {}
    for number, raw in enumerate(whole.get("credits", []), 1):
        row = _row(f"{path.name}: row {number} ({raw.get('model', '')})", raw)
        earlier = rows.get(row.model, ())
        if earlier and earlier[-1].start >= row.start:
            raise ConfigError(f"{path.name}: row {number} ({row.model}) is not in order of date")
        rows[row.model] = (*earlier, row)
    return CreditTable(rows)


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
        model=raw["model"],
        start=datetime(start.year, start.month, start.day, tzinfo=UTC),
        input_mtok=_rate(name, raw["input_mtok"]),
        cached_input_mtok=_rate(name, raw["cached_input_mtok"]),
        output_mtok=_rate(name, raw["output_mtok"]),
        fast_multiplier=None if fast is None else _rate(name, fast),
        is_confirmed=raw["confirmed"],
        source=raw["source"],
        checked=checked,
    )


def _rate(name: str, raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise ConfigError(f"{name}: {raw!r} is no number")
    rate = Decimal(raw)
    if not rate.is_finite() or not 0 <= rate <= _MAX_RATE:
        raise ConfigError(f"{name}: {raw} is not between 0 and {_MAX_RATE}")
    return rate
