"""The answer to `weekly`: which week, kept or made, in which shape, for whom."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, at, calls_read, event, recorded

from aicost.core.audit import GateEvent
from aicost.core.errors import ConfigError
from aicost.core.weekly import TeamBand
from aicost.daemon.answers import Question
from aicost.daemon.weekly import keep_week, make_week, weekly
from aicost.daemon.weekly_files import read_weekly
from aicost.platform.dirs import Dirs, load_dirs
from aicost.store.journal import Journal
from aicost.store.ledger import Ledger

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC).date()


@pytest.fixture
def dirs(tmp_path: Path) -> Dirs:
    return load_dirs({"AICOST_HOME": str(tmp_path)})


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with recorded(calls_read(event(1), event(2, model="acme-private"))) as ledger:
        yield ledger


def question(ledger: Ledger, **changes: Any) -> Question:
    plain: dict[str, Any] = {"db": ledger.db, "book": BOOK, "zone": ZoneInfo("UTC"), "now": NOW}
    return Question(**(plain | changes))


def asked(dirs: Dirs, ledger: Ledger, **params: object) -> dict[str, Any]:
    answer = weekly(dirs, question(ledger), {"format": "json", **params})
    found: dict[str, Any] = json.loads(answer)
    return found


def test_the_last_week_that_is_over_is_meant(dirs: Dirs, ledger: Ledger) -> None:
    assert asked(dirs, ledger)["week"] == "2026-W47"
    assert asked(dirs, ledger)["requests"] == 2
    assert asked(dirs, ledger, week="2026-W48")["is_over"] is False


@pytest.mark.parametrize(
    ("format", "begin"),
    [
        ("table", "Week 47 ·"),
        ("markdown", "# Week 47 ·"),
        ("html", "<!doctype html>"),
        ("json", '{\n  "schema": 1'),
    ],
)
def test_each_shape_is_its_own(dirs: Dirs, ledger: Ledger, format: str, begin: str) -> None:
    assert weekly(dirs, question(ledger), {"format": format}).startswith(begin)


@pytest.mark.parametrize(
    ("week", "what"),
    [
        ("47", "there is no week '47'"),
        ("2026-W54", "there is no week"),
        ("../../etc", "there is no week"),
        ("2026-W49", "has not begun"),
        ("0001-W01", "no log is as old"),
    ],
)
def test_what_is_no_week_is_said(dirs: Dirs, ledger: Ledger, week: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        asked(dirs, ledger, week=week)


@pytest.mark.parametrize("params", [{"format": "pdf"}, {"wek": "2026-W47"}, {"share": "yes"}])
def test_what_cannot_be_asked_is_said(
    dirs: Dirs, ledger: Ledger, params: dict[str, object]
) -> None:
    with pytest.raises(ConfigError):
        weekly(dirs, question(ledger), params)


def test_a_week_that_is_over_is_kept_and_said_again_until_it_is_renewed(dirs: Dirs) -> None:
    with recorded(calls_read(event(1))) as ledger:
        assert asked(dirs, ledger)["requests"] == 1
    with recorded(calls_read(event(1), event(2))) as ledger:
        assert asked(dirs, ledger)["requests"] == 1
        assert asked(dirs, ledger, renew=True)["requests"] == 2
        assert asked(dirs, ledger)["requests"] == 2


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({}, True),
        ({"complete": False}, False),
        ({"has_evidence": False}, False),
        ({"now": datetime(2026, 11, 22, 23, 59, tzinfo=UTC)}, False),
        ({"now": datetime(2026, 11, 23, tzinfo=UTC)}, True),
    ],
    ids=["over and read", "not all read", "no evidence", "Sunday", "Monday"],
)
def test_only_a_whole_week_is_kept(
    dirs: Dirs, ledger: Ledger, changes: dict[str, Any], is_kept: bool
) -> None:
    keep_week(dirs, question(ledger, **changes), MONDAY)
    assert (read_weekly(dirs.weekly_file("2026-W47")) is not None) == is_kept


def test_a_week_without_any_use_is_not_kept(dirs: Dirs) -> None:
    with recorded() as ledger:
        assert "Nothing was used" in weekly(dirs, question(ledger), {})
    assert not dirs.weekly_file("2026-W47").exists()


def test_nothing_is_claimed_that_only_evidence_tells(dirs: Dirs, ledger: Ledger) -> None:
    made = make_week(dirs, question(ledger, has_evidence=False), MONDAY)
    assert (made.mismatches, made.hidden, made.has_evidence) == (None, None, False)


def test_what_budgets_did_is_in_the_journal(dirs: Dirs, ledger: Ledger) -> None:
    journal = Journal.open(dirs.journal_file)
    journal.note(GateEvent(at=at(0), kind="stop", session_id="s-1"))
    journal.note(GateEvent(at=at(-8 * 24 * 60), kind="stop", session_id="s-1"))
    try:
        assert make_week(dirs, question(ledger), MONDAY).events.stopped == 1
    finally:
        journal.close()


@pytest.mark.parametrize("format", ["table", "markdown", "html", "json"])
def test_others_get_no_names(dirs: Dirs, ledger: Ledger, format: str) -> None:
    ledger.db.execute(
        "INSERT INTO waste SELECT id, 1, 'repeat', 't-1', '', 'canary', '', 3, 0, ?, ?, 9 FROM"
        " session",
        (1_795_341_600_000_000, 1_795_341_600_000_000),
    )
    own = weekly(dirs, question(ledger), {"format": format})
    cut = weekly(dirs, question(ledger), {"format": format, "share": True})
    for name in ("canary", "acme-private", "shop"):
        assert name in own
        assert name not in cut


def test_a_renewed_week_keeps_what_the_team_told(dirs: Dirs, ledger: Ledger) -> None:
    band = TeamBand(week="2026-W46", sources=14, low_usd=21, middle_usd=38, high_usd=60)
    keep_week(dirs, question(ledger), MONDAY, band)
    assert asked(dirs, ledger, renew=True)["team"]["sources"] == 14
    assert asked(dirs, ledger)["team"]["sources"] == 14
