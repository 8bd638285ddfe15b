"""What of each session led nowhere, and what it brought: kept, and made anew where it changed.

`waste` and `progress` follow from what the ledger has of calls and steps. A session with a change
is noted in `stale_waste`.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicost.core.days import from_us
from aicost.core.prices import PriceBook
from aicost.core.usage import TokenCounts, UsageEvent, requests_of
from aicost.core.waste.hits import RULES, Hit
from aicost.core.waste.progress import Progress, progress_of
from aicost.core.waste.work import Call, Compaction, Refusal, Step, Subagent, Work
from aicost.store.calls import parts_of
from aicost.store.homes import sessions_asked
from aicost.store.schema import TOKENS

_SOME = 5  # sessions in one transaction: while agents write, each part keeps a reading waiting
_PLACE = "coalesce(t.turn_id, ''), s.subagent_id"
_SPANS = "FROM span s LEFT JOIN span t ON t.id = s.turn"
_CALLS = (  # as in a Call; with parts, its context is that of the last
    f"SELECT c.key, c.at_us, {_PLACE}, m.name, c.input_tokens + c.cache_read_tokens"
    " + c.cache_write_5m_tokens + c.cache_write_1h_tokens, c.cache_read_tokens,"
    " c.cache_write_5m_tokens + c.cache_write_1h_tokens, c.cache_write_1h_tokens > 0,"
    " c.output_tokens, c.cost_nusd, (SELECT count(*) FROM tool_call k WHERE k.call = c.key),"
    f" c.parts, c.variant {_SPANS} JOIN call c ON c.span = s.id JOIN model m ON m.id = c.model"
    " WHERE s.session = ? ORDER BY c.at_us, c.key"
)
_COUNTS = f"SELECT {', '.join(TOKENS)} FROM call WHERE key = ?"
_VARIANTS = "SELECT id, speed, service_tier, inference_geo FROM variant"
_STEPS = (
    f"SELECT k.key, k.call, k.at_us, {_PLACE}, k.kind, k.target, l.name, k.part, k.content,"
    " k.size_bytes, iif(r.call IS NULL, k.failed, r.error IS NOT NULL), r.error"
    f" {_SPANS} JOIN call c ON c.span = s.id JOIN step k ON k.call = c.key"
    " JOIN command_label l ON l.id = k.label"
    " LEFT JOIN command_run r ON r.call = k.call AND r.key = k.key"
    " WHERE s.session = ? ORDER BY k.at_us, k.key"
)
_REFUSALS = (
    f"SELECT e.at_us, {_PLACE}, e.status, e.wait_us, e.is_retried {_SPANS}"
    " JOIN api_error e ON e.span = s.id WHERE s.session = ? ORDER BY e.at_us, e.key"
)
_COMPACTIONS = (
    f"SELECT k.at_us, {_PLACE} {_SPANS} JOIN compaction k ON k.span = s.id"
    " WHERE s.session = ? ORDER BY k.at_us, k.key"
)
_SUBAGENTS = (
    f"SELECT DISTINCT s.subagent_id, coalesce(t.turn_id, ''), s.kind {_SPANS}"
    " WHERE s.session = ? AND s.subagent_id <> '' ORDER BY 1, 2, 3"
)
_HIT = (
    "kind", "turn_id", "thread", "label", "cause", "count", "size", "since_us", "until_us",
    "cost_nusd",
)  # fmt: skip
_PROGRESS = ("edits", "kept_edits", "files", "turned_green", "commits", "answers")
_INSERT_HIT = (
    f"INSERT INTO waste (session, number, {', '.join(_HIT)})"
    f" VALUES (?, ?, {', '.join('?' * len(_HIT))})"
)
_INSERT_PROGRESS = (
    f"INSERT INTO progress (session, {', '.join(_PROGRESS)})"
    f" VALUES (?, {', '.join('?' * len(_PROGRESS))})"
)


@dataclass(frozen=True, slots=True)
class _Priced:
    """The price book, and what makes a call's price special."""

    book: PriceBook
    variants: Mapping[int, tuple[str, str, str]]  # by id
    of_calls: Mapping[int, int]  # key of a call -> id of its variant

    def price(self, call: Call, tokens: TokenCounts) -> int | None:
        """Return what some tokens would cost at a call's rates."""
        speed, service_tier, inference_geo = self.variants[self.of_calls[call.key]]
        return self.book.nusd_of(
            UsageEvent(
                event_key="",
                agent="claude",
                session_id="",
                turn_id="",
                model=call.model,
                at=from_us(call.at_us),
                tokens=tokens,
                speed=speed,
                service_tier=service_tier,
                inference_geo=inference_geo,
            )
        )


def mark_waste(db: sqlite3.Connection, sessions: Iterable[int]) -> None:
    """Note that what these sessions did changed."""
    db.executemany("INSERT OR IGNORE INTO stale_waste VALUES (?)", [(one,) for one in sessions])


def mark_all_waste(db: sqlite3.Connection) -> None:
    """Note that all sessions changed, or their prices."""
    db.execute("INSERT OR IGNORE INTO stale_waste SELECT id FROM session")


def has_other_rules(db: sqlite3.Connection) -> bool:
    """Say whether other rules than these found what is kept."""
    known = db.execute("SELECT value FROM meta WHERE key = 'detectors'").fetchone()
    return bool(known != (str(RULES),))


