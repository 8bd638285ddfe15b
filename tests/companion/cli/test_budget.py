"""`aicost budget`, for real: what is set counts at once, with a daemon or without one."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import aicost, write_log


def config(home: Path) -> Path:
    return home / ".aicost" / "config.toml"


def listed() -> list[dict[str, Any]]:
    ended = aicost("budget", "list", "--json")
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)["budgets"]
    return found


def test_without_a_budget_it_says_how_to_set_one() -> None:
    ended = aicost("budget")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "No budgets. To set one: aicost budget set day 25\n"


@pytest.mark.parametrize(
    ("words", "row", "said"),
    [
        ("day 25", {"scope": "day", "amount": 25}, "day: $25.00 a day; it tells"),
        ("day $12.50 --soft", {"scope": "day", "amount": 12.5, "hard": False}, "day: $12.50 a day"),
        (
            "session 300k tokens --hard --repo shop",
            {"scope": "session", "amount": "300k tokens", "hard": True, "repo": "shop"},
            "session-tokens-hard@repo=shop: 300,000 tokens a session for shop; it stops",
        ),
        (
            "month 2 hours --branch main --model *opus* --agent claude --env ci",
            {
                "scope": "month", "amount": "2 hours", "branch": "main", "model": "*opus*",
                "agent": "claude", "env": "ci",
            },
            "month-minutes@branch=main,model=*opus*,agent=claude,environment=ci: 120 minutes",
        ),
        ("plan-week 80%", {"scope": "plan-week", "amount": "80%"}, "plan-week-percent: 80 % of"),
    ],
)  # fmt: skip
def test_a_budget_is_set_as_it_was_said(
    home: Path, words: str, row: dict[str, Any], said: str
) -> None:
    ended = aicost("budget", "set", *words.split())
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith(said)
    assert tomllib.loads(config(home).read_text()) == {"budgets": [row]}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("set day 80%", "a budget has no usable amount"),
        ("set day five", "a budget has no usable amount"),
        ("set day 1e3", "a budget has no usable amount"),
        ("set day 25 --category dcos", "there is no such category"),
        ("rm day", "there is no budget day"),
    ],
)
def test_what_cannot_be_is_said_and_writes_nothing(home: Path, words: str, what: str) -> None:
    ended = aicost("budget", *words.split())
    assert ended.returncode == 3
    assert ended.stderr.startswith(f"aicost: {what}\n   why: ")
    assert not config(home).exists()


def test_what_is_spent_is_shown_without_a_daemon(home: Path) -> None:
    write_log(home)
    aicost("budget", "set", "month", "2", "requests")  # (the log is of this month in no year soon)
    aicost("budget", "set", "month", "25", "--hard")
    first, second = listed()
    assert (first["id"], first["limit"], first["would_stop"]) == ("month-requests", 2, 0)
    assert (second["id"], second["hard"], second["would_stop"]) == ("month-hard", True, None)
    ended = aicost("budget", "rm", "month-requests")
    assert ended.stderr.startswith("month-requests is taken away")
    assert [one["id"] for one in listed()] == ["month-hard"]
    heading, row = aicost("budget").stdout.splitlines()
    assert heading.split() == ["Budget", "Of", "At", "100", "%", "Spent", "Limit", "Used",
                               "Forecast", "Resets"]  # fmt: skip
    assert row.split()[:3] == ["month-hard", "all", "stops"]


@pytest.fixture(name="_daemon")
def _daemon() -> Iterator[None]:
    assert aicost("daemon", "start").returncode == 0
    yield
    assert aicost("daemon", "stop").returncode == 0


@pytest.mark.usefixtures("_daemon")
def test_a_running_daemon_takes_it_on_at_once(home: Path) -> None:
    assert aicost("budget", "set", "day", "25").returncode == 0
    assert [one["id"] for one in listed()] == ["day"]
    config(home).write_text("[[budgets]]\n")
    ended = aicost("budget", "list")
    assert "day" in ended.stdout
    assert f"trouble: a budget has no scope ({config(home)}:1)" in ended.stdout
    status = json.loads(aicost("daemon", "status", "--json").stdout)
    assert len(status["budget_troubles"]) == 1
    assert "a budget has no scope" in aicost("status").stdout


AGENT = {"CODEX_THREAD_ID": "t-1"}


def test_an_agent_may_tighten_budgets_only(home: Path) -> None:
    for words in ("day 25 --hard", "day 20", "session 9 turns"):
        assert aicost("budget", "set", *words.split(), env=AGENT).returncode == 0, words
    before = config(home).read_text()
    for words in ("set day 25.01 --hard", "set day 21", "set session 10 turns", "rm day-hard"):
        ended = aicost("budget", *words.split(), env=AGENT)
        assert ended.returncode == 3, words
        assert ended.stderr.startswith("aicost: an agent cannot "), words
        assert "CODEX_THREAD_ID is set" in ended.stderr
    assert config(home).read_text() == before
    assert aicost("budget", "list", env=AGENT).returncode == 0
    assert aicost("budget", "rm", "day-hard").returncode == 0
