"""Which turns were done well, by what the ledger has of them; and what a cheaper model would."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from ledgers import BOOK as LIST_BOOK
from ledgers import opened, read_everything
from log_builders import at, calls_read, event, flat_book, recorded, tokens
from waste_builders import read

from aicost.core.categories import TaskCategory
from aicost.core.facts import FileRead, Parsed, PromptSeen, StepTaken, ToolCallSeen
from aicost.core.mismatch import LEAST_TURNS, mismatch_words
from aicost.core.prices import PriceBook
from aicost.core.purpose import Tag
from aicost.core.reports import ReportQuery
from aicost.core.usage import UsageEvent
from aicost.store.categories import write_tags
from aicost.store.ledger import Ledger
from aicost.store.mismatches import mismatches

LARGE, SMALL = "claude-large-1", "claude-small-1"
MODELS = {**flat_book("100", LARGE).content.models, **flat_book("10", SMALL).content.models}
BOOK = PriceBook("b", replace(flat_book().content, models=MODELS))
NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUERY = ReportQuery(by="model")
COUNT = LEAST_TURNS + 2


def turn_id(number: int) -> str:
    return f"t-{number}"


def call(number: int, model: str) -> UsageEvent:
    session = f"s-{number % 3}"
    return event(
        number, session_id=session, turn_id=turn_id(number), model=model, tokens=tokens(9_000, 10)
    )


CALLS = tuple(call(n, LARGE if n < COUNT else SMALL) for n in range(2 * COUNT))
PROMPTS = tuple(
    PromptSeen(session_id=one.session_id, turn_id=one.turn_id, at=one.at) for one in CALLS
)
TAGS = [
    Tag(session_id=one.session_id, turn_id=one.turn_id, category=TaskCategory.DOCS, at=at(9))
    for one in CALLS
]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    seen = replace(calls_read(*CALLS), parsed=(Parsed(calls=CALLS, prompts=PROMPTS),))
    with recorded(seen, book=BOOK) as found:
        with found.db:
            write_tags(found.db, TAGS)
        found.settle()
        yield found


def told(ledger: Ledger, query: ReportQuery = QUERY) -> list[tuple[int, int]]:
    """Return (good, of) turns on the cheaper model, of each mismatch."""
    found = mismatches(ledger.db, BOOK, query, NOW)
    assert all((one.model, one.cheaper_model) == (LARGE, SMALL) for one in found)
    return [(one.cheaper_good, one.cheaper_turns) for one in found]


def test_what_a_cheaper_model_did_as_well_is_told(ledger: Ledger) -> None:
    assert told(ledger) == [(COUNT, COUNT)]
    (found,) = mismatches(ledger.db, BOOK, QUERY, NOW)
    assert found.cost_nusd == COUNT * 9_010 * 100_000
    assert found.saving_nusd == COUNT * 9_010 * 90_000


def step(number: int, **changes: object) -> StepTaken:
    """What the call of this number did."""
    plain = {
        "key": f"claude:tool_{number}",
        "event_key": f"claude:msg_{number}",
        "at": at(number),
        "kind": "test",
        "target": 3,
        "label": "npm test",
        "failed": False,
    }
    return StepTaken(**(plain | changes))  # type: ignore[arg-type]


def flaw(number: int) -> FileRead:
    """A test that fails last."""
    failed = step(number, failed=True)
    passed = replace(failed, key="claude:tool_before", failed=False, at=at(number - 0.1))
    return read(steps=(passed, failed))


def healed(number: int) -> FileRead:
    """A test that passes last."""
    passed = step(number)
    failed = replace(passed, key="claude:tool_before", failed=True, at=at(number - 0.1))
    return read(steps=(failed, passed))


def asks_on(number: int) -> FileRead:
    """A turn that ends with a tool."""
    key, asked = f"claude:tool_{number}", f"claude:msg_{number}"
    return read(tool_calls=(ToolCallSeen(key=key, event_key=asked, name="Read", at=at(number)),))


def mended(number: int) -> FileRead:
    """An edit that the session's next turn takes back."""
    first = step(number, kind="edit", target=7, part=1, content=2)
    back = step(number + 3, kind="edit", target=7, part=2, content=1)
    return read(steps=(first, back))


@pytest.mark.parametrize(
    ("made", "good"), [(flaw, False), (healed, True), (asks_on, False), (mended, False)]
)
def test_a_turn_with_a_flaw_was_not_done_well(ledger: Ledger, made: object, good: bool) -> None:
    assert callable(made)
    ledger.record([made(COUNT)])
    ledger.settle()
    assert told(ledger) == ([(COUNT, COUNT)] if good else [])  # one of a few is enough
    ledger.record([made(0)])  # a turn of the dear model, too
    ledger.settle()
    assert told(ledger) == [(COUNT if good else COUNT - 1, COUNT)]


def test_a_loop_is_a_flaw(ledger: Ledger) -> None:
    with ledger.db:
        ledger.db.execute(
            "INSERT INTO waste SELECT session, 0, 'search', turn_id, '', '', '', 6, 0, 0, 0, 0"
            " FROM span WHERE turn_id = ?",
            (turn_id(COUNT),),
        )
    assert told(ledger) == []


@pytest.mark.parametrize("kind", ["reverted", "branch-abandoned", "abandoned", "merged"])
def test_what_was_lost_was_not_done_well(ledger: Ledger, kind: str) -> None:
    with ledger.db:
        ledger.db.execute(
            "INSERT INTO turn_outcome SELECT id, session, ? FROM span WHERE turn_id = ?",
            (kind, turn_id(COUNT)),
        )
    assert bool(told(ledger)) == (kind == "merged")


def test_only_turns_that_are_asked_about_count(ledger: Ledger) -> None:
    day = date(2026, 11, 22)
    assert told(ledger, replace(QUERY, since=day, until=day)) == [(COUNT, COUNT)]
    assert told(ledger, replace(QUERY, since=date(2026, 11, 23))) == []
    assert told(ledger, replace(QUERY, until=date(2026, 11, 21))) == []
    assert told(ledger, replace(QUERY, agent="codex")) == []
    assert told(ledger, replace(QUERY, homes=("/nowhere",))) == []


def test_categories_that_are_a_guess_are_left_out(ledger: Ledger) -> None:
    with ledger.db:
        ledger.db.execute("UPDATE turn_category SET origin = 'evidence', confidence = 0.49")
    assert told(ledger) == []
    with ledger.db:
        ledger.db.execute("UPDATE turn_category SET confidence = 0.5")
    assert told(ledger) == [(COUNT, COUNT)]


def test_on_the_real_logs_one_kind_is_told(real_corpus: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "ledger", [real_corpus]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        engine.settle()
        found = mismatches(engine.ledger.db, LIST_BOOK, QUERY, NOW)
    assert [mismatch_words(one) for one in found] == [
        "exploration of up to 5 calls: 22 turns on claude-sonnet-4-5 were done as well (100 %"
        " without a flaw) as 131 on claude-opus-4-5 (93 %)"
    ]
