"""What a screen of one session asks the ledger. Read only: a connection in, plain values out."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from aicost.core.days import from_us
from aicost.core.session_page import CommandRuns, PageSubagent, PageTurn
from aicost.core.usage import TokenCounts
from aicost.store.calls import USAGE
from aicost.store.schema import TOKENS

_SUMS = ", ".join(f"coalesce(sum(u.{name}), 0)" for name in USAGE)
_SPANS = " FROM span s LEFT JOIN span t ON t.id = s.turn"
_TURN = "coalesce(t.turn_id, '')"
_REST = ("requests", "cost_nusd", "priced_requests", "unpriced_tokens")
_CHECKED = ("test", "build", "run", "commit")


class Found(NamedTuple):
    """A session in the ledger."""

    row: int
    agent: str
    first_us: int | None
    last_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What some calls used."""

    requests: int = 0
    tokens: TokenCounts = TokenCounts()
    cost_nusd: int | None = None
    unpriced_tokens: int = 0


def find_session(db: sqlite3.Connection, session_id: str) -> Found | None:
    """Return a session by its whole id. Raises sqlite3.Error."""
    row = db.execute(
        "SELECT id, agent, first_us, last_us FROM session WHERE session_id = ?", (session_id,)
    ).fetchone()
    return None if row is None else Found(*row)


def used_by(db: sqlite3.Connection, session: int) -> Usage:
    """Return what all calls of a session used."""
    query = f"SELECT {_SUMS} FROM span s JOIN usage_day u ON u.span = s.id WHERE s.session = ?"
    return _usage(db.execute(query, (session,)).fetchone())


def turns_of(db: sqlite3.Connection, session: int) -> tuple[PageTurn, ...]:
    """Return a session's turns, oldest first, with what their calls used; "" has no prompt."""
    rows = db.execute(
        f"SELECT {_TURN}, min(t.started_us), {_SUMS}{_SPANS} LEFT JOIN usage_day u ON u.span = s.id"
        f" WHERE s.session = ? GROUP BY 1 HAVING count(u.requests) > 0 OR {_TURN} <> ''"
        f" ORDER BY coalesce(min(t.started_us), 0), 1",
        (session,),
    )
    turns = []
    for turn_id, started_us, *sums in rows:
        used = _usage(sums)
        turns.append(
            PageTurn(
                turn_id=turn_id,
                started_at=None if started_us is None else from_us(started_us),
                requests=used.requests,
                tokens=used.tokens,
                cost_nusd=used.cost_nusd,
                unpriced_tokens=used.unpriced_tokens,
            )
        )
    return tuple(turns)


def with_work(db: sqlite3.Connection, session: int, turns: Sequence[PageTurn]) -> list[PageTurn]:
    """Return turns with the tools that their calls asked for, and what went wrong."""
    tools, counts = _tools(db, session), _counts(db, session)
    nothing = (0, 0, 0)
    return [
        replace(
            turn,
            tools=tools.get(turn.turn_id, ()),
            api_errors=counts.get(turn.turn_id, nothing)[0],
            retries=counts.get(turn.turn_id, nothing)[1],
            active_us=counts.get(turn.turn_id, nothing)[2],
        )
        for turn in turns
    ]


def _tools(db: sqlite3.Connection, session: int) -> Mapping[str, tuple[tuple[str, int], ...]]:
    found = defaultdict[str, list[tuple[str, int]]](list)
    for turn_id, name, count in db.execute(
        f"SELECT {_TURN}, n.name, count(*){_SPANS} JOIN call c ON c.span = s.id"
        " JOIN tool_call k ON k.call = c.key JOIN tool n ON n.id = k.tool"
        " WHERE s.session = ? GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2",
        (session,),
    ):
        found[turn_id].append((name, count))
    return {turn_id: tuple(tools) for turn_id, tools in found.items()}


def _counts(db: sqlite3.Connection, session: int) -> Mapping[str, tuple[int, int, int]]:
    rows = db.execute(
        f"SELECT {_TURN}, sum(e.api_errors), sum(e.retries), sum(e.active_us){_SPANS}"
        " JOIN evidence_day e ON e.span = s.id WHERE s.session = ? GROUP BY 1",
        (session,),
    )
    return {turn_id: (errors, retries, active) for turn_id, errors, retries, active in rows}


