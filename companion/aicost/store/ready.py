"""Write calls that were made ready: rows by the ten thousand, of which nearly all are new."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence

from aicost.core.facts import CallValues, Run
from aicost.core.usage import UsageEvent
from aicost.store.changes import Changes
from aicost.store.names import CallNames, Names
from aicost.store.runs import KEY, events_of, run_of
from aicost.store.schema import TOKENS

_COLUMNS = (
    "key", "event_key", "at_us", *TOKENS, "web_searches", "parts", "cost_nusd", "ncredits",
    "uncertain_ncredits", "source_rank", "span", "model", "place", "variant", "price_book",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO call ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    " ON CONFLICT (key) DO NOTHING"
)


def write_ready(
    db: sqlite3.Connection, names: Names, runs: Iterable[Run], changes: Changes
) -> list[UsageEvent]:
    """Write those calls that are new; return the others as they were read, to be merged.

    To ask for each call whether it is there takes as long as to write it. So all are written but
    those that are there, and only if there were some, it is looked which.
    """
    new, others = _once(runs)
    named = [(run, names.of_names(*run.names[:-1])) for run in new]
    before = db.execute("SELECT coalesce(max(id), 0) FROM call").fetchone()[0]
    missing = _insert(db, named, changes.price_book)
    if missing:
        query = "SELECT key FROM call WHERE id > ?"
        written = {key for (key,) in db.execute(query, (before,))}
    for run, ids in named:
        left: Run | None = run
        if missing:
            left, there = _cut(run, written.__contains__)
            if there:
                others += there
                changes.left.add(ids.span)
        if left is not None:
            changes.take_run(left, ids)
    return others


def _once(runs: Iterable[Run]) -> tuple[list[Run], list[UsageEvent]]:
    """Return the runs with the first record of each call only, and the later ones."""
    seen, new, others = set[int](), list[Run](), list[UsageEvent]()

    def is_first(key: int) -> bool:
        if key in seen:
            return False
        seen.add(key)
        return True

    for run in runs:
        keys = {call[KEY] for call in run.calls}
        if len(keys) == len(run.calls) and seen.isdisjoint(keys):
            new.append(run)
            seen |= keys
        else:
            left, again = _cut(run, is_first)
            others += again
            if left is not None:
                new.append(left)
    return new, others


def _cut(run: Run, keeps: Callable[[int], bool]) -> tuple[Run | None, list[UsageEvent]]:
    """Return a run with the calls of these keys (None if it has none of them), and its others."""
    there, others = list[CallValues](), list[CallValues]()
    for call in run.calls:
        (there if keeps(call[KEY]) else others).append(call)
    if not others:
        return run, []
    left = run_of(run.names, run.day, there) if there else None
    return left, list(events_of(run.names, others))


def _insert(db: sqlite3.Connection, named: Sequence[tuple[Run, CallNames]], price_book: int) -> int:
    """Insert the calls that are not there; return how many were."""
    rows = list[tuple[object, ...]]()
    for run, ids in named:
        shared = (run.names.source_rank, ids.span, ids.model, ids.place, ids.variant, price_book)
        rows += [call + shared for call in run.calls]
    before = db.total_changes
    db.executemany(_INSERT, rows)
    return len(rows) - (db.total_changes - before)
