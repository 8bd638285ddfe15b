"""The filter language of the session table: `repo:shop model:opus >$5 crash`. Pure.

All terms must hold. A term that says nothing is told to the user, and filters nothing.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aicost.core.text import clean
from aicost.core.view import SessionRow

_NUSD = 1_000_000_000
FIELDS: dict[str, Callable[[SessionRow], str]] = {
    "repo": lambda row: row.repo,
    "branch": lambda row: row.branch,
    "model": lambda row: row.model,
    "agent": lambda row: row.agent,
    "task": lambda row: row.task,
    "state": lambda row: row.state,
}
EXAMPLE = "repo:shop model:opus state:busy >$5 >50% or any word"
_AMOUNT = re.compile(r"\$(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(/h)?")
_SHARE = re.compile(r"(\d{1,9}(?:\.\d{0,9})?)%")
_FIELD = re.compile(r"([a-z]+):(.*)", re.IGNORECASE | re.DOTALL)

Test = Callable[[SessionRow], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed, as tests of a row; `wrong` says what of it is none, safe to print."""

    tests: tuple[Test, ...] = ()
    wrong: tuple[str, ...] = ()

    def holds(self, row: SessionRow) -> bool:
        """Say whether a row is to be shown."""
        return all(test(row) for test in self.tests)


def parse_filter(text: str) -> Filter:
    """Return what a text asks for; nothing at all for an empty one. Never raises."""
    tests: list[Test] = []
    wrong: list[str] = []
    for term in text.split():
        found = _term(term)
        if isinstance(found, str):
            wrong.append(clean(found))
        else:
            tests.append(found)
    return Filter(tuple(tests), tuple(wrong))


def matching(rows: Iterable[SessionRow], filter: Filter) -> tuple[SessionRow, ...]:
    """Return the rows that a filter shows, in their order."""
    return tuple(row for row in rows if filter.holds(row))


def _term(term: str) -> Test | str:
    """Return the test that a term is, or what is wrong with it."""
    if term[0] in "<>":
        return _comparison(term)
    if found := _FIELD.fullmatch(term):
        name, value = found[1].casefold(), found[2].casefold()
        if name not in FIELDS:
            return f"{term}: no field “{found[1]}”; {', '.join(FIELDS)}"
        if not value:
            return f"{term} needs a word"
        field = FIELDS[name]
        return lambda row: value in field(row).casefold()
    word = term.casefold()
    return lambda row: any(word in text.casefold() for text in _texts(row))


def _texts(row: SessionRow) -> Iterable[str]:
    yield from (field(row) for field in FIELDS.values())
    yield row.session_id


def _comparison(term: str) -> Test | str:
    """Return the test of `>$5`, `<$2/h` or `>50%`; what is not known is neither over nor under."""
    measure = term.lstrip("<>=")
    sign = term[: len(term) - len(measure)]
    if sign in (">", "<", ">=", "<="):
        if found := _AMOUNT.fullmatch(measure):
            limit = float(found[1]) * _NUSD
            if found[2]:
                return lambda row: _compared(row.burn.nusd_per_hour, sign, limit)
            return lambda row: _compared(row.cost_nusd, sign, limit)
        if found := _SHARE.fullmatch(measure):
            share = float(found[1]) / 100
            return lambda row: _compared(row.context_share, sign, share)
    return f"{term}: write >$5, <$1, >$2/h (an hour) or >50% (context)"


def _compared(value: float | None, sign: str, limit: float) -> bool:
    if value is None:
        return False
    if value == limit:
        return sign.endswith("=")
    return (value > limit) == sign.startswith(">")
