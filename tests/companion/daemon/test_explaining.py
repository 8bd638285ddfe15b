"""`explain` answered from a ledger: one id, one thing, all its calls and their prices."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from corpora import Scenario
from ledgers import BOOK as LIST_BOOK
from ledgers import opened, read_everything
from log_builders import BOOK, MODEL, at, calls_read, event, flat_book, recorded
from waste_builders import failure

from aicost.core.categories import TaskCategory
from aicost.core.errors import ConfigError
from aicost.core.facts import Parsed, PromptSeen
from aicost.core.outcome import Outcome, Verdict
from aicost.core.purpose import Tag
from aicost.daemon.answers import Question
from aicost.daemon.explaining import explained
from aicost.store.categories import write_tags
from aicost.store.ledger import Ledger
from aicost.store.outcomes import Judged, due_sessions, write_outcomes

CALLS = [event(1), event(2), event(3, session_id="s-2", turn_id="t-2")]


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    with recorded(calls_read(*CALLS)) as found:
        yield found


def question(ledger: Ledger, **changes: Any) -> Question:
    fields: dict[str, Any] = {"book": BOOK, "zone": ZoneInfo("UTC"), "now": datetime.now(UTC)}
    return Question(db=ledger.db, **(fields | changes))


def document(ledger: Ledger, text: str, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(explained(question(ledger, **changes), {"id": text}))
    return found


@pytest.mark.parametrize(
    ("text", "kind", "whole", "keys"),
    [
        ("msg_1", "call", "claude:msg_1", ["claude:msg_1"]),
        ("t-1", "turn", "t-1", ["claude:msg_1", "claude:msg_2"]),
        ("s-2", "session", "s-2", ["claude:msg_3"]),
    ],
)
def test_an_id_is_answered_with_its_calls(
    ledger: Ledger, text: str, kind: str, whole: str, keys: list[str]
) -> None:
    found = document(ledger, text)
    assert (found["kind"], found["id"]) == (kind, whole)
    assert [call["event_key"] for call in found["calls"]] == keys
    assert found["total"]["cost_usd"] == 0.00044 * len(keys)
    assert {call["prompt_uuid"] for call in found["calls"]} == {"t-2" if text == "s-2" else "t-1"}


def test_a_cost_of_another_price_book_is_told_beside_that_of_todays(ledger: Ledger) -> None:
    dearer = flat_book("8", MODEL)
    (call,) = document(ledger, "msg_1", book=dearer)["calls"]
    assert (call["cost_usd"], call["ledger_cost_usd"]) == (0.00088, 0.00044)
    assert call["ledger_price_book"] == BOOK.book_id
    assert document(ledger, "msg_1", book=dearer)["price_book"] == dearer.book_id


def test_what_is_not_read_yet_is_told(ledger: Ledger) -> None:
    found = document(ledger, "msg_1", complete=False, pending_bytes=7)
    assert (found["complete"], found["pending_bytes"]) == (False, 7)


def test_a_table_is_as_wide_as_asked_and_in_the_callers_zone(ledger: Ledger) -> None:
    shown = {"format": "table", "width": 60, "id": "s-1"}
    text = explained(question(ledger, zone=ZoneInfo("Asia/Tokyo")), shown)
    assert text.startswith("session s-1: 2 calls")
    assert "2026-11-22 19:01:00" in text
    assert all(len(line) <= 60 for line in text.splitlines())


def test_an_id_of_no_thing_is_an_error_that_says_where_to_look(ledger: Ledger) -> None:
    with pytest.raises(ConfigError, match=r"no call, turn or session .* 'nothing'") as refused:
        document(ledger, "nothing")
    assert refused.value.hint == "aicost sessions"


def test_an_id_of_several_things_names_them(ledger: Ledger) -> None:
    with pytest.raises(ConfigError, match=r"'s-' may be session s-1, session s-2$") as refused:
        document(ledger, "s-")
    assert refused.value.hint == "aicost explain s-1"
    with pytest.raises(ConfigError, match=r"claude:msg_1, call claude:msg_2, call claude:msg_3$"):
        document(ledger, "msg")


def test_of_many_things_only_some_are_named() -> None:
    with (
        recorded(calls_read(*map(event, range(1, 9)))) as ledger,
        pytest.raises(ConfigError, match=r"(call claude:msg_\d, ){4}call claude:msg_\d and more$"),
    ):
        document(ledger, "msg_")


@pytest.mark.parametrize("params", [{}, {"id": 3}, {"id": "s-1", "by": "day"}])
def test_what_cannot_be_asked_is_refused(ledger: Ledger, params: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="cannot be asked"):
        explained(question(ledger), params)


def test_a_sessions_hidden_spend_is_told_with_its_reason(
    claude_lab: Mapping[str, Scenario], tmp_path: Path
) -> None:
    with opened(tmp_path, [claude_lab["10_compact"].home]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        engine.settle()
        db = engine.ledger.db
        (session,) = db.execute("SELECT session_id FROM hidden_spend, session").fetchone()
        asked = Question(db=db, book=LIST_BOOK, zone=ZoneInfo("UTC"), now=datetime.now(UTC))
        (hidden,) = json.loads(explained(asked, {"id": session}))["hidden"]
        assert (hidden["input_tokens"], hidden["cost_usd"]) == (5000, 0.019145)
        assert [cause["cause"] for cause in hidden["causes"]] == ["compaction"]
        table = explained(asked, {"id": session, "format": "table", "width": 120})
        assert "hidden, in no line above: $0.02, 6,050 tokens of claude-sonnet-5" in table


def test_what_came_of_a_session_is_told_with_its_evidence() -> None:
    with recorded(calls_read(*CALLS)) as found:
        assert document(found, "s-1")["outcome"] is None
        dues = due_sessions(found.db, 2**60, quiet_us=0, limit=9)
        verdict = Verdict(Outcome.MERGED, commits=1, merged=1, commit="1a2b3c4d5e6f")
        write_outcomes(found.db, [Judged(session=due, verdict=verdict) for due in dues])
        told = document(found, "s-1")["outcome"]
        shown = explained(question(found), {"id": "s-1", "format": "table", "width": 120})
        assert [document(found, name)["outcome"] for name in ("t-1", "msg_1")] == [None, None]
    evidence = "commit 1a2b3c4d5e6f is in the default branch"
    assert (told["outcome"], told["evidence"], told["commits"]) == ("merged", evidence, 1)
    assert f"outcome: merged: {evidence}\n" in shown


def test_what_led_nowhere_and_what_was_brought_is_told_of_a_session() -> None:
    calls = calls_read(event(1), event(2), event(3), event(4, turn_id="t-2"))
    with recorded(calls) as ledger:
        ledger.record([failure(number) for number in (1, 2, 3)])
        ledger.settle()
        (loop,) = document(ledger, "s-1")["waste"]
        assert (loop["kind"], loop["count"], loop["prompt_uuid"]) == ("repeat", 3, "t-1")
        assert loop["evidence"] == "`npm test` failed 3 times the same way"
        assert loop["cost_usd"] == 3 * 0.00044
        assert (loop["since"], loop["until"]) == ("2026-11-22T10:01:00Z", "2026-11-22T10:03:00Z")
        assert document(ledger, "s-1")["progress"]["answers"] == 2
        assert document(ledger, "t-1")["waste"] == [loop]
        assert document(ledger, "t-1")["progress"] is None
        assert document(ledger, "t-2")["waste"] == document(ledger, "msg_1")["waste"] == []
        unread = document(ledger, "s-1", has_evidence=False)
        assert (unread["waste"], unread["progress"]) == ([], None)
        text = explained(question(ledger), {"id": "s-1", "format": "table", "width": 200})
    assert "progress 2: 0 of 0 edits kept" in text
    assert "repeat: `npm test` failed 3 times the same way, <$0.01, since 2026" in text
    assert "since 2026-11-22 10:01:00 → stop it" in text


def test_the_tasks_of_a_session_and_that_of_a_turn_are_told() -> None:
    calls = calls_read(*(event(n, turn_id=f"t-{n}") for n in (1, 2, 3)))
    prompts = tuple(PromptSeen(session_id="s-1", turn_id=f"t-{n}", at=at(n)) for n in (1, 2, 3))
    seen = replace(calls, parsed=(*calls.parsed, Parsed(prompts=prompts)))
    named = (TaskCategory.BUGFIX, TaskCategory.BUGFIX, TaskCategory.DOCS)
    tags = [
        Tag(session_id="s-1", turn_id=f"t-{n}", category=category, at=at(9))
        for n, category in enumerate(named, start=1)
    ]
    with recorded(seen) as ledger:
        with ledger.db:
            write_tags(ledger.db, tags)
        ledger.settle()
        first, second = document(ledger, "s-1")["tasks"]
        assert (first["category"], first["first_prompt_uuid"]) == ("bugfix", "t-1")
        assert (first["turns"], first["cost_usd"]) == (2, 0.00088)
        assert (second["category"], second["turns"]) == ("docs", 1)
        assert document(ledger, "t-2")["tasks"] == [first]
        assert document(ledger, "msg_1")["tasks"] == []
        assert document(ledger, "s-1", has_evidence=False)["tasks"] == []
        shown = {"format": "table", "width": 120}
        whole = explained(question(ledger), {"id": "s-1", **shown})
        one = explained(question(ledger), {"id": "t-2", **shown})
    assert "tasks: bugfix (2 turns, <$0.01), docs (1 turn, <$0.01)\n" in whole
    assert "turn 2 of a task: bugfix (2 turns, <$0.01)\n" in one
