"""Limiting a query to some of the agents' home folders. Text of SQL; the paths are its values."""

from collections.abc import Sequence


def home_ids(homes: Sequence[str]) -> str:
    """Return a subquery for the row ids of homes; their paths are the values it takes."""
    return f"(SELECT id FROM home WHERE path IN ({', '.join('?' * len(homes))}))"


def session_rows(homes: Sequence[str]) -> str:
    """Return a subquery for the row ids of sessions seen in any of the homes."""
    return f"(SELECT session FROM session_home WHERE home IN {home_ids(homes)})"


def sessions_asked(session_id: str | None, homes: Sequence[str]) -> tuple[str, list[object]]:
    """Return a condition on `session x`, and its values: those asked for, of these homes.

    `session_id` may be the beginning of one; None, and no homes, ask for all.
    """
    where, values = ["1"], list[object]()
    if session_id is not None:
        where.append("substr(x.session_id, 1, length(?)) = ?")
        values += [session_id, session_id]
    if homes:
        where.append(f"x.id IN {session_rows(homes)}")
        values += homes
    return " AND ".join(where), values
