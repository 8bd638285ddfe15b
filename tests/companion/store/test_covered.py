"""A filter's condition covers just the rows whose traits the filter covers."""

from itertools import product

import pytest
from log_builders import MODEL, calls_read, event, recorded

from aicost.core.budget import BudgetFilter, Traits
from aicost.store.covered import Covered, ids, joins, needs_span

CALLS = [
    event(number, model=model, branch=branch, cwd=cwd, agent=agent, session_id=f"s-{agent}")
    for number, (model, branch, cwd, agent) in enumerate(
        product((MODEL, "o'pus"), ("main", "fix/a_b", ""), ("/src/shop", "/src/it's", ""),
                ("claude", "codex"))
    )
]  # fmt: skip


@pytest.mark.parametrize(
    "filter_",
    [
        BudgetFilter(),
        BudgetFilter(model=MODEL),
        BudgetFilter(model="O'*"),
        BudgetFilter(repo="SHOP", branch="main"),
        BudgetFilter(repo="it's"),
        BudgetFilter(repo="shop", is_repo_exact=True),
        BudgetFilter(is_repo_exact=True),
        BudgetFilter(branch="fix/a?b"),
        BudgetFilter(branch="*"),
        BudgetFilter(agent="cla*"),
        BudgetFilter(agent="c*", model="nothing"),
        BudgetFilter(agent="gemini"),
        BudgetFilter(category="docs"),
    ],
)
def test_sql_and_filter_agree(filter_: BudgetFilter) -> None:
    with recorded(calls_read(*CALLS)) as ledger:
        where = Covered(ledger.db).where(filter_)
        query = f"SELECT u.event_key FROM call u{joins(filter_)} WHERE {where}"
        found = {key for (key,) in ledger.db.execute(query)}
    expected = {
        call.event_key
        for call in CALLS
        if filter_.covers(
            Traits(
                agent=call.agent,
                repo=call.cwd.rpartition("/")[2],
                branch=call.branch,
                model=call.model,
            )
        )
    }
    assert found == expected


@pytest.mark.parametrize(
    ("filter_", "needs"),
    [
        (BudgetFilter(), False),
        (BudgetFilter(repo="a", branch="b", model="c"), False),
        (BudgetFilter(category="docs"), True),
        (BudgetFilter(agent="a"), True),
        (BudgetFilter(environment="ci"), True),
    ],
)
def test_only_some_filters_look_beyond_the_rows(filter_: BudgetFilter, needs: bool) -> None:
    assert needs_span(filter_) is needs


def test_ids_are_numbers_and_nothing_else() -> None:
    assert ids([1, 22]) == "1, 22"
    with pytest.raises(ValueError, match="invalid literal"):
        ids(["1) OR (1"])  # type: ignore[list-item]
