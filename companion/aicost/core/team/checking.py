"""A day document of someone else: every field is looked at, and every fault is named. Pure."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from aicost.core.team.documents import (
    BILLINGS,
    CATEGORIES,
    ENVIRONMENTS,
    PROVIDERS,
    SCHEMA,
    TIERS,
    TOOLS,
    DayDocument,
    DayOutcomes,
    DayRow,
    TokenSums,
)

MOST_ROWS = 2_000  # of a day: far above what one developer can do
MOST = 10**12  # of any number: what one source sends in a week still fits 64 bits when summed
MOST_FAULTS = 20  # that are named
PATTERNS: Mapping[str, re.Pattern[str]] = {  # of the words that are no closed list
    "model": re.compile(r"[a-z0-9][a-z0-9.:@/_-]{0,63}"),
    "project": re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}"),
    "cohort": re.compile(r"[a-z0-9][a-z0-9_-]{0,31}"),
    "client": re.compile(r"aicost/[0-9][0-9A-Za-z.+-]{0,31}"),
    "price_book": re.compile(r"[0-9a-z][0-9a-z.-]{0,63}"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field. Never holds the value: it may be what must not be kept."""

    field: str  # "rows[3].tokens.input"
    why: str


class NotADocument(Exception):
    """A body that is no valid day document."""

    def __init__(self, faults: Collection[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.why}" for fault in faults))
        self.faults = tuple(faults)


Check = Callable[[Any], str]  # what is wrong, "" if nothing is


def parse_document(body: bytes) -> DayDocument:
    """Return the document that a body is. Raises NotADocument with up to MOST_FAULTS faults."""
    try:
        given = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotADocument([Fault("", "not JSON")]) from error
    faults = list[Fault]()
    document = _document(given, faults)
    if faults or document is None:
        raise NotADocument(faults[:MOST_FAULTS])
    return document


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _one_of(known: Collection[str]) -> Check:
    words = frozenset(known)
    said = ", ".join(known)
    return lambda value: "" if isinstance(value, str) and value in words else f"one of {said}"


def _like(name: str, what: str) -> Check:
    pattern = PATTERNS[name]
    return lambda value: "" if isinstance(value, str) and pattern.fullmatch(value) else what


def _or_null(check: Check) -> Check:
    return lambda value: "" if value is None or not (why := check(value)) else f"{why}, or null"


def _count(value: Any) -> str:  # noqa: ANN401 - it came from outside
    is_count = type(value) is int and 0 <= value <= MOST
    return "" if is_count else f"a whole number from 0 to {MOST}"


def _exactly(wanted: object) -> Check:
    return lambda value: "" if value == wanted and type(value) is type(wanted) else f"{wanted!r}"


def _day(value: Any) -> str:  # noqa: ANN401
    try:
        is_day = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_day = False
    return "" if is_day else "a day, YYYY-MM-DD"


def _flag(value: Any) -> str:  # noqa: ANN401
    return "" if isinstance(value, bool) else "true or false"


_TOKENS: Mapping[str, Check] = {field.name: _count for field in fields(TokenSums)}
_OUTCOMES: Mapping[str, Check] = {field.name: _count for field in fields(DayOutcomes)}
_MISSING = object()  # said where it should be
_COUNTS = (
    "requests", "sessions", "turns", "tool_calls", "api_errors", "retries", "loops",
    "budget_stops", "overrides", "active_minutes", "web_searches", "unpriced_tokens",
)  # fmt: skip
_ROW: Mapping[str, Check] = {
    "tool": _one_of(TOOLS),
    "provider": _one_of(PROVIDERS),
    "model": _like("model", "a model id"),
    "tier": _one_of(TIERS),
    "billing": _one_of(BILLINGS),
    "project": _or_null(_like("project", "a label of up to 40 letters")),
    "category": _one_of(CATEGORIES),
    "environment": _one_of(ENVIRONMENTS),
    "cost_list_microusd": _or_null(_count),
    "credits_milli": _or_null(_count),
    **dict.fromkeys(_COUNTS, _count),
}
_DOCUMENT: Mapping[str, Check] = {
    "schema": _exactly(SCHEMA),
    "day": _day,
    "tz": _exactly("UTC"),
    "revision": _count,
    "final": _flag,
    "client": _like("client", "the client's name and version"),
    "cohort": _or_null(_like("cohort", "a cohort")),
    "price_book": _like("price_book", "the id of a price book"),
    "sessions": _count,
    "turns": _count,
    "active_minutes": _count,
}


def _document(given: object, faults: list[Fault]) -> DayDocument | None:
    found = _object(given, "", _DOCUMENT, ("outcomes", "rows"), faults)
    if found is None:
        return None
    outcomes = _object(found.pop("outcomes", _MISSING), "outcomes", _OUTCOMES, (), faults)
    rows = _rows(found.pop("rows", _MISSING), faults)
    if faults or outcomes is None:
        return None
    return DayDocument(**found, outcomes=DayOutcomes(**outcomes), rows=rows)


def _rows(given: object, faults: list[Fault]) -> tuple[DayRow, ...]:
    if given is _MISSING:
        return ()
    if not isinstance(given, list) or len(given) > MOST_ROWS:
        faults.append(Fault("rows", f"a list of at most {MOST_ROWS} rows"))
        return ()
    rows = list[DayRow]()
    seen = set[tuple[str, ...]]()
    for number, one in enumerate(given):
        row = _row(one, f"rows[{number}]", faults)
        if len(faults) > MOST_FAULTS:
            break
        if row is not None and row.key in seen:
            faults.append(Fault(f"rows[{number}]", "the words of another row again"))
        elif row is not None:
            seen.add(row.key)
            rows.append(row)
    return tuple(rows)


def _row(given: object, where: str, faults: list[Fault]) -> DayRow | None:
    before = len(faults)
    found = _object(given, where, _ROW, ("tokens",), faults)
    if found is None:
        return None
    tokens = _object(found.pop("tokens", _MISSING), f"{where}.tokens", _TOKENS, (), faults)
    if len(faults) > before or tokens is None:
        return None
    return DayRow(**found, tokens=TokenSums(**tokens))


def _object(
    given: object,
    where: str,
    checks: Mapping[str, Check],
    inner: Collection[str],
    faults: list[Fault],
) -> dict[str, Any] | None:
    """Return a copy of an object whose own fields were checked; `inner` are checked by others."""
    if given is _MISSING:
        return None
    if not isinstance(given, dict):
        faults.append(Fault(where, "an object"))
        return None
    prefix = f"{where}." if where else ""
    known = {*checks, *inner}
    if not known.issuperset(given):
        faults.append(Fault(where, "no other fields than the documented ones"))
    faults += [Fault(f"{prefix}{name}", "missing") for name in sorted(known.difference(given))]
    for name, check in checks.items():
        if name in given and (why := check(given[name])):
            faults.append(Fault(f"{prefix}{name}", why))
    return dict(given)
