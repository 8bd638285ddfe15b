"""Which budgets bear on a session, by what it and its subagents are about to do."""

import pytest

from aicost.core.budget import BudgetFilter, Traits
from aicost.core.spending import SessionNow

OPUS, HAIKU = BudgetFilter(model="*opus*"), BudgetFilter(model="*haiku*")


def session(*models: str) -> SessionNow:
    traits = Traits(agent="claude", repo="shop", model="claude-opus-4")
    return SessionNow(session_id="s-1", traits=traits, models=frozenset(models))


@pytest.mark.parametrize(
    ("filter_", "models", "is_under", "is_wholly"),
    [
        (BudgetFilter(), (), True, True),
        (BudgetFilter(), ("claude-haiku-4",), True, True),
        (OPUS, (), True, True),
        (OPUS, ("claude-opus-4-1",), True, True),
        (OPUS, ("claude-haiku-4",), True, False),
        (HAIKU, (), False, False),
        (HAIKU, ("claude-haiku-4",), True, False),
        (BudgetFilter(model="*haiku*", repo="blog"), ("claude-haiku-4",), False, False),
        (BudgetFilter(repo="blog"), ("claude-haiku-4",), False, False),
    ],
)
def test_a_budget_of_a_model_bears_on_a_session_whose_subagent_uses_it(
    filter_: BudgetFilter, models: tuple[str, ...], is_under: bool, is_wholly: bool
) -> None:
    assert session(*models).is_under(filter_) is is_under
    assert session(*models).is_wholly_under(filter_) is is_wholly
