"""`aicost turns`, for real: without a daemon, over logs on disk."""

import json
from pathlib import Path

import pytest
from commands import aicost, write_log


@pytest.mark.parametrize(
    ("options", "sessions"),
    [
        ([], ["s-1", "s-2"]),
        (["--session", "s-2"], ["s-2"]),
        (["--session", "none"], []),
        (["--since", "2026-11-22"], ["s-1", "s-2"]),
        (["--since", "2026-11-23"], []),
    ],
    ids=["all", "one session", "no such session", "that day", "the day after"],
)
def test_turns_are_chosen_by_session_and_day(
    home: Path, options: list[str], sessions: list[str]
) -> None:
    write_log(home, "s-1")
    write_log(home, "s-2", calls=3)
    turns = json.loads(aicost("turns", "--json", *options).stdout)["turns"]
    assert sorted(turn["session_id"] for turn in turns) == sessions


def test_a_turn_is_a_prompt_and_its_calls(home: Path) -> None:
    write_log(home, calls=3)
    (turn,) = json.loads(aicost("turns", "--json").stdout)["turns"]
    assert (turn["prompt_uuid"], turn["requests"], turn["output_tokens"]) == ("t-s-1", 3, 30)
    assert turn["started_at"] == "2026-11-22T10:00:00Z"


def test_the_table_has_the_turn_too(home: Path) -> None:
    write_log(home)
    ended = aicost("turns")
    assert ended.returncode == 0
    assert "2026-11-22 10:00" in ended.stdout


def test_a_session_that_is_none_is_said(home: Path) -> None:
    write_log(home)
    ended = aicost("turns", "--session", "nope")
    assert (ended.returncode, ended.stdout) == (
        0,
        "No turns of a session whose id begins with 'nope'; aicost sessions lists all.\n",
    )
    assert aicost("turns", "--since", "2026-11-23").stdout == "No turns.\n"
