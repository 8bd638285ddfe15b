"""What came of sessions and turns: what it is judged by, the judgements, when to look again.

Of commits the ledger keeps the beginnings of ids, times and counts; no path, no name, no message.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from aicost.core.commit_match import OwnCommit, Span, Work
from aicost.core.commits import Fate
from aicost.core.outcome import CheckRun, Outcome, Verdict, fixed_tests
from aicost.store.homes import sessions_asked

RULES = 1  # of judging; another number judges all sessions anew
_S = 1_000_000


class Due(NamedTuple):
    """A session that is to be judged."""

    row: int
    first_us: int
    last_us: int


class Where(NamedTuple):
    """A folder that a session made calls in."""

    cwd: str
    branch: str
    repo_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a session, or a turn of it, did."""

    work: Work
    fixed_tests: int
    is_answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDone:
    """What a session did, as a whole and by its turns."""

    whole: Done
    turns: Mapping[int, Done]  # by the row of the prompt's span
    places: Sequence[Where]  # the last one first
    pull_requests: tuple[int, ...] = ()
    commits: tuple[OwnCommit, ...] = ()  # that were found before


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a session and of its turns."""

    session: Due
    verdict: Verdict
    commits: Sequence[OwnCommit] = ()
    turns: Mapping[int, Outcome] = field(default_factory=dict)
    merged_branch: int | None = None  # stands for a branch that is in the default one now
    closed_tickets: frozenset[int] = frozenset()  # by its pull requests; stand for tickets
    due_us: int | None = None  # when to look again


def due_sessions(
    db: sqlite3.Connection, now_us: int, *, quiet_us: int, limit: int
) -> tuple[Due, ...]:
    """Return sessions that were never judged, went on since, or whose time has come.

    One that made a call within `quiet_us` is not: it is still at work. The newest first.
    """
    rows = db.execute(
        "SELECT x.id, x.first_us, x.last_us FROM session x LEFT JOIN outcome o ON o.session = x.id"
        " WHERE x.last_us <= ? AND (o.session IS NULL OR o.last_us <> x.last_us OR o.rules <> ?"
        " OR o.due_us <= ?) ORDER BY x.last_us DESC LIMIT ?",
        (now_us - quiet_us, RULES, now_us, limit),
    )
    return tuple(Due(*row) for row in rows)


def session_done(db: sqlite3.Connection, due: Due) -> SessionDone:
    """Return what a session did that its outcome is judged by."""
    whole, turns = _Collected(), dict[int, _Collected]()

    def both(turn: int | None) -> Sequence[_Collected]:
        return (whole,) if turn is None else (whole, turns.setdefault(turn, _Collected()))

    _collect(db, due.row, both)
    whole.spend(due.first_us, due.last_us)
    return SessionDone(
        whole=whole.done(),
        turns={turn: one.done() for turn, one in turns.items() if one.ends},
        places=_places(db, due.row),
        pull_requests=_pull_requests(db, due.row),
        commits=_known_commits(db, due.row),
    )


def places_of_repo(db: sqlite3.Connection, repo_key: str) -> Iterator[str]:
    """Yield the folders that are known of the repository with this remote, the newest first."""
    rows = db.execute("SELECT cwd FROM place WHERE repo_key = ? ORDER BY id DESC", (repo_key,))
    return (cwd for (cwd,) in rows.fetchall())


def _collect(
    db: sqlite3.Connection, session: int, both: "Callable[[int | None], Sequence[_Collected]]"
) -> None:
    """Add what a session did to the whole and to the turn it was done in."""
    for turn, first_us, last_us, is_answered in _turns(db, session):
        for one in both(turn):
            one.spend(first_us, last_us)
            one.is_answered = bool(is_answered)
    for turn, kind, target, asked_us, at_us in _steps(db, session):
        for one in both(turn):
            one.step(kind, target, Span(asked_us // _S, at_us // _S))
    for turn, command, at_us, failed in _checks(db, session):
        for one in both(turn):
            one.checks.append(CheckRun(command, at_us, bool(failed)))


class _Collected:
    """What is found of a session or a turn, so far."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.edits: dict[int, Span] = {}
        self.commits: list[Span] = []
        self.checks: list[CheckRun] = []
        self.is_answered = False  # at its end

    def spend(self, first_us: int, last_us: int) -> None:
        self.starts.append(first_us // _S)
        self.ends.append(last_us // _S)

    def step(self, kind: str, target: int, time: Span) -> None:
        if kind == "commit":
            self.commits.append(time)
            return
        known = self.edits.get(target, time)
        self.edits[target] = Span(min(known.start_s, time.start_s), max(known.end_s, time.end_s))

    def done(self) -> Done:
        time = Span(min(self.starts, default=0), max(self.ends, default=0))
        return Done(
            work=Work(time=time, edits=self.edits, commit_runs=tuple(self.commits)),
            fixed_tests=fixed_tests(self.checks),
            is_answered=self.is_answered,
        )


def _turns(db: sqlite3.Connection, session: int) -> Iterable[tuple[int | None, int, int, int]]:
    """Yield the main thread's stretches in order, and whether each ends with words to the user."""
    return db.execute(
        "SELECT s.turn, min(c.at_us), max(c.at_us), NOT EXISTS (SELECT 1 FROM tool_call t"
        " WHERE t.call = (SELECT l.key FROM call l WHERE l.span = s.id"
        " ORDER BY l.at_us DESC, l.key DESC LIMIT 1))"
        " FROM span s JOIN call c ON c.span = s.id WHERE s.session = ? AND s.subagent_id = ''"
        " GROUP BY s.id ORDER BY max(c.at_us)",
        (session,),
    ).fetchall()


def _steps(db: sqlite3.Connection, session: int) -> Iterable[tuple[int | None, str, int, int, int]]:
    return db.execute(
        "SELECT s.turn, t.kind, t.target, c.at_us, t.at_us FROM span s JOIN call c ON c.span = s.id"
        " JOIN step t ON t.call = c.key"
        " WHERE s.session = ? AND t.failed = 0 AND t.kind IN ('edit', 'commit')",
        (session,),
    ).fetchall()


def _checks(db: sqlite3.Connection, session: int) -> Iterable[tuple[int | None, int, int, int]]:
    return db.execute(
        "SELECT s.turn, r.command, r.at_us, r.error IS NOT NULL FROM span s"
        " JOIN call c ON c.span = s.id JOIN command_run r ON r.call = c.key"
        " JOIN step t ON t.call = r.call AND t.key = r.key AND t.kind = 'test'"
        " WHERE s.session = ?",
        (session,),
    ).fetchall()


def _places(db: sqlite3.Connection, session: int) -> tuple[Where, ...]:
    rows = db.execute(
        "SELECT p.cwd, p.branch, p.repo_key FROM span s JOIN call c ON c.span = s.id"
        " JOIN place p ON p.id = c.place WHERE s.session = ? AND p.cwd <> ''"
        " GROUP BY p.id ORDER BY max(c.at_us) DESC",
        (session,),
    )
    return tuple(Where(*row) for row in rows)


def _pull_requests(db: sqlite3.Connection, session: int) -> tuple[int, ...]:
    query = "SELECT number FROM pull_request WHERE session = ? ORDER BY 1"
    return tuple(number for (number,) in db.execute(query, (session,)))


def _known_commits(db: sqlite3.Connection, session: int) -> tuple[OwnCommit, ...]:
    query = "SELECT commit_id, made_us, fate, files FROM session_commit WHERE session = ?"
    rows = db.execute(query, (session,))
    return tuple(OwnCommit(name, us // _S, Fate(fate), files) for name, us, fate, files in rows)


_VERDICT = (
    "kind",
    "commits",
    "merged",
    "reverted",
    "fixed_tests",
    "pull_requests",
    "files",
    "left_files",
    "why",
    "commit_id",
)  # fmt: skip  (in the order of Verdict)
_MORE = ("session", "merged_branch", "rules", "last_us", "due_us")
_REPLACE = (
    f"INSERT OR REPLACE INTO outcome ({', '.join((*_MORE, *_VERDICT))})"
    f" VALUES ({', '.join('?' * (len(_MORE) + len(_VERDICT)))})"
)


def write_outcomes(db: sqlite3.Connection, judged: Iterable[Judged]) -> None:
    """Keep judgements in place of earlier ones, in one transaction. Raises sqlite3.Error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for one in judged:
            _write(db, one)
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _write(db: sqlite3.Connection, one: Judged) -> None:
    row = one.session.row
    more = (row, one.merged_branch, RULES, one.session.last_us, one.due_us)
    db.execute(_REPLACE, (*more, *one.verdict))
    db.execute("DELETE FROM session_commit WHERE session = ?", (row,))
    db.executemany(
        "INSERT OR REPLACE INTO session_commit VALUES (?, ?, ?, ?, ?)",
        [(row, own.id, own.made_s * _S, own.fate, own.common_files) for own in one.commits],
    )
    db.execute("DELETE FROM closed_ticket WHERE session = ?", (row,))
    db.executemany(
        "INSERT INTO closed_ticket VALUES (?, ?)", [(row, one) for one in one.closed_tickets]
    )
    db.execute("DELETE FROM turn_outcome WHERE session = ?", (row,))
    db.executemany(
        "INSERT OR REPLACE INTO turn_outcome VALUES (?, ?, ?)",
        [(span, row, kind) for span, kind in one.turns.items()],
    )


def verdicts(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> dict[str, Verdict]:
    """Return session id -> what came of it, where that was judged."""
    where, values = sessions_asked(session_id, homes)
    columns = ", ".join(f"o.{name}" for name in _VERDICT)
    rows = db.execute(
        f"SELECT x.session_id, {columns} FROM outcome o JOIN session x ON x.id = o.session"
        f" WHERE {where}",
        values,
    )
    return {name: Verdict(Outcome(kind), *rest) for name, kind, *rest in rows}


def turn_outcomes(
    db: sqlite3.Connection, *, session_id: str | None = None, homes: Sequence[str] = ()
) -> dict[tuple[str, str], Outcome]:
    """Return (session id, turn id) -> what came of the turn, where that can be told."""
    where, values = sessions_asked(session_id, homes)
    rows = db.execute(
        "SELECT x.session_id, s.turn_id, o.kind FROM turn_outcome o JOIN span s ON s.id = o.span"
        f" JOIN session x ON x.id = o.session WHERE {where}",
        values,
    )
    return {(session, turn): Outcome(kind) for session, turn, kind in rows}
