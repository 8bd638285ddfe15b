"""One session as a whole, from real logs: what it says adds up to what reports say."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from corpora import Excerpt, Scenario
from ledgers import BOOK, opened, read_everything

from aicost.core.context_parts import BYTES_PER_TOKEN
from aicost.core.errors import ConfigError
from aicost.core.prompt_line import PromptLine
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


def pages_of(question: Question) -> list[SessionPage]:
    ids = dashboard.session_ids(question.db)
    return [session_page(question, {"id": session_id}) for session_id in ids]


def pages(question: Question) -> list[SessionPage]:
    found = pages_of(question)
    assert len(found) > 5
    return found


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


def test_context_parts_are_the_last_prompt_and_points_the_main_threads_calls(
    question: Question,
) -> None:
    for page in pages(question):
        if page.context_tokens is None:
            assert (page.points, page.parts) == ((), ())
            continue
        assert page.points[-1].tokens == page.context_tokens
        assert sum(part.tokens for part in page.parts) == page.context_tokens
        of_agents = sum(agent.requests for agent in page.subagents)
        assert len(page.points) == page.requests - of_agents


def test_turns_are_told_with_their_times_and_prompts(question: Question) -> None:
    said = {"2b6fd122-f1cb-44b7-ae4b-8433b3f8575a": PromptLine("add the agent", 400)}
    page = session_page(question, {"id": LARGEST}, said)
    first = page.turns[0]
    assert first.prompt == "add the agent"
    assert [turn.prompt for turn in page.turns[1:]] == [""] * (len(page.turns) - 1)
    assert first.started_at is not None
    assert first.duration_us is not None
    assert 0 < first.active_us <= first.duration_us
    (prompts,) = [part for part in page.parts if part.source == "prompts"]
    plain = session_page(question, {"id": LARGEST})
    without = sum(part.tokens for part in plain.parts if part.source == "prompts")
    assert without < prompts.tokens <= without + round(400 / BYTES_PER_TOKEN)  # (it shrank once)


def test_rebuilds_are_told_with_cause_and_cost(question: Question) -> None:
    (rebuild,) = session_page(question, {"id": LARGEST}).rebuilds
    assert (rebuild.cause, rebuild.thread) == ("pause", "")
    assert rebuild.idle_s > 8 * 3600
    assert rebuild.cost_nusd == 438_305_250


def test_tasks_and_models_are_told(question: Question) -> None:
    page = session_page(question, {"id": WITH_AGENT})
    assert page.models == ("claude-opus-4-6", "claude-haiku-4-5-20251001")
    assert sum(len(task.turn_ids) for task in page.tasks) == len(page.turns)
    (agent,) = page.subagents
    assert agent.model == "claude-haiku-4-5-20251001"
    assert agent.started_at is not None
    assert agent.last_at is not None
    assert agent.started_at < agent.last_at
    assert sum(turn.subagents for turn in page.turns) == 1


def test_what_the_client_says_of_a_window_goes_before_the_price_book(question: Question) -> None:
    told = replace(question, windows={LARGEST: 1_000_000})
    assert session_page(told, {"id": LARGEST}).context_window_tokens == 1_000_000
    assert session_page(question, {"id": LARGEST}).context_window_tokens == 200_000


def test_it_goes_over_the_wire_and_back(question: Question) -> None:
    for page in pages(question):
        sent = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(page)))
        assert msgspec.convert(sent, SessionPage) == page


def test_codex_sessions_are_told_too(codex_lab: Mapping[str, Scenario], tmp_path: Path) -> None:
    with opened(tmp_path, [codex_lab["subagents_v1"].home]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        engine.settle()
        db = engine.ledger.db
        asked = Question(db=db, book=BOOK, zone=ZoneInfo("UTC"), now=datetime.now(UTC))
        found = pages_of(asked)
    assert {page.agent for page in found} == {"codex"}
    assert any(page.subagents for page in found)
    for page in found:
        assert page.transcript.endswith(f"-{page.session_id}.jsonl")
        assert sum(part.tokens for part in page.parts) == (page.context_tokens or 0)
