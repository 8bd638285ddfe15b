"""What screens ask of the ledger: today, the burn of the last minutes, sessions as they stand."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from aicost.core.context import CacheLifetime, cache_lifetime
from aicost.core.days import from_us
from aicost.core.session import LastCall, SessionFacts
from aicost.core.usage import TokenCounts, requests_of
from aicost.core.view import BurnMinutes, BurnRate, TaskTotal, Totals
from aicost.store.calls import USAGE, parts_of
from aicost.store.homes import session_rows
from aicost.store.schema import TOKENS

CACHE_CALLS = 20  # the cache share is that of so many last main-thread calls
_COMPACTIONS = 5  # what a compaction leaves is told by the last ones
_HOUR_S, _MINUTE_S = 3600, 60
_MINUTE_US = 60_000_000
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in USAGE)


def day_totals(db: sqlite3.Connection, day: int) -> Totals:
    """Return what one local day (`date.toordinal()`) used so far."""
    sessions, requests, *rest = db.execute(
        "SELECT count(DISTINCT s.session),"
        f" {_SUMS} FROM usage_day u JOIN span s ON s.id = u.span WHERE u.day = ?",
        (day,),
    ).fetchone()
    counts, (_, cost, priced, unpriced, *_) = rest[: len(TOKENS)], rest[len(TOKENS) :]
    models = db.execute(
        "SELECT DISTINCT m.name FROM usage_day u JOIN model m ON m.id = u.model"
        " WHERE u.day = ? AND u.unpriced_tokens > 0 ORDER BY 1",
        (day,),
    )
    return Totals(
        requests=requests,
        sessions=sessions,
        tokens=TokenCounts(**dict(zip(TOKENS, counts))),
        cost_nusd=cost if priced else None,
        unpriced_tokens=unpriced,
        unpriced_models=tuple(name for (name,) in models),
    )


_CALL_TOKENS = (
    "c.input_tokens + c.cache_read_tokens + c.cache_write_5m_tokens + c.cache_write_1h_tokens"
    " + c.output_tokens"
)


def day_by_task(db: sqlite3.Connection, day: int) -> tuple[TaskTotal, ...]:
    """Return what a local day (`date.toordinal()`) went for so far, the dearest first."""
    tokens = " + ".join(f"u.{name}" for name in TOKENS if name != "reasoning_tokens")
    rows = db.execute(
        f"SELECT coalesce(k.category, ''), sum(u.requests), sum({tokens}), sum(u.cost_nusd),"
        " sum(u.priced_requests) FROM usage_day u JOIN span s ON s.id = u.span"
        " LEFT JOIN turn_category k ON k.span = s.turn WHERE u.day = ?"
        " GROUP BY 1 ORDER BY 4 DESC, 3 DESC, 1",
        (day,),
    )
    return tuple(
        TaskTotal(
            category=category, requests=requests, tokens=count, cost_nusd=cost if priced else None
        )
        for category, requests, count, cost, priced in rows
    )


def burn_minutes(db: sqlite3.Connection, now_us: int, minutes: int) -> BurnMinutes:
    """Return the last minutes one by one; each begins at a full minute, the last goes on."""
    since_us = (now_us // _MINUTE_US - minutes + 1) * _MINUTE_US
    tokens, nusd = [0] * minutes, [0] * minutes
    for minute, count, cost in db.execute(
        f"SELECT (c.at_us - ?1) / {_MINUTE_US}, sum({_CALL_TOKENS}), coalesce(sum(c.cost_nusd), 0)"
        " FROM call c WHERE c.at_us >= ?1 AND c.at_us <= ?2 GROUP BY 1",
        (since_us, now_us),
    ):
        tokens[minute], nusd[minute] = count, cost
    return BurnMinutes(since=from_us(since_us), tokens=tuple(tokens), nusd=tuple(nusd))


def burn_by_session(db: sqlite3.Connection, now_us: int, window_s: int) -> dict[str, BurnRate]:
    """Return the rate of each session that made calls within the last `window_s` seconds."""
    rows = db.execute(
        f"SELECT x.session_id, sum({_CALL_TOKENS}), coalesce(sum(c.cost_nusd), 0)"
        " FROM call c JOIN span s ON s.id = c.span JOIN session x ON x.id = s.session"
        " WHERE c.at_us > ? AND c.at_us <= ? GROUP BY x.id",
        (now_us - window_s * 1_000_000, now_us),
    )
    return {
        session_id: BurnRate(
            tokens_per_minute=tokens * _MINUTE_S / window_s,
            nusd_per_hour=nusd * _HOUR_S // window_s,
            window_s=window_s,
        )
        for session_id, tokens, nusd in rows
    }


def total_burn(rates: Iterable[BurnRate], window_s: int) -> BurnRate:
    """Add rates of one window up."""
    rates = list(rates)
    return BurnRate(
        tokens_per_minute=sum(rate.tokens_per_minute for rate in rates),
        nusd_per_hour=sum(rate.nusd_per_hour for rate in rates),
        window_s=window_s,
    )


def session_ids_since(db: sqlite3.Connection, since_us: int, limit: int) -> tuple[str, ...]:
    """Return the sessions with a call since then, newest first."""
    rows = db.execute(
        "SELECT session_id FROM session WHERE last_us >= ? ORDER BY last_us DESC LIMIT ?",
        (since_us, limit),
    )
    return tuple(session_id for (session_id,) in rows)


def session_ids(db: sqlite3.Connection, homes: Sequence[str] = ()) -> tuple[str, ...]:
    """Return all sessions with a call, newest first; only those of `homes` if any are named."""
    where = f" AND id IN {session_rows(homes)}" if homes else ""
    rows = db.execute(
        f"SELECT session_id FROM session WHERE last_us IS NOT NULL{where} ORDER BY last_us DESC",
        tuple(homes),
    )
    return tuple(session_id for (session_id,) in rows)


# One statement, so that a session's sums are those of the calls that its ends are of, whatever
# the writer does meanwhile.
_SESSION = """
SELECT x.id, x.agent, x.first_us, x.last_us, x.last_main_call,
  (SELECT count(DISTINCT subagent_id) FROM span WHERE session = x.id AND subagent_id <> ''),
  sum(u.requests), sum(u.cost_nusd), sum(u.priced_requests), sum(u.unpriced_tokens)
