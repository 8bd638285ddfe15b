"""A year of usage as the history screen is told of it: the same one on every run."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from builders import NOW, usd

from aicost.core.history import Day, History, HistoryBy, SessionNote
from aicost.core.reports import HiddenSpend, ReportRow
from aicost.core.usage import TokenCounts

TODAY = NOW.date()
MTOK = 1_000_000


def day(on: date | str, dollars: float | None = 1.5, **changes: Any) -> Day:
    """One day: 15 calls, 2M tokens."""
    fields: dict[str, Any] = {
        "day": date.fromisoformat(on) if isinstance(on, str) else on,
        "requests": 15,
        "tokens": 2 * MTOK,
        "cost_nusd": None if dollars is None else usd(dollars),
        "unpriced_tokens": 2 * MTOK if dollars is None else 0,
    }
    return Day(**(fields | changes))


def group(key: str, dollars: float | None = 1.5, **changes: Any) -> ReportRow:
    """One row: 30 calls of 3 sessions, 90 % of the prompts from the cache."""
    fields: dict[str, Any] = {
        "key": key,
        "agents": ("claude",),
        "models": ("claude-opus-5-5",),
        "requests": 30,
        "sessions": 3,
        "turns": 9,
        "tokens": TokenCounts(input_tokens=100_000, cache_read_tokens=900_000, output_tokens=9_000),
        "cost_nusd": None if dollars is None else usd(dollars),
        "tool_calls": 120,
        "active_us": 5_400_000_000,
    }
    if dollars is None:
        fields["unpriced_tokens"] = 1_009_000
    return ReportRow(**(fields | changes))


def note(**changes: Any) -> SessionNote:
    fields: dict[str, Any] = {
        "agent": "claude",
        "first_at": datetime(2026, 11, 22, 8, tzinfo=UTC),
        "last_at": datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        "repo": "github.com/acme/shop",
        "branch": "fix/dedup",
        "task": "bugfix",
    }
    return SessionNote(**(fields | changes))


def history(*rows: ReportRow, by: HistoryBy = "repo", **changes: Any) -> History:
    """An answer with these rows, of the last 30 days."""
    priced = [row.cost_nusd for row in rows if row.cost_nusd is not None]
    total = ReportRow(
        key="total",
        requests=sum(row.requests for row in rows),
        sessions=sum(row.sessions for row in rows),
        turns=sum(row.turns for row in rows),
        tokens=sum((row.tokens for row in rows), start=TokenCounts()),
        cost_nusd=sum(priced) if priced else None,
        unpriced_tokens=sum(row.unpriced_tokens for row in rows),
    )
    fields: dict[str, Any] = {
        "by": by,
        "since": TODAY - timedelta(days=29),
        "until": TODAY,
        "today": TODAY,
        "timezone": "Europe/Berlin",
        "days": tuple(day(TODAY - timedelta(days=ago)) for ago in (9, 8, 2, 0)) if rows else (),
        "rows": rows,
        "total": total,
        "first_day": TODAY - timedelta(days=400) if rows else None,
        "active_days": 4 if rows else 0,
    }
    return History(**(fields | changes))


def busy_year() -> tuple[Day, ...]:
    """Days of thirteen months: quiet weekends, a holiday, two days without a price."""
    found = []
    for ago in range(400, -1, -1):
        on, wave = TODAY - timedelta(days=ago), (ago * 37) % 101
        if on.weekday() == 6 or (on.weekday() == 5 and wave > 40) or 118 <= ago <= 136:
            continue
        dollars = None if ago in (11, 12) else round(2 + wave * wave / 290 + (400 - ago) / 40, 2)
        calls = 20 + wave * 3
        found.append(day(on, dollars, requests=calls, tokens=calls * 61_000))
    return tuple(found)


_SHARES: Mapping[str, tuple[tuple[str, float | None], ...]] = {
    "repo": (
        ("github.com/acme/shop", 212.4), ("github.com/acme/api", 96.02), ("notes", 31.5),
        ("github.com/ada/dotfiles", 4.2), ("unallocated", 2.96), ("gitlab.com/lab/physics", None),
    ),
    "branch": (
        ("github.com/acme/shop · fix/dedup", 150.2), ("github.com/acme/shop · main", 62.2),
        ("github.com/acme/api · feat/export", 96.02), ("notes · main", 31.5),
    ),
    "model": (
        ("claude-opus-5-5", 240.1), ("claude-sonnet-5-5-20261001", 71.3), ("gpt-6-sol", 35.68),
        ("gpt-mystery", None),
    ),
    "category": (
        ("bugfix", 140.0), ("feature", 90.5), ("exploration", 55.1), ("test-repair", 40.2),
        ("docs", 11.28), ("unallocated", 10.0),
    ),
    "agent": (("claude", 311.4), ("codex", 35.68)),
    "environment": (("terminal", 301.0), ("editor", 36.08), ("ci", 10.0)),
}  # fmt: skip


def busy_history(params: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Answer `history` as the daemon would, of a busy year; times and sessions follow the days."""
    asked = dict(params or {})
    by: Any = asked.get("by", "repo")
    days = busy_year()
    since, until = _span(asked, days)
    inside = [one for one in days if since <= one.day <= until]
    rows, sessions = _rows(by, inside)
    unpriced = tuple(row for row in rows if row.unpriced_tokens)
    found = history(
        *rows,
        by=by,
        days=days,
        since=since,
        until=until,
        sessions=sessions,
        first_day=days[0].day,
        active_days=len(inside),
        unpriced_models=("gpt-mystery",) if unpriced else (),
        hidden=None if asked.get("within") else HiddenSpend(cost_nusd=usd(3.1), why=("searches",)),
    )
    answer: dict[str, Any] = msgspec.to_builtins(found)
    return answer


