"""What led nowhere is kept by session, and made anew when anything that it follows from changes."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from log_builders import BOOK, at, calls_read, event, flat_book, open_ledger
from waste_builders import failure, read

from aicost.core.commands import hash_of, to_number
from aicost.core.days import to_us
from aicost.core.facts import (
    CommandRan,
    CompactionSeen,
    ErrorSeen,
    Parsed,
    PromptSeen,
    StepTaken,
    SubagentSeen,
    ToolCallSeen,
)
from aicost.core.waste.hits import RULES
from aicost.core.waste.progress import Progress
from aicost.core.waste.work import Compaction, Refusal, Subagent
from aicost.store import waste
from aicost.store.ledger import Ledger
from aicost.store.waste import progress_in, waste_of, work_of

CALLS = tuple(event(number) for number in range(1, 5))
CHILD = event(9, subagent_id="a1", turn_id="")
USAGE = replace(
    calls_read(*CALLS, CHILD),
    parsed=(
        Parsed(
            calls=(*CALLS, CHILD),
            prompts=(PromptSeen(session_id="s-1", turn_id="t-1", at=at(0), prompt_id="p-1"),),
            subagents=(
                SubagentSeen(
                    session_id="s-1", subagent_id="a1", at=at(3), prompt_id="p-1", kind="Explore"
                ),
            ),
        ),
    ),
)


FAILURES = [failure(number) for number in range(1, 4)]


def found(ledger: Ledger) -> list[tuple[str, str, int]]:
    ledger.settle()
    hits = waste_of(ledger.db).get("s-1", ())
    return [(hit.kind, hit.label, hit.count) for hit in hits]


def test_hits_are_the_same_in_every_order_of_reading() -> None:
    kept = set()
    for order in permutations([USAGE, *FAILURES]):
        with open_ledger() as ledger:
            for one in order:
                ledger.record([one])
                if one is USAGE:
                    ledger.settle()
            ledger.settle()
            kept.add(repr((waste_of(ledger.db), progress_in(ledger.db, "s-1"))))
    assert len(kept) == 1
    assert "npm test" in kept.pop()


def test_a_hit_comes_and_goes_with_what_it_follows_from() -> None:
    with open_ledger() as ledger:
        ledger.record([USAGE, *FAILURES[:2]])
        assert found(ledger) == []
        ledger.record([FAILURES[2]])
        assert found(ledger) == [("repeat", "npm test", 3)]
        ledger.record([failure(4)])
        assert found(ledger) == [("repeat", "npm test", 4)]
        earlier = replace(failure(2).parsed[0].commands[0], at=at(1.5), error=None)
        ledger.record([read("copy.jsonl", commands=(earlier,), steps=(_passed(earlier),))])
        assert found(ledger) == []


def _passed(run: CommandRan) -> StepTaken:
    return StepTaken(
        key=run.key, event_key=run.event_key, at=run.at, kind="test", target=3, label="npm test"
    )


def test_a_hit_costs_what_its_calls_do_at_todays_prices() -> None:
    with open_ledger() as ledger:
        ledger.record([USAGE, *FAILURES])
        ledger.settle()
        (hit,) = waste_of(ledger.db)["s-1"]
        query = "SELECT sum(cost_nusd) FROM call WHERE at_us BETWEEN ? AND ?"
        assert hit.cost_nusd == ledger.db.execute(query, (hit.since_us, hit.until_us)).fetchone()[0]
        assert hit.cost_nusd
        assert (hit.since_us, hit.until_us, hit.turn_id) == (to_us(at(1)), to_us(at(3)), "t-1")
        ledger.use_prices(flat_book("8"))
        ledger.settle()
        (dearer,) = waste_of(ledger.db)["s-1"]
        assert dearer == replace(hit, cost_nusd=2 * hit.cost_nusd)


def test_other_rules_look_at_all_sessions_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ledger.db"
    with open_ledger(file) as ledger:
        ledger.record([USAGE])
        ledger.record(FAILURES)
        assert found(ledger) == [("repeat", "npm test", 3)]
        ledger.db.execute("UPDATE waste SET count = 9")
    with open_ledger(file) as same:
        assert found(same) == [("repeat", "npm test", 9)]
    monkeypatch.setattr(waste, "RULES", RULES + 1)
    with open_ledger(file) as newer:
        assert found(newer) == [("repeat", "npm test", 3)]


def test_what_a_session_brought_is_kept_too() -> None:
    edit = StepTaken(
        key="claude:tool_8", event_key="claude:msg_4", at=at(4), kind="edit", target=9, label="x"
    )
    with open_ledger() as ledger:
        ledger.record([USAGE, read(steps=(edit,))])
        ledger.settle()
        brought = progress_in(ledger.db, "s-1")
        assert brought == Progress(edits=1, kept_edits=1, files=1, answers=1)
        asked = ToolCallSeen(key="claude:t", event_key="claude:msg_4", name="Edit", at=at(4))
        ledger.record([read(tool_calls=(asked,))])
        ledger.settle()
        assert progress_in(ledger.db, "s-1").answers == 0
        assert progress_in(ledger.db, "nobody") == Progress()


def test_only_the_sessions_that_were_asked_for_are_told() -> None:
    with open_ledger() as ledger:
        ledger.record([USAGE, *FAILURES])
        ledger.settle()
        assert set(waste_of(ledger.db, session_id="s-")) == {"s-1"}
        assert waste_of(ledger.db, session_id="t") == {}
        assert waste_of(ledger.db, homes=["/nowhere"]) == {}


def test_work_is_all_that_the_ledger_has_of_a_session() -> None:
    refused = ErrorSeen(
        key="e", session_id="s-1", turn_id="t-1", subagent_id="", at=at(2), is_retried=True,
        status=529, wait_ms=1500,
    )  # fmt: skip
    compacted = CompactionSeen(key="c", session_id="s-1", turn_id="t-1", subagent_id="", at=at(3))
    answer = StepTaken(
        key="claude:a", event_key="claude:msg_2", at=at(5), kind="agent", label="Explore",
        target=to_number(hash_of("a1")), size_bytes=3,
    )  # fmt: skip
    asked = ToolCallSeen(key="claude:a", event_key="claude:msg_2", name="Task", at=at(2))
    facts = read(errors=(refused,), compactions=(compacted,), steps=(answer,), tool_calls=(asked,))
    with open_ledger() as ledger:
        ledger.record([USAGE, facts])
        (session,) = ledger.db.execute("SELECT id FROM session").fetchone()
        work = work_of(ledger.db, session, BOOK)
    assert [(call.turn_id, call.thread, call.tools) for call in work.calls] == [
        ("t-1", "", 0), ("t-1", "", 1), ("t-1", "", 0), ("t-1", "", 0), ("t-1", "a1", 0),
    ]  # fmt: skip
    assert work.refusals == (Refusal(to_us(at(2)), "t-1", "", 529, 1_500_000, True),)
    assert work.compactions == (Compaction(to_us(at(3)), "t-1", ""),)
    assert work.subagents == (Subagent("a1", "t-1", "Explore"),)
    (step,) = work.steps
    assert (step.kind, step.label, step.size_bytes, step.error) == ("agent", "Explore", 3, None)
    first = work.calls[0]
    assert work.price(first, CALLS[0].tokens) == first.cost_nusd
    assert work.window(first.model, 10) == BOOK.context_window_tokens(first.model, 10)
