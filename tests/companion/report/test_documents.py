"""The JSON contract: every promised field is there, unknown is null, money is exact."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, budget_status, nudge, plan_status, session_row, usd, view
from report_builders import AT, TOKENS, mismatch, outcome_sums, report, row, turn
from waste_builders import hit

from aicost.core.budget import BudgetFilter
from aicost.core.categories import TaskCategory
from aicost.core.reports import Each, WorkDone
from aicost.core.tasks import Task
from aicost.core.view import BurnRate, Reading, Totals
from aicost.report.documents import (
    nudge_fields,
    report_document,
    session_fields,
    sessions_document,
    top_document,
    turn_fields,
    turns_document,
    usage_fields,
)

TOKEN_FIELDS = {
    "input_tokens": 1_200,
    "cache_read_tokens": 3_400_000,
    "cache_write_5m_tokens": 50_000,
    "cache_write_1h_tokens": 6_000,
    "output_tokens": 78_000,
    "reasoning_tokens": 9_000,
}


def nulls(document: dict[str, object]) -> set[str]:
    return {name for name, value in document.items() if value is None}


def test_a_report_has_every_field_of_the_contract() -> None:
    document = report_document(report(row(), unpriced_models=("m",), active_days=3), AT)
    assert list(document) == [
        "schema",
        "generated_at",
        "timezone",
        "by",
        "price_book",
        "rows",
        "total",
        "unpriced_models",
        "skipped_lines",
        "complete",
        "pending_bytes",
        "active_days",
        "cost_per_active_day_usd",
        "hidden",
        "mismatches",
        "outcomes",
    ]
    assert document["generated_at"] == "2026-11-22T05:00:00Z"
    assert (document["schema"], document["by"]) == (1, "day")
    assert document["timezone"] == "Europe/Berlin"
    assert document["unpriced_models"] == ["m"]
    assert document["active_days"] == 3
    assert document["hidden"] == {"cost_usd": 0.0, "why": ""}
    (only,) = document["rows"]
    assert only == {
        "key": "2026-11-22",
        "agents": ["claude"],
        "models": ["claude-opus-5-5"],
        "requests": 412,
        "sessions": 6,
        "turns": 31,
        "tool_calls": None,
        "api_errors": None,
        "active_seconds": None,
        **TOKEN_FIELDS,
        "web_searches": 0,
        "cost_usd": 12.345678,
        "credits": None,
        "uncertain_credits": None,
        "unpriced_tokens": 0,
    }
    assert list(document["total"]) == list(only)[1:]
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("usd", "cost"),
    [
        ("0", 0.0),
        ("0.000000001", 1e-9),
        ("656.066839", 656.066839),
        ("12345.678901234", 12345.678901234),
        (None, None),
    ],
)
def test_money_keeps_its_last_digit_and_unknown_is_null(
    usd: str | None, cost: float | None
) -> None:
    assert json.loads(json.dumps(usage_fields(row(usd=usd))))["cost_usd"] == cost


def test_a_report_by_outcome_says_what_one_of_each_cost() -> None:
    sums = outcome_sums(
        commits=Each(3, usd("4.5")), merged_commits=Each(1, usd("1")), abandoned=Each(2, usd("3"))
    )
    found = report_document(report(row(), by="outcome", outcomes=sums), AT)["outcomes"]
    assert found == {
        "commits": 3,
        "merged_commits": 1,
        "merged_branches": 0,
        "fixed_tests": 0,
        "tickets": 0,
        "closed_tickets": 0,
        "abandoned_sessions": 2,
        "reverted_sessions": 0,
        "cost_per_commit_usd": 1.5,
        "cost_per_merged_branch_usd": None,
        "cost_per_fixed_test_usd": None,
        "cost_per_ticket_usd": None,
        "cost_per_closed_ticket_usd": None,
        "abandoned_usd": 3.0,
        "reverted_usd": None,
    }


def test_work_for_a_cheaper_model_is_told_with_its_evidence() -> None:
    assert report_document(report(row()), AT)["mismatches"] is None
    (told,) = report_document(report(row(), by="model", mismatches=(mismatch(),)), AT)["mismatches"]
    assert told == {
        "evidence": "docs of up to 5 calls: 18 turns on claude-small-1 were done as well (94 %"
        " without a flaw) as 22 on claude-large-1 (90 %)",
        "agent": "claude",
        "category": "docs",
        "size": "up to 5 calls",
        "model": "claude-large-1",
        "turns": 22,
        "flawless_turns": 20,
        "cost_usd": 12.0,
        "cheaper_model": "claude-small-1",
        "cheaper_turns": 18,
        "cheaper_flawless_turns": 17,
        "saving_usd": 8.1,
    }


def test_a_turn_has_every_field_of_the_contract() -> None:
    document = turns_document([turn(started_at=None)], complete=False, pending_bytes=9)
    assert (document["schema"], document["complete"], document["pending_bytes"]) == (1, False, 9)
    (only,) = document["turns"]
    assert nulls(only) == {
        "started_at",
        "category",
        "category_confidence",
        "category_evidence",
        "corrected",
        "task",
        "retries",
        "loop",
        "outcome",
        "mode",
        "tool_calls",
        "active_seconds",
    }
    assert only["session_id"] == "6f93eca8-5a14-4864-a8fb-a2090ed39aba"
    assert (only["prompt_uuid"], only["requests"], only["cost_usd"]) == ("c12ad1be", 7, 0.5)
    assert TOKEN_FIELDS.items() <= only.items()


def test_a_task_is_its_purpose_its_turns_and_their_cost() -> None:
    task = Task(category=TaskCategory.DOCS, turn_ids=("t-1", "t-2"), cost_nusd=usd("0.92"))
    fields = {"category": "docs", "first_prompt_uuid": "t-1", "turns": 2, "cost_usd": 0.92}
    work = WorkDone(task=task, tasks=3)
    assert turn_fields(replace(turn(), evidence=work))["task"] == fields
    told = session_fields(session_row(), work)
    assert (told["task"], told["tasks"]) == (fields, 3)


def test_a_loop_is_its_kind_its_evidence_and_its_cost() -> None:
    loop = hit("reread", label="pay.py", cost_nusd=usd("0.92"))
    fields = {"kind": "reread", "evidence": "pay.py was read 4 times, unchanged", "cost_usd": 0.92}
    assert turn_fields(replace(turn(), loop=loop))["loop"] == fields
    assert session_fields(session_row(loop=loop))["loop"] == fields


def test_a_session_has_every_field_of_the_contract() -> None:
    document = sessions_document([session_row()], complete=True, pending_bytes=0)
    assert document["schema"] == 1
    (only,) = document["sessions"]
    assert nulls(only) == {
        "category",
        "category_confidence",
        "task",
        "tasks",
        "retries",
        "loop",
        "outcome",
        "environment",
        "workflow",
        "tool_calls",
        "active_seconds",
        "api_errors",
    }
    assert only["last_at"] == "2026-11-22T11:41:04Z"
    assert (only["cost_usd"], only["next_prompt_usd"]) == (3.2, 0.41)
    assert (only["usd_per_hour"], only["tokens_per_minute"]) == (4.1, 52_100)
    assert only["context_share"] == 124_000 / 200_000


def test_what_a_session_does_not_know_is_null() -> None:
    bare = session_row(
        pid=None,
        context_tokens=None,
        context_window_tokens=None,
        cost_nusd=None,
        next_prompt_nusd=None,
        cache_share=None,
        started_at=None,
    )
    assert {"pid", "context_share", "cost_usd", "next_prompt_usd", "cache_share"} <= nulls(
        session_fields(bare)
    )


def test_times_of_any_zone_are_told_in_utc_with_fractions_only_where_there_are_some() -> None:
    later = session_row(last_at=NOW + timedelta(microseconds=1500))
    assert session_fields(later)["last_at"] == "2026-11-22T11:41:07.001500Z"


def test_top_has_every_field_of_the_contract() -> None:
    today = Totals(requests=3, sessions=1, tokens=TOKENS, cost_nusd=5_000_000_000)
    burn = BurnRate(tokens_per_minute=7.5, nusd_per_hour=6_100_000_000)
    document = top_document(view(session_row(), today=today, burn=burn))
    assert {"schema", "today", "burn", "budgets", "nudges", "sessions"} <= set(document)
    assert document["today"]["cost_usd"] == 5.0
    assert TOKEN_FIELDS.items() <= document["today"].items()
    assert document["burn"] == {
        "tokens_per_minute": 7.5,
        "usd_per_hour": 6.1,
        "window_seconds": 600,
    }
    assert document["sessions"] == [session_fields(session_row())]
    assert document["complete"] is True
    assert json.loads(json.dumps(document)) == document


def test_top_has_budgets_in_their_own_unit_and_nudges() -> None:
    shop = BudgetFilter(repo="shop", environment="ci")
    day = budget_status("18.425", 25, forecast=41.2, is_hard=True, filter=shop)
    own = budget_status(250, 300, "turn", "tokens", subject="s-1 t-1", resets_at=None)
    told = nudge("loop", session_id="s-1", cost_nusd=usd("0.92"))
    document = top_document(view(budgets=(day, own, plan_status(41.5)), nudges=(told, nudge())))
    first, second, plan = document["budgets"]
    assert first == {
        "id": "day-hard@repo=shop,environment=ci",
        "scope": "day",
        "unit": "usd",
        "limit": 25.0,
        "hard": True,
        "origin": "config",
        "filter": {"repo": "shop", "env": "ci"},
        "session_id": None,
        "turn_id": None,
        "spent": 18.425,
        "hidden": 0.0,
        "reserved": 0.0,
        "left": 6.575,
        "share": 0.737,
        "level": 50,
        "severity": "warning",
        "forecast": 41.2,
        "unpriced_tokens": 0,
        "resets_at": "2026-11-22T23:00:00Z",
    }
    assert (second["session_id"], second["turn_id"], second["spent"]) == ("s-1", "t-1", 250)
    assert (second["forecast"], second["resets_at"]) == (None, None)
    assert (plan["scope"], plan["limit"], plan["spent"]) == ("plan-5h", 100, 41.5)
    assert document["nudges"] == [nudge_fields(told), nudge_fields(nudge())]
    assert document["nudges"][0] == {
        "kind": "loop",
        "key": "loop:1",
        "severity": "warning",
        "at": "2026-11-22T11:38:07Z",
        "session_id": "s-1",
        "sentence": told.sentence,
        "action": told.action,
        "cost_usd": 0.92,
    }
    assert (document["nudges"][1]["session_id"], document["nudges"][1]["cost_usd"]) == (None, None)
    assert json.loads(json.dumps(document)) == document


def test_top_says_when_it_has_not_read_everything() -> None:
    reading = Reading(files_done=1, files_total=2, bytes_done=1, bytes_total=2)
    assert top_document(replace(view(), reading=reading))["complete"] is False
    assert top_document(replace(view(), trouble="locked"))["complete"] is False
    assert top_document(replace(view(), unreadable=1))["complete"] is False


def test_sessions_on_top_say_as_much_as_those_of_sessions() -> None:
    work = {"s-1": WorkDone(tool_calls=3, retries=1, environment="ci", active_us=2_500_000)}
    rows = (session_row("s-1"), session_row("s-2"))
    whole = sessions_document(rows, work, complete=True, pending_bytes=0)
    document = top_document(view(*rows), work)
    assert document["sessions"] == whole["sessions"]
    assert (document["sessions"][0]["active_seconds"], document["sessions"][1]["retries"]) == (
        2.5,
        0,
    )
