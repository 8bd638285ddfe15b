"""What `explain` asks of the ledger: which call, turn or session an id names, and its calls."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from aicost.store.calls import StoredCall, calls_where, key_of

Kind = Literal["call", "turn", "session"]
_UUID = re.compile(r"[0-9A-Fa-f-]+")  # or the beginning of one
MAX_NAMED = 5  # things that an id may name; whoever asks needs no more to say it better

_WHERE = {
    "call": "c.key = ?",
    "turn": "s.turn IN (SELECT id FROM span WHERE turn_id = ? AND subagent_id = '')",
    "session": "x.session_id = ?",
}
_CONTEXT = """
SELECT c.key, coalesce(t.turn_id, ''), b.name FROM call c JOIN span s ON s.id = c.span
JOIN session x ON x.id = s.session JOIN price_book b ON b.id = c.price_book
LEFT JOIN span t ON t.id = s.turn WHERE
"""


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that an id names."""

    kind: Kind
    id: str  # whole; of a call its event key


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call with what it belongs to."""

    call: StoredCall
    turn_id: str  # the prompt, also for a subagent's call; "": none
    price_book: str  # that it was recorded or last priced with


def named_by(db: sqlite3.Connection, text: str) -> tuple[Named, ...]:
    """Return what an id, or the beginning of one, may name: at most `MAX_NAMED` things.

    A whole id names only what it is the id of. A call goes by its event key, and by the last
    part of it: the message's or response's own id. UUIDs may be written in capitals.
    """
    for one in dict.fromkeys((text, _with_small_uuids(text))) if text else ():
        found = tuple(_exactly(db, one)) or tuple(islice(_beginning(db, one), MAX_NAMED))
        if found:
            return found
    return ()


def _with_small_uuids(text: str) -> str:
    """Return an id with its UUIDs, or their beginnings, as agents write them."""
    parts = text.split(":")
    return ":".join(part.lower() if _UUID.fullmatch(part) else part for part in parts)


def _exactly(db: sqlite3.Connection, text: str) -> Iterator[Named]:
    keys = (key_of(text), key_of(f"claude:{text}"))
    for (event_key,) in db.execute("SELECT event_key FROM call WHERE key IN (?, ?)", keys):
        yield Named("call", event_key)
    query = "SELECT 1 FROM span WHERE turn_id = ? AND subagent_id = '' LIMIT 1"
    if db.execute(query, (text,)).fetchone():
        yield Named("turn", text)
    if db.execute("SELECT 1 FROM session WHERE session_id = ?", (text,)).fetchone():
        yield Named("session", text)


def _beginning(db: sqlite3.Connection, text: str) -> Iterator[Named]:
    start = "substr({0}, 1, length(?1)) = ?1"
    sessions = f"SELECT session_id FROM session WHERE {start.format('session_id')} ORDER BY 1"
    turns = (
        "SELECT DISTINCT turn_id FROM span WHERE turn_id <> '' AND subagent_id = ''"
        f" AND {start.format('turn_id')} ORDER BY 1"
    )
    for (session_id,) in db.execute(sessions, (text,)):
        yield Named("session", session_id)
    for (turn_id,) in db.execute(turns, (text,)):
        yield Named("turn", turn_id)
    # (instr is quick to pass over a million other calls)
    for (event_key,) in db.execute("SELECT event_key FROM call WHERE instr(event_key, ?)", (text,)):
        own = str(event_key).rpartition(":")[2]
        if own.startswith(text) or (":" in text and str(event_key).startswith(text)):
            yield Named("call", event_key)


def calls_of(db: sqlite3.Connection, named: Named) -> tuple[FoundCall, ...]:
    """Return the calls of a call, turn or session, subagents' too, oldest first."""
    where = _WHERE[named.kind]
    values: tuple[object, ...] = (key_of(named.id) if named.kind == "call" else named.id,)
    context = {key: rest for key, *rest in db.execute(f"{_CONTEXT} {where}", values)}
    return tuple(FoundCall(call, *context[key]) for key, call in calls_where(db, where, values))
