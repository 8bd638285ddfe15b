"""The user's own prices: a TOML file beside the config, whose rows win over the price book.

A row is the price of one model and tier from its day on, until the next row of the same. It is one
price for prompts of any length. What it leaves out of the five rates stays the book's. Where the
book has none, the cache costs what it does in the standard price, in proportion to the input; for a
model that the book does not know, what fresh input does.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aicost.core.errors import ConfigError
from aicost.core.model_ids import SYNTHETIC, parse_model_id
from aicost.core.price_json import encode_book
from aicost.core.prices import PriceBook
from aicost.core.tariffs import (
    MAX_RATE,
    MAX_RATE_DECIMALS,
    OWN,
    RATE_UNITS,
    STANDARD,
    ModelPrice,
    PriceEntry,
    Rates,
    Tariff,
    decimals,
    entry_at,
    without_repeats,
)

_SCHEMA = 1
_REQUIRED = frozenset({"model", "input_mtok", "output_mtok"})
_OPTIONAL = frozenset({"tier", "from", "source", "checked", *RATE_UNITS})
_PARENTS = {  # what a rate is taken from where neither the row nor the book says it
    "cache_read_mtok": "input_mtok",
    "cache_write_5m_mtok": "input_mtok",
    "cache_write_1h_mtok": "cache_write_5m_mtok",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow:
    """The user's price of one model and tier, from its day on."""

    model: str  # as model ids are looked up, not as they are logged
    tier: str = STANDARD
    day: date | None = None  # from its first moment (UTC); None: since ever
    rates: Mapping[str, Decimal]  # US dollars per million tokens; input and output at least
    source: str = ""
    checked: str = ""  # YYYY-MM-DD it was set

    @property
    def start(self) -> datetime | None:
        """The first moment of the row."""
        day = self.day
        return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)

    @property
    def place(self) -> tuple[str, str, date]:
        """What no two rows have in common, in the order of rows."""
        return self.model, self.tier, self.day or date.min


def own_prices_file(config_file: Path) -> Path:
    """Return where the user's prices are kept."""
    return config_file.with_name("prices.toml")


