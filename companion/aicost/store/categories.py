"""What each turn was for: kept, and found out anew where a turn, a tag or the classifier changed.

`turn_work` has what is known of a span; `turn_category` follows from it and from the user's tags,
which a ledger only repeats: the journal keeps them. A turn with a change is noted in `stale_work`.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from aicost.core.categories import TaskCategory
from aicost.core.category_weights import VERSION
from aicost.core.purpose import Purpose, Tag
from aicost.store.homes import sessions_asked

if TYPE_CHECKING:
    from aicost.core.category import Classified

_SOME = 100  # turns in one transaction
_BY_USER, _BY_PROMPT, _BY_EVIDENCE = "user", "prompt", "evidence"
_TAGGED = "tagged by the user"

# Of two readings of a turn the longer one knows more; of two as long ones, always the same.
_UPSERT_WORK = (
    "INSERT INTO turn_work VALUES (?1, ?2, ?3) ON CONFLICT (span) DO UPDATE SET"
    " steps = excluded.steps, features = excluded.features"
    " WHERE (excluded.steps, excluded.features) > (steps, features)"
)
_MARK = "INSERT OR IGNORE INTO stale_work SELECT turn FROM span WHERE id = ? AND turn IS NOT NULL"
_WORK = (
    "SELECT s.turn, s.id, w.features FROM span t"
    " JOIN span s ON s.session = t.session AND s.turn = t.id"
    " JOIN turn_work w ON w.span = s.id WHERE t.id IN ({marks}) ORDER BY s.id"
)
# A turn's own tag wins over its session's.
_TAGS = (
    "SELECT s.id, t.category FROM tag t JOIN session x ON x.session_id = t.session_id"
    " JOIN span s ON s.session = x.id AND t.turn_id IN (s.turn_id, '')"
    " WHERE s.id IN ({marks}) ORDER BY t.turn_id"
)
_WRITE = (
    "INSERT INTO turn_category VALUES (?, ?, ?, ?, ?) ON CONFLICT (span) DO UPDATE SET"
    " category = excluded.category, confidence = excluded.confidence, why = excluded.why,"
    " origin = excluded.origin"
)
_TURNS = (
    "SELECT x.session_id, s.turn_id, k.category, k.confidence, k.why, k.origin"
    " FROM turn_category k JOIN span s ON s.id = k.span JOIN session x ON x.id = s.session"
)
# Of a session, what most of its money went for; without prices, most of its tokens.
_SESSIONS = (
    "SELECT x.session_id, k.category, sum(u.cost_nusd), sum(u.requests),"
    " sum(k.confidence * u.requests) FROM usage_day u JOIN span s ON s.id = u.span"
    " JOIN session x ON x.id = s.session JOIN turn_category k ON k.span = s.turn"
)
_NOW = (
    "SELECT x.session_id, k.category, k.confidence, k.why, k.origin FROM session x"
    " JOIN span s ON s.id = (SELECT b.id FROM span b WHERE b.session = x.id"
    " AND b.subagent_id = '' AND b.turn_id <> '' ORDER BY b.started_us DESC, b.id DESC LIMIT 1)"
    " JOIN turn_category k ON k.span = s.id WHERE x.session_id = ?"
)


def note_work(db: sqlite3.Connection, rows: Iterable[tuple[int, int, bytes]]) -> None:
    """Keep what is known of spans: (span, steps, features)."""
    longest: dict[int, tuple[int, int, bytes]] = {}
    for row in rows:
        longest[row[0]] = max(row, longest.get(row[0], row))
    mark_work(db, [row[0] for row in longest.values() if db.execute(_UPSERT_WORK, row).rowcount])


def mark_work(db: sqlite3.Connection, spans: Iterable[int]) -> None:
    """Note that something changed of the turns that these spans belong to."""
    db.executemany(_MARK, [(span,) for span in spans])


def drop_work(db: sqlite3.Connection, spans: Iterable[int]) -> None:
    """Forget what was known of spans that are gone: another may get the number."""
    for table in ("turn_work", "turn_category", "stale_work"):
        sql = (
            f"DELETE FROM {table} WHERE span = ?1 AND NOT EXISTS (SELECT 1 FROM span WHERE id = ?1)"
        )
        db.executemany(sql, [(span,) for span in spans])


def is_other_classifier(db: sqlite3.Connection) -> bool:
    """Say whether the turns were classified by another version."""
    known = db.execute("SELECT value FROM meta WHERE key = 'classifier'").fetchone()
    return bool(known != (str(VERSION),))


def adopt_classifier(db: sqlite3.Connection) -> None:
    """Note that all turns are to be classified, if another version did so."""
    if not is_other_classifier(db):
        return
    db.execute("INSERT OR REPLACE INTO meta VALUES ('classifier', ?)", (str(VERSION),))
    db.execute(
        "INSERT OR IGNORE INTO stale_work SELECT DISTINCT s.turn FROM turn_work w"
        " JOIN span s ON s.id = w.span WHERE s.turn IS NOT NULL"
    )


def has_stale_work(db: sqlite3.Connection) -> bool:
    """Say whether some turn is to be classified."""
    return db.execute("SELECT 1 FROM stale_work LIMIT 1").fetchone() is not None


def settle_categories(db: sqlite3.Connection) -> None:
    """Classify some of the turns that changed, the newest first. Inside a transaction."""
    query = "SELECT span FROM stale_work ORDER BY span DESC LIMIT ?"
    spans = [span for (span,) in db.execute(query, (_SOME,))]
    marks = ", ".join("?" * len(spans))
    tags = dict(db.execute(_TAGS.format(marks=marks), spans).fetchall())
    work: dict[int, list[tuple[int, bytes]]] = {span: [] for span in spans}
    for turn, span, features in db.execute(_WORK.format(marks=marks), spans):
        work[turn].append((span, features))
    rows = [(span, *_row(span, tags.get(span, ""), work[span])) for span in spans]
    db.executemany(_WRITE, rows)
    db.executemany("DELETE FROM stale_work WHERE span = ?", [(span,) for span in spans])


def _row(span: int, tag: str, work: Iterable[tuple[int, bytes]]) -> tuple[str, float, str, str]:
    if tag:
        return tag, 1.0, _TAGGED, _BY_USER
    found = _classified(span, work)
    origin = _BY_PROMPT if found.is_tagged else _BY_EVIDENCE
    return found.category, found.confidence, found.evidence, origin


def _classified(turn: int, work: Iterable[tuple[int, bytes]]) -> "Classified":
    # Only here: a start that finds nothing new classifies no turn.
    from aicost.core.category import classify
    from aicost.core.turn_features import NO_FEATURES, together, unpacked

    own, others = NO_FEATURES, []
    for span, features in work:
        if span == turn:
            own = unpacked(features)
        else:
            others.append(unpacked(features))
    return classify(together(own, others))


def write_tags(db: sqlite3.Connection, tags: Iterable[Tag]) -> None:
    """Make the ledger repeat all of the journal's tags, and no others. Inside a transaction."""
    wanted = {(tag.session_id, tag.turn_id, str(tag.category)) for tag in tags}
    known = set(db.execute("SELECT session_id, turn_id, category FROM tag"))
    changed = {(session_id, turn_id) for session_id, turn_id, _ in wanted ^ known}
    db.executemany("DELETE FROM tag WHERE session_id = ? AND turn_id = ?", changed)
    db.executemany("INSERT OR REPLACE INTO tag VALUES (?, ?, ?)", sorted(wanted - known))
    db.executemany(
        "INSERT OR IGNORE INTO stale_work SELECT s.id FROM span s JOIN session x"
        " ON x.id = s.session WHERE x.session_id = ?1 AND s.subagent_id = ''"
        " AND s.turn_id <> '' AND ?2 IN (s.turn_id, '')",
        sorted(changed),
    )


