"""`aicost top`, for real: one screen as text or JSON from a daemon it starts itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import MODEL, aicost, write_log


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    """End the test's own daemon, however the test ended."""
    yield
    aicost("daemon", "stop")


def test_json_is_the_complete_view_of_a_daemon_it_started(home: Path) -> None:
    write_log(home)
    document = json.loads(aicost("top", "--json").stdout)
    assert (document["schema"], document["complete"]) == (1, True)
    assert [row["model"] for row in document["sessions"]] == [MODEL]
    assert aicost("daemon", "status").returncode == 0


@pytest.mark.parametrize("options", [["--once"], []], ids=["asked for", "into a pipe"])
def test_one_screen_is_plain_text(home: Path, options: list[str]) -> None:
    write_log(home)
    ended = aicost("top", *options)
    assert ended.returncode == 0
    assert "shop" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_homes_the_daemon_did_not_know_are_taken_on(home: Path) -> None:
    assert aicost("daemon", "start").returncode == 0
    write_log(home / "other")
    other = {"CLAUDE_CONFIG_DIR": str(home / "other" / ".claude")}
    document = json.loads(aicost("top", "--json", env=other).stdout)
    assert [row["session_id"] for row in document["sessions"]] == ["s-1"]
