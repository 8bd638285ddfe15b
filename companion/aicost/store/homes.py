"""Limiting a query to some of the agents' home folders. Text of SQL; the paths are its values."""

from collections.abc import Sequence


def home_ids(homes: Sequence[str]) -> str:
    """Return a subquery for the row ids of homes; their paths are the values it takes."""
    return f"(SELECT id FROM home WHERE path IN ({', '.join('?' * len(homes))}))"


def session_rows(homes: Sequence[str]) -> str:
    """Return a subquery for the row ids of sessions seen in any of the homes."""
    return f"(SELECT session FROM session_home WHERE home IN {home_ids(homes)})"
