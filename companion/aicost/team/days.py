"""The days that sources send: kept whole, replaced by a later revision, never added up twice."""

import hmac
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from aicost.core.team.documents import DayDocument, DayRow
from aicost.core.team.weekly_report import week_of
from aicost.team.database import Transaction
from aicost.team.schema import COUNTS, OUTCOMES, TOKENS, TOTALS, WORDS

_DAY_COLUMNS = ("body_hash", "final", "client", "price_book", *TOTALS, *OUTCOMES)
_ROW_COLUMNS = (
    "source", "day", "device", *WORDS, *(f"{name}_tokens" for name in TOKENS), *COUNTS,
    "cost_list_microusd", "credits_milli",
)  # fmt: skip


_ID_BITS = 62
MOST_DEVICES = 50  # of one source


def _marks(columns: tuple[str, ...]) -> str:
    return ", ".join("?" * len(columns))


_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in ("revision", *_DAY_COLUMNS))
_PUT_DAY = f"""
    INSERT INTO source_day (source, day, device, revision, {", ".join(_DAY_COLUMNS)})
    VALUES (?, ?, ?, ?, {_marks(_DAY_COLUMNS)})
    ON CONFLICT (source, day, device) DO UPDATE SET {_REPLACED}
    WHERE excluded.revision > source_day.revision
"""
_PUT_ROW = f"INSERT INTO day_row ({', '.join(_ROW_COLUMNS)}) VALUES ({_marks(_ROW_COLUMNS)})"


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends: a pseudonym of one epoch, and what proves it."""

    pseudonym: str
    epoch: str
    write_hash: str  # SHA-256 of the write secret
    cohort: str | None


class WrongSecret(Exception):
    """A pseudonym that somebody else has."""


class TooManyDevices(Exception):
    """One more device than a person has: sums of what all may send have to fit a number."""


class WrongEpoch(Exception):
    """A pseudonym that was used in another quarter: people are counted in each by itself."""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a document; `revision` is the one that is kept now."""

    status: Literal["created", "replaced", "unchanged", "stale", "conflict"]
    revision: int


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def own_source(change: Transaction, source: Source) -> int:
    """Return the id of a source, which is made at its first use. Raises WrongSecret, WrongEpoch.

    Until the transaction ends nobody else can change, or forget, the source.
    """
    if not change.run("UPDATE source SET epoch = epoch WHERE pseudonym = ?", source.pseudonym):
        _make_source(change, source)
    number = known_source(change, source.pseudonym, source.write_hash)
    assert number is not None, "it is held, or was just made"
    found = change.row("SELECT epoch FROM source WHERE id = ?", number)
    if found is None or found[0] != source.epoch:
        raise WrongEpoch
    return number


def _make_source(change: Transaction, source: Source) -> None:
    """Make a source, unless another device of it is as quick.

    The id comes from the pseudonym: nobody reads from it who came when, and whoever is deleted and
    comes back is the same change of a week, not one more.
    """
    digest = sha256(source.pseudonym.encode()).digest()
    change.run(
        "INSERT INTO source (id, pseudonym, epoch, write_hash, cohort) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (pseudonym) DO NOTHING",
        int.from_bytes(digest[:8], "big") >> (64 - _ID_BITS),
        source.pseudonym,
        source.epoch,
        source.write_hash,
        source.cohort,
    )


def known_source(change: Transaction, pseudonym: str, write_hash: str) -> int | None:
    """Return the id of a source, None if nobody has the pseudonym. Raises WrongSecret."""
    found = change.row("SELECT id, write_hash FROM source WHERE pseudonym = ?", pseudonym)
    if found is None:
        return None
    if not hmac.compare_digest(str(found[1]), write_hash):
        raise WrongSecret
    return int(found[0])


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a document belongs: one device of a source, one day."""

    source: int
    device: str
    day: str


def put_day(change: Transaction, slot: Slot, document: DayDocument, body_hash: str) -> Put:
    """Keep a document, if it is newer than what there is of its day. Raises TooManyDevices."""
    place = (slot.source, slot.day, slot.device)
    found = change.row(
        "SELECT revision, body_hash FROM source_day WHERE source = ? AND day = ? AND device = ?",
        *place,
    )
    if found is not None:
        revision = int(found[0])
        if revision == document.revision:
            return Put("unchanged" if found[1] == body_hash else "conflict", revision)
        if revision > document.revision:
            return Put("stale", revision)
    else:
        _check_device(change, slot)
    before = _content(change, place)
    values = (body_hash, int(document.final), document.client, document.price_book)
    totals = [getattr(document, name) for name in TOTALS]
    outcomes = [getattr(document.outcomes, name) for name in OUTCOMES]
    if not change.run(_PUT_DAY, *place, document.revision, *values, *totals, *outcomes):
        return put_day(change, slot, document, body_hash)  # another was taken since we looked
    change.run("DELETE FROM day_row WHERE source = ? AND day = ? AND device = ?", *place)
    for row in document.rows:
        change.run(_PUT_ROW, *place, *_values(row))
    if _content(change, place) != before:  # whoever only settles a day is nobody to hide behind
        _note_change(change, slot.source, document.day)
    return Put("created" if found is None else "replaced", document.revision)


def _content(change: Transaction, place: tuple[int, str, str]) -> frozenset[tuple[object, ...]]:
    """Return what a kept day tells: its rows and outcomes; nothing of an empty day."""
    where = "WHERE source = ? AND day = ? AND device = ?"
    rows = change.rows(f"SELECT {', '.join(_ROW_COLUMNS)} FROM day_row {where}", *place)
    told = change.rows(f"SELECT {', '.join((*TOTALS, *OUTCOMES))} FROM source_day {where}", *place)
    return frozenset(tuple(row) for row in [*rows, *told] if any(row))


def _check_device(change: Transaction, slot: Slot) -> None:
    devices = {
        device
        for (device,) in change.rows(
            "SELECT DISTINCT device FROM source_day WHERE source = ?", slot.source
        )
    }
    if len(devices | {slot.device}) > MOST_DEVICES:
        raise TooManyDevices


def revisions(
    change: Transaction, source: int, device: str, first: str, last: str
) -> dict[str, int]:
    """Return the revision of each day that is kept of a device; both ends inclusive."""
    found = change.rows(
        "SELECT day, revision FROM source_day"
        " WHERE source = ? AND device = ? AND day >= ? AND day <= ? ORDER BY day",
        source,
        device,
        first,
        last,
    )
    return {str(day): int(revision) for day, revision in found}


def forget_source(change: Transaction, source: int) -> None:
    """Delete all that a source sent, and that there was one."""
    change.run("DELETE FROM source WHERE id = ?", source)  # waits for who sends under it now
    for (day,) in change.rows("SELECT DISTINCT day FROM source_day WHERE source = ?", source):
        _note_change(change, source, str(day))
    for table in ("day_row", "source_day"):
        change.run(f"DELETE FROM {table} WHERE source = ?", source)


def _note_change(change: Transaction, source: int, day: str) -> None:
    """Note whose week is another than when it was published."""
    change.run(
        "INSERT INTO week_change (week, source) VALUES (?, ?) ON CONFLICT DO NOTHING",
        week_of(date.fromisoformat(day)),
        source,
    )


def _values(row: DayRow) -> list[object]:
    words = [getattr(row, name) for name in WORDS]
    words[WORDS.index("project")] = row.project or ""
    tokens = [getattr(row.tokens, name) for name in TOKENS]
    counts = [getattr(row, name) for name in COUNTS]
    return [*words, *tokens, *counts, row.cost_list_microusd, row.credits_milli]