def adopt_rules(db: sqlite3.Connection) -> None:
    """Note that all sessions are to be looked at, if other rules were used."""
    if has_other_rules(db):
        db.execute("INSERT OR REPLACE INTO meta VALUES ('detectors', ?)", (str(RULES),))
        mark_all_waste(db)


def has_stale_waste(db: sqlite3.Connection) -> bool:
    """Say whether what is kept of a session is out of date."""
    return db.execute("SELECT 1 FROM stale_waste LIMIT 1").fetchone() is not None


def settle_waste(db: sqlite3.Connection, book: PriceBook) -> None:
    """Bring some changed sessions up to date. Inside a transaction."""
    query = "SELECT session FROM stale_waste ORDER BY session LIMIT ?"
    sessions = db.execute(query, (_SOME,)).fetchall()
    for table in ("waste", "progress", "stale_waste"):
        db.executemany(f"DELETE FROM {table} WHERE session = ?", sessions)
    for (session,) in sessions:
        _settle(db, book, session)


def _settle(db: sqlite3.Connection, book: PriceBook, session: int) -> None:
    from aicost.core.waste.find import find_waste  # all detectors: a start looks for nothing

    work = work_of(db, session, book)
    db.executemany(
        _INSERT_HIT,
        [
            (session, number, *(getattr(hit, name) for name in _HIT))
            for number, hit in enumerate(find_waste(work))
        ],
    )
    progress = progress_of(work)
    if progress != Progress():
        values = (getattr(progress, name) for name in _PROGRESS)
        db.execute(_INSERT_PROGRESS, (session, *values))


def work_of(db: sqlite3.Connection, session: int, book: PriceBook) -> Work:
    """Return all of a session's work, by its row id."""
    (agent,) = db.execute("SELECT agent FROM session WHERE id = ?", (session,)).fetchone()
    rows = db.execute(_CALLS, (session,)).fetchall()
    variants = {row_id: (speed, tier, geo) for row_id, speed, tier, geo in db.execute(_VARIANTS)}
    return Work(
        agent=agent,
        calls=tuple([_call(db, row[-2], row[:-2]) for row in rows]),
        steps=tuple(map(Step._make, db.execute(_STEPS, (session,)))),
        refusals=tuple(map(Refusal._make, db.execute(_REFUSALS, (session,)))),
        compactions=tuple(map(Compaction._make, db.execute(_COMPACTIONS, (session,)))),
        subagents=tuple(map(Subagent._make, db.execute(_SUBAGENTS, (session,)))),
        price=_Priced(book, variants, {row[0]: row[-1] for row in rows}).price,
        window=book.context_window_tokens,
    )


def _call(db: sqlite3.Connection, parts: str | None, values: Iterable[Any]) -> Call:
    call = Call._make(values)
    if not parts:
        return call
    counts = db.execute(_COUNTS, (call.key,)).fetchone()
    last = requests_of(TokenCounts(**dict(zip(TOKENS, counts))), parts_of(parts))[-1]
    return call._replace(context_tokens=last.context_tokens)


def waste_of(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> Mapping[str, tuple[Hit, ...]]:
    """Return what led nowhere, by session, in order of time.

    `session_id` may be the beginning of one.
    """
    where, values = sessions_asked(session_id, homes)
    columns = ", ".join(f"w.{name}" for name in _HIT)
    found = defaultdict[str, list[Hit]](list)
    for name, *row in db.execute(
        f"SELECT x.session_id, {columns} FROM waste w JOIN session x ON x.id = w.session"
        f" WHERE {where} ORDER BY w.session, w.number",
        values,
    ):
        found[name].append(Hit(**dict(zip(_HIT, row))))
    return {name: tuple(hits) for name, hits in found.items()}


_OF_ONE = (
    f"SELECT {', '.join('w.' + name for name in _HIT)} FROM session x"
    " JOIN waste w ON w.session = x.id WHERE x.session_id = ?"
)
# A session is in the turn of its newest prompt.
_IN_ITS_TURN = (
    f"{_OF_ONE} AND w.turn_id = (SELECT s.turn_id FROM span s WHERE s.session = x.id"
    " AND s.subagent_id = '' AND s.turn_id <> '' ORDER BY s.started_us DESC, s.id DESC LIMIT 1)"
)


def waste_in(
    db: sqlite3.Connection, session_ids: Iterable[str], *, present: bool = False
) -> Mapping[str, tuple[Hit, ...]]:
    """Return what led nowhere in some sessions, where anything did; `present`: in their turn."""
    query = f"{_IN_ITS_TURN if present else _OF_ONE} ORDER BY w.number"
    found: dict[str, tuple[Hit, ...]] = {}
    for session_id in session_ids:
        rows = db.execute(query, (session_id,))
        if hits := tuple(Hit(**dict(zip(_HIT, row))) for row in rows):
            found[session_id] = hits
    return found


def progress_in(db: sqlite3.Connection, session_id: str) -> Progress:
    """Return what a session brought."""
    row = db.execute(
        f"SELECT {', '.join(_PROGRESS)} FROM progress p JOIN session x ON x.id = p.session"
        " WHERE x.session_id = ?",
        (session_id,),
    ).fetchone()
    return Progress(**dict(zip(_PROGRESS, row))) if row else Progress()
