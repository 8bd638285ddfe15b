"""Budgets in a file of settings: what each key means, and errors that repeat nothing of it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.budget import Budget, BudgetFilter
from aicost.core.errors import ConfigError
from aicost.platform.config_budgets import (
    BUDGET_KEYS,
    MOST_BUDGETS,
    context_of,
    desktop_of,
    fail_of,
    grace_of,
    parse_budgets,
)

DOCS = Path(__file__).parents[3] / "docs" / "budgets.md"
SECRET = "hunter2"


def place(position: int, key: str) -> str:
    return f"f:{position}:{key}"


def parsed(text: str) -> tuple[Budget, ...]:
    return parse_budgets(tomllib.loads(text).get("budgets"), place)


def test_a_budget_has_what_its_table_says() -> None:
    (found,) = parsed(
        """
        [[budgets]]
        scope = "week"
        amount = "1.5M tokens"
        hard = true
        repo = "shop"
        branch = "release/*"
        model = "*opus*"
        agent = "claude"
        env = "ci"
        """
    )
    assert found == Budget(
        budget_id="week-tokens-hard@repo=shop,branch=release/*,model=*opus*,agent=claude,"
        "environment=ci",
        scope="week",
        unit="tokens",
        limit=1_500_000,
        is_hard=True,
        filter=BudgetFilter(
            repo="shop", branch="release/*", model="*opus*", agent="claude", environment="ci"
        ),
    )


@pytest.mark.parametrize(
    ("amount", "nusd"),
    [("25", 25), ("12.5", 12.5), ('"$25"', 25), ("0.1", 0.1), ("1e3", 1000), ("1e-7", 1e-7)],
)
def test_an_amount_is_a_number_of_dollars_or_a_text(amount: str, nusd: float) -> None:
    (found,) = parsed(f'[[budgets]]\nscope = "day"\namount = {amount}')
    assert (found.unit, found.limit) == ("usd", round(nusd * 10**9))


def test_without_budgets_there_are_none() -> None:
    assert parsed("") == ()
    assert parsed("budgets = []") == ()


GOOD: dict[str, Any] = {"scope": "day", "amount": 25}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"scope": None}, "a budget has no scope (f:0:scope)"),
        ({"scope": SECRET}, "a budget has a scope that none has (f:0:scope)"),
        ({"scope": 3}, "a budget has a scope that none has (f:0:scope)"),
        ({"scope": "Day"}, "a budget has a scope that none has (f:0:scope)"),
        ({"amount": None}, "a budget has no amount (f:0:amount)"),
        ({"amount": True}, "an amount is neither number nor text (f:0:amount)"),
        ({"amount": [SECRET]}, "an amount is neither number nor text (f:0:amount)"),
        ({"amount": SECRET}, "a budget has no usable amount (f:0:amount)"),
        ({"amount": f"5 {SECRET}: {SECRET}"}, "a budget has no usable amount (f:0:amount)"),
        ({"amount": "5 secretive"}, "a budget has no usable amount (f:0:amount)"),
        ({"amount": 0}, "a budget has no usable amount (f:0:amount)"),
        ({"amount": -1}, "a budget has no usable amount (f:0:amount)"),
        ({"amount": float("inf")}, "an amount is neither number nor text (f:0:amount)"),
        ({"amount": float("nan")}, "an amount is neither number nor text (f:0:amount)"),
        ({"amount": "80%"}, "a budget has no usable amount (f:0:amount)"),
        ({"hard": 1}, "hard is neither true nor false (f:0:hard)"),
        ({"hard": SECRET}, "hard is neither true nor false (f:0:hard)"),
        ({"repo": 3}, "repo is no name or pattern (f:0:repo)"),
        ({"repo": ""}, "repo is no name or pattern (f:0:repo)"),
        ({"branch": f"a\n{SECRET}"}, "branch is no name or pattern (f:0:branch)"),
        ({"model": SECRET * 20}, "model is no name or pattern (f:0:model)"),
        ({"agent": SECRET}, "there is no such agent (f:0:agent)"),
        ({"env": SECRET}, "there is no such env (f:0:env)"),
        ({"category": SECRET}, "there is no such category (f:0:category)"),
        ({SECRET: 3}, f"a budget has a key that none has (f:0:{SECRET})"),
        (
            {"scope": "plan-5h", "amount": "80%", "repo": SECRET},
            "a plan's window is one for all that its agent does (f:0:scope)",
        ),
    ],
)
def test_what_cannot_be_used_is_an_error_that_keeps_it_to_itself(
    changes: dict[str, Any], what: str
) -> None:
    row = {key: value for key, value in (GOOD | changes).items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        parse_budgets([row], place)
    assert caught.value.what == what
    assert caught.value.hint
    assert SECRET not in caught.value.render().replace(f":{SECRET})", "")


@pytest.mark.parametrize("value", [3, "day", {"day": 3}, [3], [{"scope": "day", "amount": 1}, 3]])
def test_budgets_are_a_list_of_tables(value: object) -> None:
    with pytest.raises(ConfigError, match="not a list of tables"):
        parse_budgets(value, place)


def test_a_key_with_a_slip_suggests_the_right_one() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_budgets([GOOD | {"ammount": 3}], place)
    assert caught.value.hint == "write amount"


def test_the_same_budget_twice_is_an_error_of_the_second() -> None:
    both = [GOOD, GOOD | {"amount": "30"}]
    with pytest.raises(ConfigError, match=r"there twice \(f:1:\)"):
        parse_budgets(both, place)
    assert len(parse_budgets([GOOD, GOOD | {"hard": True}], place)) == 2


@pytest.mark.parametrize(("number", "fits"), [(MOST_BUDGETS, True), (MOST_BUDGETS + 1, False)])
def test_a_file_has_a_hundred_budgets_at_most(number: int, fits: bool) -> None:
    rows = [GOOD | {"repo": f"r{n}"} for n in range(number)]
    if fits:
        assert len(parse_budgets(rows, place)) == number
    else:
        with pytest.raises(ConfigError, match="more than 100"):
            parse_budgets(rows, place)


toml_values = st.one_of(
    st.integers(), st.floats(), st.booleans(), st.text(max_size=8), st.lists(st.integers()),
    st.sampled_from(["day", "plan-5h", "80%", "3 repeats", "claude", "ci"]),
)  # fmt: skip


@given(
    st.one_of(
        toml_values,
        st.lists(st.dictionaries(st.sampled_from(BUDGET_KEYS), toml_values, max_size=5)),
    )
)
def test_any_value_is_budgets_or_an_error(value: object) -> None:
    try:
        found = parse_budgets(value, place)
    except ConfigError:
        return
    assert all(0 < budget.limit < 2**63 for budget in found)


def test_the_examples_of_the_documentation_are_valid() -> None:
    blocks = DOCS.read_text().split("```toml\n")[1:]
    budgets = [parsed(block.partition("```")[0]) for block in blocks]
    assert [one.scope for found in budgets for one in found] == ["day", "session"]


# How gates and nudges behave


@pytest.mark.parametrize(("value", "expected"), [(None, "open"), ("open", "open"), ("closed",) * 2])
def test_a_gate_fails_open_unless_it_is_told(value: object, expected: str) -> None:
    assert fail_of(value, "f:1") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(None, 50), (0, 0), (5, 50), (7.5, 75), (50, 500), (0.1, 1)]
)
def test_grace_is_a_share_of_the_limit(value: object, expected: int) -> None:
    assert grace_of(value, "f:1") == expected


@pytest.mark.parametrize(("value", "expected"), [(None, False), (True, True), (False, False)])
def test_the_desktop_is_told_only_if_asked(value: object, expected: bool) -> None:
    assert desktop_of(value, "f:1") is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), (1, 10**9), (0.5, 5 * 10**8), (1000, 10**12)]
)
def test_the_price_of_a_prompt_is_in_dollars(value: object, expected: int | None) -> None:
    assert context_of(value, "f:1") == expected


@pytest.mark.parametrize("value", ["", SECRET, True, [], 1e400, 10**5000], ids=range(6))
def test_what_a_gate_cannot_be_told_is_an_error(value: object) -> None:
    for parse in (fail_of, grace_of, context_of):
        with pytest.raises(ConfigError, match=r"\(f:1\)") as caught:
            parse(value, "f:1")
        assert SECRET not in caught.value.render()


@pytest.mark.parametrize("value", [-0.1, 50.1, 7.55])
def test_grace_has_bounds(value: float) -> None:
    with pytest.raises(ConfigError, match="grace_percent"):
        grace_of(value, "f:1")


@pytest.mark.parametrize("value", [0, -1, 1000.01, 1e-10])
def test_a_price_of_a_prompt_has_bounds(value: float) -> None:
    with pytest.raises(ConfigError, match="context_usd"):
        context_of(value, "f:1")
