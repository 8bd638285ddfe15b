"""What badges ask of the ledger: who used how much today and where, and since when. Read only."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from aicost.store.groups import CALL_ROWS
from aicost.store.schema import TOKENS

_TOKENS = " + ".join(f"u.{name}" for name in TOKENS if name != "reasoning_tokens")
_SUMS = ", ".join(
    f"coalesce(sum({one}), 0)"
    for one in ("u.cost_nusd", "u.priced_requests", "u.unpriced_tokens", _TOKENS)
)
_FROM = "FROM session x CROSS JOIN span s ON s.session = x.id CROSS JOIN"


@dataclass(frozen=True, slots=True)
class Spent:
    """What some calls used together."""

    nusd: int = 0  # of the priced ones
    priced_requests: int = 0
    unpriced_tokens: int = 0
    tokens: int = 0

    @property
    def cost_nusd(self) -> int | None:
        """The list price of the priced calls; None if none is priced."""
        return self.nusd if self.priced_requests else None


def total(parts: Iterable[Spent]) -> Spent:
    """Add up."""
    whole = Spent()
    for one in parts:
        whole = Spent(
            whole.nusd + one.nusd,
            whole.priced_requests + one.priced_requests,
            whole.unpriced_tokens + one.unpriced_tokens,
            whole.tokens + one.tokens,
        )
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a session used in a folder."""

    session_id: str
    cwd: str  # "" where no log says it
    repo: str  # as reports name it
    repo_key: str  # the repository itself: with a `/`, by its remote; else its folder's name
    spent: Spent


def used_on(db: sqlite3.Connection, day: int) -> tuple[Part, ...]:
    """Return what was used on a local day (`date.toordinal()`)."""
    rows = db.execute(
        "SELECT x.session_id, coalesce(p.cwd, ''), coalesce(p.repo, ''), coalesce(p.repo_key, ''),"
        f" {_SUMS} FROM usage_day u CROSS JOIN span s ON s.id = u.span"
        " CROSS JOIN session x ON x.id = s.session LEFT JOIN place p ON p.id = u.place"
        " WHERE u.day = ? GROUP BY x.id, p.cwd, p.repo, p.repo_key",
        (day,),
    )
    return tuple(
        Part(session_id=session_id, cwd=cwd, repo=repo, repo_key=key, spent=Spent(*sums))
        for session_id, cwd, repo, key, *sums in rows
    )


def used_between(
    db: sqlite3.Connection, session_id: str, since_us: int, until_us: int | None
) -> Spent:
    """Return what a session used in [since, until), in microseconds since 1970 UTC."""
    row = db.execute(
        "SELECT first_us, last_us FROM session WHERE session_id = ? AND last_us IS NOT NULL",
        (session_id,),
    ).fetchone()
    if row is None:
        return Spent()
    first_us, last_us = row
    if since_us <= first_us and (until_us is None or last_us < until_us):  # all of it: by days
        query = f"SELECT {_SUMS} {_FROM} usage_day u ON u.span = s.id WHERE x.session_id = ?"
        return Spent(*db.execute(query, (session_id,)).fetchone())
    rows = db.execute(
        f"SELECT {_SUMS} {_FROM} {CALL_ROWS['usage']} u ON u.span = s.id"
        " WHERE x.session_id = ?1 AND u.at_us >= ?2 AND (?3 IS NULL OR u.at_us < ?3)",
        (session_id, since_us, until_us),
    )
    return Spent(*rows.fetchone())