def subagents_of(db: sqlite3.Connection, session: int) -> tuple[PageSubagent, ...]:
    """Return a session's subagents with what their calls used, oldest first."""
    rows = db.execute(
        f"SELECT s.subagent_id, max({_TURN}), max(s.kind), min(s.started_us), {_SUMS}{_SPANS}"
        " LEFT JOIN usage_day u ON u.span = s.id"
        " WHERE s.session = ? AND s.subagent_id <> '' GROUP BY 1"
        " ORDER BY coalesce(min(s.started_us), 0), 1",
        (session,),
    )
    found = []
    for subagent_id, turn_id, kind, started_us, *sums in rows:
        used = _usage(sums)
        found.append(
            PageSubagent(
                subagent_id=subagent_id,
                turn_id=turn_id,
                kind=kind or "",
                started_at=None if started_us is None else from_us(started_us),
                requests=used.requests,
                tokens=used.tokens,
                cost_nusd=used.cost_nusd,
                unpriced_tokens=used.unpriced_tokens,
            )
        )
    return tuple(found)


def places_of(db: sqlite3.Connection, session: int) -> tuple[str, str, str]:
    """Return (folder, branch, repository) of a session's last call, "" where it is not known."""
    row = db.execute(
        "SELECT p.cwd, p.branch, p.repo FROM span s JOIN call c ON c.span = s.id"
        " JOIN place p ON p.id = c.place WHERE s.session = ?"
        " ORDER BY s.subagent_id <> '', c.at_us DESC, c.key DESC LIMIT 1",
        (session,),
    ).fetchone()
    return row or ("", "", "")


def version_of(db: sqlite3.Connection, session: int) -> str:
    """Return which version of its agent ran a session last; "" is not known."""
    row = db.execute(
        "SELECT w.version FROM span s JOIN setting w ON w.id = s.setting"
        " WHERE s.session = ? AND w.version <> '' ORDER BY s.started_us DESC, s.id DESC LIMIT 1",
        (session,),
    ).fetchone()
    return row[0] if row else ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A session's own log."""

    path: str
    has_evidence: bool  # all that was read of it was read for its evidence, too


def transcript_of(db: sqlite3.Connection, session: int, session_id: str) -> Transcript | None:
    """Return the log of a session's main thread; of several copies the one written last."""
    row = db.execute(
        "SELECT f.path, coalesce((SELECT e.read_offset FROM evidence_file e"
        " WHERE e.path = f.path), -1) >= f.read_offset FROM log_file f"
        " WHERE f.home IN (SELECT home FROM session_home WHERE session = ?1)"
        " AND (instr(f.path, ?2) OR instr(f.path, ?3)) ORDER BY f.modified_ns DESC, f.path LIMIT 1",
        (session, f"/{session_id}.jsonl", f"-{session_id}.jsonl"),
    ).fetchone()
    return None if row is None else Transcript(row[0], bool(row[1]))


def homes_of(db: sqlite3.Connection, session: int) -> tuple[str, ...]:
    """Return the agent's folders that a session's logs lie in."""
    rows = db.execute(
        "SELECT h.path FROM session_home s JOIN home h ON h.id = s.home WHERE s.session = ?"
        " ORDER BY 1",
        (session,),
    )
    return tuple(path for (path,) in rows)


def commands_of(db: sqlite3.Connection, session: int) -> tuple[CommandRuns, ...]:
    """Return the commands that a session ran which test, build, commit or change something.

    Those of one label are one; the last that ran comes first.
    """
    rows = db.execute(
        "SELECT k.kind, l.name, count(*), sum(r.error IS NOT NULL), max(r.at_us), r.error IS NOT"
        " NULL FROM span s JOIN call c ON c.span = s.id JOIN command_run r ON r.call = c.key"
        " JOIN step k ON k.call = r.call AND k.key = r.key JOIN command_label l ON l.id = r.label"
        f" WHERE s.session = ? AND k.kind IN ({', '.join('?' * len(_CHECKED))})"
        " GROUP BY 1, 2 ORDER BY 5 DESC, 2",
        (session, *_CHECKED),
    )  # (beside max, SQLite takes bare columns from the row that has it)
    return tuple(
        CommandRuns(
            kind=kind, label=label, runs=runs, failed=failed, last_failed=bool(last),
            last_at=from_us(at_us),
        )
        for kind, label, runs, failed, at_us, last in rows
    )  # fmt: skip


def _usage(sums: Sequence[int]) -> Usage:
    tokens = TokenCounts(**{name: sums[USAGE.index(name)] for name in TOKENS})
    requests, cost, priced, unpriced = (sums[USAGE.index(name)] for name in _REST)
    return Usage(
        requests=requests,
        tokens=tokens,
        cost_nusd=cost if priced else None,
        unpriced_tokens=unpriced,
    )
