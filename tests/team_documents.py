"""Day documents for tests: defaults, and what differs."""

from typing import Any

from aicost.core.team.documents import DayDocument, DayOutcomes, DayRow, TokenSums

DAY = "2026-11-20"


def row(**given: Any) -> DayRow:
    tokens = TokenSums(input=1_000, cache_read=20_000, cache_write_5m=300, output=400)
    defaults: dict[str, Any] = {
        "tool": "claude-code", "provider": "anthropic", "model": "claude-opus-4-6",
        "tier": "standard", "billing": "api", "project": None, "category": "bugfix",
        "environment": "interactive", "requests": 12, "tokens": tokens, "sessions": 2, "turns": 3,
        "tool_calls": 20, "active_minutes": 30, "cost_list_microusd": 1_234_567,
    }  # fmt: skip
    return DayRow(**(defaults | given))


def document(*rows: DayRow, **given: Any) -> DayDocument:
    defaults: dict[str, Any] = {
        "day": DAY, "revision": 1, "final": False, "client": "aicost/1.0", "cohort": None,
        "price_book": "a1b2c3d4e5f6", "sessions": 2, "turns": 3, "active_minutes": 30,
        "outcomes": DayOutcomes(commits=1), "rows": rows or (row(),),
    }  # fmt: skip
    return DayDocument(**(defaults | given))
