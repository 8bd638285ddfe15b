"""What is said at a gate, to whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import BERLIN, NOW, budget_status, usd

from aicost.core.allowance import Allowance
from aicost.core.budget import BudgetFilter, BudgetStatus
from aicost.core.gate import Action, Ask, Ruling
from aicost.core.gate_words import (
    WAY_OUT,
    Handoff,
    Telling,
    allowed_sentence,
    decided,
    warning,
)
from aicost.core.nudge_words import budget_sentence

TELLING = Telling(now=NOW, zone=BERLIN)
DAY = budget_status("25.13", 25, is_hard=True)
REPEATS = budget_status(4, 4, "turn", "repeats", is_hard=True, command="npm test", resets_at=None)
SECRET = replace(DAY, budget=replace(DAY.budget, filter=BudgetFilter(repo="moonshot", branch="x*")))


def ask(event: str, **changes: Any) -> Ask:
    fields = {"agent": "claude", "event": event, "session_id": "s-1", "path": "/t.jsonl"}
    return Ask(**(fields | changes))


def said(
    event: str, action: Action, *causes: BudgetStatus, telling: Telling = TELLING, **changes: Any
) -> str:
    ruling = Ruling(action=action, causes=causes or (DAY,))
    return decided(ask(event, **changes), ruling, telling).reason


def sentence(status: BudgetStatus) -> str:
    return budget_sentence(status, NOW, BERLIN)


def test_a_blocked_prompt_hears_what_how_much_until_when_and_the_way_out() -> None:
    assert said("UserPromptSubmit", "block") == (
        f"aicost: {sentence(DAY)}. To go on now, send the prompt"
        ' `aicost allow 5 "why"`, or run it in a shell. All budgets: aicost budget list.'
    )


def test_a_stop_hands_over_where_the_work_stands() -> None:
    telling = replace(TELLING, handoff=Handoff(failing="npm test", failures=3, edits=2))
    assert said("PostToolBatch", "stop", telling=telling).endswith(
        "Where it stands: `npm test` failed 3 times last, 2 edits in this turn. To resume: claude"
        " --resume s-1"
    )
    assert said("PostToolBatch", "stop", agent="codex").endswith(". To resume: codex resume s-1")
    one = replace(TELLING, handoff=Handoff(edits=1))
    assert "Where it stands: 1 edit in this turn. " in said("PostToolBatch", "stop", telling=one)


@pytest.mark.parametrize(
    "event", ["UserPromptSubmit", "PostToolBatch", "PreToolUse", "PreCompact", "PreModelSwitch"]
)
@pytest.mark.parametrize("action", ["stop", "refuse", "save", "block"])
def test_no_name_that_anybody_chose_reaches_the_model(event: str, action: Action) -> None:
    telling = replace(TELLING, handoff=Handoff(failing="deploy secret", failures=1))
    decision = decided(ask(event), Ruling(action=action, causes=(SECRET, REPEATS)), telling)
    is_read = event in ("PreCompact", "PreModelSwitch") or (
        event == "PreToolUse" and action != "stop"
    )
    to_model = decision.to_model + (decision.reason if is_read else "")
    assert "$25.13" in to_model
    assert not any(word in to_model for word in ("moonshot", "x*", "npm", "deploy"))
    if not is_read:
        assert "moonshot" in decision.reason + decision.notice


def test_a_refused_tool_tells_the_model_what_is_left_to_do() -> None:
    near = budget_status("24.10", 25, is_hard=True)
    assert said("PreToolUse", "refuse", near) == (
        f"aicost: {sentence(near)}. Let through is only: finishing an edit; git status, diff, add,"
        " commit, stash or push, each by itself. Save the work. Tell the user what is done and what"
        " is left, and end the turn."
    )


@pytest.mark.parametrize(
    ("agent", "end"),
    [
        ("claude", ". The turn was ended here."),
        ("codex", ". No more tools are run. Tell the user what is done and what is left, and end"
         " the turn."),
    ],
)  # fmt: skip
def test_a_stop_before_a_tool_tells_the_model_less_than_the_user(agent: str, end: str) -> None:
    ruling = Ruling(action="stop", causes=(DAY,))
    decision = decided(ask("PreToolUse", agent=agent), ruling, TELLING)
    assert decision.to_model == f"aicost: {sentence(DAY)}{end}"
    assert WAY_OUT in decision.reason


def test_before_the_limit_the_model_is_told_to_save_and_the_user_that_it_was() -> None:
    near = budget_status("24.10", 25, is_hard=True)
    decision = decided(ask("PostToolBatch"), Ruling(action="save", causes=(near,)), TELLING)
    assert "Save the work now: finishing an edit" in decision.to_model
    assert decision.notice.endswith("The agent is told to save its work.")
    assert decision.reason == ""


def test_a_failing_command_is_named_to_the_user_alone() -> None:
    reason = said("PostToolBatch", "stop", REPEATS)
    assert reason.startswith("aicost: `npm test` failed 4 times")
    assert "A new prompt goes on" in reason
    to_model = said("PreToolUse", "refuse", REPEATS, agent="codex")
    assert to_model.startswith("aicost: a command failed 4 times")
    assert "Running it again is refused" in to_model


def test_what_is_kept_free_is_said_where_it_decides() -> None:
    full = budget_status("24.80", 25, is_hard=True, reserved=usd("0.30"))
    kept = "; $0.30 is kept free for calls under way"
    assert kept in said("UserPromptSubmit", "block", full)
    assert kept in said("PreToolUse", "stop", full)
    assert kept not in said("UserPromptSubmit", "block", replace(DAY, reserved=usd("0.30")))


def test_more_than_one_budget_is_counted() -> None:
    assert "; so is 1 more." in said("UserPromptSubmit", "block", DAY, DAY)
    assert "; so are 2 more." in said("UserPromptSubmit", "block", DAY, DAY, REPEATS)


def test_a_flat_plan_is_not_money() -> None:
    flat = replace(TELLING, is_flat=True)
    assert "(API-equivalent: on a flat plan" in said("UserPromptSubmit", "block", telling=flat)
    assert "API" not in said("UserPromptSubmit", "block", REPEATS, telling=flat)


@pytest.mark.parametrize(
    ("rewrite_usd", "expected"),
    [
        (1.2, " The switch itself would cost $1.20: the cache is written anew."),
        (None, " The switch would also write the cache anew."),
        (float("nan"), " The switch would also write the cache anew."),
        (float("inf"), " The switch would also write the cache anew."),
        (-1.0, " The switch would also write the cache anew."),
    ],
)
def test_a_refused_switch_says_what_it_would_cost(rewrite_usd: float | None, expected: str) -> None:
    assert expected in said("PreModelSwitch", "refuse", rewrite_usd=rewrite_usd)


def test_a_refused_compaction_says_why_it_is_dear() -> None:
    assert "A compaction reads the whole context once more." in said("PreCompact", "refuse")


def test_a_guarded_runs_limit_has_no_way_out_but_its_own() -> None:
    guard = replace(DAY, budget=replace(DAY.budget, origin="guard", scope="session"))
    reason = said("UserPromptSubmit", "block", guard)
    assert "the limit of this run, set by `aicost guard`" in reason
    assert "aicost allow" not in reason


def test_who_passes_in_grace_is_warned() -> None:
    near = budget_status("24.10", 25, is_hard=True)
    text = warning(Ruling(causes=(near,)), TELLING)
    assert text.startswith(f"aicost: {sentence(near)}. Let through is only: ")


def test_who_passes_hears_nothing() -> None:
    assert decided(ask("PostToolBatch"), Ruling(causes=(DAY,)), TELLING).reason == ""


def test_an_allowance_is_confirmed() -> None:
    allowed = Allowance(
        amount_nusd=usd(5), at=NOW, until=NOW + timedelta(hours=2), session_id="s-1", reason="fix"
    )
    assert allowed_sentence(allowed, NOW, BERLIN) == (
        "aicost: this session may spend $5.00 more until 14:41, whatever the budgets say."
        ' Noted: "fix".'
    )
    from_a_shell = allowed_sentence(allowed, NOW, BERLIN, from_within=False)
    assert from_a_shell.startswith("aicost: session s-1 may spend $5.00 more")
    everybody = replace(allowed, session_id="", reason="")
    assert allowed_sentence(everybody, NOW, BERLIN) == (
        "aicost: all sessions together may spend $5.00 more until 14:41, whatever the budgets say."
    )
