"""What Claude Code itself says it spent."""

import json
from datetime import UTC, datetime

from fuzz.target import Target, recorded

from aicost.core.facts import ClientTotal, LimitsSeen
from aicost.sources.claude.status_line import parse_status
from aicost.sources.claude.totals import parse_config_totals, parse_cost_state

USED = {
    "inputTokens": 4, "outputTokens": 9, "cacheReadInputTokens": 0,
    "cacheCreationInputTokens": 3, "webSearchRequests": 1, "costUSD": 0.125,
}  # fmt: skip
BY_MODEL = {"claude-opus-5-5": USED}
STATE = {"type": "cost-state", "sessionId": "s-1", "modelUsage": BY_MODEL}
CONFIG = {"projects": {"/src": {"lastSessionId": "s-1", "lastModelUsage": BY_MODEL}, "/x": {}}}
STATUS = {
    "session_id": "s-1",
    "cost": {"total_cost_usd": 0.1},
    "rate_limits": {
        "five_hour": {"used_percentage": 41.5, "resets_at": 1_795_000_000},
        "seven_day": {"used_percentage": 8, "resets_at": "2026-11-30T00:00:00Z"},
    },
}
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def check(content: bytes) -> None:
    """Any bytes are totals or none."""
    found = [*parse_cost_state(content), *parse_config_totals(content)]
    if (seen := parse_status(content, NOW)) is not None:
        found += [seen.total] if seen.total is not None else []
        _check_limits(seen.limits)
        assert seen.context_window_tokens is None or seen.context_window_tokens > 0
    for said in found:
        _check_total(said)


def _check_limits(said: LimitsSeen | None) -> None:
    windows = (said.limits.primary, said.limits.secondary) if said else ()
    assert all(0 <= one.used_percent <= 10_000 for one in windows if one is not None)


def _check_total(said: ClientTotal) -> None:
    assert said.session_id
    assert 0 <= said.cost_nusd < 2**63
    assert min(said.tokens.counts()) >= 0
    assert sum(said.tokens.counts()) < 2**63


def seeds() -> list[bytes]:
    """Return one of each kind, and those of the recorded homes."""
    files = recorded("claude_lab/homes.tar.xz")
    configs = [content for name, content in sorted(files.items()) if name.endswith(".claude.json")]
    return [*(json.dumps(one).encode() for one in (STATE, CONFIG, STATUS)), *configs[:20]]


TARGET = Target(
    name="claude_totals",
    modules=(
        "aicost.sources.claude.totals",
        "aicost.sources.claude.plan",
        "aicost.sources.claude.status_line",
        "aicost.core.money",
    ),
    seeds=seeds,
    check=check,
)
