"""`reconcile` is answered in each format, and only what can be asked."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from corpora import Scenario
from ledgers import BOOK, opened, read_everything

from aicost.core.errors import ConfigError
from aicost.daemon.answers import Question
from aicost.daemon.reconciling import reconcile


@pytest.fixture
def question(claude_lab: Mapping[str, Scenario], tmp_path: Path) -> Iterator[Question]:
    with opened(tmp_path, [claude_lab["10_compact"].home]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        engine.settle()
        yield Question(db=engine.ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=datetime.now(UTC))


@pytest.mark.parametrize("shape", ["json", "csv", "table"])
def test_it_is_answered_in_each_format(question: Question, shape: str) -> None:
    text = reconcile(question, {"format": shape, "width": 100})
    assert "compaction" in text
    if shape == "json":
        assert len(json.loads(text)["sessions"]) == 1


def test_a_session_may_be_named_by_its_beginning(question: Question) -> None:
    (session,) = json.loads(reconcile(question, {}))["sessions"]
    found = json.loads(reconcile(question, {"session": session["session_id"][:6]}))
    assert found["sessions"] == [session]
    assert json.loads(reconcile(question, {"session": "none"}))["sessions"] == []
    assert json.loads(reconcile(question, {"homes": ["/elsewhere"]}))["sessions"] == []


def test_what_cannot_be_asked_is_refused(question: Question) -> None:
    with pytest.raises(ConfigError):
        reconcile(question, {"model": "x"})
