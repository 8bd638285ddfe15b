"""How `aicost guard` is written, and where its own words end."""

import argparse
from typing import Any

import pytest

from aicost.cli.guard_grammar import amount
from aicost.cli.parser import build_command


def parse(*argv: str) -> dict[str, Any]:
    return vars(build_command("guard").parse_args(argv))


def test_all_options_come_before_the_command() -> None:
    found = parse(
        "--budget", "5", "--budget", "20 requests", "--soft", "--fail-on-warn", "--notify",
        "--summary", "out.json", "--", "claude", "-p", "go on", "--budget", "7",
    )  # fmt: skip
    assert found["budget"] == [
        {"unit": "usd", "limit": 5 * 10**9},
        {"unit": "requests", "limit": 20},
    ]
    assert (found["soft"], found["fail_on_warn"], found["notify"]) == (True, True, True)
    assert found["summary"] == "out.json"
    assert found["command"][-5:] == ["claude", "-p", "go on", "--budget", "7"]


def test_without_options_a_budget_is_hard_and_nothing_else_is_done() -> None:
    found = parse("--", "true")
    assert found["budget"] == []
    assert (found["soft"], found["fail_on_warn"], found["notify"]) == (False, False, False)
    assert found["summary"] is None


def test_two_runs_do_not_share_their_budgets() -> None:
    assert len(parse("--budget", "5", "--", "true")["budget"]) == 1
    assert len(parse("--budget", "5", "--", "true")["budget"]) == 1


@pytest.mark.parametrize(
    ("text", "unit", "limit"),
    [
        ("5", "usd", 5 * 10**9),
        ("$0.05", "usd", 50_000_000),
        ("300k tokens", "tokens", 300_000),
        ("20 requests", "requests", 20),
        ("10 turns", "turns", 10),
        ("30 minutes", "minutes", 30 * 60_000_000),
        ("3 repeats", "repeats", 3),
    ],
)
def test_amounts_are_those_of_budgets(text: str, unit: str, limit: int) -> None:
    assert amount(text) == {"unit": unit, "limit": limit}


@pytest.mark.parametrize("text", ["", "five", "0", "-1", "80%", "5 apples", "5 requests each"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        amount(text)
