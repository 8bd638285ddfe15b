"""Budgets in config.toml: set and taken away, and the rest of the file as it was typed."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.budget import BudgetFilter
from aicost.core.errors import ConfigError
from aicost.platform.budget_edit import (
    budget_of,
    loosens,
    planned_set,
    remove_budget,
    set_budget,
)
from aicost.platform.config import load_settings

TYPED = """\
# mine
timezone = "UTC"   # for the team

[[budgets]]  # the day
scope = "day"
# raised in May
amount = 25  # dollars

[[budgets]]
scope = "turn"
amount = "3 repeats"
hard = true

[projectmap]
"github.com/acme/*" = "acme"  # last
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "aicost" / "config.toml"


def typed(path: Path, text: str = TYPED) -> Path:
    path.parent.mkdir()
    path.write_text(text)
    return path


def known(path: Path) -> list[tuple[str, int]]:
    return [(one.budget_id, one.limit) for one in load_settings(path).budgets]


def test_a_first_budget_makes_the_file(path: Path) -> None:
    set_budget(path, {"scope": "day", "amount": 25})
    assert path.read_text() == '[[budgets]]\nscope = "day"\namount = 25\n'


def test_a_new_budget_comes_last_and_changes_nothing_else(path: Path) -> None:
    row = {"scope": "week", "amount": "1M tokens", "repo": "shop", "hard": True}
    budget = set_budget(typed(path), row)
    assert budget.budget_id == "week-tokens-hard@repo=shop"
    assert tomllib.loads(path.read_text())["budgets"][2] == row
    for line in TYPED.splitlines():
        assert line in path.read_text()


@pytest.mark.parametrize(
    ("row", "line", "other"),
    [
        ({"scope": "day", "amount": 30}, "amount = 30  # dollars", None),
        ({"scope": "day", "amount": 30, "hard": True}, "amount = 30  # dollars", "hard = true"),
        ({"scope": "turn", "amount": "5 repeats"}, 'amount = "5 repeats"', "hard = true"),
        ({"scope": "turn", "amount": "5 repeats", "hard": False}, "hard = false", None),
    ],
)
def test_what_is_there_gets_the_new_amount(
    path: Path, row: dict[str, Any], line: str, other: str | None
) -> None:
    budget = set_budget(typed(path), row)
    text = path.read_text()
    assert line in text.splitlines()
    assert other is None or other in text.splitlines()
    assert "# raised in May" in text
    assert len(known(path)) == 2
    assert budget in load_settings(path).budgets


def test_of_a_hard_and_a_soft_one_the_word_hard_says_which(path: Path) -> None:
    both = '[[budgets]]\nscope = "day"\namount = 20\n[[budgets]]\nscope = "day"\nhard = true\n'
    typed(path, both + "amount = 25\n")
    set_budget(path, {"scope": "day", "amount": 26, "hard": True})
    assert known(path) == [("day", 20 * 10**9), ("day-hard", 26 * 10**9)]
    set_budget(path, {"scope": "day", "amount": 21, "hard": False})
    set_budget(path, {"scope": "day", "amount": 22})
    assert known(path) == [("day", 22 * 10**9), ("day-hard", 26 * 10**9)]


def test_a_budget_is_taken_away_by_its_name(path: Path) -> None:
    gone = remove_budget(typed(path), "day")
    assert gone.budget_id == "day"
    assert known(path) == [("turn-repeats-hard", 3)]
    assert '"github.com/acme/*" = "acme"  # last' in path.read_text()
    remove_budget(path, "turn-repeats-hard")
    assert "budgets" not in tomllib.loads(path.read_text())


@pytest.mark.parametrize(
    ("name", "why", "hint"),
    [
        ("days", "yours are day, turn-repeats-hard", "aicost budget rm day"),
        ("zzz", "yours are day, turn-repeats-hard", "aicost budget list"),
    ],
)
def test_no_budget_of_a_name_is_an_error(path: Path, name: str, why: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f"no budget {name}") as caught:
        remove_budget(typed(path), name)
    assert (caught.value.why, caught.value.hint) == (why, hint)
    assert path.read_text() == TYPED


def test_without_a_file_there_is_none_to_take_away(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        remove_budget(path, "day")
    assert caught.value.why == "you have set none"


@pytest.mark.parametrize("row", [{"scope": "day", "amount": "x"}, {"scope": "d", "amount": 1}])
def test_what_cannot_be_used_is_not_written(path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        set_budget(path, row)
    assert caught.value.hint == "aicost budget set --help"
    assert "(" not in caught.value.what
    assert not path.exists()


def test_budgets_in_one_line_stay_in_one_line(path: Path) -> None:
    typed(path, 'budgets = [{scope = "day", amount = 25}]  # short\n')
    set_budget(path, {"scope": "week", "amount": 100})
    assert known(path) == [("day", 25 * 10**9), ("week", 100 * 10**9)]
    assert path.read_text().count("\n") == 1


globs = st.text(min_size=1, max_size=10).filter(lambda text: text.isprintable() and text.strip())


@given(st.lists(st.tuples(globs, globs), min_size=1, max_size=4, unique=True))
def test_any_filter_is_read_back_as_it_was_set(
    tmp_path_factory: pytest.TempPathFactory, filters: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    rows = [{"scope": "day", "amount": 1, "repo": a, "branch": b} for a, b in filters]
    for row in rows:
        set_budget(path, row)
    wanted = [BudgetFilter(repo=a, branch=b) for a, b in filters]
    assert [one.filter for one in load_settings(path).budgets] == wanted
    assert budget_of(rows[0]).filter == wanted[0]
    for one in load_settings(path).budgets:
        assert remove_budget(path, one.budget_id) == one


@pytest.mark.parametrize(
    ("row", "is_looser"),
    [
        ({"scope": "day", "amount": 24.99}, False),
        ({"scope": "day", "amount": 25}, False),
        ({"scope": "day", "amount": 25.01}, True),
        ({"scope": "day", "amount": 25, "hard": True}, False),
        ({"scope": "day", "amount": 99, "repo": "shop"}, False),  # a budget beside it
        ({"scope": "turn", "amount": "3 repeats"}, False),  # it stays hard
        ({"scope": "turn", "amount": "2 repeats", "hard": False}, True),
        ({"scope": "turn", "amount": "4 repeats"}, True),
    ],
)
def test_what_loosens_a_budget(path: Path, row: dict[str, Any], is_looser: bool) -> None:
    assert loosens(typed(path), row) == is_looser
    assert path.read_text() == TYPED  # it is asked before anything is written


def test_an_amount_that_stays_stays_as_it_was_typed(path: Path) -> None:
    typed(path, '[[budgets]]\nscope = "day"\namount = "25 usd"  # mine\n')
    set_budget(path, {"scope": "day", "amount": 25, "hard": True})
    assert (
        path.read_text() == '[[budgets]]\nscope = "day"\namount = "25 usd"  # mine\nhard = true\n'
    )


def test_one_budget_can_be_named_that_gets_the_new_limit(path: Path) -> None:
    edit = planned_set(typed(path), {"scope": "day", "amount": "9 requests"}, "day")
    assert edit.loosens  # of another unit: nobody can tell
    edit.file.write()
    assert known(path)[0] == ("day-requests", 9)


def test_a_file_that_changed_meanwhile_is_not_written(path: Path) -> None:
    edit = planned_set(typed(path), {"scope": "day", "amount": 30})
    path.write_text(TYPED + "# mine")
    with pytest.raises(ConfigError, match="was not changed"):
        edit.file.write()
    assert path.read_text() == TYPED + "# mine"