def _span(asked: Mapping[str, object], days: tuple[Day, ...]) -> tuple[date, date]:
    if isinstance(count := asked.get("last_days"), int):
        return TODAY - timedelta(days=count - 1), TODAY
    since, until = asked.get("since"), asked.get("until")
    return (
        date.fromisoformat(since) if isinstance(since, str) else days[0].day,
        date.fromisoformat(until) if isinstance(until, str) else TODAY,
    )


def _rows(by: str, days: list[Day]) -> tuple[tuple[ReportRow, ...], dict[str, SessionNote]]:
    if by in ("day", "week", "month"):
        return tuple(_by_time(days, _KEYS[by])), {}
    if by != "session":
        return tuple(_group(at, key, cost) for at, (key, cost) in enumerate(_SHARES[by])), {}
    rows = [_group(at, f"3f2a91c4-{at:04}", 9.5 - at * 1.1) for at in range(7)]
    notes = {
        row.key: note(
            agent="codex" if at % 3 == 2 else "claude",
            repo="github.com/acme/api" if at % 3 == 2 else "github.com/acme/shop",
            branch=("fix/dedup", "main", "feat/export")[at % 3],
            task=("bugfix", "feature", "test-repair")[at % 3],
            last_at=datetime(2026, 11, 22, 9, tzinfo=UTC) + timedelta(minutes=17 * at),
        )
        for at, row in enumerate(rows)
    }
    return tuple(replace(row, sessions=1) for row in rows), notes


def _group(at: int, key: str, cost: float | None) -> ReportRow:
    read, fresh = 9 * MTOK // (at + 1), (2 + at) * MTOK // 10
    return group(
        key,
        cost,
        requests=911 // (at + 1),
        sessions=41 // (at + 1),
        turns=230 // (at + 1),
        tokens=TokenCounts(input_tokens=fresh, cache_read_tokens=read, output_tokens=read // 30),
        tool_calls=3100 // (at + 1),
        active_us=97_000_000_000 // (at + 1),
        unpriced_tokens=fresh + read + read // 30 if cost is None else 0,
        models=("claude-opus-5-5", "claude-sonnet-5-5") if at % 2 == 0 else ("gpt-6-sol",),
    )


_KEYS: Mapping[str, Callable[[date], str]] = {
    "day": lambda on: on.isoformat(),
    "week": lambda on: f"{on.isocalendar()[0]}-W{on.isocalendar()[1]:02}",
    "month": lambda on: f"{on:%Y-%m}",
}


def _by_time(days: list[Day], key_of: Callable[[date], str]) -> list[ReportRow]:
    found: dict[str, list[Day]] = {}
    for one in days:
        found.setdefault(key_of(one.day), []).append(one)
    return [
        replace(
            group(key),
            requests=sum(one.requests for one in of),
            tokens=TokenCounts(
                input_tokens=sum(one.tokens for one in of) // 10,
                cache_read_tokens=sum(one.tokens for one in of) * 9 // 10,
            ),
            cost_nusd=_sum(of),
            unpriced_tokens=sum(one.unpriced_tokens for one in of),
        )
        for key, of in found.items()
    ]


def _sum(days: list[Day]) -> int | None:
    priced = [one.cost_nusd for one in days if one.cost_nusd is not None]
    return sum(priced) if priced else None