FROM session x CROSS JOIN span s ON s.session = x.id CROSS JOIN usage_day u ON u.span = s.id
WHERE x.session_id = ? AND x.last_us IS NOT NULL GROUP BY x.id
"""


# The first call of the main thread after each of the last compactions there. (CROSS: from the few
# compactions on, not from all spans.)
_COMPACTED = """
SELECT (SELECT c.input_tokens + c.cache_read_tokens + c.cache_write_5m_tokens
    + c.cache_write_1h_tokens FROM span b JOIN call c ON c.span = b.id
  WHERE b.session = k.session AND b.subagent_id = '' AND c.at_us > k.at_us
  ORDER BY c.at_us, c.key LIMIT 1)
FROM (SELECT s.session, k.at_us FROM compaction k CROSS JOIN span s ON s.id = k.span
  CROSS JOIN session x ON x.id = s.session WHERE x.agent = ? AND s.subagent_id = ''
  ORDER BY k.at_us DESC LIMIT ?) k
"""


def session_facts(db: sqlite3.Connection, ids: Iterable[str]) -> Iterator[SessionFacts]:
    """Yield what the ledger knows of each session; ids without a call are passed over."""
    compacted: dict[str, int | None] = {}
    for session_id in ids:
        row = db.execute(_SESSION, (session_id,)).fetchone()
        if row is not None:
            facts = _facts(db, session_id, *row)
            if facts.agent not in compacted:
                compacted[facts.agent] = compacted_context(db, facts.agent)
            yield replace(facts, compacted_context_tokens=compacted[facts.agent])


def compacted_context(db: sqlite3.Connection, agent: str) -> int | None:
    """Return how large contexts were after an agent's last compactions: the median of a few.

    None if there was none.
    """
    sizes = [size for (size,) in db.execute(_COMPACTED, (agent, _COMPACTIONS)) if size is not None]
    if not sizes:
        return None
    from statistics import median  # it imports random numbers, and few contexts were compacted

    middle: float = median(sizes)
    return round(middle)


def _facts(  # noqa: PLR0913 - the columns of one row
    db: sqlite3.Connection, session_id: str, row_id: int, agent: str, first_us: int, last_us: int,
    last_key: int | None, subagents: int, requests: int, cost: int, priced: int, unpriced: int,
) -> SessionFacts:  # fmt: skip
    last_call = None if last_key is None else _last_call(db, last_key)
    spans = _last_spans(db, row_id)
    return SessionFacts(
        session_id=session_id,
        agent="codex" if agent == "codex" else "claude",
        first_at=from_us(first_us),
        last_at=from_us(last_us),
        requests=requests,
        subagents=subagents,
        cost_nusd=cost if priced else None,
        unpriced_tokens=unpriced,
        last_call=last_call,
        cache_lifetime=(
            (cache_lifetime(last_call.tokens) or _lifetime(db, spans)) if last_call else None
        ),
        cache_share=_cache_share(db, spans),
        first_context_tokens=_first_context(db, row_id) if last_call else None,
        homes=_homes(db, row_id),
    )


def _last_call(db: sqlite3.Connection, key: int) -> LastCall:
    model, at_us, parts, speed, service_tier, inference_geo, cwd, branch, repo, *counts = (
        db.execute(
            "SELECT m.name, c.at_us, c.parts, v.speed, v.service_tier, v.inference_geo, p.cwd,"
            f" p.branch, p.repo, {', '.join('c.' + name for name in TOKENS)} FROM call c"
            " JOIN model m ON m.id = c.model JOIN variant v ON v.id = c.variant"
            " JOIN place p ON p.id = c.place WHERE c.key = ?",
            (key,),
        ).fetchone()
    )
    return LastCall(
        model=model,
        at=from_us(at_us),
        tokens=TokenCounts(**dict(zip(TOKENS, counts))),
        parts=parts_of(parts),
        speed=speed,
        service_tier=service_tier,
        inference_geo=inference_geo,
        cwd=cwd,
        branch=branch,
        repo=repo,
    )


def _first_context(db: sqlite3.Connection, session: int) -> int | None:
    """Return the size of the first prompt of a session's main thread."""
    columns = ", ".join(f"c.{name}" for name in TOKENS)
    row = db.execute(
        f"SELECT c.parts, {columns} FROM call c WHERE c.span = (SELECT id FROM span"
        " WHERE session = ? AND subagent_id = ''"
        " AND EXISTS (SELECT 1 FROM call WHERE call.span = span.id)"
        " ORDER BY started_us, id LIMIT 1) ORDER BY c.at_us, c.key LIMIT 1",
        (session,),
    ).fetchone()
    if row is None:
        return None
    parts, *counts = row
    tokens = TokenCounts(**dict(zip(TOKENS, counts)))
    return requests_of(tokens, parts_of(parts))[0].context_tokens


