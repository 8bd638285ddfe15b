"""Every group's rows add up to the same; what is not known is unallocated, never left out."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest
from log_builders import at, calls_read, event, recorded, tokens

from aicost.core.attribution import ticket_of
from aicost.core.facts import (
    ErrorSeen,
    FileRead,
    Parsed,
    PromptSeen,
    SettingsSeen,
    SkillSeen,
    SubagentSeen,
    ToolCallSeen,
)
from aicost.core.reports import GroupBy, ReportQuery
from aicost.store.reports import report

CALLS = (
    event(1, turn_id="t-1", branch="feat/PAY-7-retry"),
    event(2, turn_id="t-1", branch="feat/PAY-7-retry", speed="fast"),
    event(3, turn_id="", subagent_id="a1", branch=""),
    event(4, turn_id="t-2", tokens=tokens(1000, 100)),
    event(5, turn_id="", subagent_id="a2"),
)


def tool(number: int, call: int, name: str) -> ToolCallSeen:
    return ToolCallSeen(
        key=f"claude:t{number}", event_key=f"claude:msg_{call}", name=name, at=at(call)
    )


def evidence() -> FileRead:
    facts = Parsed(
        tool_calls=(
            tool(1, 1, "mcp__github__list_issues"),
            tool(2, 1, "mcp__jira__search"),
            tool(3, 2, "Bash"),
            tool(4, 3, "mcp__jira__search"),
        ),
        errors=(
            ErrorSeen(
                key="e", session_id="s-1", turn_id="t-2", subagent_id="", at=at(4), is_retried=True
            ),
            ErrorSeen(
                key="f", session_id="s-9", turn_id="t-9", subagent_id="", at=at(5), is_retried=False
            ),
        ),
        settings=(
            SettingsSeen(
                session_id="s-1",
                turn_id="t-1",
                version="2.1.330",
                entrypoint="cli",
                effort="high",
                permission_mode="plan",
                command="/review",
            ),
            SettingsSeen(session_id="s-1", turn_id="t-2", version="2.1.331", entrypoint="sdk-cli"),
        ),
        skills=(SkillSeen(event_key="claude:msg_4", skill="release"),),
    )
    return replace(calls_read(), stage="evidence", parsed=(facts,))


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    usage = Parsed(
        calls=CALLS,
        prompts=(
            PromptSeen(session_id="s-1", turn_id="t-1", at=at(0), prompt_id="p-1"),
            PromptSeen(session_id="s-1", turn_id="t-2", at=at(3.5), prompt_id="p-2"),
        ),
        subagents=(
            SubagentSeen(
                session_id="s-1", subagent_id="a1", at=at(2.5), prompt_id="p-1", kind="Explore"
            ),
        ),
    )
    with recorded(replace(calls_read(), parsed=(usage,)), evidence()) as ledger:
        yield ledger.db


@pytest.mark.parametrize(
    ("by", "requests"),
    [
        ("environment", {"interactive": 3, "headless": 2}),
        ("workflow", {"/review": 3, "sdk-cli": 2}),
        ("version", {"claude 2.1.330": 3, "claude 2.1.331": 2}),
        ("subagent", {"main thread": 3, "Explore": 1, "unallocated": 1}),
        ("skill", {"release": 1, "unallocated": 4}),
        ("mcp", {"github": 1, "jira": 1, "unallocated": 3}),
        ("ticket", {"PAY-7": 2, "unallocated": 3}),
        ("mode", {"high · plan": 2, "high · fast · plan": 1, "unallocated": 2}),
        (
            "branch",
            {"shop · main": 2, "shop · feat/PAY-7-retry": 2, "shop · unallocated": 1},
        ),
        ("repo", {"shop": 5}),
    ],
)
def test_calls_count_in_the_group_that_is_known(
    db: sqlite3.Connection, by: GroupBy, requests: dict[str, int]
) -> None:
    found = report(db, ReportQuery(by=by), ticket_of=lambda b: ticket_of(b, "[A-Z]+-[0-9]+"))
    assert {row.key: row.requests for row in found.rows if row.requests} == requests
    assert sum(row.api_errors or 0 for row in found.rows) == found.total.api_errors == 2
    assert sum(row.tool_calls or 0 for row in found.rows) == found.total.tool_calls == 4
    assert sum(row.active_us or 0 for row in found.rows) == found.total.active_us
    assert sum(row.retries or 0 for row in found.rows) == found.total.retries == 1


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati"])
@pytest.mark.parametrize("by", ["skill", "mode", "day", "environment"])
def test_evidence_is_the_same_in_every_zone(
    db: sqlite3.Connection, by: GroupBy, timezone: str
) -> None:
    found = report(db, ReportQuery(by=by, timezone=timezone))
    assert (found.total.tool_calls, found.total.api_errors) == (4, 2)
    assert found.total.active_us == report(db, ReportQuery()).total.active_us
