"""A short look sees what changed last, and says when it may miss something."""

import os
from pathlib import Path

import pytest
from claude_logs import append, call_line, log_of
from ledgers import opened, read_everything

from aicost.daemon import indexer, nearby
from aicost.daemon.engine import Engine
from aicost.daemon.indexer import Survey


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ".claude"


def read_all(engine: Engine) -> None:
    read_everything(engine)
    for _ in engine.read(engine.survey().without_evidence, cores=1):
        pass
    engine.survey()


def names(found: Survey | None) -> list[str]:
    assert found is not None
    assert [log.path for log in found.unread] == [log.path for log in found.without_evidence]
    return [Path(log.path).stem for log in found.unread]


def test_what_was_appended_to_the_newest_logs_is_seen(home: Path, tmp_path: Path) -> None:
    for number in range(3):
        append(log_of(home, f"s-{number}"), call_line(f"msg_{number}", f"s-{number}"))
    with opened(tmp_path / "l", [home]) as engine:
        read_all(engine)
        assert names(engine.glance()) == []
        append(log_of(home, "s-1"), call_line("msg_9", "s-1"))
        assert names(engine.glance()) == ["s-1"]
        found = engine.glance()
        assert found is not None
        assert (found.files, found.is_complete) == (3, False)


def test_a_log_that_changed_long_ago_is_left_to_the_next_whole_look(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "NEWEST", 1)
    old, new = log_of(home, "s-old"), log_of(home, "s-new")
    for number, log in enumerate((old, new)):
        append(log, call_line(f"msg_{number}", log.stem))
        os.utime(log, ns=(number, number))
    with opened(tmp_path / "l", [home]) as engine:
        read_all(engine)
        append(old, call_line("msg_9", "s-old"))
        assert names(engine.glance()) == []
        assert names(engine.survey()) == ["s-old"]


def test_what_a_whole_look_found_unread_stays_so_until_it_is_read(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of logs that are not among the newest: a reading may be interrupted."""
    monkeypatch.setattr(indexer, "NEWEST", 1)
    for number in range(4):
        append(log_of(home, f"s-{number}"), call_line(f"msg_{number}", f"s-{number}"))
    with opened(tmp_path / "l", [home]) as engine:
        engine.survey()
        for left in (4, 3):
            found = engine.glance()
            assert found is not None
            assert (len(found.unread), len(found.without_evidence)) == (left, 4)
            engine.read_paths([(found.unread[-1].path, str(home))])
        read_everything(engine)
        engine.survey()
        found = engine.glance()
        assert found is not None
        assert not found.has_evidence
        assert (len(found.unread), len(found.without_evidence)) == (0, 4)


@pytest.mark.parametrize("place", ["here/s-new", "elsewhere/s-new", "here/s-1/subagents/agent-a"])
def test_a_new_log_takes_a_whole_look(home: Path, tmp_path: Path, place: str) -> None:
    log = home / "projects" / "here" / "s-1.jsonl"
    append(log, call_line("msg_1"))
    with opened(tmp_path / "l", [home]) as engine:
        read_all(engine)
        assert engine.glance() is not None
        append(home / "projects" / f"{place}.jsonl", call_line("msg_2"))
        assert engine.glance() is None


def test_a_log_that_moved_takes_a_whole_look(home: Path, tmp_path: Path) -> None:
    log = append(log_of(home), call_line("msg_1"))
    with opened(tmp_path / "l", [home]) as engine:
        read_all(engine)
        log.rename(log.with_name("s-2.jsonl"))
        assert engine.glance() is None


def test_a_folder_of_logs_that_came_takes_a_whole_look(home: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "l", [home]) as engine:
        read_all(engine)
        assert names(engine.glance()) == []
        (home / "sessions" / "2026").mkdir(parents=True)
        assert engine.glance() is None


def test_other_homes_take_a_whole_look(home: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "l", [home]) as engine:
        assert engine.glance() is None  # none was made yet
        read_all(engine)
        engine.homes = engine.homes | {str(tmp_path / "other")}
        assert engine.glance() is None


def test_where_there_are_too_many_folders_every_look_is_whole(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearby, "_MAX_FOLDERS", 3)
    append(log_of(home), call_line("msg_1"))
    with opened(tmp_path / "l", [home]) as engine:
        read_all(engine)
        assert engine.glance() is None
