"""The answer to `budgets`: all budgets and how they stand, for people and for scripts."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, at, calls_read, event, recorded

from aicost.core.budget import Budget
from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession, Running
from aicost.daemon.answers import Question
from aicost.daemon.budget_answers import Sources, listed, sources_for
from aicost.daemon.budgeting import Budgets
from aicost.daemon.setup import load_setup
from aicost.platform.dirs import load_dirs
from aicost.store.ledger import Ledger
from aicost.store.places import NO_ATTRIBUTION

UTC_ZONE = ZoneInfo("UTC")
DAY = Budget(budget_id="day", scope="day", unit="requests", limit=5)
SESSION = Budget(budget_id="session", scope="session", unit="requests", limit=5, is_hard=True)


def nothing(_since: datetime) -> Mapping[str, int]:
    return {}


def sources(*budgets: Budget, **changes: Any) -> Sources:
    fields: dict[str, Any] = {"troubles": (), "untrusted": (), "would_stops": nothing}
    return Sources(budgets=budgets, attribution=NO_ATTRIBUTION, zone=UTC_ZONE, **(fields | changes))


def answered(ledger: Ledger, asked: Sources, **params: object) -> str:
    question = Question(db=ledger.db, book=BOOK, zone=UTC_ZONE, now=at(60))
    live = LiveSession(
        session_id="s-1", pid=1, state="busy", cwd="/src/shop", started_at=at(0), version="1",
        entrypoint="cli",
    )  # fmt: skip
    return listed(question, Running(sessions={"s-1": live}), asked, params)


def test_windows_and_running_sessions_are_answered() -> None:
    looked: list[datetime] = []

    def would_stops(since: datetime) -> Mapping[str, int]:
        looked.append(since)
        return {"day": 3}

    with recorded(calls_read(event(1), event(2), event(3, session_id="s-2"))) as ledger:
        found = json.loads(
            answered(ledger, sources(DAY, SESSION, would_stops=would_stops), format="json")
        )
    day, session = found["budgets"]
    assert [one["spent"] for one in day["standing"]] == [3]
    assert day["would_stop"] == 3
    assert [(one["session_id"], one["spent"]) for one in session["standing"]] == [("s-1", 2)]
    assert looked == [at(60) - timedelta(days=7)]


def test_a_guarded_run_stands_with_all_its_sessions_ended_ones_too() -> None:
    run = replace(SESSION, budget_id="guard-1", origin="guard", guard_id="0a1b2c3d")
    with recorded(calls_read(event(1), event(2, session_id="s-2"), event(3))) as ledger:
        under = sources(run, guards={"s-1": "0a1b2c3d", "s-2": "0a1b2c3d"})
        (found,) = json.loads(answered(ledger, under, format="json"))["budgets"]
        table = answered(ledger, under, format="table", width=100)
    assert [(one["session_id"], one["spent"]) for one in found["standing"]] == [(None, 3)]
    assert "its run" in table


def test_a_table_is_written_for_a_terminal() -> None:
    with recorded(calls_read(event())) as ledger:
        text = answered(ledger, sources(DAY), format="table", width=100)
        assert text.splitlines()[1].split()[:5] == ["day", "all", "tells", "1", "request"]
        assert "No budgets" in answered(ledger, sources(), format="table")


def test_what_cannot_be_asked_is_an_error() -> None:
    with recorded(calls_read(event())) as ledger, pytest.raises(ConfigError):
        answered(ledger, sources(DAY), since="2026-11-22")


@pytest.mark.parametrize(("cwd", "names"), [("repo", ["day"]), (None, []), (7, []), ("..", [])])
def test_the_callers_repository_is_taken_on(
    home: Path, tmp_path: Path, cwd: object, names: list[str]
) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "repo" / ".aicost.toml").write_text('[[budgets]]\nscope = "day"\namount = 5\n')
    budgets = Budgets(home / "c", home / "t", repo_of=lambda _: "repo")
    setup = load_setup(load_dirs({"AICOST_HOME": str(home / "own")}), {})
    asked = str(tmp_path / cwd) if isinstance(cwd, str) else cwd
    found = sources_for({"cwd": asked}, budgets, setup, nothing)
    assert [one.scope for one in found.budgets] == names
