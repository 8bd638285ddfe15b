"""Changes of the user's prices that keep the rest of their file, comments too.

tomlkit is imported here and not in `own`: reading prices does not need it.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from aicost.core.errors import ConfigError
from aicost.core.tariffs import RATE_UNITS, STANDARD
from aicost.prices.files import replace_file
from aicost.prices.own import OwnRow, load_own_rows, parse_own_rows

_HEADER = """\
# Your own prices, in US dollars per million tokens: they win over the price book.
# `aicost prices set` and `unset` change this file; after an edit by hand: `aicost prices update`.
schema = 1

"""


def set_own_row(path: Path, row: OwnRow) -> None:
    """Write a row; one of the same model, tier and day is replaced. Raises ConfigError, OSError."""
    rows = load_own_rows(path)
    known = [old.place for old in rows]

    def change(tables: AoT) -> None:
        if row.place in known:
            tables[known.index(row.place)] = _table(row)
        else:
            tables.append(_table(row))

    kept = [row if old.place == row.place else old for old in rows]
    _edit(path, change, kept if row.place in known else [*kept, row])


def unset_own_rows(path: Path, is_meant: Callable[[OwnRow], bool]) -> tuple[OwnRow, ...]:
    """Take rows away; return them. Raises ConfigError, OSError."""
    rows = load_own_rows(path)
    gone = tuple(filter(is_meant, rows))

    def change(tables: AoT) -> None:
        for number in reversed(range(len(rows))):
            if rows[number] in gone:
                del tables[number]

    if gone:
        _edit(path, change, [row for row in rows if row not in gone])
    return gone


def _edit(path: Path, change: Callable[[AoT], None], wanted: list[OwnRow]) -> None:
    """Write the changed file, if it then says just what is wanted."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = _HEADER
    try:
        document = tomlkit.parse(text)
        tables = document.setdefault("price", tomlkit.aot())
        if not isinstance(tables, AoT):
            raise _by_hand(path, "its rows are not written as [[price]]")
        change(tables)
        if not tables:
            del document["price"]
        raw = tomlkit.dumps(document).encode()
    except (TOMLKitError, ValueError, TypeError, LookupError) as error:
        raise _by_hand(path, repr(error)) from error
    if list(parse_own_rows(raw)) != wanted:
        raise _by_hand(path, "the change would not be what it should")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path.resolve(), raw, 0o600)  # (a link, to a folder of dotfiles, stays one)


def _by_hand(path: Path, why: str) -> ConfigError:
    return ConfigError(f"{path} cannot be changed", why=why, hint=f"edit {path}")


def _table(row: OwnRow) -> Table:
    table = tomlkit.table()
    table.add("model", row.model)
    if row.tier != STANDARD:
        table.add("tier", row.tier)
    if row.day is not None:
        table.add("from", row.day)
    for unit in RATE_UNITS:
        if unit in row.rates:
            table.add(unit, _number(row.rates[unit]))
    if row.source:
        table.add("source", row.source)
    if row.checked:
        table.add("checked", date.fromisoformat(row.checked))
    table.add(tomlkit.nl())
    return table


def _number(rate: Decimal) -> Item:
    """Return a rate as a number of TOML with all its digits: a float would round them."""
    found: Item = tomlkit.value(f"{rate.normalize():f}")
    return found
