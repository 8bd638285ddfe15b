"""Answers: what is asked, of whom, up to which moment; and the view of a moment."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW
from claude_logs import append, call_line, log_of, prompt_line
from ledgers import BOOK, opened, read_everything

from aicost.core.days import LocalDays, to_us
from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession, Running
from aicost.core.view import DashboardView, Reading
from aicost.daemon import answers
from aicost.daemon.answers import Coverage, Question
from aicost.daemon.engine import Engine

BERLIN = ZoneInfo("Europe/Berlin")
COVERAGE = Coverage(("/home/ada/.claude",), 7, None)
Answer = Callable[[Question, Mapping[str, object]], str]


class Ledger:
    """A ledger filled with lines."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self.engine, self.home = engine, home

    def has(self, session: str, *lines: bytes, home: str = "one") -> None:
        root = self.home / home
        append(log_of(root, session), *lines)
        self.engine.homes |= {str(root)}
        read_everything(self.engine)

    def call(self, session: str, *, ago_s: float = 0, at: datetime | None = None) -> None:
        """Record one call of a session."""
        at = at or NOW - timedelta(seconds=ago_s)
        self.has(session, call_line(f"msg-{session}-{at.isoformat()}", session, at=at))

    def question(self, now: datetime = NOW) -> Question:
        return Question(self.engine.ledger.db, BOOK, BERLIN, now)

    def view(self, *live: LiveSession, now: datetime = NOW) -> DashboardView:
        return answers.view(self.question(now), running(*live), LocalDays(BERLIN), COVERAGE)


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    with opened(home / "aicost", [], zone="Europe/Berlin") as engine:
        yield Ledger(engine, home)


def live(session_id: str, **changes: Any) -> LiveSession:
    fields: dict[str, Any] = {
        "pid": os.getpid(),
        "state": "busy",
        "cwd": "/src/shop",
        "started_at": NOW - timedelta(minutes=3),
        "version": "2.1.330",
        "entrypoint": "cli",
    }
    return LiveSession(session_id=session_id, **(fields | changes))


def rows(text: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)[name]
    return found


def running(*live: LiveSession, registries: Iterable[Path] = ()) -> Running:
    return Running(
        sessions={session.session_id: session for session in live},
        registries=frozenset(map(str, registries)),
    )


def sessions(ledger: Ledger, *live: LiveSession, **params: object) -> list[str]:
    text = answers.sessions(ledger.question(), running(*live), params)
    return [row["session_id"] for row in rows(text, "sessions")]


# The view


def test_live_sessions_come_first_then_the_newest(ledger: Ledger) -> None:
    for session, ago_s in (("old", 7200), ("older", 9000), ("ended", 600), ("idle", 86_000)):
        ledger.call(session, ago_s=ago_s)
    view = ledger.view(live("idle", state="idle"), live("starting"), live("older"))
    assert [(row.session_id, row.state) for row in view.sessions] == [
        ("starting", "busy"),
        ("older", "busy"),
        ("idle", "idle"),
        ("ended", "ended"),
        ("old", "ended"),
    ]
    assert view.live == 3


def test_a_session_that_only_started_is_a_row_without_numbers(ledger: Ledger) -> None:
    (row,) = ledger.view(live("new", state="waiting", cwd="/src/shop/")).sessions
    assert (row.session_id, row.repo, row.state, row.pid) == ("new", "shop", "waiting", os.getpid())
    assert (row.requests, row.cost_nusd, row.context_tokens) == (0, None, None)
    assert row.last_at == NOW - timedelta(minutes=3)


def test_a_session_with_calls_of_subagents_only_is_shown_where_its_process_is(
    ledger: Ledger,
) -> None:
    line = call_line("msg_1", isSidechain=True, agentId="a1")
    ledger.has("s-1", line)
    (row,) = ledger.view(live("s-1", cwd="/src/other")).sessions
    assert (row.cwd, row.repo, row.subagents) == ("/src/other", "other", 1)


def test_a_session_is_shown_where_its_calls_were_made(ledger: Ledger) -> None:
    ledger.call("s-1")
    (row,) = ledger.view(live("s-1", cwd="/src/other")).sessions
    assert (row.cwd, row.repo) == ("/src/shop", "shop")


@pytest.mark.parametrize(
    ("ago_s", "state"), [(59.9, "busy"), (60.0, "ended")], ids=["just", "no more"]
)
def test_without_a_registry_whoever_writes_is_busy(
    ledger: Ledger, ago_s: float, state: str
) -> None:
    ledger.call("s-1", ago_s=ago_s)
    assert [row.state for row in ledger.view().sessions] == [state]
    assert sessions(ledger, live=True) == (["s-1"] if state == "busy" else [])


