"""What was last said of a plan's limits, by home and limit."""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from aicost.core.days import from_us, to_us
from aicost.core.facts import LimitsSeen
from aicost.core.limits import PlanLimits, RateLimits
from aicost.store.homes import home_ids

# Of two words of one moment the larger text stays: the same in every order.
_UPSERT = """
INSERT INTO plan_limit VALUES (?, ?, ?, ?) ON CONFLICT (home, limit_id)
DO UPDATE SET at_us = excluded.at_us, said = excluded.said
WHERE (excluded.at_us, excluded.said) > (at_us, said)
"""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(RateLimits).decode


def note_limits(db: sqlite3.Connection, home: int, seen: Iterable[LimitsSeen]) -> None:
    """Keep what is newer than what is kept. Inside a transaction; `home` is a row's id."""
    db.executemany(
        _UPSERT,
        [(home, one.limits.limit_id, to_us(one.at), _encode(one.limits).decode()) for one in seen],
    )


def home_of_session(db: sqlite3.Connection, session_id: str) -> tuple[int, ...]:
    """Return the row of the home that a session's log lies in, the first of several; or none."""
    row = db.execute(
        "SELECT h.home FROM session x JOIN session_home h ON h.session = x.id"
        " WHERE x.session_id = ? ORDER BY h.home LIMIT 1",
        (session_id,),
    ).fetchone()
    return () if row is None else (int(row[0]),)


def plan_limits(db: sqlite3.Connection, homes: Sequence[str] = ()) -> tuple[PlanLimits, ...]:
    """Return the last word on each limit, of these homes if any are named."""
    where = f" WHERE p.home IN {home_ids(homes)}" if homes else ""
    rows = db.execute(
        "SELECT h.path, p.at_us, p.said FROM plan_limit p JOIN home h ON h.id = p.home"
        f"{where} ORDER BY h.path, p.limit_id",
        tuple(homes),
    )
    return tuple(
        PlanLimits(home=home, at=from_us(at_us), limits=_decode(said)) for home, at_us, said in rows
    )
