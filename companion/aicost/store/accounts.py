"""What the ledger and each client say of a session, side by side; and the hidden spend between.

Hidden spend is kept per session and model, in `hidden_spend`, and made anew for each session that
changed (`stale_account`) and those it shares calls with: see `settle_accounts`.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from aicost.core.days import from_us, to_us
from aicost.core.facts import ClientTotal, HiddenSeen
from aicost.core.reconcile import Cause, Finding, SessionAccount, reconcile
from aicost.core.spent import NOTHING, Spent
from aicost.core.usage import TokenCounts
from aicost.store.homes import sessions_asked
from aicost.store.schema import TOKENS

_COUNTS = ", ".join(f"sum(c.{name})" for name in TOKENS)
_SPENT = (
    f"SELECT m.name, {_COUNTS}, sum(c.web_searches), sum(c.cost_nusd), count(c.cost_nusd),"
    " count(*) FROM call c JOIN span s ON s.id = c.span JOIN model m ON m.id = c.model"
    " WHERE s.session = ?"
)
# Sessions whose logs repeat calls of each other, to any depth.
_FAMILY = """
WITH RECURSIVE family(session) AS (
  SELECT value FROM json_each(?)
  UNION
  SELECT s.session FROM family f JOIN copied_call k ON k.session = f.session
    JOIN call c ON c.key = k.key JOIN span s ON s.id = c.span
  UNION
  SELECT k.session FROM family f JOIN span s ON s.session = f.session
    JOIN call c ON c.span = s.id JOIN copied_call k ON k.key = c.key
)
SELECT session FROM family
"""
# A session of which the client says nothing has no hidden spend; but its forks may know of it.
_IS_SAID = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM client_total WHERE session = ?1) OR EXISTS (
  SELECT 1 FROM span s CROSS JOIN call c ON c.span = s.id CROSS JOIN copied_call k ON k.key = c.key
  WHERE s.session = ?1)
"""
_UNSETTLED = """
SELECT j.value FROM json_each(?) j WHERE EXISTS (SELECT 1 FROM hidden_spend WHERE session = j.value)
  AND (EXISTS (SELECT 1 FROM stale_account WHERE session = j.value) OR EXISTS (
    SELECT 1 FROM span s CROSS JOIN stale_span k ON k.span = s.id WHERE s.session = j.value))
"""
_SOME = 100  # sessions in one transaction
_KEPT = (*TOKENS, "web_searches", "cost_nusd")


