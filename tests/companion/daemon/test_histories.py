"""The answer to `history`: today in the ledger's zone, remembered, honest while logs are read."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from log_builders import BOOK, at, calls_read, event, recorded

from aicost.core.errors import ConfigError
from aicost.core.history import History
from aicost.daemon.answers import Question
from aicost.daemon.histories import history_answer
from aicost.ipc.answers import value_in
from aicost.store.ledger import Ledger
from aicost.store.remembered import Remembered


def question(ledger: Ledger, **changes: Any) -> Question:
    return Question(db=ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=at(60), **changes)


def test_today_is_that_of_the_ledgers_zone() -> None:
    with recorded(calls_read(event()), zone="Pacific/Auckland") as ledger:
        late = Question(ledger.db, BOOK, ZoneInfo("UTC"), datetime(2026, 11, 22, 23, tzinfo=UTC))
        assert history_answer(late, {"last_days": 7}).today == date(2026, 11, 23)


def test_an_answer_survives_the_wire() -> None:
    with recorded(calls_read(event(), event(2, model="mystery"))) as ledger:
        asked = {"by": "session", "last_days": 7, "within": [["repo", "shop"]]}
        answer = history_answer(question(ledger), asked)
    sent = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(answer)))
    received = value_in(sent, History)
    assert isinstance(received, History)
    assert received == answer
    assert received.rows[0].key == "s-1"
    assert received.sessions["s-1"].repo == "shop"


def test_an_answer_is_remembered_until_somebody_writes() -> None:
    with recorded(calls_read(event())) as ledger:
        asked = question(ledger, remembered=Remembered(ledger.db))
        first = history_answer(asked, {"by": "repo"})
        assert history_answer(asked, {"by": "repo"}).rows is first.rows
        assert history_answer(asked, {"by": "model"}).rows is not first.rows


@pytest.mark.parametrize(
    ("params", "has_evidence", "complete"),
    [
        ({"by": "repo"}, True, True),
        ({"by": "repo"}, False, True),
        ({"by": "category"}, False, False),
        ({"by": "repo", "within": [["category", "bugfix"]]}, False, False),
    ],
)
def test_what_needs_evidence_is_not_complete_without_it(
    params: dict[str, object], has_evidence: bool, complete: bool
) -> None:
    with recorded(calls_read(event())) as ledger:
        answer = history_answer(question(ledger, has_evidence=has_evidence), params)
    assert (answer.has_evidence, answer.complete) == (has_evidence, complete)


def test_while_logs_are_read_it_says_how_much_is_left() -> None:
    with recorded(calls_read(event())) as ledger:
        answer = history_answer(question(ledger, complete=False, pending_bytes=7), {})
    assert (answer.complete, answer.pending_bytes) == (False, 7)


@pytest.mark.parametrize(
    "params",
    [
        {"by": "weather"},
        {"last_days": "x"},
        {"since": "yesterday"},
        {"within": [["day", "2026-11-22"]]},
        {"within": [["repo"]]},
    ],
)
def test_what_cannot_be_asked_is_said(params: dict[str, object]) -> None:
    with recorded() as ledger, pytest.raises(ConfigError, match="cannot be asked"):
        history_answer(question(ledger), params)