def turn_purposes(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> Mapping[tuple[str, str], Purpose]:
    """Return (session id, turn id) -> what a turn was for; `session_id` may be the start of one."""
    where, values = sessions_asked(session_id, homes)
    rows = db.execute(f"{_TURNS} WHERE {where}", values)
    return {(session, turn): _purpose(*rest) for session, turn, *rest in rows}


def session_purposes(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> Mapping[str, Purpose]:
    """Return session id -> what most of its money went for, and how much of it surely did.

    `session_id` may be the beginning of one.
    """
    where, values = sessions_asked(session_id, homes)
    found: dict[str, list[tuple[int, int, float, str]]] = {}
    for name, category, cost, requests, sure in db.execute(
        f"{_SESSIONS} WHERE {where} GROUP BY 1, 2", values
    ):
        found.setdefault(name, []).append((cost, requests, sure, category))
    return {name: _largest(parts) for name, parts in found.items()}


def _largest(parts: Sequence[tuple[int, int, float, str]]) -> Purpose:
    cost, requests, sure, category = max(parts)
    all_cost = sum(part[0] for part in parts)
    share = cost / all_cost if all_cost else requests / sum(part[1] for part in parts)
    confidence = round(share * sure / requests, 3) if requests else 0.0
    return Purpose(category=TaskCategory(category), confidence=confidence)


def present_purposes(db: sqlite3.Connection, session_ids: Iterable[str]) -> Mapping[str, Purpose]:
    """Return session id -> what the turn that it is in is for, as far as it is known by now."""
    found: dict[str, Purpose] = {}
    for session_id in session_ids:
        for name, *rest in db.execute(_NOW, (session_id,)):
            found[name] = _purpose(*rest)
    return found


def _purpose(category: str, confidence: float, why: str, origin: str) -> Purpose:
    return Purpose(
        category=TaskCategory(category),
        confidence=confidence,
        evidence=why,
        is_corrected=origin != _BY_EVIDENCE,
    )


def place_of_turn(db: sqlite3.Connection, turn_id: str) -> str:
    """Return the session of a turn; of several that repeat it, the lowest.

    Raises LookupError.
    """
    query = (
        "SELECT min(x.session_id) FROM span s JOIN session x ON x.id = s.session"
        " WHERE s.turn_id = ? AND s.subagent_id = ''"
    )
    (session_id,) = db.execute(query, (turn_id,)).fetchone()
    if session_id is None:
        raise LookupError(turn_id)
    return str(session_id)