def accounts(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Compare sessions with what their clients say. `session_id` may be the beginning of one.

    Codex says nothing: of its sessions only our figure is given, which is the least it can be.
    """
    where, values = sessions_asked(session_id, homes)
    query = (
        f"SELECT x.agent, x.id, x.session_id FROM session x WHERE {where}"
        " AND (x.last_us IS NOT NULL OR x.id IN (SELECT session FROM client_total))"
    )
    wanted: dict[str, dict[int, str]] = {"claude": {}, "codex": {}}
    for agent, row, name in db.execute(query, values):
        wanted[agent][row] = name
    names = set(wanted["claude"].values())
    found = [one for one in _findings(db, list(wanted["claude"])) if one.session_id in names]
    for row, name in wanted["codex"].items():
        for model, ours in sorted(_spent(db, row, None).items()):
            found.append(Finding(session_id=name, model=model, ours=ours, causes=(Cause.AT_LEAST,)))
    return tuple(found)


def hidden(
    db: sqlite3.Connection, where: str, values: Sequence[object]
) -> tuple[Spent, tuple[Cause, ...]]:
    """Return the hidden spend of some sessions (a condition on `x`), and what it was for.

    Its money is that of which a price is known: at least so much. None: no price is.
    """
    columns = ", ".join(f"h.{name}" for name in _KEPT)
    total, causes, costs = NOTHING, set[str](), list[int | None]()
    for why, *counts, searches, cost in db.execute(
        f"SELECT h.causes, {columns} FROM hidden_spend h JOIN session x ON x.id = h.session"
        f" WHERE {where}",
        values,
    ):
        causes.update(why.split())
        costs.append(cost)
        total += Spent(tokens=TokenCounts(**dict(zip(TOKENS, counts))), web_searches=searches)
    known = [cost for cost in costs if cost is not None]
    total = replace(total, cost_nusd=sum(known) if known or not costs else None)
    return total, tuple(cause for cause in Cause if cause in causes)


def unsettled_hidden(
    db: sqlite3.Connection, sessions: Sequence[int]
) -> dict[int, list[tuple[str, int, int | None]]]:
    """Return the hidden spend, as it is now, of those sessions whose kept one is out of date.

    By row id, as (model, tokens, nano-dollars). A session of which none was known is left out.
    """
    rows = json.dumps(list(sessions))
    stale = [session for (session,) in db.execute(_UNSETTLED, (rows,))]
    if not stale:
        return {}
    found: dict[int, list[tuple[str, int, int | None]]] = {session: [] for session in stale}
    by_name = _ids(db, stale)
    for one in _findings(db, stale):
        if one.session_id in by_name and one.hidden != NOTHING:
            hidden = one.hidden
            part = (one.model, hidden.tokens.total_tokens, hidden.cost_nusd)
            found[by_name[one.session_id]].append(part)
    return found


def mark_accounts(db: sqlite3.Connection, sessions: Iterable[int]) -> None:
    """Note that what is known of these sessions changed."""
    rows = [(session,) for session in sessions]
    db.executemany("INSERT OR IGNORE INTO stale_account VALUES (?)", rows)


def settle_accounts(db: sqlite3.Connection) -> None:
    """Bring the hidden spend of some changed sessions up to date. Inside a transaction."""
    query = "SELECT session FROM stale_account ORDER BY session LIMIT ?"
    asked = [session for (session,) in db.execute(query, (_SOME,))]
    stale = [session for session in asked if db.execute(_IS_SAID, (session,)).fetchone()]
    family = _family(db, stale) if stale else []
    if stale:
        db.executemany("DELETE FROM hidden_spend WHERE session = ?", [(row,) for row in family])
        ids = _ids(db, family)
        columns = ", ".join(("session", "model", *_KEPT, "causes"))
        db.executemany(
            f"INSERT INTO hidden_spend ({columns}) VALUES ({', '.join('?' * (3 + len(_KEPT)))})",
            [
                (
                    ids[one.session_id], one.model, *one.hidden.tokens.counts(),
                    one.hidden.web_searches, one.hidden.cost_nusd, " ".join(one.causes),
                )
                for one in _findings(db, family)
                if one.hidden != NOTHING
            ],
        )  # fmt: skip
    done = [(session,) for session in {*asked, *family}]
    db.executemany("DELETE FROM stale_account WHERE session = ?", done)


def _family(db: sqlite3.Connection, sessions: Sequence[int]) -> list[int]:
    rows = json.dumps(list(sessions))
    return [session for (session,) in db.execute(_FAMILY, (rows,))]


def _findings(db: sqlite3.Connection, sessions: Sequence[int]) -> tuple[Finding, ...]:
    """Compare sessions, and those they share calls with."""
    ids = _ids(db, _family(db, sessions))

    def spent_before(session_id: str, cut: datetime | None) -> dict[str, Spent]:
        return _spent(db, ids[session_id], cut) if session_id in ids else {}

    return reconcile([_account(db, row, name) for name, row in ids.items()], spent_before)


def _ids(db: sqlite3.Connection, sessions: Sequence[int]) -> dict[str, int]:
    rows = json.dumps(list(sessions))
    query = "SELECT session_id, id FROM session WHERE id IN (SELECT value FROM json_each(?))"
    return dict(db.execute(query, (rows,)))


def _account(db: sqlite3.Connection, session: int, session_id: str) -> SessionAccount:
    copied = db.execute(
        "SELECT DISTINCT x.session_id FROM copied_call k JOIN call c ON c.key = k.key"
        " JOIN span s ON s.id = c.span JOIN session x ON x.id = s.session WHERE k.session = ?",
        (session,),
    )
    (first_us,) = db.execute("SELECT first_us FROM session WHERE id = ?", (session,)).fetchone()
    return SessionAccount(
        session_id=session_id,
        ours=_spent(db, session, None),
        totals=tuple(_totals(db, session, session_id)),
        hints=tuple(_hints(db, session, session_id)),
        copied_from=frozenset(name for (name,) in copied),
        first_own_at=None if first_us is None else from_us(first_us),
    )


def _spent(db: sqlite3.Connection, session: int, cut: datetime | None) -> dict[str, Spent]:
    """Return what the calls that count for a session used before a time, by model as logged."""
    query, values = _SPENT, [session]
    if cut is not None:
        query += " AND c.at_us < ?"
        values.append(to_us(cut))
    found = {}
    for model, *counts, searches, cost, priced, calls in db.execute(
        f"{query} GROUP BY m.name", values
    ):
        found[model] = Spent(
            tokens=TokenCounts(**dict(zip(TOKENS, counts))),
            web_searches=searches,
            cost_nusd=cost if priced == calls else None,
            calls=calls,
        )
    return found


def _totals(db: sqlite3.Connection, session: int, session_id: str) -> Iterable[ClientTotal]:
    columns = ", ".join(TOKENS)
    query = f"SELECT model, {columns}, web_searches, cost_nusd FROM client_total WHERE session = ?"
    for model, *counts, searches, cost in db.execute(query, (session,)):
        yield ClientTotal(
            session_id=session_id,
            model=model,
            tokens=TokenCounts(**dict(zip(TOKENS, counts))),
            web_searches=searches,
            cost_nusd=cost,
        )


def _hints(db: sqlite3.Connection, session: int, session_id: str) -> Iterable[HiddenSeen]:
    query = "SELECT key, at_us, kind, context_tokens FROM hidden_hint WHERE session = ?"
    for key, at_us, kind, context_tokens in db.execute(query, (session,)):
        yield HiddenSeen(
            key=str(key),
            session_id=session_id,
            at=from_us(at_us),
            kind=kind,
            context_tokens=context_tokens,
        )
