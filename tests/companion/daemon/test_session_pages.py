"""One session as a whole, from real logs: what it says adds up to what reports say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from corpora import Excerpt
from ledgers import BOOK, opened, read_everything

from aicost.core.errors import ConfigError
from aicost.core.session_page import SessionPage
from aicost.core.usage import TokenCounts
from aicost.daemon.answers import Question
from aicost.daemon.engine import Engine
from aicost.daemon.session_pages import session_page
from aicost.store import dashboard, queries

LARGEST = "130d7b7e-5801-4345-9bd6-f32fd9b8429b"
WITH_AGENT = "61cb3ba8-484b-4a21-bf99-34f7dc361170"


@pytest.fixture(scope="module")
def engine(real_excerpt: Excerpt, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened(tmp_path_factory.mktemp("ledger"), [real_excerpt.home]) as found:
        read_everything(found)
        for _ in found.read(found.survey().without_evidence, cores=1):
            pass
        found.settle()
        yield found


@pytest.fixture
def question(engine: Engine) -> Question:
    return Question(db=engine.ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=datetime.now(UTC))


def pages(question: Question) -> list[SessionPage]:
    ids = dashboard.session_ids(question.db)
    assert len(ids) > 5
    return [session_page(question, {"id": session_id}) for session_id in ids]


def test_turns_add_up_to_the_session_and_to_what_turns_report(question: Question) -> None:
    for page in pages(question):
        rows = queries.turns(question.db, session_id=page.session_id)
        assert sum(turn.requests for turn in page.turns) == page.requests
        assert sum((turn.tokens for turn in page.turns), start=TokenCounts()) == page.tokens
        known = {turn.turn_id: turn for turn in page.turns}
        for row in rows:
            turn = known[row.prompt_uuid]
            assert (turn.requests, turn.tokens, turn.cost_nusd) == (
                row.requests, row.tokens, row.cost_nusd,
            )  # fmt: skip


def test_a_session_is_told_with_its_work(question: Question) -> None:
    page = session_page(question, {"id": LARGEST})
    assert (page.requests, page.version, page.repo) == (42, "2.1.12", "cli")
    assert page.has_evidence
    assert page.purpose is not None
    assert page.turns[0].purpose is not None
    assert page.turns[0].tools[0][1] >= page.turns[0].tools[-1][1] > 0
    assert ("test", "go test", 3) in {(one.kind, one.label, one.runs) for one in page.commands}
    assert page.progress is not None
    assert page.progress.edits == 14


def test_subagents_are_told_with_their_kind_and_cost(question: Question) -> None:
    (agent,) = session_page(question, {"id": WITH_AGENT}).subagents
    assert (agent.kind, agent.requests) == ("Explore", 16)
    assert agent.cost_nusd == 159_396_800


@pytest.mark.parametrize("params", [{}, {"id": 3}, {"id": LARGEST, "by": "day"}])
def test_what_cannot_be_asked_is_refused(question: Question, params: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="cannot be asked"):
        session_page(question, params)


def test_the_beginning_of_an_id_names_nothing(question: Question) -> None:
    with pytest.raises(ConfigError, match=r"no session '130d7b7e'$"):
        session_page(question, {"id": "130d7b7e"})
