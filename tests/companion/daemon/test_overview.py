"""`status` over recorded sessions of both agents, at made-up moments."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from corpora import Scenario
from ledgers import BOOK, opened, read_everything
from price_examples import FLAT, book, model_price

from aicost.core.errors import ConfigError
from aicost.core.price_json import Recipe
from aicost.core.session import LiveSession, Running
from aicost.core.tariffs import PriceEntry
from aicost.daemon.answers import Question
from aicost.daemon.overview import overview, priced_on
from aicost.prices.own import OwnRow, with_own_rows
from aicost.report.status import ReaderState
from aicost.store import dashboard

READER = ReaderState(log_files=3)
NOBODY = Running()


@pytest.fixture
def homes(claude_lab: Mapping[str, Scenario], codex_lab: Mapping[str, Scenario]) -> list[Path]:
    return [claude_lab["10_compact"].home, codex_lab["resume"].home]


@pytest.fixture
def question(homes: list[Path], tmp_path: Path) -> Iterator[Question]:
    """A question at the moment of Codex's last call."""
    with opened(tmp_path, homes) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        engine.settle()
        db = engine.ledger.db
        ids = dashboard.session_ids(db, [str(homes[1])])
        (facts,) = dashboard.session_facts(db, ids)
        yield Question(db=db, book=BOOK, zone=ZoneInfo("UTC"), now=facts.last_at)


def asked(question: Question, running: Running = NOBODY, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(overview(question, running, READER, params))
    return found


def test_today_is_what_a_report_of_the_day_says(question: Question, homes: list[Path]) -> None:
    codex = asked(question, homes=[str(homes[1])])
    assert codex["today"]["agents"] == ["codex"]
    assert codex["today"]["requests"] == 8
    assert codex["today"]["day"] == question.now.date().isoformat()
    assert codex["burn"]["tokens_per_minute"] > 0
    assert "titles" in codex["hidden"]["why"]
    elsewhere = asked(question, homes=["/elsewhere"])
    assert elsewhere["today"]["requests"] == 0
    assert elsewhere["burn"]["tokens_per_minute"] == 0
    assert elsewhere["limits"] == []


def test_a_day_without_calls_is_empty(question: Question) -> None:
    found = asked(replace(question, now=question.now + timedelta(days=30)))
    assert (found["today"]["requests"], found["sessions"]) == (0, [])
    assert found["hidden"] == {"cost_usd": 0.0, "why": ""}


def test_limits_are_the_last_word_of_the_logs(question: Question, homes: list[Path]) -> None:
    (limit,) = asked(question)["limits"]
    assert (limit["home"], limit["limit_id"]) == (str(homes[1]), "codex")
    assert (limit["primary"]["used_percent"], limit["secondary"]["used_percent"]) == (12.5, 40)
    assert limit["age_seconds"] == pytest.approx(0, abs=1)
    later = asked(replace(question, now=question.now + timedelta(hours=2)))["limits"][0]
    assert later["age_seconds"] == pytest.approx(7200, abs=1)
    assert (later["primary"]["has_reset"], later["secondary"]["has_reset"]) == (True, False)


def test_sessions_are_those_that_run(question: Question, homes: list[Path]) -> None:
    (writing,) = asked(question)["sessions"]  # nobody is seen to run it, and it has just written
    assert (writing["agent"], writing["state"]) == ("codex", "busy")
    home = frozenset({str(homes[1])})
    assert asked(question, Running(registries=home))["sessions"] == []
    live = LiveSession(
        session_id=writing["session_id"],
        pid=7,
        state="idle",
        cwd="/src",
        started_at=None,
        version="0.169.0",
        entrypoint="codex-tui",
        agent="codex",
    )
    running = Running(sessions={live.session_id: live}, registries=home)
    (shown,) = asked(question, running)["sessions"]
    assert (shown["state"], shown["pid"]) == ("idle", 7)
    assert asked(question, running, homes=[str(homes[1])])["sessions"] == [shown]


def test_what_is_not_read_is_said(question: Question) -> None:
    unread = replace(question, complete=False, pending_bytes=99, has_evidence=False)
    found = asked(unread)
    assert (found["complete"], found["pending_bytes"], found["hidden"]) == (False, 99, None)
    assert found["today"]["tool_calls"] is None
    assert found["reader"]["log_files"] == 3


def test_it_is_a_screen_of_text_too(question: Question) -> None:
    text = overview(question, Running(), READER, {"format": "table", "width": 100})
    assert text.startswith("today       ")
    assert "5 h 12.5 % used" in text


@pytest.mark.parametrize(
    ("fetched", "checked", "expected"),
    [
        ("", (), ""),
        ("", ("2026-11-20", "", "2026-10-01"), "2026-11-20"),
        ("2026-11-25T10:00:00Z", ("2026-11-20",), "2026-11-25"),
        ("2026-11-01", ("2026-11-20",), "2026-11-20"),
    ],
)
def test_a_book_is_as_new_as_its_newest_look(
    fetched: str, checked: tuple[str, ...], expected: str
) -> None:
    entries = [PriceEntry(standard=FLAT, checked=day) for day in checked]
    models = [model_price(f"m-{number}", entries=(one,)) for number, one in enumerate(entries)]
    assert priced_on(book(*models, recipe=Recipe(fetched=fetched))) == expected


@pytest.mark.parametrize("params", [{"format": "xml"}, {"width": "x"}, {"by": "day"}])
def test_what_cannot_be_asked_is_refused(question: Question, params: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        overview(question, Running(), READER, params)


def test_a_price_of_the_users_own_does_not_make_the_book_newer() -> None:
    listed = book(model_price(entries=(PriceEntry(standard=FLAT, checked="2026-11-01"),)))
    rates = {"input_mtok": Decimal(1), "output_mtok": Decimal(2)}
    own = [
        OwnRow(model=model, tier=tier, rates=rates, checked="2026-11-26")
        for model, tier in (
            ("claude-test-1", "flex"),
            ("claude-test-1", "standard"),
            ("x", "standard"),
        )
    ]
    assert priced_on(with_own_rows(listed, own)) == priced_on(listed)
