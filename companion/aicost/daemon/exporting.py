"""The answer to `export`: the ledger's UTC days in a form that other programs import."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from aicost.core.team.focus import Account, day_charges, focus_csv
from aicost.core.team.words import Projects
from aicost.daemon.answers import Question, converted
from aicost.store.team_days import Naming, day_document, days_with_calls

_FIRST, _LAST = date(2000, 1, 1), date(2200, 1, 1)  # no call is before, or after
_ACCOUNT = Account(id="aicost", kind="Machine")


class ExportQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `export`; both ends are inclusive, days are UTC's."""

    format: Literal["focus"] = "focus"
    since: date | None = None
    until: date | None = None
    homes: tuple[str, ...] = ()  # an export is of all that the ledger knows


@dataclass(frozen=True, slots=True)
class _OwnNames(Projects):
    """Repositories by the names that reports have for them: the file is for its owner."""

    def label(self, repo_key: str, project: str) -> str | None:
        """Return what a repository is called, None for work outside of one."""
        return project or repo_key or None


def export(question: Question, params: Mapping[str, object]) -> str:
    """Answer `export`. Raises ConfigError for what cannot be asked, sqlite3.Error."""
    query = converted(params, ExportQuery)
    naming = Naming(
        known=question.book.model_price,
        projects=_OwnNames(),
        client="",
        price_book=question.book.book_id,
    )
    first, last = max(query.since or _FIRST, _FIRST), min(query.until or _LAST, _LAST)
    charges = [
        charge
        for day in days_with_calls(question.db, first, last)
        for charge in day_charges(day_document(question.db, day, naming))
    ]
    return focus_csv(charges, _ACCOUNT)
