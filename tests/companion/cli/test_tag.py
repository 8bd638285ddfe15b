"""`aicost tag`, for real: it starts a daemon, sticks, and is seen everywhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import aicost, write_log


@pytest.fixture(autouse=True)
def log(home: Path) -> Iterator[None]:
    write_log(home)
    write_log(home, "s-2")
    yield
    aicost("daemon", "stop")


def turns() -> dict[str, dict[str, Any]]:
    found = json.loads(aicost("turns", "--json").stdout)["turns"]
    return {turn["prompt_uuid"]: turn for turn in found}


def test_a_tag_is_seen_everywhere_and_outlives_the_ledger(home: Path) -> None:
    before = turns()["t-s-1"]
    assert before["category"] != "review"
    assert before["corrected"] is False
    assert before["category_evidence"]
    ended = aicost("tag", "t-s-1", "review")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "turn t-s-1: review" in ended.stderr
    for _ in range(2):
        tagged = turns()["t-s-1"]
        assert (tagged["category"], tagged["category_confidence"]) == ("review", 1.0)
        assert tagged["corrected"] is True
        assert "review" in aicost("report", "--by", "category").stdout
        assert "task: review: tagged by the user" in aicost("explain", "t-s-1").stdout
        sessions = json.loads(aicost("sessions", "--json").stdout)["sessions"]
        assert {one["category"] for one in sessions if one["session_id"] == "s-1"} == {"review"}
        aicost("daemon", "stop")
        for file in (home / ".aicost/data").glob("ledger.db*"):
            file.unlink()
    assert turns()["t-s-2"]["corrected"] is False


def test_a_session_is_tagged_listed_and_untagged() -> None:
    assert aicost("tag", "--list").stdout == "Nothing is tagged.\n"
    assert aicost("tag", "s-2", "OPS").returncode == 0
    assert turns()["t-s-2"]["category"] == "ops"
    assert "ops" in aicost("tag", "--list").stdout
    assert "session s-2" in aicost("tag", "--list").stdout
    (one,) = json.loads(aicost("tag", "--list", "--json").stdout)["tags"]
    assert (one["session_id"], one["prompt_uuid"], one["category"]) == ("s-2", None, "ops")
    assert "no longer tagged" in aicost("tag", "s-2", "--remove").stderr
    assert turns()["t-s-2"]["corrected"] is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("s-1 nonsense", "there is no category 'nonsense'"),
        ("nobody bugfix", "whose id begins with 'nobody'"),
        ("s- bugfix", "'s-' may be"),
        ("s-1", "what was it for?"),
        ("s-1 --remove", "session s-1 has no tag"),
    ],
)
def test_what_cannot_be_is_said(words: str, said: str) -> None:
    ended = aicost("tag", *words.split())
    assert ended.returncode == 3
    assert said in ended.stderr
    assert "try: " in ended.stderr


def test_an_agent_tags_nothing_and_may_look(home: Path) -> None:
    """Else it could move itself out of a budget of its category."""
    write_log(home)
    agent = {"CLAUDECODE": "1"}
    for words in (["s-1", "docs"], ["s-1", "--remove"]):
        ended = aicost("tag", *words, env=agent)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert ended.stderr.startswith("aicost: an agent cannot say what its work was for\n")
    assert aicost("tag", "--list", env=agent).returncode == 0
