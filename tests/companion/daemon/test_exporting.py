"""`export` says of each UTC day what the ledger says, to the micro-dollar."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from corpora import Scenario
from ledgers import BOOK, opened, read_everything

from aicost.core.errors import ConfigError
from aicost.daemon.answers import Question
from aicost.daemon.exporting import export


@pytest.fixture
def question(claude_lab: Mapping[str, Scenario], tmp_path: Path) -> Iterator[Question]:
    with opened(tmp_path, [claude_lab["10_compact"].home]) as engine:
        read_everything(engine)
        yield Question(db=engine.ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=datetime.now(UTC))


def rows_of(question: Question, **params: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(question, params))))


def test_costs_and_tokens_are_those_of_the_calls(question: Question) -> None:
    rows = rows_of(question)
    cost, requests, tokens = question.db.execute(
        "SELECT sum(cost_nusd), count(*), sum(input_tokens + cache_read_tokens"
        " + cache_write_5m_tokens + cache_write_1h_tokens + output_tokens) FROM call"
    ).fetchone()
    assert cost
    listed = sum(Decimal(row["ListCost"]) for row in rows)
    assert abs(listed - Decimal(cost) / 10**9) <= Decimal("0.000001") * len(rows)
    assert sum(int(row["x_Requests"]) for row in rows) == requests
    assert sum(Decimal(row["PricingQuantity"]) for row in rows) == tokens
    assert {row["x_PriceBook"] for row in rows} == {BOOK.book_id}
    assert {row["BillingAccountType"] for row in rows} == {"Machine"}


def test_only_days_that_are_asked_for(question: Question) -> None:
    days = {row["ChargePeriodStart"][:10] for row in rows_of(question)}
    first = min(days)
    assert rows_of(question, since=first, until=first)
    assert rows_of(question, since="2199-01-01") == []
    assert rows_of(question, until="2000-01-01") == []
    assert rows_of(question, since="0001-01-01", until="9999-12-31") == rows_of(question)


@pytest.mark.parametrize("params", [{"format": "xml"}, {"since": "x"}, {"by": "day"}])
def test_what_cannot_be_asked_is_refused(question: Question, params: Mapping[str, object]) -> None:
    with pytest.raises(ConfigError):
        export(question, params)
