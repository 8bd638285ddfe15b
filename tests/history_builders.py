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
    """Answer `history` as the daemon would, of a busy year: its rows and days add up."""
    asked = dict(params or {})
    by: Any = asked.get("by", "repo")
    days = _part_of(busy_year(), asked)
    since, until = _span(asked, days)
    inside = [one for one in days if since <= one.day <= until]
    rows, sessions = _rows(by, inside)
    unpriced = any(row.unpriced_tokens for row in rows)
    found = history(
        *rows,
        by=by,
        days=days,
        since=since,
        until=until,
        sessions=sessions,
        first_day=busy_year()[0].day,
        active_days=len(inside),
        unpriced_models=("gpt-mystery",) if unpriced else (),
        hidden=None if asked.get("within") else HiddenSpend(cost_nusd=usd(3.1), why=("searches",)),
    )
    answer: dict[str, Any] = msgspec.to_builtins(found)
    return answer


def _weights(by: str) -> dict[str, float]:
    """Return the part of the whole that each group has; 0 for one without a price."""
    whole = sum(cost or 0 for _, cost in _SHARES[by])
    return {key: (cost or 0) / whole for key, cost in _SHARES[by]}


def _part_of(days: tuple[Day, ...], asked: Mapping[str, object]) -> tuple[Day, ...]:
    """Return the days of the groups that are asked for."""
    within: Any = asked.get("within") or ()
    part = 1.0
    for by, key in within:
        part *= _weights(by).get(key, 0.1)
    return tuple(
        replace(
            one,
            requests=max(1, round(one.requests * part)),
            tokens=round(one.tokens * part),
            cost_nusd=None if one.cost_nusd is None else round(one.cost_nusd * part),
            unpriced_tokens=round(one.unpriced_tokens * part),
        )
        for one in days
    )


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
        weights = _weights(by)
        unpriced = [key for key, cost in _SHARES[by] if cost is None]
        return tuple(
            _group(at, key, weights[key], days, takes_unpriced=key in unpriced)
            for at, key in enumerate(weights)
        ), {}
    parts = (0.31, 0.22, 0.17, 0.12, 0.09, 0.06, 0.03)
    rows = [_group(at, f"3f2a91c4-{at:04}", part, days) for at, part in enumerate(parts)]
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


def _group(
    at: int, key: str, part: float, days: list[Day], *, takes_unpriced: bool = False
) -> ReportRow:
    """Return a group's part of some days; one takes all that has no price."""
    tokens = sum(one.unpriced_tokens if takes_unpriced else one.tokens * part for one in days)
    share = max(0.02, part)
    return group(
        key,
        None,
        requests=round(sum(one.requests for one in days) * share),
        sessions=max(1, round(len(days) * 4 * share)),
        turns=max(1, round(len(days) * 11 * share)),
        tokens=_counts(round(tokens), 0.98 - at * 0.06),
        cost_nusd=None if takes_unpriced else round((_sum(days) or 0) * part),
        tool_calls=round(sum(one.requests for one in days) * share * 1.7),
        active_us=round(len(days) * share * 9_000_000_000),
        unpriced_tokens=round(tokens) if takes_unpriced else 0,
        models=("claude-opus-5-5", "claude-sonnet-5-5") if at % 2 == 0 else ("gpt-6-sol",),
    )


def _counts(tokens: int, cached: float) -> TokenCounts:
    context = tokens * 97 // 100
    read = round(context * cached)
    return TokenCounts(
        input_tokens=context - read, cache_read_tokens=read, output_tokens=tokens - context
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
            requests=(calls := sum(one.requests for one in of)),
            sessions=1 + calls // 90,
            turns=1 + calls // 14,
            tool_calls=calls * 17 // 10,
            active_us=calls * 71_000_000,
            tokens=_counts(sum(one.tokens for one in of), 0.86 + calls % 11 / 100),
            cost_nusd=_sum(of),
            unpriced_tokens=sum(one.unpriced_tokens for one in of),
        )
        for key, of in found.items()
    ]


def _sum(days: list[Day]) -> int | None:
    priced = [one.cost_nusd for one in days if one.cost_nusd is not None]
    return sum(priced) if priced else None
