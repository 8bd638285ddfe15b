"""Answers that stay right as long as nobody writes to the ledger."""

import sqlite3
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
_MOST = 64  # answers; a team's dashboard asks for a handful


class Remembered:
    """Answers to questions over one connection, until another connection commits something."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._version = -1
        self._answers: dict[Hashable, Any] = {}

    def answer(self, question: Hashable, find: Callable[[], T]) -> T:
        """Return what `find` returned for the same question, if the ledger is as it was then."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._version or len(self._answers) >= _MOST:
            self._answers.clear()
            self._version = version
        if question not in self._answers:
            self._answers[question] = find()
        found: T = self._answers[question]
        return found
