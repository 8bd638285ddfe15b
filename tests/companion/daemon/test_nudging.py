"""What is told of a moment, to whom, and how often."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import BERLIN, NOW, budget_status, plan_status, session_row, usd
from log_builders import MODEL, calls_read, event, open_ledger, tokens

from aicost.core.budget import BudgetFilter, BudgetStatus
from aicost.core.errors import StoreError
from aicost.core.facts import ClientTotal, FileRead, LimitsSeen, Parsed
from aicost.core.limits import LimitWindow, RateLimits
from aicost.core.loops import Repeat
from aicost.core.spending import Evaluation
from aicost.daemon.nudging import NO_ADVICE, BadgeNote, Nudging, Seen
from aicost.platform.notify import Notification
from aicost.store.journal import Journal
from aicost.store.ledger import Ledger

HOUR = timedelta(hours=1)
DAY80 = budget_status(20, 25)
LOOP = Repeat(4, "npm test", "00ff", "t-1", NOW - timedelta(minutes=10), usd("0.92"))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with open_ledger() as ledger:
        yield ledger


@pytest.fixture
def journal(home: Path) -> Iterator[Journal]:
    journal = Journal.open(home / "journal.db")
    yield journal
    journal.close()


def seen(*shared: BudgetStatus, now: datetime = NOW, repeats: Any = None, **changes: Any) -> Seen:
    """Two sessions that run, on which all of these budgets bear."""
    fields: dict[str, Any] = {
        "sessions": (session_row("s-1"), session_row("s-2", repo="api", branch="main")),
        "evaluation": Evaluation(shared=shared, by_session={"s-1": shared, "s-2": shared}),
        "repeats": repeats or {},
    }
    return Seen(now=now, zone=BERLIN, **(fields | changes))


def always(_key: str, _channel: str, _at: datetime) -> bool:
    return True


class Desktop:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Notification] = []

    def __call__(self, notification: Notification) -> None:
        self.told.append(notification)

    @property
    def bodies(self) -> list[str]:
        return [one.body.partition("\n")[0] for one in self.told]


def test_before_the_first_look_nothing_holds() -> None:
    nudging = Nudging(always, Desktop())
    assert nudging.advice == NO_ADVICE
    assert nudging.badge is None
    assert nudging.notice_for("s-1", NOW) == ""


def test_screens_show_what_holds_for_as_long_as_it_holds(ledger: Ledger) -> None:
    nudging = Nudging(always, Desktop())
    for minute in range(3):
        now = NOW + timedelta(minutes=minute)
        advice = nudging.look(ledger.db, seen(DAY80, now=now))
        assert advice == nudging.advice
        assert advice.budgets == (DAY80,)
        assert [(one.kind, one.at) for one in advice.nudges] == [("budget", NOW)]
    assert nudging.look(ledger.db, seen(budget_status(1, 25))).nudges == ()


def test_the_badge_is_the_most_serious_sign(ledger: Ledger) -> None:
    nudging = Nudging(always, Desktop())
    nudging.look(ledger.db, seen(DAY80, budget_status(96, 100, "week")))
    assert nudging.badge == BadgeNote(severity="serious", sign="■")
    nudging.look(ledger.db, seen(DAY80))
    assert nudging.badge == BadgeNote(severity="warning", sign="▲")


def evidence(**facts: Any) -> FileRead:
    return replace(calls_read(path="e.jsonl"), stage="evidence", parsed=(Parsed(**facts),))


def test_what_the_ledger_says_of_plans_and_hidden_spend_is_told(ledger: Ledger) -> None:
    window = LimitWindow(used_percent=82, window_minutes=300, resets_at=NOW + HOUR)
    limits = LimitsSeen(at=NOW, limits=RateLimits(limit_id="codex", primary=window))
    total = ClientTotal(
        session_id="s-1", model=MODEL, tokens=tokens(100, 100_010), web_searches=0,
        cost_nusd=usd("0.40044"),
    )  # fmt: skip
    ledger.record([calls_read(event(1, tokens=tokens(100, 10)))])
    ledger.record([evidence(limits=(limits,), client_totals=(total,))])
    ledger.settle()
    advice = Nudging(always, Desktop()).look(ledger.db, seen())
    assert {one.kind: one.cost_nusd for one in advice.nudges} == {
        "plan": None,
        "hidden": usd("0.40"),
    }
    assert "$0.40 of this session is in no log line (no trace)" in {
        one.sentence for one in advice.nudges
    }
    assert [one.budget.scope for one in advice.budgets] == ["plan-5h"]


def test_sessions_that_ended_are_not_spoken_of(ledger: Ledger) -> None:
    ended = session_row("s-1", state="ended", unpriced_tokens=5)
    nudging = Nudging(always, Desktop())
    assert nudging.look(ledger.db, seen(sessions=(ended,))).nudges == ()
    assert nudging.notice_for("s-1", NOW) == ""


# Agents


def test_a_user_is_told_once_the_most_serious_first(ledger: Ledger, journal: Journal) -> None:
    nudging = Nudging(journal.note_shown, Desktop())
    nudging.look(ledger.db, seen(DAY80, budget_status(96, 100, "week")))
    assert nudging.notice_for("s-1", NOW) == (
        "aicost ■ $96.00 of this week's $100.00 spent, 96 %; resets at 00:00"
        " → aicost report --by session shows where it went"
    )
    assert nudging.notice_for("s-2", NOW).startswith("aicost ▲ $20.00 of today's $25.00")
    assert nudging.notice_for("s-1", NOW) == nudging.notice_for("s-2", NOW) == ""
    nudging.look(ledger.db, seen(budget_status(24, 25)))
    assert nudging.notice_for("s-1", NOW).startswith("aicost ■ $24.00")


def test_what_can_wait_is_told_later(ledger: Ledger, journal: Journal) -> None:
    nudging = Nudging(journal.note_shown, Desktop())
    nudging.look(ledger.db, seen(DAY80))
    assert nudging.notice_for("s-1", NOW, {"budget"}) == ""
    assert nudging.notice_for("s-1", NOW).startswith("aicost ▲ $20.00 of today's $25.00")


def test_what_was_told_is_told_no_second_time_after_a_restart(
    ledger: Ledger, journal: Journal
) -> None:
    for told in (True, False):
        nudging = Nudging(journal.note_shown, Desktop())
        nudging.look(ledger.db, seen(DAY80))
        assert bool(nudging.notice_for("s-1", NOW)) is told


def test_of_other_sessions_a_user_is_told_nothing(ledger: Ledger) -> None:
    nudging = Nudging(always, Desktop())
    nudging.look(ledger.db, seen(repeats={"s-1": LOOP}))
    assert nudging.notice_for("s-2", NOW) == ""
    assert nudging.notice_for("unknown", NOW) == ""
    assert nudging.notice_for("s-1", NOW).startswith("aicost ▲ `npm test` failed 4 times")


def test_of_budgets_that_do_not_bear_on_a_session_its_user_is_told_nothing(ledger: Ledger) -> None:
    shop = budget_status(20, 25, filter=BudgetFilter(repo="shop"))
    evaluation = Evaluation(shared=(shop,), by_session={"s-1": (shop,), "s-2": ()})
    nudging = Nudging(always, Desktop())
    nudging.look(ledger.db, seen(evaluation=evaluation))
    assert nudging.notice_for("s-2", NOW) == ""
    assert "for shop" in nudging.notice_for("s-1", NOW)


@pytest.mark.parametrize(("agent", "told"), [("codex", True), ("claude", False)])
def test_of_a_plan_its_own_agents_users_are_told(ledger: Ledger, agent: Any, told: bool) -> None:
    evaluation = Evaluation(shared=(plan_status(82),))
    nudging = Nudging(always, Desktop())
    nudging.look(
        ledger.db, seen(evaluation=evaluation, sessions=(session_row("s-1", agent=agent),))
    )
    assert bool(nudging.notice_for("s-1", NOW)) is told


@pytest.mark.parametrize(
    ("cwd", "told"),
    [
        ("/src/shop", True),
        ("/src/shop/a/b", True),
        ("/src/shopping", False),
        ("/src", False),
        ("", False),
    ],
)
def test_of_a_repositorys_budgets_those_in_it_are_told(
    ledger: Ledger, cwd: str, told: bool
) -> None:
    nudging = Nudging(always, Desktop())
    sessions = (session_row("s-1", cwd=cwd),)
    nudging.look(ledger.db, seen(untrusted=("/src/shop",), sessions=sessions))
    assert ("aicost trust" in nudging.notice_for("s-1", NOW)) is told


def test_a_broken_file_of_budgets_is_told_to_all_once(ledger: Ledger, journal: Journal) -> None:
    nudging = Nudging(journal.note_shown, Desktop())
    sessions = (session_row("s-1"),)
    nudging.look(ledger.db, seen(troubles=("not valid TOML (/c:1)",), sessions=sessions))
    assert "not valid TOML (/c:1)" in nudging.notice_for("s-1", NOW)
    assert "not valid TOML" not in nudging.notice_for("s-1", NOW)


def test_a_dear_context_is_told_once_an_hour(ledger: Ledger, journal: Journal) -> None:
    nudging = Nudging(journal.note_shown, Desktop())
    told = []
    for minutes in range(0, 125, 5):
        now = NOW + timedelta(minutes=minutes)
        sessions = (session_row("s-1"),)
        nudging.look(ledger.db, seen(sessions=sessions, now=now, context_nusd=usd("0.40")))
        if nudging.notice_for("s-1", now):
            told.append(minutes)
    assert told == [0, 60, 120]


def test_a_journal_that_cannot_be_written_leaves_things_unsaid(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_key: str, _channel: str, _at: datetime) -> bool:
        raise StoreError("the journal cannot be written")

    nudging = Nudging(broken, Desktop())
    nudging.look(ledger.db, seen(DAY80))
    assert nudging.notice_for("s-1", NOW) == ""
    assert caplog.messages == ["a notice is not shown: the journal cannot be written"]


# The desktop


def test_the_desktop_is_told_once_of_what_is_no_mere_note(ledger: Ledger, journal: Journal) -> None:
    desktop = Desktop()
    nudging = Nudging(journal.note_shown, desktop)
    for _ in range(3):
        month = budget_status(13, 25, "month")
        told = seen(DAY80, month, repeats={"s-2": LOOP}, tells_desktop=True)
        nudging.look(ledger.db, told)
    assert [(one.title, one.urgency) for one in desktop.told] == [
        ("aicost", "normal"),
        ("aicost: api · main", "normal"),
    ]
    assert desktop.told[1].body.splitlines() == [
        "`npm test` failed 4 times the same way, $0.92, since 12:31",
        "stop it, or narrow the task: name the error or the file",
    ]
    nudging.look(ledger.db, seen(budget_status(25, 25), tells_desktop=True))
    assert desktop.told[-1].urgency == "critical"
    assert len(desktop.told) == 3


def test_what_an_agent_was_told_the_desktop_is_told_too(ledger: Ledger, journal: Journal) -> None:
    desktop = Desktop()
    nudging = Nudging(journal.note_shown, desktop)
    nudging.look(ledger.db, seen(DAY80))
    assert desktop.told == []
    nudging.look(ledger.db, seen(DAY80, tells_desktop=True))
    assert len(desktop.told) == 1
    assert nudging.notice_for("s-1", NOW)


def test_what_no_longer_holds_is_forgotten_but_not_by_the_journal(
    ledger: Ledger, journal: Journal
) -> None:
    asked: list[str] = []

    def note(key: str, channel: str, at: datetime) -> bool:
        asked.append(key)
        return journal.note_shown(key, channel, at)

    desktop = Desktop()
    nudging = Nudging(note, desktop)
    for hours in (0, 1, 4, 5):
        status = DAY80 if hours in (0, 5) else budget_status(1, 25)
        nudging.look(ledger.db, seen(status, now=NOW + hours * HOUR, tells_desktop=True))
    assert len(asked) == 2
    assert len(desktop.told) == 1
