"""The answer to `badge`: the nearest badge, as text in any format and as JSON."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, budget_status, usd
from claude_logs import append, call_line, eventually, log_of, register
from gates import gated, output_of
from ledgers import BOOK
from log_builders import open_ledger
from on_terminals import on_terminal

from aicost.core.badge import Badge
from aicost.core.errors import ConfigError
from aicost.core.shell_links import Shell
from aicost.daemon.answers import Question
from aicost.daemon.badge_answers import answered
from aicost.daemon.badge_scopes import BadgeSet
from aicost.daemon.oneshot import answer as answer_alone
from aicost.platform.dirs import load_dirs

UTC_ZONE = ZoneInfo("UTC")
OF_SHELL = Badge(cost_nusd=usd(1), tokens=10, used=budget_status(24, 25), state="busy", sessions=1)
OF_REPO = Badge(cost_nusd=usd(2), tokens=20, used=budget_status(21, 25))
OF_TODAY = Badge(cost_nusd=usd("3.456789"), tokens=30, used=budget_status(30, 25))
FOUND = BadgeSet(today=OF_TODAY, repos={"/src/shop": OF_REPO}, shells={Shell(7, "a"): OF_SHELL})


def asked(found: BadgeSet = FOUND, **params: object) -> str:
    with open_ledger() as ledger:
        question = Question(ledger.db, BOOK, UTC_ZONE, NOW, complete=False, pending_bytes=5)
        roots = {"/src/shop/deep": "/src/shop", "/src/api": "/src/api"}
        return answered(question, found, roots.get, {"format": "table"} | params)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({"shells": [7], "cwd": "/src/shop/deep"}, "⬡ $1.00 ■96%"),
        ({"shells": [8, 7]}, "⬡ $1.00 ■96%"),
        ({"shells": [8], "cwd": "/src/shop/deep"}, "⬡ $2.00 ▲84%"),
        ({"cwd": "/src/api"}, "⬡ $3.46 ■120%"),
        ({"cwd": ""}, "⬡ $3.46 ■120%"),
        ({}, "⬡ $3.46 ■120%"),
    ],
)
def test_the_nearest_badge_is_shown(where: dict[str, Any], text: str) -> None:
    assert asked(**where) == f"{text}\n"


def test_where_nothing_ran_today_nothing_is_shown() -> None:
    assert asked(BadgeSet(), shells=[7], cwd="/src/shop/deep") == ""
    document = json.loads(asked(BadgeSet(), format="json"))
    assert (document["scope"], document["level"], document["state"]) == (None, None, None)
    assert (document["cost_usd"], document["budget"], document["text"]) == (None, None, "")


@pytest.mark.parametrize(
    ("where", "code"), [({"shells": [7]}, "31"), ({"cwd": "/src/shop/deep"}, "33"), ({}, "1;31")]
)
def test_a_level_has_a_colour_where_colours_are_wanted(where: dict[str, Any], code: str) -> None:
    plain = asked(**where).rstrip("\n")
    assert asked(colour=True, **where) == f"\x1b[{code}m{plain}\x1b[0m\n"


def test_what_is_within_limits_has_none() -> None:
    calm = BadgeSet(today=Badge(cost_nusd=usd(1)))
    assert asked(calm, colour=True) == "⬡ $1.00\n"


def test_a_format_of_one_s_own_is_filled_in() -> None:
    assert asked(template="{cost}|{level}|{state}", shells=[7]) == "$1.00|serious|busy 1\n"
    assert asked(template="{cost} {sign}", shells=[7], is_ascii=True) == "$1.00 !!\n"


def test_a_wrong_placeholder_is_an_error_even_where_nothing_ran() -> None:
    for found in (FOUND, BadgeSet()):
        with pytest.raises(ConfigError, match="format cannot have"):
            asked(found, template="{costs}")


@pytest.mark.parametrize("wrong", [{"shells": "7"}, {"shells": ["x"]}, {"cwd": 5}, {"x": 1}])
def test_what_cannot_be_asked_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="cannot be asked"):
        asked(**wrong)


def test_the_document_has_everything_in_full() -> None:
    document: dict[str, Any] = json.loads(asked(format="json", cwd="/src/shop/deep"))
    budget = document.pop("budget")
    assert (budget["id"], budget["share"]) == ("day", 0.84)
    assert document == {
        "schema": 1,
        "at": "2026-11-22T11:41:07Z",
        "complete": False,
        "pending_bytes": 5,
        "scope": "repo",
        "shell": None,
        "root": "/src/shop",
        "text": "⬡ $2.00 ▲84%",
        "level": "warn",
        "cost_usd": 2.0,
        "unpriced_tokens": 0,
        "tokens": 20,
        "state": "ended",
        "sessions": 0,
        "usd_per_hour": 0.0,
        "context_share": None,
        "task": None,
    }
    assert json.loads(asked(format="json"))["cost_usd"] == 3.456789
    assert json.loads(asked(format="json", shells=[7]))["shell"] == 7


# With and without a daemon


def alone(**params: object) -> str:
    asked = {"format": "table", "homes": None} | params
    return answer_alone(load_dirs(os.environ), os.environ, "badge", asked, lambda _reading: None)


def spend(home: Path, usd: float, session: str = "s-1", **changes: Any) -> None:
    at = datetime.now(UTC) - timedelta(seconds=1)
    line = call_line(f"msg_{session}", session, at=at, tokens=output_of(usd), **changes)
    append(log_of(home, session), line)


def test_without_a_daemon_the_logs_are_read_for_the_answer(home: Path) -> None:
    agent = home / ".claude"
    assert alone() == ""
    spend(agent, 2)
    with on_terminal("bash", "--norc", "--noprofile", "-i") as shell:
        shell.types("sleep 600")
        register(agent, "s-2", pid=shell.child("sleep"))
        spend(agent, 1, "s-2")
        assert alone() == "⬡ $3.00\n"
        assert alone(shells=[shell.pid]) == "⬡ $1.00\n"
    assert not (load_dirs(os.environ).run_dir / "shells.json").exists()  # a daemon's alone


async def test_a_daemon_answers_from_what_it_knows() -> None:
    async with gated() as daemon:
        spend(daemon.logs, 2)
        today = daemon.dirs.run_dir / "badge" / "today"
        await eventually(today.exists, "the badge")
        found = await daemon.ask("badge", format="json", homes=None, tz="", wait=True)
        document = json.loads(found["text"])
        assert (document["scope"], document["complete"]) == ("today", True)
        assert document["cost_usd"] == pytest.approx(2, abs=1e-4)
        assert (await daemon.ask("badge", format="table", homes=[]))["text"] == "⬡ $2.00\n"
        with pytest.raises(ConfigError, match="format cannot have"):
            await daemon.ask("badge", template="{x}")
