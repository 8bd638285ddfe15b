"""Calls as rows: how one is read back, written, and counted in a day's usage."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import add, neg
from typing import NamedTuple

from aicost.core.days import from_us
from aicost.core.prices import PriceBook
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.store.schema import TOKENS

_CALL_COLUMNS = (
    "key", "event_key", "span", "model", "place", "variant", "at_us", *TOKENS,
    "web_searches", "parts", "source_rank", "cost_nusd", "price_book", "ncredits",
    "uncertain_ncredits",
)  # fmt: skip
_CHANGED = [c for c in _CALL_COLUMNS if c not in ("key", "event_key")]
UPSERT_CALL = (
    f"INSERT INTO call ({', '.join(_CALL_COLUMNS)})"
    f" VALUES ({', '.join('?' * len(_CALL_COLUMNS))})"
    f" ON CONFLICT (key) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _CHANGED)}"
)
_SELECT = (
    "SELECT c.key, c.event_key, x.agent, x.session_id, s.turn_id, s.subagent_id, m.name, c.at_us,"
    f" {', '.join('c.' + name for name in TOKENS)}, c.web_searches, v.speed, v.service_tier,"
    " v.inference_geo, c.parts, p.cwd, p.branch, c.source_rank, c.cost_nusd, c.span, c.model,"
    " c.place, c.price_book, c.ncredits, c.uncertain_ncredits FROM call c"
    " JOIN span s ON s.id = c.span"
    " JOIN session x ON x.id = s.session JOIN model m ON m.id = c.model"
    " JOIN place p ON p.id = c.place JOIN variant v ON v.id = c.variant"
)
_CHUNK = 500  # keys in one IN (…)

USAGE = (
    "requests", *TOKENS, "web_searches", "cost_nusd", "priced_requests", "unpriced_tokens",
    "ncredits", "credited_requests", "uncertain_ncredits",
)  # fmt: skip
UsageKey = tuple[int, int, int, int]  # day, span, model, place


class StoredCall(NamedTuple):
    """A call as the ledger has it."""

    event: UsageEvent
    cost_nusd: int | None
    span: int
    model: int
    place: int
    price_book: int
    ncredits: int | None = None  # of the agent's plan; None: no price in credits is known
    uncertain_ncredits: int = 0  # those of them that may be another number


def new_key_of(event_key: str) -> int:
    """Return the key of a call: 64 bits of a hash, so that the index of keys stays small.

    Two of a million calls would share a key with probability 3e-8. It is no row id, because
    random row ids would touch every page of the table in every batch.
    """
    digest = blake2b(event_key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


# For those that are named several times, one after another.
key_of = lru_cache(maxsize=8192)(new_key_of)


def stored_calls(db: sqlite3.Connection, keys: Iterable[int]) -> dict[int, StoredCall]:
    """Return those of the calls that the ledger has."""
    wanted = list(keys)
    found: dict[int, StoredCall] = {}
    for at in range(0, len(wanted), _CHUNK):
        chunk = wanted[at : at + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        hits = [key for (key,) in db.execute(f"SELECT key FROM call WHERE key IN ({marks})", chunk)]
        if hits:
            marks = ", ".join("?" * len(hits))
            found.update(_stored(db.execute(f"{_SELECT} WHERE c.key IN ({marks})", hits)))
    return found


def all_calls(db: sqlite3.Connection) -> Iterator[tuple[int, StoredCall]]:
    """Yield every call, for work that concerns all of them (a new price book)."""
    return _stored(db.execute(_SELECT))


def calls_where(
    db: sqlite3.Connection, where: str, values: Iterable[object]
) -> Iterator[tuple[int, StoredCall]]:
    """Yield those calls, oldest first. `where` is SQL over call c, span s and session x."""
    return _stored(db.execute(f"{_SELECT} WHERE {where} ORDER BY c.at_us, c.key", tuple(values)))


def _stored(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[int, StoredCall]]:
    for row in rows:
        yield _stored_call(*row)  # type: ignore[arg-type]  # the columns of _SELECT, in order


def _stored_call(  # noqa: PLR0913 - one argument per column of _SELECT
    key: int, event_key: str, agent: str, session_id: str, turn_id: str, subagent_id: str,
    model: str, at_us: int, input_tokens: int, cache_read: int, write_5m: int, write_1h: int,
    output: int, reasoning: int, web_searches: int, speed: str, service_tier: str,
    inference_geo: str, parts: str | None, cwd: str, branch: str, source_rank: int,
    cost_nusd: int | None, span: int, model_row: int, place: int, price_book: int,
    ncredits: int | None, uncertain_ncredits: int,
) -> tuple[int, StoredCall]:  # fmt: skip
    event = UsageEvent(
        event_key=event_key,
        agent="codex" if agent == "codex" else "claude",
        session_id=session_id,
        turn_id=turn_id,
        subagent_id=subagent_id,
        model=model,
        at=from_us(at_us),
        tokens=TokenCounts(
            input_tokens=input_tokens,
            cache_read_tokens=cache_read,
            cache_write_5m_tokens=write_5m,
            cache_write_1h_tokens=write_1h,
            output_tokens=output,
            reasoning_tokens=reasoning,
        ),
        web_searches=web_searches,
        speed=speed,
        service_tier=service_tier,
        inference_geo=inference_geo,
        parts=parts_of(parts),
        cwd=cwd,
        branch=branch,
        source_rank=source_rank,
    )
    names = (span, model_row, place, price_book)
    return key, StoredCall(event, cost_nusd, *names, ncredits, uncertain_ncredits)


def call_row(key: int, at_us: int, call: StoredCall, variant: int) -> tuple[object, ...]:
    """Return the values of one row, in the order UPSERT_CALL wants them."""
    event = call.event
    parts = parts_text(event.parts) if event.parts else None
    return (
        key, event.event_key, call.span, call.model, call.place, variant, at_us,
        *event.tokens.counts(), event.web_searches, parts, event.source_rank, call.cost_nusd,
        call.price_book, call.ncredits, call.uncertain_ncredits,
    )  # fmt: skip


def credits_of(book: PriceBook, event: UsageEvent) -> tuple[int | None, int]:
    """Return the nano-credits of a call, and how many of them are uncertain."""
    credits = book.credits_of(event)
    if credits is None:
        return None, 0
    return credits.ncredits, credits.ncredits if credits.is_uncertain else 0


def parts_text(parts: Iterable[TokenCounts]) -> str:
    """Return the requests inside a call as the column holds them."""
    return json.dumps([part.counts() for part in parts])


def parts_of(text: str | None) -> tuple[TokenCounts, ...]:
    """Return the requests inside a call from the column that holds them."""
    if not text:
        return ()
    return tuple(TokenCounts(**dict(zip(TOKENS, values))) for values in json.loads(text))


class UsageChange:
    """What a batch adds to (or takes from) the daily usage."""

    def __init__(self) -> None:
        self._by_key: dict[UsageKey, tuple[int, ...]] = {}

    def add(self, day: int, call: StoredCall, sign: int = 1) -> None:
        """Count a call in (`sign` 1) or out (-1)."""
        tokens, cost = call.event.tokens, call.cost_nusd
        key = (day, call.span, call.model, call.place)
        counts: tuple[int, ...] = (
            1, *tokens.counts(), call.event.web_searches, cost or 0, int(cost is not None),
            tokens.total_tokens if cost is None else 0,
            call.ncredits or 0, int(call.ncredits is not None), call.uncertain_ncredits,
        )  # fmt: skip
        self.add_sums(key, tuple(map(neg, counts)) if sign < 0 else counts)

    def add_sums(self, key: UsageKey, sums: tuple[int, ...]) -> None:
        """Count calls in that were added up already, in the order of USAGE."""
        old = self._by_key.get(key)
        self._by_key[key] = sums if old is None else tuple(map(add, old, sums))

    def apply(self, db: sqlite3.Connection) -> None:
        """Write the changes; rows in which nothing is left go away."""
        sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in USAGE)
        marks = ", ".join("?" * (4 + len(USAGE)))
        rows = sorted((*key, *values) for key, values in self._by_key.items())
        db.executemany(
            f"INSERT INTO usage_day (day, span, model, place, {', '.join(USAGE)})"
            f" VALUES ({marks}) ON CONFLICT (day, span, model, place) DO UPDATE SET {sums}",
            rows,
        )
        gone = [key for key, values in self._by_key.items() if values[0] <= 0]
        where = "day = ? AND span = ? AND model = ? AND place = ? AND requests = 0"
        db.executemany(f"DELETE FROM usage_day WHERE {where}", gone)
