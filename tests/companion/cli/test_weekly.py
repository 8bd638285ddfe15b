"""`aicost weekly`, for real: without a daemon and with one, to the terminal and to files."""

import json
import stat
from pathlib import Path

import pytest
from commands import aicost, write_log

WEEK = ("--week", "2026-W47")


@pytest.fixture(autouse=True)
def log(home: Path) -> Path:
    return write_log(home)


def test_it_is_text_on_a_terminal() -> None:
    ended = aicost("weekly", *WEEK)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Week 47 · 16–22 November 2026\n<$0.01: 2 calls in 1 session.")


def test_json_is_of_that_week() -> None:
    document = json.loads(aicost("weekly", *WEEK, "--json").stdout)
    assert (document["week"], document["requests"], document["complete"]) == ("2026-W47", 2, True)


@pytest.mark.parametrize(
    ("option", "begin"), [("--md", "# Week 47"), ("--html", "<!doctype html>")]
)
def test_it_is_written_to_a_file_or_to_stdout(tmp_path: Path, option: str, begin: str) -> None:
    assert aicost("weekly", *WEEK, option).stdout.startswith(begin)
    file = tmp_path / "week"
    ended = aicost("weekly", *WEEK, option, str(file))
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == f"written: {file}\n"
    assert file.read_text().startswith(begin)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = aicost("weekly", *WEEK, "--md", str(tmp_path / "file" / "week.md"))
    assert ended.returncode == 3
    assert "the report cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_week_that_is_none_is_said_with_one_to_try() -> None:
    ended = aicost("weekly", "--week", "47")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "try: aicost weekly --week 20" in ended.stderr


def test_shared_it_names_nothing() -> None:
    own = aicost("weekly", *WEEK, "--json").stdout
    cut = aicost("weekly", *WEEK, "--json", "--share").stdout
    assert json.loads(own)["shared"] is False
    assert json.loads(cut)["shared"] is True
    assert json.loads(cut)["timezone"] is None


def test_a_daemon_says_the_same() -> None:
    alone = aicost("weekly", *WEEK, "--renew", "--json").stdout
    assert aicost("daemon", "start").returncode == 0
    try:
        asked = aicost("weekly", *WEEK, "--renew", "--json")
        assert (asked.returncode, asked.stderr) == (0, "")
        assert json.loads(asked.stdout) == json.loads(alone)
    finally:
        assert aicost("daemon", "stop").returncode == 0
