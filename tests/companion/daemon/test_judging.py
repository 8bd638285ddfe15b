"""What is decided, told and written down: one event after the other, a real ledger and journal."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import usd
from log_builders import at, calls_read, event, open_ledger, tokens

from aicost.core.audit import GateEvent
from aicost.core.budget import Budget
from aicost.core.errors import ConfigError, StoreError
from aicost.core.facts import LimitsSeen, Parsed, ToolCallSeen
from aicost.core.gate import Ask, CommandRun, Decision
from aicost.core.limits import CLAUDE_LIMITS, LimitWindow, RateLimits
from aicost.daemon.judging import Judge
from aicost.daemon.weighing import Scales
from aicost.daemon.world import World
from aicost.store.journal import Journal
from aicost.store.ledger import Ledger
from aicost.store.places import NO_ATTRIBUTION

UTC_ZONE = ZoneInfo("UTC")
DAY = Budget(budget_id="day-hard", scope="day", unit="usd", limit=usd(10), is_hard=True)
SOFT = replace(DAY, budget_id="day", is_hard=False)


class Bench:
    """A judge, and the ledger that it judges by."""

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        self.ledger, self.journal = ledger, journal
        self.scales = Scales(ledger.db, NO_ATTRIBUTION)
        self.judge = Judge(ledger.db, self.scales, journal)
        self.minutes = 0.0
        self.calls = 0
        self.budgets: tuple[Budget, ...] = (DAY,)

    def spend(self, dollars: float) -> None:
        """Let session s-1 make a call of so many dollars."""
        self.calls += 1
        self.minutes += 1
        call = event(self.calls, at=at(self.minutes), tokens=tokens(0, round(dollars * 250_000)))
        self.ledger.record([calls_read(call)])

    def world(self) -> World:
        now = at(self.minutes) + timedelta(seconds=1)
        allowances = self.judge.allowances(now)
        return World(now=now, zone=UTC_ZONE, budgets=self.budgets, allowances=allowances)

    def ask(self, event_: str = "PostToolBatch", **changes: Any) -> Decision:
        is_reading = changes.pop("is_reading", False)
        fields = {"agent": "claude", "event": event_, "session_id": "s-1", "path": ""}
        asked = Ask(**(fields | changes))
        return self.judge.decide(asked, self.world(), is_reading=is_reading)

    def noted(self) -> list[tuple[str, str]]:
        return [(one.kind, one.budget_id) for one in self.journal.events(at(-60))]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "journal.db")
    yield journal
    journal.close()


@pytest.fixture
def bench(journal: Journal) -> Iterator[Bench]:
    ledger = open_ledger()
    yield Bench(ledger, journal)
    ledger.close()


def test_who_is_stopped_hears_why_and_the_audit_too(bench: Bench) -> None:
    bench.spend(10.01)
    decision = bench.ask(tool="Bash", thread_id="a1")
    assert decision.action == "stop"
    (noted,) = bench.journal.events(at(0))
    assert noted == GateEvent(
        at=bench.world().now,
        kind="stop",
        session_id="s-1",
        thread_id="a1",
        agent="claude",
        event="PostToolBatch",
        tool="Bash",
        budget_id="day-hard",
        unit="usd",
        limit=usd(10),
        spent=usd("10.01"),
        reserved=0,
        window="2026-11-22T00:00:00+00:00",
        text=decision.reason,
    )


def test_the_handoff_names_what_failed_and_what_was_edited(bench: Bench) -> None:
    bench.spend(10.01)
    edit = ToolCallSeen(key="claude:t1", event_key="claude:msg_1", name="Edit", at=at(1))
    read = replace(calls_read(), stage="evidence", parsed=(Parsed(tool_calls=(edit,)),))
    bench.ledger.record([read])
    run = CommandRun(id="t2", command="0" * 16, label="npm test", failed=True, error="1" * 16)
    reason = bench.ask(commands=(run,)).reason
    assert "Where it stands: `npm test` failed once last, 1 edit in this turn." in reason


def test_on_a_flat_plan_it_is_not_money(bench: Bench) -> None:
    bench.spend(10.01)
    assert "API-equivalent" not in bench.ask("UserPromptSubmit").reason
    window = LimitWindow(used_percent=5.0, window_minutes=300, resets_at=at(300))
    limits = RateLimits(limit_id=CLAUDE_LIMITS, primary=window)
    read = replace(
        calls_read(),
        stage="evidence",
        parsed=(Parsed(limits=(LimitsSeen(at=at(1), limits=limits),)),),
    )
    bench.ledger.record([read])
    assert "API-equivalent" in bench.ask("UserPromptSubmit").reason


def test_the_model_is_told_to_save_once_until_there_is_room_again(bench: Bench) -> None:
    bench.spend(1)
    bench.spend(8.6)
    assert bench.ask().action == "save"
    assert bench.ask().action == "pass"
    bench.budgets = (replace(DAY, limit=usd(100)),)
    assert bench.ask().action == "pass"
    bench.budgets = (DAY,)
    assert bench.ask().action == "save"
    assert bench.noted() == [("save", "day-hard"), ("save", "day-hard")]


def test_another_budgets_grace_is_told_of_too(bench: Bench) -> None:
    bench.spend(9.6)
    assert bench.ask().action == "save"
    bench.budgets = (DAY, replace(DAY, budget_id="month-hard", scope="month"))
    assert bench.ask().action == "save"
    assert bench.ask().action == "pass"


def test_who_sends_a_prompt_in_grace_is_warned(bench: Bench) -> None:
    bench.spend(9.6)
    decision = bench.ask("UserPromptSubmit")
    assert decision.action == "pass"
    assert "$9.60 of today's $10.00" in decision.notice


def test_what_passes_is_not_written_down(bench: Bench) -> None:
    bench.spend(1)
    for event_ in ("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolBatch", "SessionEnd"):
        assert bench.ask(event_) == Decision()
    assert bench.noted() == []


def test_while_old_logs_are_read_who_is_over_stops_and_who_is_not_is_noted(bench: Bench) -> None:
    bench.spend(1)
    assert bench.ask(is_reading=True).action == "pass"
    assert bench.ask(is_reading=True).action == "pass"
    assert bench.noted() == [("unread", "")]
    bench.spend(9.5)
    assert bench.ask(is_reading=True).action == "stop"
    assert [kind for kind, _ in bench.noted()] == ["unread", "stop"]


def test_a_sessions_own_budget_is_not_unread(bench: Bench) -> None:
    bench.budgets = (replace(DAY, scope="session"),)
    bench.spend(1)
    bench.ask(is_reading=True)
    assert bench.noted() == []


def test_a_soft_budget_is_noted_where_a_hard_one_had_stopped(bench: Bench) -> None:
    bench.budgets = (SOFT,)
    bench.spend(9.99)
    bench.ask()
    bench.judge.note_soft(bench.scales.weigh(bench.world()))
    assert bench.noted() == []
    bench.spend(0.01)
    for _ in range(2):
        bench.ask()
        bench.judge.note_soft(bench.scales.weigh(bench.world()))
    assert bench.noted() == [("would-stop", "day")]
    bench.minutes += 24 * 60
    bench.spend(10)
    bench.ask()
    bench.judge.note_soft(bench.scales.weigh(bench.world()))
    assert bench.noted() == [("would-stop", "day")] * 2


def test_a_session_that_rests_would_not_have_been_stopped(bench: Bench) -> None:
    bench.budgets = (SOFT,)
    bench.spend(11)
    bench.ask("SessionStart")
    bench.judge.note_soft(bench.scales.weigh(bench.world()))
    assert bench.noted() == []


def test_an_allowance_is_kept_with_its_reason(bench: Bench) -> None:
    bench.spend(11)
    fields = {"agent": "claude", "event": "UserPromptSubmit", "session_id": "s-1", "path": ""}
    asked = Ask(**fields, allow="5 it burns --for 1h")  # type: ignore[arg-type]
    decision = bench.judge.allow(asked, bench.world())
    assert decision.action == "block"
    assert decision.is_allowed
    assert 'Noted: "it burns"' in decision.reason
    assert bench.ask().action == "pass"
    bench.minutes += 61
    assert bench.ask().action == "stop"
    garbled = bench.judge.allow(replace(asked, allow="a lot"), bench.world())
    assert not garbled.is_allowed
    assert "'a' is no amount of dollars" in garbled.reason
    assert 'The right form is: aicost allow 5 "why"' in garbled.reason


@pytest.mark.parametrize(
    ("text", "expected"), [("", ""), ("s-1", "s-1"), ("s", "s-1"), ("n", "new"), ("ne", "new")]
)
def test_a_session_is_named_by_as_much_of_its_id_as_no_other_begins_with(
    bench: Bench, text: str, expected: str
) -> None:
    bench.spend(1)
    bench.ask("SessionStart", session_id="new")
    assert bench.judge.session_named(text, bench.world()) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x", "no session has an id that begins with 'x'"),
        ("s-", "2 sessions have an id that begins with 's-'"),
    ],
)
def test_what_names_no_session_or_several_is_refused(bench: Bench, text: str, error: str) -> None:
    bench.spend(1)
    bench.ask("SessionStart", session_id="s-2")
    with pytest.raises(ConfigError) as raised:
        bench.judge.session_named(text, bench.world())
    assert raised.value.what == error


class FullDisk(Journal):
    """A journal that nothing can be written to, or read from."""

    def __init__(self) -> None:
        """Open nothing."""

    def _do(self, work: object) -> Any:
        raise StoreError("the journal cannot be used: disk full")


def test_without_a_journal_it_is_decided_all_the_same(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.judge = Judge(bench.ledger.db, bench.scales, FullDisk())
    bench.spend(11)
    with caplog.at_level(logging.WARNING):
        assert bench.ask().action == "stop"
    assert "the audit lacks an entry" in caplog.text
    asked = Ask(agent="claude", event="UserPromptSubmit", session_id="s-1", path="", allow="5")
    decision = bench.judge.allow(asked, bench.world())
    assert (decision.action, decision.is_allowed) == ("block", False)
    assert "nothing is allowed: the journal cannot be used" in decision.reason
