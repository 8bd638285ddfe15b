"""A UTC day of the ledger, as a document: every figure, and no word that is not closed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from log_builders import at, calls_read, event, flat_book, recorded, tokens

from aicost.core.audit import EventKind, GateEvent
from aicost.core.facts import (
    ErrorSeen,
    FileRead,
    LimitsSeen,
    Parsed,
    PromptSeen,
    SettingsSeen,
    StepTaken,
    ToolCallSeen,
)
from aicost.core.limits import RateLimits
from aicost.core.team.checking import parse_document
from aicost.core.team.documents import DayOutcomes, canonical_bytes
from aicost.core.team.words import Projects
from aicost.prices.book import load_price_book
from aicost.store.ledger import Ledger
from aicost.store.team_days import Beside, Naming, day_document, days_with_calls

OPUS, SECRET = "claude-opus-4-5-20251101", "secret-deployment"
BOOK = flat_book("4", "claude-opus-4-5", "gpt-5")
DAY = date(2026, 11, 22)
_MIDNIGHT = ((22, 23, 57), (23, 0, 1))
NAMING = Naming(
    known=load_price_book(None).model_price, client="aicost/1.0", price_book="a1b2c3d4e5f6"
)


def call(number: int, **changes: Any) -> Any:
    return event(number, **{"model": OPUS, **changes})


def told(*calls: Any, path: str = "s-1.jsonl", **facts: Any) -> FileRead:
    prompts = (PromptSeen(session_id="s-1", turn_id="t-1", at=at(0)),)
    return replace(calls_read(path=path), parsed=(Parsed(calls=calls, prompts=prompts, **facts),))


def evidence(**facts: Any) -> FileRead:
    return replace(calls_read(), stage="evidence", parsed=(Parsed(**facts),))


def ledger_of(*reads: FileRead, **options: Any) -> Ledger:
    return recorded(*reads, book=BOOK, **options)


def failed(number: int, minutes: float, *, is_retried: bool = True) -> ErrorSeen:
    return ErrorSeen(
        key=f"claude:e{number}", session_id="s-1", turn_id="t-1", subagent_id="",
        at=at(minutes), is_retried=is_retried,
    )  # fmt: skip


def test_calls_are_added_up_by_their_words() -> None:
    first = call(1, tokens=tokens(100, 10, cache_read_tokens=7, cache_write_1h_tokens=3))
    with ledger_of(told(first, call(2, web_searches=2), call(3, model=SECRET))) as ledger:
        found = day_document(ledger.db, DAY, NAMING)
    assert (found.day, found.sessions, found.turns, found.tz) == ("2026-11-22", 1, 1, "UTC")
    opus, other = found.rows
    assert (opus.provider, opus.model, opus.requests) == ("anthropic", "claude-opus-4-5", 2)
    assert (opus.tokens.input, opus.tokens.cache_read, opus.tokens.cache_write_1h) == (200, 7, 3)
    assert (opus.tokens.output, opus.web_searches) == (20, 2)
    assert opus.cost_list_microusd == (230 * 4) + 20_000
    assert (other.provider, other.model) == ("other", "other")
    assert (other.cost_list_microusd, other.unpriced_tokens) == (None, 110)
    assert parse_document(canonical_bytes(found)) == found


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_a_day_is_of_utc_whatever_the_ledger_counts_in(zone: str) -> None:
    moments = [
        datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 22, tzinfo=UTC),
        datetime(2026, 11, 22, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 23, tzinfo=UTC),
    ]
    calls = [call(number, at=moment) for number, moment in enumerate(moments)]
    with ledger_of(told(*calls), zone=zone) as ledger:
        assert ZoneInfo(zone)
        assert [
            day_document(ledger.db, date(2026, 11, day), NAMING).rows[0].requests
            for day in (21, 22, 23)
        ] == [1, 2, 1]
        days = days_with_calls(ledger.db, date(2026, 11, 22), date(2026, 11, 30))
    assert days == (date(2026, 11, 22), date(2026, 11, 23))


def test_a_day_without_calls_has_no_rows() -> None:
    with ledger_of(told(call(1))) as ledger:
        assert day_document(ledger.db, date(2026, 11, 20), NAMING).rows == ()


def test_evidence_counts_in_the_row_of_its_call() -> None:
    tools = tuple(
        ToolCallSeen(key=f"claude:t{number}", event_key="claude:msg_1", name="Bash", at=at(1))
        for number in (1, 2)
    )
    errors = (failed(1, 2), failed(2, 3, is_retried=False))
    way = SettingsSeen(
        session_id="s-1", turn_id="t-1", subagent_id="", version="2", entrypoint="cli"
    )
    reads = (told(call(1), call(3)), evidence(tool_calls=tools, errors=errors, settings=(way,)))
    with ledger_of(*reads) as ledger:
        (row,) = day_document(ledger.db, DAY, NAMING).rows
    assert (row.tool_calls, row.api_errors, row.retries) == (2, 2, 1)
    assert (row.environment, row.category, row.tier) == ("interactive", "unknown", "standard")


def test_an_error_of_a_day_without_calls_is_told() -> None:
    with ledger_of(told(), evidence(errors=(failed(1, 2),))) as ledger:
        (row,) = day_document(ledger.db, DAY, NAMING).rows
        assert days_with_calls(ledger.db, DAY, DAY) == (DAY,)
    assert (row.requests, row.api_errors, row.model, row.cost_list_microusd) == (
        0,
        1,
        "other",
        None,
    )


def test_two_agents_at_once_are_not_two_people() -> None:
    side = [call(10 + n, session_id="s-2", turn_id="t-2", at=at(n)) for n in (0, 2, 4)]
    mine = [call(n, at=at(n)) for n in (2, 4, 6)]
    with ledger_of(told(*mine), told(*side, path="s-2.jsonl")) as ledger:
        found = day_document(ledger.db, DAY, NAMING)
    assert (found.active_minutes, found.rows[0].active_minutes) == (6, 6)


def test_work_over_midnight_belongs_to_both_days() -> None:
    before, after = (datetime(2026, 11, day, h, m, tzinfo=UTC) for day, h, m in _MIDNIGHT)
    with ledger_of(told(call(1, at=before), call(2, at=after))) as ledger:
        (first, second) = (day_document(ledger.db, date(2026, 11, day), NAMING) for day in (22, 23))
    assert second.active_minutes == second.rows[0].active_minutes == 1
    assert first.active_minutes == 5 + 3  # to its call at 23:57, a long pause before it
    assert (first.rows[0].requests, second.rows[0].requests) == (1, 1)


def test_loops_count_where_the_turn_made_its_calls() -> None:
    steps = tuple(
        StepTaken(
            key=f"claude:r{number}", event_key=f"claude:msg_{number}", at=at(number),
            kind="read", target=7, label="cart.py", part=0, content=9, size_bytes=9_000,
            failed=False,
        )
        for number in range(1, 9)
    )  # fmt: skip
    calls = [call(number) for number in range(1, 9)]
    with ledger_of(told(*calls), evidence(steps=steps)) as ledger:
        hits = ledger.db.execute("SELECT count(*) FROM waste WHERE kind = 'reread'").fetchone()[0]
        (row,) = day_document(ledger.db, DAY, NAMING).rows
        quiet = day_document(ledger.db, date(2026, 11, 23), NAMING)
    assert row.loops == hits > 0
    assert quiet.rows == ()


def gate(kind: EventKind, **changes: Any) -> GateEvent:
    return GateEvent(at=at(5), kind=kind, **{"session_id": "s-1", "agent": "claude", **changes})


def test_what_the_gate_did_counts_with_its_session_else_its_agent_else_the_day() -> None:
    codex = [
        call(20 + n, agent="codex", session_id="s-9", turn_id="t-9", model="gpt-5")
        for n in range(3)
    ]
    events = [
        gate("stop"),
        gate("refuse", session_id="gone", agent="codex"),
        gate("allow", session_id="", agent=""),
        gate("save"),
        gate("would-stop"),
    ]
    with ledger_of(told(call(1)), told(*codex, path="s-9.jsonl")) as ledger:
        found = day_document(ledger.db, DAY, NAMING, Beside(events=events))
    stops = {row.tool: (row.budget_stops, row.overrides) for row in found.rows}
    assert stops == {"claude-code": (1, 0), "codex": (1, 1)}


def test_a_plan_is_seen_by_its_limits() -> None:
    codex = call(9, agent="codex", session_id="s-9", turn_id="t-9", model="gpt-5")
    limits = LimitsSeen(at=at(1), limits=RateLimits(limit_id="codex", plan_type="pro"))
    read = replace(told(codex, path="s-9.jsonl"), agent="codex")
    said_so = replace(evidence(limits=(limits,)), agent="codex")
    with ledger_of(told(call(1)), read, said_so) as ledger:
        found = day_document(ledger.db, DAY, NAMING)
        said = day_document(ledger.db, DAY, replace(NAMING, billing="api"))
    assert [(row.tool, row.billing) for row in found.rows] == [
        ("claude-code", "unknown"),
        ("codex", "subscription"),
    ]
    assert {row.billing for row in said.rows} == {"api"}


def test_labels_and_what_else_a_document_says() -> None:
    naming = replace(
        NAMING, projects=Projects(labels={"shop": "Shop"}), cohort="pilot", billing="api"
    )
    outcomes = DayOutcomes(commits=2, merged=1)
    with ledger_of(told(call(1), call(2, cwd="/src/secret"))) as ledger:
        found = day_document(ledger.db, DAY, naming, Beside(outcomes=outcomes))
    assert [row.project for row in found.rows] == [None, "Shop"]
    assert (found.cohort, found.client, found.outcomes) == ("pilot", "aicost/1.0", outcomes)
    assert (found.revision, found.final) == (0, False)
