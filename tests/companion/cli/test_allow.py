"""`aicost allow`, for real: it starts a daemon, and counts at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import aicost


@pytest.fixture(autouse=True)
def no_daemon_left() -> Iterator[None]:
    yield
    aicost("daemon", "stop")


def test_it_says_what_is_allowed_and_the_audit_keeps_why() -> None:
    ended = aicost("allow", "5", "hotfix", "release", "--for", "30m")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    assert "aicost: all sessions together may spend $5.00 more until" in ended.stderr
    assert 'Noted: "hotfix release".' in ended.stderr
    assert "hotfix release" in aicost("audit").stdout
    assert aicost("daemon", "stop").returncode == 0
    assert "hotfix release" in aicost("audit").stdout  # it is on disk


def test_a_session_that_nobody_knows_is_allowed_nothing() -> None:
    ended = aicost("allow", ".5", "--session", "s-1")
    assert ended.returncode == 3
    assert "no session has an id that begins with 's-1'" in ended.stderr
    assert "Nothing was stopped" in aicost("audit").stdout


@pytest.mark.parametrize("words", [["0"], ["five"], ["99999"], ["5", "--for", "1y"]])
def test_what_cannot_be_allowed_starts_no_daemon(home: Path, words: list[str]) -> None:
    ended = aicost("allow", *words)
    assert ended.returncode == 3
    assert 'try: aicost allow 5 "why"' in ended.stderr
    assert not (home / ".aicost/data/ledger.db").exists()


@pytest.mark.parametrize("mark", ["CLAUDECODE", "CODEX_THREAD_ID"])
def test_an_agent_cannot_allow_itself_anything(home: Path, mark: str) -> None:
    ended = aicost("allow", "5", env={mark: "1"})
    assert ended.returncode == 3
    assert "an agent cannot allow itself to go on" in ended.stderr
    assert not (home / ".aicost/data/ledger.db").exists()
