"""Answers that stay right as long as nobody writes to the ledger."""

import sqlite3
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
_MOST = 16  # answers; a dashboard asks for a handful
MOST_ROWS = 2_000  # of one answer: a longer one is asked for seldom, and weighs megabytes


class Remembered:
    """Answers to questions over one connection, until another connection commits something."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._version = -1
        self._answers: dict[Hashable, Any] = {}
        self._lasting: dict[str, tuple[Hashable, Any]] = {}

    def answer(self, question: Hashable, find: Callable[[], T], rows: Callable[[T], int]) -> T:
        """Return what `find` returned for the same question, if the ledger is as it was then.

        An answer of more than `MOST_ROWS`, as `rows` counts them, is not kept.
        """
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._answers.clear()
            self._version = version
        if question in self._answers:
            known: T = self._answers[question]
            return known
        found = find()
        if rows(found) <= MOST_ROWS:
            if len(self._answers) >= _MOST:
                self._answers.clear()
            self._answers[question] = found
        return found

    def lasting(self, name: str, version: Hashable, find: Callable[[], T]) -> T:
        """Return what `find` returned under this name, whatever was written since.

        Until there is another `version` of what it found.
        """
        if name not in self._lasting or self._lasting[name][0] != version:
            self._lasting[name] = version, find()
        known: T = self._lasting[name][1]
        return known
