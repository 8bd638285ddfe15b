"""Reports with what a cheaper model did as well: looked for where it is shown, and once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, calls_read, event, recorded
from report_builders import mismatch, report, row

from aicost.daemon import cheaper
from aicost.daemon.answers import Question
from aicost.daemon.cheaper import with_mismatches
from aicost.store.ledger import Ledger
from aicost.store.remembered import Remembered


def question(ledger: Ledger, **changes: Any) -> Question:
    fields: dict[str, Any] = {"book": BOOK, "zone": ZoneInfo("UTC"), "now": datetime.now(UTC)}
    return Question(db=ledger.db, **(fields | changes))


@pytest.mark.parametrize(("by", "told"), [("model", ()), ("category", ()), ("day", None)])
def test_it_is_looked_for_where_it_is_shown(by: Any, told: object) -> None:
    with recorded(calls_read(event(1))) as ledger:
        asked = question(ledger)
        assert with_mismatches(asked, report(row(), by=by)).mismatches == told
        unread = replace(asked, has_evidence=False)
        assert with_mismatches(unread, report(row(), by=by)).mismatches is None


def test_it_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(mismatch(),), ()]
    monkeypatch.setattr(cheaper, "mismatches", lambda *_: found.pop(0))
    with recorded(calls_read(event(1))) as ledger:
        asked = question(ledger, remembered=Remembered(ledger.db))
        for _ in range(2):
            assert with_mismatches(asked, report(by="model")).mismatches == (mismatch(),)
        assert with_mismatches(question(ledger), report(by="model")).mismatches == ()
