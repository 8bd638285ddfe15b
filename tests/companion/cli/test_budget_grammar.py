"""The words after `aicost budget` and `aicost trust`, and which are no words at all."""

import argparse

import pytest

from aicost.cli import budget_grammar
from aicost.cli.parser import build_command
from aicost.core.budget_words import SCOPES


def parsed(*words: str, command: str = "budget") -> argparse.Namespace:
    return build_command(command).parse_args(words)


def test_the_scopes_are_those_of_budgets() -> None:
    """(The grammar loads none of our values: help would wait for them.)"""
    assert budget_grammar.SCOPES == SCOPES


def test_without_a_word_it_lists() -> None:
    assert parsed() == argparse.Namespace(action="list", json=False, no_wait=False)
    assert parsed("list") == parsed()


def test_every_option_of_set_is_read() -> None:
    words = "set day 300k tokens --hard --repo r --branch b --category c --model m --agent codex"
    found = parsed(*words.split(), "--env", "ci")
    assert (found.action, found.scope, found.amount) == ("set", "day", ["300k", "tokens"])
    assert (found.hard, found.soft) == (True, False)
    names = (found.repo, found.branch, found.category, found.model, found.agent, found.env)
    assert names == ("r", "b", "c", "m", "codex", "ci")


def test_what_is_left_out_is_not_said() -> None:
    found = parsed("set", "plan-5h", "80%")
    assert (found.hard, found.soft, found.repo, found.env) == (False, False, None, None)
    assert parsed("rm", "day").id == "day"


@pytest.mark.parametrize(
    "words",
    ["set", "set day", "set year 3", "set day 3 --hard --soft", "set day 3 --agent x", "rm", "x"],
)
def test_what_is_not_understood_is_usage(words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*words.split())
    assert ended.value.code == 2


def test_trust_takes_a_place_and_one_wish() -> None:
    found = parsed("/src", "--yes", command="trust")
    assert (found.path, found.yes, found.list, found.remove) == ("/src", True, False, False)
    assert parsed(command="trust").path is None
    with pytest.raises(SystemExit):
        parsed("--list", "--remove", command="trust")