def _homes(db: sqlite3.Connection, session: int) -> tuple[str, ...]:
    rows = db.execute(
        "SELECT h.path FROM session_home s JOIN home h ON h.id = s.home WHERE s.session = ?"
        " ORDER BY 1",
        (session,),
    )
    return tuple(path for (path,) in rows)


def _last_spans(db: sqlite3.Connection, session: int) -> tuple[int, ...]:
    """Return the main thread's last turns with a call: the last CACHE_CALLS calls are in them."""
    rows = db.execute(
        "SELECT id FROM span WHERE session = ? AND subagent_id = ''"
        " AND EXISTS (SELECT 1 FROM call WHERE call.span = span.id)"
        " ORDER BY started_us DESC LIMIT ?",
        (session, CACHE_CALLS),
    )
    return tuple(span for (span,) in rows)


def _lifetime(db: sqlite3.Connection, spans: Sequence[int]) -> CacheLifetime | None:
    """Return for how long the last call that wrote to the cache did so, None if none wrote."""
    row = db.execute(
        "SELECT cache_write_5m_tokens, cache_write_1h_tokens FROM call"
        f" WHERE span IN ({', '.join('?' * len(spans))})"
        " AND (cache_write_5m_tokens > 0 OR cache_write_1h_tokens > 0)"
        " ORDER BY at_us DESC, key DESC LIMIT 1",
        spans,
    ).fetchone()
    if row is None:
        return None
    return cache_lifetime(TokenCounts(cache_write_5m_tokens=row[0], cache_write_1h_tokens=row[1]))


def _cache_share(db: sqlite3.Connection, spans: Sequence[int]) -> float | None:
    """Return the part of the last calls' prompts that came from the cache, None if empty."""
    read, context = db.execute(
        "SELECT sum(cache_read_tokens), sum(input_tokens + cache_read_tokens"
        " + cache_write_5m_tokens + cache_write_1h_tokens) FROM (SELECT * FROM call"
        f" WHERE span IN ({', '.join('?' * len(spans))}) ORDER BY at_us DESC LIMIT ?)",
        (*spans, CACHE_CALLS),
    ).fetchone()
    return read / context if context else None
