"""A day as it leaves the machine: counts and sums under closed words, and nothing else. Pure.

The whole day is one document, and replaces what was sent of it before. Its fields are all that a
team can learn.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal, Self, get_args

SCHEMA = 1
Tool = Literal["claude-code", "codex"]
Provider = Literal["anthropic", "openai", "bedrock", "vertex", "azure", "other"]
Tier = Literal["standard", "fast", "priority", "flex", "batch", "other"]
Billing = Literal["api", "subscription", "credits", "unknown"]
Place = Literal["interactive", "headless", "ci", "unknown"]  # the environment
Category = Literal[
    "feature", "bugfix", "refactor", "test-repair", "test-writing", "dependency-upgrade",
    "exploration", "review", "docs", "ops", "other", "unknown",
]  # fmt: skip
TOOLS: tuple[Tool, ...] = get_args(Tool)
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
TIERS: tuple[Tier, ...] = get_args(Tier)
BILLINGS: tuple[Billing, ...] = get_args(Billing)
ENVIRONMENTS: tuple[Place, ...] = get_args(Place)
CATEGORIES: tuple[Category, ...] = get_args(Category)
OTHER_MODEL = "other"  # of every id that is not public: a deployment may be named for a project


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSums:
    """Tokens by kind; the kinds are disjoint, but reasoning is part of output."""

    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """Usage of one combination of the words above `requests` on one day.

    `sessions` and `turns` are never summed over rows: one of them may be in several.
    """

    tool: Tool
    provider: Provider
    model: str
    tier: Tier
    billing: Billing
    project: str | None  # a label that the user allows, or a hash under the team's key
    category: Category
    environment: Place
    requests: int
    tokens: TokenSums
    sessions: int = 0
    turns: int = 0
    tool_calls: int = 0
    api_errors: int = 0
    retries: int = 0
    loops: int = 0
    budget_stops: int = 0
    overrides: int = 0
    active_minutes: int = 0
    web_searches: int = 0
    cost_list_microusd: int | None = None  # None: nothing of it has a price
    credits_milli: int | None = None  # of the agent's plan; None: none are known
    unpriced_tokens: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the rows of a day apart."""
        return (
            self.tool, self.provider, self.model, self.tier, self.billing, self.project or "",
            self.category, self.environment,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcomes:
    """What came of work, counted on the day it happened: a later merge reopens no day."""

    commits: int = 0
    merged: int = 0  # branches
    reverted: int = 0  # commits
    fixed_tests: int = 0
    abandoned_microusd: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDocument:
    """One UTC day of one source. `revision` grows with each change; `final`: it is settled."""

    day: str  # YYYY-MM-DD
    revision: int
    final: bool
    client: str  # "aicost/1.0"
    cohort: str | None  # of the server's list
    price_book: str
    sessions: int = 0
    turns: int = 0
    active_minutes: int = 0
    outcomes: DayOutcomes = DayOutcomes()
    rows: tuple[DayRow, ...] = ()  # none: a day that is taken back
    schema: int = SCHEMA
    tz: str = "UTC"

    def at_revision(self, revision: int) -> Self:
        """Return the same day under another revision."""
        return replace(self, revision=revision)


def canonical_bytes(document: DayDocument) -> bytes:
    """Return the one spelling of a document: sorted keys and rows, no spaces, UTF-8."""
    return _spelled(_fields(document))


def body_hash(body: bytes) -> str:
    """Return the SHA-256 of a body as 64 hex digits; it is the request's idempotency key."""
    return sha256(body).hexdigest()


def content_hash(document: DayDocument) -> str:
    """Return the hash of all but the revision: when it changes, the revision must grow."""
    fields = _fields(document)
    del fields["revision"]
    return sha256(_spelled(fields)).hexdigest()


def _fields(document: DayDocument) -> dict[str, Any]:
    return asdict(replace(document, rows=tuple(sorted(document.rows, key=lambda row: row.key))))


def _spelled(fields: Mapping[str, Any]) -> bytes:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
