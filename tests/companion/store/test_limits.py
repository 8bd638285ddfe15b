"""The last word on each of a plan's limits is kept, whatever order words come in."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from ledgers import evidence
from log_builders import at, calls_read, event, open_ledger

from aicost.core.facts import FileRead, LimitsSeen, Parsed
from aicost.core.limits import LimitWindow, PlanLimits, RateLimits
from aicost.store.ledger import Ledger
from aicost.store.limits import plan_limits

HOME = "/home/ada/.codex"
FULL = RateLimits(
    limit_id="codex",
    plan_type="pro",
    primary=LimitWindow(
        used_percent=12.5, window_minutes=300, resets_at=datetime(2026, 11, 23, tzinfo=UTC)
    ),
    secondary=LimitWindow(used_percent=40),
    has_credits=True,
    has_unlimited_credits=False,
    credit_balance=Decimal("17.50"),
    reached_type="primary",
)


def said(used: float, minutes: float, limit_id: str = "codex") -> LimitsSeen:
    limits = RateLimits(limit_id=limit_id, primary=LimitWindow(used_percent=used))
    return LimitsSeen(at=at(minutes), limits=limits)


def read_of(*seen: LimitsSeen, home: str = HOME) -> FileRead:
    found = calls_read(path=f"{home}/rollout-x.jsonl")
    return replace(found, home=home, stage="evidence", parsed=(Parsed(limits=seen),))


def words(ledger: Ledger, *homes: str) -> list[tuple[str, str, float, float]]:
    found = []
    for one in plan_limits(ledger.db, homes):
        assert one.limits.primary is not None
        minutes = (one.at - at(0)).total_seconds() / 60
        found.append((one.home, one.limits.limit_id, one.limits.primary.used_percent, minutes))
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "ledger.db")


def test_a_word_is_kept_to_its_last_field(ledger: Ledger) -> None:
    with ledger:
        ledger.record([read_of(LimitsSeen(at=at(3), limits=FULL))])
        assert plan_limits(ledger.db) == (PlanLimits(home=HOME, at=at(3), limits=FULL),)


def test_the_newest_word_is_kept_in_any_order() -> None:
    reads = [read_of(said(10, 1)), read_of(said(30, 3), said(20, 2)), read_of(said(29, 3))]
    for order in permutations(reads):
        with open_ledger(":memory:") as ledger:
            for read in order:
                ledger.record([read])
            assert words(ledger) == [(HOME, "codex", 30, 3)]
            kept = evidence(ledger.db)["limits"]
        assert len(kept) == 1


def test_what_a_session_was_told_is_of_its_home(ledger: Ledger) -> None:
    """That of a session nobody saw a log of is of no home, and not kept."""
    with ledger:
        ledger.record([calls_read(event(), home=HOME)])
        ledger.note_told("claude", [], {"s-1": said(10, 1, "claude"), "s-2": said(90, 2, "claude")})
        assert words(ledger) == [(HOME, "claude", 10, 1)]
        ledger.note_told("claude", [], {"s-1": said(9, 0, "claude")})
        assert words(ledger) == [(HOME, "claude", 10, 1)]


def test_each_limit_and_each_home_has_its_own_word(ledger: Ledger) -> None:
    other = "/home/ada/.codex-work"
    with ledger:
        ledger.record(
            [read_of(said(10, 1), said(50, 1, "other")), read_of(said(20, 2), home=other)]
        )
        first = [(HOME, "codex", 10, 1), (HOME, "other", 50, 1)]
        assert words(ledger) == [*first, (other, "codex", 20, 2)]
        assert words(ledger, HOME) == first
        assert words(ledger, "/none") == []
