"""Which task each turn belongs to, by what the ledger has of categories, branches and costs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from log_builders import at, calls_read, event, open_ledger

from aicost.core.categories import TaskCategory
from aicost.core.facts import Parsed, PromptSeen, SubagentSeen
from aicost.core.purpose import Tag
from aicost.store import categories
from aicost.store.ledger import Ledger
from aicost.store.tasks import session_tasks

BUG, DOCS = TaskCategory.BUGFIX, TaskCategory.DOCS
CALLS = (
    event(1, turn_id="t-1"),
    event(2, turn_id="t-2"),
    event(3, turn_id="", subagent_id="a1", branch="other"),
    event(4, turn_id="t-3"),
    event(5, turn_id="t-4", branch="fix/b"),
    event(6, session_id="s-2", turn_id="t-5"),
)
PROMPTS = tuple(
    PromptSeen(session_id="s-1", turn_id=f"t-{n}", at=at(n - 0.5), prompt_id=f"p-{n}")
    for n in range(1, 5)
)
AGENT = SubagentSeen(session_id="s-1", subagent_id="a1", at=at(2.5), prompt_id="p-2")
READ = replace(
    calls_read(*CALLS), parsed=(Parsed(calls=CALLS, prompts=PROMPTS, subagents=(AGENT,)),)
)


def tags(**by_turn: TaskCategory) -> list[Tag]:
    return [
        Tag(session_id="s-1", turn_id=turn.replace("_", "-"), category=category, at=at(9))
        for turn, category in by_turn.items()
    ]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db") as opened:
        opened.record([READ])
        yield opened


def tagged(ledger: Ledger, **by_turn: TaskCategory) -> list[tuple[str, tuple[str, ...], int]]:
    with ledger.db:
        categories.write_tags(ledger.db, tags(**by_turn))
    ledger.settle()
    (each,) = ledger.db.execute("SELECT cost_nusd FROM call LIMIT 1").fetchone()
    return [
        (task.category, task.turn_ids, (task.cost_nusd or 0) // each)
        for task in session_tasks(ledger.db)["s-1"]
    ]


def test_turns_of_one_category_on_one_branch_are_a_task_with_its_subagents_cost(
    ledger: Ledger,
) -> None:
    assert tagged(ledger, t_1=BUG, t_2=BUG, t_3=DOCS, t_4=DOCS) == [
        ("bugfix", ("t-1", "t-2"), 3),
        ("docs", ("t-3",), 1),
        ("docs", ("t-4",), 1),
    ]


def test_a_turn_of_which_nothing_is_known_yet_goes_on_with_the_one_before(ledger: Ledger) -> None:
    assert tagged(ledger, t_1=BUG, t_2=DOCS) == [
        ("bugfix", ("t-1",), 1),
        ("docs", ("t-2", "t-3"), 3),
        ("other", ("t-4",), 1),
    ]


def test_only_sessions_that_are_asked_for_are_told(ledger: Ledger) -> None:
    assert set(session_tasks(ledger.db)) == {"s-1", "s-2"}
    assert set(session_tasks(ledger.db, session_id="s-2")) == {"s-2"}
    assert not session_tasks(ledger.db, homes=["/nowhere"])