def test_with_a_registry_a_session_ends_with_its_process(ledger: Ledger) -> None:
    ledger.has("new", call_line("msg_1", "new"), home="one")
    ledger.has("old", call_line("msg_2", "old"), home="two")
    known = running(registries=[ledger.home / "one"])
    view = answers.view(ledger.question(), known, LocalDays(BERLIN), COVERAGE)
    assert {row.session_id: row.state for row in view.sessions} == {"new": "ended", "old": "busy"}
    text = answers.sessions(ledger.question(), known, {"live": True})
    assert [row["session_id"] for row in rows(text, "sessions")] == ["old"]


def test_a_session_keeps_its_repository_with_its_first_call(ledger: Ledger) -> None:
    (ledger.home / "shop" / ".git").mkdir(parents=True)
    (ledger.home / "shop" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    folder = ledger.home / "shop" / "packages" / "api"
    folder.mkdir(parents=True)
    process = live("s-1", cwd=str(folder))
    shown = [ledger.view(process)]
    ledger.has("s-1", call_line("msg_1", cwd=str(folder), isSidechain=True, agentId="a1"))
    shown.append(ledger.view(process))
    ledger.has("s-1", call_line("msg_2", cwd=str(folder)))
    shown.append(ledger.view(process))
    assert [row.repo for view in shown for row in view.sessions] == ["shop"] * 3


@pytest.mark.parametrize(
    ("at", "requests"),
    [
        (datetime(2026, 11, 21, 22, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 21, 23, 0, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 22, 23, 0, 0, tzinfo=UTC), 0),
    ],
    ids=["the second before", "midnight", "the last second", "the next midnight"],
)
def test_today_is_a_day_of_the_zone(ledger: Ledger, at: datetime, requests: int) -> None:
    ledger.call("s-1", at=at)
    view = ledger.view()
    assert (view.day, view.timezone) == ("2026-11-22", "Europe/Berlin")
    assert view.today.requests == requests


def test_today_begins_anew_at_midnight(ledger: Ledger) -> None:
    ledger.call("s-1", at=datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    before = datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC)
    assert (ledger.view(now=before).day, ledger.view(now=before).today.requests) == (
        "2026-11-22",
        1,
    )
    after = ledger.view(now=before + timedelta(seconds=1))
    assert (after.day, after.today.requests) == ("2026-11-23", 0)


def test_a_view_shows_recent_sessions_and_always_some(ledger: Ledger) -> None:
    for number in range(25):
        ledger.call(f"s-{number}", ago_s=86_400 * 3 + number)
    assert len(ledger.view().sessions) == answers.RECENT_SESSIONS
    for number in range(30):
        ledger.call(f"new-{number}", ago_s=3600 + number)
    assert [row.session_id for row in ledger.view().sessions] == [f"new-{n}" for n in range(30)]


def test_the_burn_is_the_sum_over_the_sessions(ledger: Ledger) -> None:
    ledger.call("s-1", ago_s=10)
    ledger.call("s-2", ago_s=599)
    ledger.call("s-3", ago_s=601)
    view = ledger.view()
    assert view.burn.tokens_per_minute == pytest.approx(2 * 13 / 10)
    assert view.burn.nusd_per_hour == sum(row.burn.nusd_per_hour for row in view.sessions) > 0


def test_a_view_says_what_was_looked_at(ledger: Ledger) -> None:
    ledger.has("s-1", b"broken\n")
    reading = Reading(files_done=1, files_total=2, bytes_done=3, bytes_total=4)
    view = answers.view(
        ledger.question(), Running(), LocalDays(BERLIN), replace(COVERAGE, reading=reading)
    )
    assert (view.at, view.reading, view.homes, view.log_files) == (
        NOW,
        reading,
        ("/home/ada/.claude",),
        7,
    )
    assert view.skipped_lines == 1


# Sessions, turns, report


def test_sessions_of_the_callers_homes_only(ledger: Ledger) -> None:
    ledger.has("mine", call_line("msg_1", "mine"), home="one")
    ledger.has("other", call_line("msg_2", "other"), home="two")
    assert sorted(sessions(ledger)) == ["mine", "other"]
    assert sessions(ledger, homes=[str(ledger.home / "one")]) == ["mine"]


def test_live_sessions_only(ledger: Ledger) -> None:
    ledger.call("ended", ago_s=3600)
    ledger.call("idle", ago_s=3600)
    processes = [live("idle", state="idle"), live("starting")]
    assert sessions(ledger, *processes, live=True) == ["starting", "idle"]


def test_turns_since_a_day_begin_in_the_zone(ledger: Ledger) -> None:
    for uuid, hour in (("before", 22), ("after", 23)):
        at = datetime(2026, 11, 21, hour, 30, tzinfo=UTC)
        ledger.has("s-1", prompt_line(uuid, at=at), call_line(uuid, at=at))
    text = answers.turns(ledger.question(), {"since": "2026-11-22"})
    assert [row["prompt_uuid"] for row in rows(text, "turns")] == ["after"]
    text = answers.turns(ledger.question(), {"since": "2026-11-22", "timezone": "UTC"})
    assert rows(text, "turns") == []


def test_a_report_is_of_the_ledgers_zone_unless_another_is_asked(ledger: Ledger) -> None:
    ledger.call("s-1", at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    for zone, day in ((None, "2026-11-22"), ("UTC", "2026-11-21")):
        params = {"timezone": zone} if zone else {}
        text = answers.report(ledger.question(), params)
        assert [row["key"] for row in rows(text, "rows")] == [day]


@pytest.mark.parametrize("complete", [True, False])
def test_answers_say_whether_all_is_read(ledger: Ledger, complete: bool) -> None:
    question = replace(ledger.question(), complete=complete, pending_bytes=0 if complete else 9)
    for text in (answers.report(question, {}), answers.turns(question, {})):
        document = json.loads(text)
        assert (document["complete"], document["pending_bytes"]) == (
            complete,
            question.pending_bytes,
        )


@pytest.mark.parametrize(
    ("method", "params", "needed"),
    [
        ("report", {}, True),
        ("report", {"format": "json"}, True),
        ("report", {"format": "csv", "by": "day"}, True),
        ("report", {"format": "table", "by": "day"}, False),
        ("report", {"format": "table", "by": "skill"}, True),
        ("explain", {"format": "table"}, True),
        ("reconcile", {"format": "table"}, True),
        ("overview", {"format": "table"}, True),
        ("badge", {"format": "table"}, True),
        ("work", {}, True),
        ("view", {}, False),
    ],
)
def test_evidence_is_read_for_whatever_shows_some(
    method: str, params: dict[str, object], needed: bool
) -> None:
    assert answers.needs_evidence(method, params) is needed


@pytest.mark.parametrize(("by", "complete"), [("day", True), ("skill", False), ("mode", False)])
def test_groups_of_evidence_are_complete_only_with_it(
    ledger: Ledger, by: str, complete: bool
) -> None:
    question = replace(ledger.question(), has_evidence=False)
    assert json.loads(answers.report(question, {"by": by}))["complete"] is complete


def test_every_answer_comes_as_a_table_too(ledger: Ledger) -> None:
    ledger.has("s-1", prompt_line("p-1"), call_line("msg_1"))
    shown = {"format": "table", "width": 100, "colour": False}
    question = ledger.question()
    for text in (
        answers.report(question, shown),
        answers.turns(question, shown),
        answers.sessions(question, Running(), shown),
    ):
        assert max(map(len, text.splitlines())) <= 100
        assert not text.startswith("{")
    assert answers.report(question, {"format": "csv"}).count("\n") == 2


# What cannot be asked


def _sessions(question: Question, params: Mapping[str, object]) -> str:
    return answers.sessions(question, Running(), params)


@pytest.mark.parametrize(
    ("answer", "params"),
    [
        (answers.report, {"by": "colour"}),
        (answers.report, {"since": "yesterday"}),
        (answers.report, {"until": 20261122}),
        (answers.report, {"timezone": "Mars/Olympus"}),
        (answers.report, {"timezone": ""}),
        (answers.report, {"timezone": "/etc/passwd"}),
        (answers.report, {"timezone": "../UTC"}),
        (answers.report, {"timezone": "Europe"}),
        (answers.report, {"homes": "/home"}),
        (answers.report, {"homes": [1]}),
        (answers.report, {"format": "xml"}),
        (answers.report, {"width": "wide"}),
        (answers.turns, {"session": 7}),
        (answers.turns, {"since": "2026-02-30"}),
        (answers.turns, {"timezone": "../UTC"}),
        (answers.turns, {"by": "day"}),
        (_sessions, {"live": "yes"}),
        (_sessions, {"since": "2026-11-22"}),
    ],
    ids=lambda one: one.__name__ if callable(one) else str(one),
)
def test_what_cannot_be_asked_is_said(
    ledger: Ledger, answer: Answer, params: Mapping[str, object]
) -> None:
    with pytest.raises(ConfigError):
        answer(ledger.question(), params)


@pytest.mark.parametrize("since", ["0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_any_day_can_be_asked(ledger: Ledger, since: str, zone: str) -> None:
    ledger.call("s-1")
    for answer, name in ((answers.turns, "turns"), (answers.report, "rows")):
        text = answer(ledger.question(), {"since": since, "timezone": zone})
        assert len(rows(text, name)) == (0 if since.startswith("9999") else 1)


# Loops


def test_a_loop_is_told_where_it_is_and_once_a_session_ended_the_dearest(ledger: Ledger) -> None:
    ledger.has("s-1", prompt_line("t-1", at=NOW - timedelta(hours=2)))
    ledger.has("s-1", call_line("msg_1", at=NOW - timedelta(minutes=110)))
    ledger.has("s-1", call_line("msg_2", at=NOW - timedelta(minutes=100)))
    engine = ledger.engine
    key = to_us(NOW - timedelta(minutes=110)), to_us(NOW - timedelta(minutes=100))
    engine.settle()
    (session,) = engine.ledger.db.execute("SELECT id FROM session").fetchone()
    engine.ledger.db.execute(
        "INSERT INTO waste VALUES (?, 0, 'reread', 't-1', '', 'pay.py', '', 4, 0, ?, ?, 7000)",
        (session, *key),
    )
    told = {"kind": "reread", "evidence": "pay.py was read 4 times, unchanged", "cost_usd": 7e-6}

    def loop_of(*live: LiveSession) -> object:
        return rows(answers.sessions(ledger.question(), running(*live), {}), "sessions")[0]["loop"]

    assert loop_of(live("s-1")) == told
    assert [row["loop"] for row in rows(answers.turns(ledger.question(), {}), "turns")] == [told]
    assert [row.loop is not None for row in ledger.view(live("s-1")).sessions] == [True]
    unread = replace(ledger.question(), has_evidence=False)
    assert [row["loop"] for row in rows(answers.turns(unread, {}), "turns")] == [None]
    ledger.has("s-1", prompt_line("t-2", at=NOW - timedelta(minutes=5)))
    assert loop_of(live("s-1")) is None  # that was in the turn before
    assert loop_of() == told


# Tasks


def test_a_session_tells_what_it_is_at_now(ledger: Ledger) -> None:
    readme = {"file_path": "README.md", "old_string": "a", "new_string": "b"}
    edit = {"type": "tool_use", "id": "toolu_1", "name": "Edit", "input": readme}
    row = json.loads(call_line("msg_1", "s-1"))
    row["message"]["content"] = [edit, {"type": "text", "text": "Updated the README."}]
    prompt = prompt_line("t-1", text="Update the README")
    ledger.has("s-1", prompt, json.dumps(row).encode() + b"\n")
    for _ in ledger.engine.read(ledger.engine.survey().without_evidence):
        pass
    ledger.engine.settle()
    (shown,) = ledger.view(live("s-1")).sessions
    assert shown.task == "docs"
    (session,) = rows(answers.sessions(ledger.question(), running(live("s-1")), {}), "sessions")
    assert session["category"] == "docs"
    assert 0 < session["category_confidence"] <= 1
    (turn,) = rows(answers.turns(ledger.question(), {}), "turns")
    assert (turn["category"], turn["corrected"]) == ("docs", False)
    assert "documents" in turn["category_evidence"]
    task = {"category": "docs", "first_prompt_uuid": "t-1", "turns": 1}
    assert turn["task"].items() >= task.items()
    assert session["task"].items() >= task.items()
    assert (session["tasks"], turn["task"]["cost_usd"]) == (1, turn["cost_usd"])


@pytest.mark.parametrize(
    ("by", "is_looked_for"), [("model", True), ("category", True), ("day", False)]
)
def test_work_for_a_cheaper_model_is_looked_for_where_it_is_shown(
    ledger: Ledger, by: str, is_looked_for: bool
) -> None:
    def told(**changes: Any) -> object:
        asked = replace(ledger.question(), **changes)
        return json.loads(answers.report(asked, {"by": by}))["mismatches"]

    ledger.has("s-1", prompt_line("t-1"), call_line("msg_1", "s-1"))
    assert told() == ([] if is_looked_for else None)
    assert told(has_evidence=False) is None
