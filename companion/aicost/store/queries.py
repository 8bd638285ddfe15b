"""What the ledger says of turns and of itself. Read only: a connection in, plain values out."""

import sqlite3
from collections.abc import Sequence

from aicost.core.days import from_us
from aicost.core.reports import TurnRow
from aicost.core.usage import TokenCounts
from aicost.store.calls import USAGE
from aicost.store.homes import home_ids, sessions_asked
from aicost.store.schema import TOKENS


def turns(
    db: sqlite3.Connection,
    *,
    session_id: str | None = None,
    since_us: int | None = None,
    homes: tuple[str, ...] = (),
) -> tuple[TurnRow, ...]:
    """Return turns, oldest first; subagents' calls count in the turn that started them.

    `session_id` may be the beginning of one, as tables show it.

    A prompt without any call is in, once: where a fork copied it too, at the older session.
    """
    where, values = sessions_asked(session_id, homes)
    having = "1"
    if since_us is not None:
        having = "min(coalesce(t.started_us, x.first_us)) >= ?"
        values.append(since_us)
    rows = db.execute(
        "SELECT x.session_id, coalesce(t.turn_id, ''), min(t.started_us),"
        f" {', '.join(f'coalesce(sum(u.{name}), 0)' for name in USAGE)}"
        " FROM span s JOIN session x ON x.id = s.session"
        " LEFT JOIN span t ON t.id = s.turn LEFT JOIN usage_day u ON u.span = s.id"
        f" WHERE {where} GROUP BY x.id, coalesce(t.turn_id, '')"
        f" HAVING {having} AND (count(u.requests) > 0 OR (max(t.turn_id <> '')"
        f" AND NOT EXISTS ({_OLDER_COPY})))"
        " ORDER BY coalesce(min(t.started_us), x.first_us), x.session_id, 2",
        values,
    )
    return tuple(_turn(row) for row in rows)


def skipped_lines(db: sqlite3.Connection, homes: Sequence[str] = ()) -> int:
    """Return how many lines of the logs (of these homes) could not be read."""
    where = f" WHERE home IN {home_ids(homes)}" if homes else ""
    count = f"SELECT coalesce(sum(broken_lines), 0) FROM log_file{where}"
    return int(db.execute(count, tuple(homes)).fetchone()[0])


def meta(db: sqlite3.Connection, key: str) -> str:
    """Return a setting of the ledger itself ("" if it has none)."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


_OLDER_COPY = (
    "SELECT 1 FROM span o JOIN session y ON y.id = o.session"
    " WHERE o.turn_id = t.turn_id AND o.turn_id <> ''"
    f" AND (coalesce(y.first_us, {2**62}), y.session_id)"
    f" < (coalesce(x.first_us, {2**62}), x.session_id)"  # a session without calls is the younger
)


def _turn(row: tuple[object, ...]) -> TurnRow:
    session_id, prompt_uuid, started_us, requests, *rest = row
    tokens, (_, cost, priced, unpriced, *_) = rest[: len(TOKENS)], rest[len(TOKENS) :]
    return TurnRow(
        session_id=str(session_id),
        prompt_uuid=str(prompt_uuid),
        started_at=None if started_us is None else from_us(_int(started_us)),
        requests=_int(requests),
        tokens=_tokens(tokens),
        cost_nusd=_int(cost) if priced else None,
        unpriced_tokens=_int(unpriced),
    )


def _tokens(values: list[object]) -> TokenCounts:
    return TokenCounts(**dict(zip(TOKENS, map(_int, values))))


def _int(value: object) -> int:
    assert isinstance(value, int)  # every column we sum is an INTEGER NOT NULL
    return value
