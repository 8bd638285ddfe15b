"""A session's turn, log and folders, from a ledger."""

import sqlite3
from datetime import timedelta

from log_builders import at, calls_read, event, recorded, user_line
from log_builders import file_read as lines_read

from aicost.core.categories import TaskCategory
from aicost.core.purpose import Tag
from aicost.store.at_hand import folders_of, log_of, turn_of


def test_the_latest_turn_is_the_current_one_and_others_go_by_name() -> None:
    with recorded(
        lines_read(user_line("t-1"), user_line("t-2", seconds=5)), calls_read(event(1))
    ) as ledger:
        found = turn_of(ledger.db, "s-1")
        assert found is not None
        assert (found.turn_id, found.is_corrected) == ("t-2", False)
        named = turn_of(ledger.db, "s-1", "t-1")
        assert named is not None
        assert named.turn_id == "t-1"
        assert named.started_at is not None
        assert named.started_at - at(0) < timedelta(seconds=5)
        assert turn_of(ledger.db, "s-1", "t-9") is None
        assert turn_of(ledger.db, "s-9") is None


def test_a_users_word_is_known_as_such() -> None:
    with recorded(lines_read(user_line("t-1")), calls_read(event(1))) as ledger:
        tag = Tag(session_id="s-1", turn_id="t-1", category=TaskCategory.DOCS, at=at(0))
        ledger.write_tags((tag,))
        ledger.settle()
        found = turn_of(ledger.db, "s-1")
        assert found is not None
        assert (found.category, found.is_corrected) == ("docs", True)


def a_ledger_of(*paths: str) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.executescript(
        "CREATE TABLE home (id INTEGER, path TEXT);"
        "CREATE TABLE log_file (path TEXT, home INTEGER, modified_ns INTEGER);"
        "INSERT INTO home VALUES (1, '/h/.claude');"
    )
    rows = [(path, 1, number) for number, path in enumerate(paths)]
    db.executemany("INSERT INTO log_file VALUES (?, ?, ?)", rows)
    return db


def test_a_log_is_found_by_its_name_and_not_by_its_folder() -> None:
    claude, codex = "/h/projects/-p/s-1.jsonl", "/h/sessions/rollout-2026-01-02-t-1.jsonl.zst"
    agent = "/h/projects/-p/s-1/subagents/agent-a.jsonl"
    db = a_ledger_of(claude, codex, agent)
    assert log_of(db, "s-1").path == claude
    assert log_of(db, "s-1").home == "/h/.claude"
    assert log_of(db, "t-1").path == codex
    assert log_of(db, "s-2").path == ""
    assert log_of(db, "").path == ""


def test_folders_come_in_their_order() -> None:
    with recorded(calls_read(event(1, cwd="/b"), event(2, cwd="/a"), event(3, cwd="/b"))) as ledger:
        assert folders_of(ledger.db, "s-1") == ("/b", "/a")
        assert folders_of(ledger.db, "s-9") == ()
