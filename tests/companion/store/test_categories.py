"""What turns were for, as the ledger keeps it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from log_builders import at, calls_read, event, open_ledger

from aicost.core.categories import TaskCategory
from aicost.core.category import VERSION
from aicost.core.facts import FileRead, Parsed, PromptSeen, SubagentSeen, WorkSeen
from aicost.core.purpose import Purpose, Tag
from aicost.core.turn_features import packed
from aicost.core.turn_work import TurnWork
from aicost.store import categories
from aicost.store.categories import present_purposes, session_purposes, turn_purposes
from aicost.store.ledger import Ledger

CALLS = (
    event(1, turn_id="t-1"),
    event(2, turn_id="t-2"),
    event(3, turn_id="t-2"),
    event(4, turn_id="", subagent_id="a1"),
)
USAGE = replace(
    calls_read(*CALLS),
    parsed=(
        Parsed(
            calls=CALLS,
            prompts=(
                PromptSeen(session_id="s-1", turn_id="t-1", at=at(0)),
                PromptSeen(session_id="s-1", turn_id="t-2", at=at(1.5), prompt_id="p-2"),
            ),
            subagents=(
                SubagentSeen(session_id="s-1", subagent_id="a1", at=at(3.5), prompt_id="p-2"),
            ),
        ),
    ),
)


def asked() -> TurnWork:
    work = TurnWork()
    work.begin("How does the cache work?")
    work.read("cache.go")
    work.say("It keeps the last answers.")
    return work


def documented() -> TurnWork:
    work = TurnWork()
    work.begin("Update the README with the new flag")
    work.edit("README.md", "old", "new")
    work.say("Updated the README.")
    return work


def seen(work: TurnWork, turn_id: str, subagent_id: str = "") -> WorkSeen:
    return WorkSeen(
        session_id="s-1",
        turn_id=turn_id,
        subagent_id=subagent_id,
        steps=work.steps,
        features=packed(work.features()),
    )


def read(*found: WorkSeen) -> FileRead:
    return replace(calls_read(), stage="evidence", parsed=(Parsed(work=found),))


def tag(category: TaskCategory, turn_id: str = "", session_id: str = "s-1") -> Tag:
    return Tag(session_id=session_id, turn_id=turn_id, category=category, at=at(9))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db") as opened:
        opened.record([USAGE])
        opened.record([read(seen(asked(), "t-1"), seen(documented(), "t-2"))])
        opened.settle()
        yield opened


def found(ledger: Ledger) -> dict[str, str]:
    return {turn: one.category for (_, turn), one in turn_purposes(ledger.db).items()}


def test_turns_are_classified_as_they_are_settled(ledger: Ledger) -> None:
    assert found(ledger) == {"t-1": "exploration", "t-2": "docs"}
    one = turn_purposes(ledger.db, session_id="s-1")["s-1", "t-1"]
    assert one.evidence
    assert not one.is_corrected


def test_the_longer_of_two_readings_counts_whatever_their_order(ledger: Ledger) -> None:
    longer = asked()
    for name in ("README.md", "docs/a.md", "docs/b.md"):
        longer.edit(name, "old", "new")
    longer.say("Updated the README and the docs.")
    for _ in range(2):
        ledger.record([read(seen(longer, "t-1")), read(seen(asked(), "t-1"))])
        ledger.settle()
        assert found(ledger)["t-1"] == "docs"


def test_what_a_subagent_did_counts_with_its_turn(ledger: Ledger) -> None:
    work = TurnWork()
    for number in range(9):
        work.edit(f"a{number}_test.go", "", "func TestA(t *testing.T) {}\n" * 9, is_new=True)
    before = turn_purposes(ledger.db)["s-1", "t-2"]
    ledger.record([read(seen(work, "", "a1"))])
    ledger.settle()
    assert turn_purposes(ledger.db)["s-1", "t-2"] != before


def test_a_tag_wins_for_ever(ledger: Ledger) -> None:
    ledger.write_tags([tag(TaskCategory.OPS, "t-1")])
    ledger.settle()
    assert found(ledger) == {"t-1": "ops", "t-2": "docs"}
    ledger.record([read(seen(documented(), "t-1"))])
    ledger.settle()
    assert turn_purposes(ledger.db)["s-1", "t-1"] == Purpose(
        category=TaskCategory.OPS, confidence=1.0, evidence="tagged by the user", is_corrected=True
    )


def test_a_turns_own_tag_wins_over_its_sessions(ledger: Ledger) -> None:
    ledger.write_tags([tag(TaskCategory.OPS), tag(TaskCategory.REVIEW, "t-2")])
    ledger.settle()
    assert found(ledger) == {"t-1": "ops", "t-2": "review"}


def test_a_tag_that_is_taken_back_leaves_the_evidence(ledger: Ledger) -> None:
    ledger.write_tags([tag(TaskCategory.OPS)])
    ledger.settle()
    ledger.write_tags([])
    ledger.settle()
    assert found(ledger) == {"t-1": "exploration", "t-2": "docs"}


def test_a_tag_of_a_turn_that_is_not_known_yet_waits_for_it(ledger: Ledger) -> None:
    ledger.write_tags([tag(TaskCategory.OPS, "t-3")])
    later = (PromptSeen(session_id="s-1", turn_id="t-3", at=at(8)),)
    ledger.record([replace(calls_read(), parsed=(Parsed(prompts=later),))])
    ledger.record([read(seen(asked(), "t-3"))])
    ledger.settle()
    assert found(ledger)["t-3"] == "ops"


def test_another_classifier_labels_again_from_what_is_stored(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.write_tags([tag(TaskCategory.OPS, "t-1")])
    ledger.settle()
    ledger.db.execute("UPDATE turn_category SET category = 'other' WHERE origin = 'evidence'")
    ledger.close()
    with open_ledger(tmp_path / "ledger.db") as same:
        same.settle()
        assert found(same) == {"t-1": "ops", "t-2": "other"}
    monkeypatch.setattr(categories, "VERSION", VERSION + 1)
    with open_ledger(tmp_path / "ledger.db") as newer:
        newer.settle()
        assert found(newer) == {"t-1": "ops", "t-2": "docs"}


def test_a_session_is_what_most_of_its_money_went_for(ledger: Ledger) -> None:
    purpose = session_purposes(ledger.db)["s-1"]
    assert purpose.category is TaskCategory.DOCS  # 3 of 4 calls
    assert 0 < purpose.confidence <= 0.75


def test_the_present_turn_is_the_newest_prompt(ledger: Ledger) -> None:
    assert present_purposes(ledger.db, ["s-1", "nobody"])["s-1"].category is TaskCategory.DOCS


def test_a_span_that_is_gone_leaves_nothing_for_the_next_with_its_number(ledger: Ledger) -> None:
    (span,) = ledger.db.execute("SELECT id FROM span WHERE turn_id = 't-1'").fetchone()
    ledger.db.execute("DELETE FROM span WHERE id = ?", (span,))
    categories.drop_work(ledger.db, [span])
    for table in ("turn_work", "turn_category", "stale_work"):
        left = ledger.db.execute(f"SELECT span FROM {table} WHERE span = ?", (span,)).fetchall()
        assert left == []
