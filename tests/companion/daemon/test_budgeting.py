"""Which budgets bear on which session, and how large a session's calls are."""

from zoneinfo import ZoneInfo

import pytest
from log_builders import MODEL, at, calls_read, event, recorded, tokens

from aicost.core.budget import Budget, BudgetFilter, Scope, Traits
from aicost.core.spending import LAST_CALLS, CallSize, Evaluation, SessionNow
from aicost.daemon.budgeting import evaluate
from aicost.store.ledger import Ledger

CALL = 440_000


def budget(name: str, scope: Scope = "day", **filter_: str) -> Budget:
    return Budget(budget_id=name, scope=scope, unit="usd", limit=1, filter=BudgetFilter(**filter_))


def evaluated(ledger: Ledger, budgets: list[Budget], *sessions: SessionNow) -> Evaluation:
    zone = ZoneInfo("UTC")
    return evaluate(ledger.db, budgets, sessions, now=at(60), zone=zone, reserved={}, repeats={})


def test_a_session_has_the_budgets_that_cover_it_in_their_order() -> None:
    budgets = [
        budget("turn", "turn"),
        budget("all"),
        budget("shop", repo="shop"),
        budget("opus", "session", model="*opus*"),
        budget("session", "session"),
        budget("api", "week", repo="api"),
    ]
    here = SessionNow(session_id="s-1", traits=Traits(agent="claude", repo="shop", model=MODEL))
    there = SessionNow(session_id="s-2", traits=Traits(agent="claude", repo="acme/api"))
    unknown = SessionNow(session_id="s-3")
    with recorded(calls_read(event(1), event(2, cwd="/src/api", session_id="s-2"))) as ledger:
        found = evaluated(ledger, budgets, here, there, unknown)
    names = {
        session: [status.budget.budget_id for status in statuses]
        for session, statuses in found.by_session.items()
    }
    assert [status.budget.budget_id for status in found.shared] == ["all", "shop", "api"]
    assert names == {
        "s-1": ["turn", "all", "shop", "session"],
        "s-2": ["turn", "all", "session", "api"],
        "s-3": ["turn", "all", "session"],
    }
    assert found.by_session["s-1"][1] is found.shared[0]
    assert found.by_session["s-2"][3].spent == CALL


def test_without_a_session_only_windows_stand() -> None:
    with recorded(calls_read(event())) as ledger:
        found = evaluated(ledger, [budget("all"), budget("session", "session")])
        assert [status.spent for status in found.shared] == [CALL]
        assert (found.by_session, found.sizes) == ({}, {})


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (0, CallSize()),
        (1, CallSize(nusd=440_000, tokens=110, known_calls=1)),
        (LAST_CALLS + 1, CallSize(nusd=440_000, tokens=110, known_calls=LAST_CALLS)),
    ],
)
def test_a_size_is_the_dearest_of_the_last_calls(calls: int, expected: CallSize) -> None:
    """The very first one is dearer, and forgotten after LAST_CALLS more."""
    cheap = [event(n, turn_id=f"t-{n}") for n in range(1, calls + 1)]
    large = [event(0, tokens=tokens(990, 10), at=at(-1))] if calls > LAST_CALLS else []
    with recorded(calls_read(*large, *cheap)) as ledger:
        found = evaluated(ledger, [], SessionNow(session_id="s-1"))
        assert found.sizes == {"s-1": expected}


def test_each_measure_has_its_own_dearest_call() -> None:
    calls = [event(1), event(2, tokens=tokens(5000, 0), model="mystery", subagent_id="a1")]
    days = [event(n + 3, at=at(-60 * 24 * (n + 1))) for n in range(30)]
    with recorded(calls_read(*calls, *days)) as ledger:
        size = evaluated(ledger, [], SessionNow(session_id="s-1")).sizes["s-1"]
        assert size == CallSize(nusd=CALL, tokens=5000, known_calls=LAST_CALLS)
