"""Reports for tests: sensible defaults, overridden by name. Money is given in dollars."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aicost.core.categories import TaskCategory
from aicost.core.mismatch import Mismatch
from aicost.core.money import nusd
from aicost.core.reports import (
    Each,
    GroupBy,
    HiddenSpend,
    OutcomeSums,
    ReportQuery,
    ReportRow,
    TurnRow,
    UsageReport,
)
from aicost.core.usage import TokenCounts

AT = datetime(2026, 11, 22, 5, tzinfo=UTC)
TOKENS = TokenCounts(
    input_tokens=1_200,
    cache_read_tokens=3_400_000,
    cache_write_5m_tokens=50_000,
    cache_write_1h_tokens=6_000,
    output_tokens=78_000,
    reasoning_tokens=9_000,
)


def row(key: str = "2026-11-22", usd: str | None = "12.345678", **changes: Any) -> ReportRow:
    fields: dict[str, Any] = {
        "agents": ("claude",),
        "models": ("claude-opus-5-5",),
        "requests": 412,
        "sessions": 6,
        "turns": 31,
        "tokens": TOKENS,
        "cost_nusd": None if usd is None else nusd(Decimal(usd)),
    }
    return ReportRow(key=key, **(fields | changes))


def report(*rows: ReportRow, by: GroupBy = "day", **changes: Any) -> UsageReport:
    """A report of these rows whose total is their sum."""
    query = ReportQuery(by=by, timezone="Europe/Berlin")
    known = [one.cost_nusd for one in rows if one.cost_nusd is not None]
    total = ReportRow(
        key="total",
        requests=sum(one.requests for one in rows),
        tokens=sum((one.tokens for one in rows), TokenCounts()),
        cost_nusd=sum(known) if known else None,
        unpriced_tokens=sum(one.unpriced_tokens for one in rows),
    )
    fields: dict[str, Any] = {
        "price_book": "a1b2c3d4e5f6",
        "total": total,
        "hidden": HiddenSpend(cost_nusd=0),
    }
    return UsageReport(query=query, rows=rows, **(fields | changes))


def outcome_sums(**changes: Each) -> OutcomeSums:
    """Nothing came of anything, but for these."""
    nothing = dict.fromkeys(OutcomeSums._fields, Each(0, None))
    return OutcomeSums(**(nothing | changes))


def mismatch(**changes: Any) -> Mismatch:
    plain: dict[str, Any] = {
        "agent": "claude",
        "category": TaskCategory.DOCS,
        "size": "up to 5 calls",
        "model": "claude-large-1",
        "turns": 22,
        "good": 20,
        "cost_nusd": 12_000_000_000,
        "cheaper_model": "claude-small-1",
        "cheaper_turns": 18,
        "cheaper_good": 17,
        "saving_nusd": 8_100_000_000,
    }
    return Mismatch(**(plain | changes))


def turn(prompt_uuid: str = "c12ad1be", usd: str | None = "0.5", **changes: Any) -> TurnRow:
    fields: dict[str, Any] = {
        "session_id": "6f93eca8-5a14-4864-a8fb-a2090ed39aba",
        "started_at": AT,
        "requests": 7,
        "tokens": TOKENS,
        "cost_nusd": None if usd is None else nusd(Decimal(usd)),
    }
    return TurnRow(prompt_uuid=prompt_uuid, **(fields | changes))
