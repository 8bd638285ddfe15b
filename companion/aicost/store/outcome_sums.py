"""What commits, merged branches, fixed tests and tickets cost. Read only."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping

from aicost.core.outcome import Outcome
from aicost.core.reports import Each, OutcomeSums

_ABANDONED = (Outcome.ABANDONED, Outcome.BRANCH_ABANDONED)


def outcome_sums(
    db: sqlite3.Connection,
    sessions: Mapping[str, int | None],
    by_ticket: Iterable[int | None],
) -> OutcomeSums:
    """Add up what came of some sessions; a commit or branch of several sessions counts once.

    `sessions`: what each cost in nano-dollars, None where nothing of it has a price; `by_ticket`:
    what each ticket cost. All money of a session goes to each of the things it led to.
    """
    asked = _Asked(db, sessions)
    return OutcomeSums(
        commits=asked.each("SELECT session, commit_id FROM session_commit"),
        merged_commits=asked.each(
            "SELECT session, commit_id FROM session_commit WHERE fate = 'merged'"
        ),
        merged_branches=asked.each(
            "SELECT session, merged_branch FROM outcome WHERE merged_branch IS NOT NULL"
        ),
        fixed_tests=asked.counted("SELECT session, fixed_tests FROM outcome WHERE fixed_tests > 0"),
        tickets=_each(list(by_ticket)),
        closed_tickets=asked.each("SELECT session, ticket FROM closed_ticket"),
        abandoned=asked.each(_of_kinds(_ABANDONED)),
        reverted=asked.each(_of_kinds((Outcome.REVERTED,))),
    )


def _of_kinds(kinds: Iterable[Outcome]) -> str:
    names = ", ".join(f"'{kind}'" for kind in kinds)
    return f"SELECT session, session FROM outcome WHERE kind IN ({names})"


def _each(costs: list[int | None]) -> Each:
    known = [cost for cost in costs if cost is not None]
    return Each(len(costs), sum(known) if known else None)


class _Asked:
    """The sessions that are asked about."""

    def __init__(self, db: sqlite3.Connection, sessions: Mapping[str, int | None]) -> None:
        self._db = db
        rows = db.execute("SELECT id, session_id FROM session")
        self._costs = {row: sessions[name] for row, name in rows if name in sessions}

    def each(self, query: str) -> Each:
        """Return how many different things there are, and what the sessions cost that made them."""
        return self._added(query, lambda things: len(set(things)))

    def counted(self, query: str) -> Each:
        """Return the sum of a count, and what the sessions cost that it is of."""
        return self._added(query, sum)

    def _added(self, query: str, count: Callable[[list[int]], int]) -> Each:
        rows = [(row, thing) for row, thing in self._db.execute(query) if row in self._costs]
        whole = _each([self._costs[row] for row in {row for row, _ in rows}])
        return Each(count([thing for _, thing in rows]), whole.cost_nusd)
