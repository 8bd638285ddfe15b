"""`aicost explain`, for real: with a daemon and without one, the same answer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from commands import MODEL, aicost, write_log


def document(*words: str) -> dict[str, Any]:
    ended = aicost("explain", *words, "--json")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_session_is_explained_by_the_beginning_of_its_id(home: Path) -> None:
    write_log(home, "first-1", calls=2)
    write_log(home, "second-1")
    found = document("first")
    assert (found["kind"], found["id"], found["schema"]) == ("session", "first-1", 1)
    assert [call["model"] for call in found["calls"]] == [MODEL] * 2
    assert found["total"]["cost_usd"] == sum(call["cost_usd"] for call in found["calls"]) == 0.0015
    report = json.loads(aicost("report", "--json").stdout)
    assert report["total"]["cost_usd"] == 0.003


def test_a_turn_and_a_call_are_explained_too(home: Path) -> None:
    write_log(home)
    assert document("t-s-1")["kind"] == "turn"
    found = document("msg_s-1_1")
    assert (found["kind"], found["id"]) == ("call", "claude:msg_s-1_1")
    charges = found["calls"][0]["price"]["charges"]
    assert [(c["kind"], c["count"], c["rate_usd"], c["cost_usd"]) for c in charges] == [
        ("input", 100, 5.0, 0.0005),
        ("output", 10, 25.0, 0.00025),
    ]


def test_a_call_is_shown_product_by_product(home: Path) -> None:
    write_log(home)
    ended = aicost("explain", "msg_s-1_1")
    assert ended.returncode == 0
    assert f"price row    {MODEL}, since ever\n" in ended.stdout
    assert "input     100    5 / M  $0.000500000\n" in ended.stdout
    assert ended.stdout.endswith("Total                   $0.000750000\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "the ledger has no call, turn or session whose id begins with 'x'"),
        ("msg_s-1_", "'msg_s-1_' may be call claude:msg_s-1_1, call claude:msg_s-1_2"),
    ],
)
def test_an_id_that_does_not_name_one_thing_is_an_error(home: Path, text: str, said: str) -> None:
    write_log(home)
    ended = aicost("explain", text)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert said in ended.stderr
    assert "   try: aicost " in ended.stderr


def test_a_price_of_the_users_own_is_named_as_such(home: Path) -> None:
    write_log(home)
    aicost("prices", "set", MODEL, "--input", "1", "--output", "2.5", "--source", "our contract")
    (call,) = document("msg_s-1_1")["calls"]
    assert re.match(r"yours of \d{4}-\d\d-\d\d: our contract; ", call["price"]["source"])
    assert (call["cost_usd"], call["ledger_cost_usd"]) == (0.000125, 0.000125)


def test_a_daemon_answers_the_same(home: Path) -> None:
    write_log(home)
    alone = document("s-1")
    assert aicost("daemon", "start").returncode == 0
    try:
        assert document("s-1") == alone
        assert document("s-1", "--no-wait")["calls"] == alone["calls"]
        assert aicost("explain", "x").returncode == 3
    finally:
        assert aicost("daemon", "stop").returncode == 0