def load_own_rows(path: Path) -> tuple[OwnRow, ...]:
    """Read the user's prices; without a file there are none. Raises ConfigError naming the row."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unusable(path, f"cannot read {path}", error.strerror or str(error)) from error
    try:
        return parse_own_rows(content)
    except ConfigError as error:
        raise _unusable(path, f"{path}: {error.what}", error.why) from error


def _unusable(path: Path, what: str, why: str) -> ConfigError:
    return ConfigError(what, why=why, hint=f"edit {path}, or delete it")


def parse_own_rows(content: bytes) -> tuple[OwnRow, ...]:
    """Read the rows of a file. Raises ConfigError that names the row."""
    try:
        whole = tomllib.loads(content.decode(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError("not TOML", why=str(error)) from error
    if unknown := whole.keys() - {"schema", "price"}:
        raise ConfigError(f"unknown {', '.join(sorted(unknown))}", why="it holds [[price]] rows")
    if whole.get("schema", _SCHEMA) != _SCHEMA:
        raise ConfigError(f"schema {whole['schema']!r} is not {_SCHEMA}")
    raw_rows = whole.get("price", [])
    if not isinstance(raw_rows, list) or not all(isinstance(raw, dict) for raw in raw_rows):
        raise ConfigError("price is not a list of rows", why="a row begins with [[price]]")
    rows = [_row(f"price row {number}", raw) for number, raw in enumerate(raw_rows, 1)]
    seen: set[tuple[str, str, date]] = set()
    for number, row in enumerate(rows, 1):
        if row.place in seen:
            raise ConfigError(f"price row {number} ({row.model}) is there twice")
        seen.add(row.place)
    return tuple(rows)


def _row(name: str, raw: Mapping[str, Any]) -> OwnRow:
    texts = {key: raw.get(key, "") for key in ("model", "source", "checked", "tier")}
    texts["checked"] = str(texts["checked"])  # a day, or nothing
    if not all(isinstance(text, str) for text in texts.values()):
        raise ConfigError(f"{name}: model, tier and source are texts")
    name = f"{name} ({texts['model']})"
    if missing := _REQUIRED - raw.keys():
        raise ConfigError(f"{name} has no {', '.join(sorted(missing))}")
    if unknown := raw.keys() - _REQUIRED - _OPTIONAL:
        raise ConfigError(f"{name}: unknown {', '.join(sorted(unknown))}")
    day = raw.get("from")
    if day is not None and type(day) is not date:
        raise ConfigError(f"{name}: from is a day, e.g. 2026-11-22")
    return OwnRow(
        model=model_named(texts["model"]),
        tier=texts["tier"] or STANDARD,
        day=day,
        rates={unit: rate_of(raw[unit], f"{name}: {unit}") for unit in RATE_UNITS if unit in raw},
        source=texts["source"],
        checked=texts["checked"],
    )


def model_named(text: str) -> str:
    """Return the id that a model is looked up by. Raises ConfigError for what names none."""
    model = parse_model_id(text).id
    if not model or model == SYNTHETIC or len(model) > 256 or not model.isprintable():
        raise ConfigError(f"{text[:40]!r} is no name of a model")
    return model


def rate_of(raw: object, name: str) -> Decimal:
    """Return a rate in US dollars per million tokens. Raises ConfigError that begins with `name`.

    It is a number of 0 to 1000 with at most 8 decimals, as everywhere in the book.
    """
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise ConfigError(f"{name}: {raw!r} is no number")
    rate = Decimal(raw)
    if not rate.is_finite() or not 0 <= rate <= MAX_RATE:
        raise ConfigError(f"{name}: {raw} is not between 0 and {MAX_RATE}")
    if decimals(rate) > MAX_RATE_DECIMALS:
        raise ConfigError(f"{name}: {raw} has over {MAX_RATE_DECIMALS} decimals")
    return rate


def with_own_rows(book: PriceBook, rows: Iterable[OwnRow]) -> PriceBook:
    """Return the book with the user's rows laid over it: another book, with an id of its own.

    Raises ConfigError for a row of a tier whose model has no standard price.
    """
    by_model: dict[str, list[OwnRow]] = {}
    for row in rows:
        known = book.model_price(row.model)
        by_model.setdefault(known.id if known else row.model, []).append(row)
    if not by_model:
        return book
    models = dict(book.content.models)
    for name, own in by_model.items():
        model = models.get(name) or ModelPrice(id=name, provider=_provider(name), entries=())
        if model.provider == "openai":  # two names of one tier there; the book keeps the second
            own = [replace(row, tier="priority") if row.tier == "fast" else row for row in own]
        entries = tuple(without_repeats(_entries(model.entries, own)))
        if not entries:
            raise ConfigError(
                f"your prices have one of {name} for {own[0].tier} and none for {STANDARD}",
                hint=f"aicost prices set {name} --input … --output …",
            )
        models[name] = replace(model, entries=entries)
    unpriced = {name: why for name, why in book.content.unpriced.items() if name not in models}
    return PriceBook.from_json(encode_book(replace(book.content, models=models, unpriced=unpriced)))


def _provider(model: str) -> str:
    """Return who sells a model the book does not know: it decides how long its cache lasts."""
    if model.startswith("claude-"):
        return "anthropic"
    return "openai" if model.startswith(("gpt-", "codex-")) else "other"


def _entries(book: tuple[PriceEntry, ...], own: Sequence[OwnRow]) -> Iterator[PriceEntry]:
    """Yield one entry for every date on which the book or a row changes something."""
    starts = {entry.start for entry in book} | {row.start for row in own}
    for start in sorted(starts, key=lambda at: (at is not None, at)):
        known = entry_at(book, start)
        in_force = {row.tier: row for row in sorted(own, key=_by_day) if _has_begun(row, start)}
        if known is None and STANDARD not in in_force:
            continue  # no price is known by then
        entry = replace(known, start=start) if known else None
        for tier in (STANDARD, *(in_force.keys() - {STANDARD})):
            if tier in in_force:
                entry = _with_row(entry, in_force[tier], start)
        assert entry is not None  # it is known, or a standard row has made it
        yield entry


def _by_day(row: OwnRow) -> date:
    return row.day or date.min


def _has_begun(row: OwnRow, at: datetime | None) -> bool:
    return row.start is None or (at is not None and row.start <= at)


def _with_row(entry: PriceEntry | None, row: OwnRow, start: datetime | None) -> PriceEntry:
    """Return an entry with a row's price. Its day stands in the source: `checked` is the book's."""
    since = f"{OWN} of {row.checked}" if row.checked else OWN
    source = ": ".join(filter(None, (since, row.source)))
    if entry is None:
        standard = Tariff(rates=_filled(row.rates, Rates()))
        return PriceEntry(start=start, standard=standard, source=source)
    if row.tier == STANDARD:
        tariff = Tariff(rates=_filled(row.rates, entry.standard.rates))
        source = f"{source}; the rest: {entry.source}"
        return replace(entry, standard=tariff, source=source)
    listed = entry.variants.get(row.tier)
    rates = _in_proportion(row.rates, entry.standard.rates) if listed is None else listed.rates
    tariff = Tariff(rates=_filled(row.rates, rates))
    source = f"{entry.source}; {row.tier}: {source}"
    variants = {**entry.variants, row.tier: tariff}
    return replace(entry, variants=variants, source=source)


def _in_proportion(own: Mapping[str, Decimal], standard: Rates) -> Rates:
    """Return the standard rates times what the tier's input costs more or less than theirs."""
    fresh = standard.input_mtok
    if not fresh:
        return Rates()
    digits = Decimal(1).scaleb(-MAX_RATE_DECIMALS)
    scaled = {
        unit: min(Decimal(MAX_RATE), (rate * own["input_mtok"] / fresh).quantize(digits))
        for unit in RATE_UNITS
        if (rate := getattr(standard, unit)) is not None
    }
    return Rates(**scaled)


def _filled(own: Mapping[str, Decimal], listed: Rates) -> Rates:
    rates: dict[str, Decimal | None] = {unit: getattr(listed, unit) for unit in RATE_UNITS}
    rates |= own
    for unit, parent in _PARENTS.items():
        if rates[unit] is None:
            rates[unit] = rates[parent]
    return Rates(**rates)
