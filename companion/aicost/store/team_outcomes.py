"""What came of work, as a team counts it: once, on the day it happened. Read only.

The ledger knows when a commit was made. Of a merge, of a commit that was taken back and of work
that was abandoned it knows only that it is so by now: whoever keeps `Happened` says since when.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from aicost.core.commits import Fate
from aicost.core.days import from_us
from aicost.core.outcome import Outcome
from aicost.store.team_days import day_span_us

Kind = Literal["merged", "reverted", "fixed_tests", "abandoned_microusd"]
_LEFT = (Outcome.ABANDONED, Outcome.BRANCH_ABANDONED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that came of a session. `key` is a number that says nothing of it."""

    key: int
    kind: Kind
    amount: int
    worked_on: date  # the UTC day of the session's last call
    is_told_at_once: bool  # it was so when the session ended, not only found later


def commits_on(db: sqlite3.Connection, day: date) -> int:
    """Return how many commits sessions made on a UTC day. Raises sqlite3.Error."""
    query = (
        "SELECT count(DISTINCT commit_id) FROM session_commit WHERE made_us >= ? AND made_us < ?"
    )
    return int(db.execute(query, day_span_us(day)).fetchone()[0])


def happened(db: sqlite3.Connection) -> Iterator[Happened]:
    """Yield all that is known to have come of sessions by now. Raises sqlite3.Error."""
    for branch, last_us in db.execute(
        "SELECT merged_branch, max(last_us) FROM outcome WHERE merged_branch IS NOT NULL GROUP BY 1"
    ):
        yield _one("merged", f"{branch}", 1, last_us)
    for commit_id, last_us in db.execute(
        "SELECT c.commit_id, max(o.last_us) FROM session_commit c JOIN outcome o"
        " ON o.session = c.session WHERE c.fate = ? GROUP BY 1",
        (Fate.REVERTED,),
    ):
        yield _one("reverted", commit_id, 1, last_us)
    for session_id, fixed, last_us in db.execute(
        "SELECT x.session_id, o.fixed_tests, o.last_us FROM outcome o JOIN session x"
        " ON x.id = o.session WHERE o.fixed_tests > 0"
    ):
        for number in range(fixed):
            yield _one("fixed_tests", f"{session_id} {number}", 1, last_us)
    for session_id, last_us, cost_nusd in db.execute(
        "SELECT x.session_id, o.last_us, sum(u.cost_nusd) FROM outcome o JOIN session x"
        " ON x.id = o.session JOIN span s ON s.session = x.id JOIN usage_day u ON u.span = s.id"
        f" WHERE o.kind IN ({', '.join('?' * len(_LEFT))}) GROUP BY x.id",
        _LEFT,
    ):
        yield _one("abandoned_microusd", session_id, round(cost_nusd / 1000), last_us)


def _one(kind: Kind, what: str, amount: int, last_us: int) -> Happened:
    digest = sha256(f"{kind}\x1f{what}".encode()).digest()
    return Happened(
        key=int.from_bytes(digest[:8], "big", signed=True),
        kind=kind,
        amount=amount,
        worked_on=from_us(last_us).date(),
        is_told_at_once=kind == "fixed_tests",
    )
