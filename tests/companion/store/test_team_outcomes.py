"""What came of sessions, each under a number that stays the same in a ledger made anew."""

from collections.abc import Iterator
from datetime import date

import pytest
from log_builders import at, calls_read, event, recorded

from aicost.core.commit_match import OwnCommit
from aicost.core.commits import Fate
from aicost.core.days import to_us
from aicost.core.outcome import Outcome, Verdict
from aicost.store.ledger import Ledger
from aicost.store.outcomes import Due, Judged, write_outcomes
from aicost.store.team_outcomes import Happened, commits_on, happened

DAY = date(2026, 11, 22)


def own(name: str, fate: Fate = Fate.ALIVE, hours: float = 1) -> OwnCommit:
    return OwnCommit(name, to_us(at(hours * 60)) // 1_000_000, fate, 1)


def ledger_with(*names: str) -> Ledger:
    calls = [
        event(number, session_id=name, turn_id=f"t-{name}") for number, name in enumerate(names)
    ]
    return recorded(calls_read(*calls))


def judge(ledger: Ledger, name: str, outcome: Outcome, **known: object) -> None:
    """Judge a session; `fixed` tests, its commits, and the branch that was merged."""
    (row,) = ledger.db.execute("SELECT id FROM session WHERE session_id = ?", (name,)).fetchone()
    due = Due(row, to_us(at(0)), to_us(at(5)))
    commits = known.get("commits", ())
    assert isinstance(commits, tuple)
    fixed, branch = known.get("fixed", 0), known.get("branch")
    assert isinstance(fixed, int)
    assert branch is None or isinstance(branch, int)
    verdict = Verdict(outcome, fixed_tests=fixed)
    judged = Judged(session=due, verdict=verdict, commits=commits, merged_branch=branch)
    write_outcomes(ledger.db, [judged])


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with ledger_with("s-1", "s-2") as found:
        yield found


def by_kind(ledger: Ledger) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in happened(ledger.db):
        found.setdefault(one.kind, []).append(one.amount)
    return found


def test_nothing_came_of_what_was_not_judged(ledger: Ledger) -> None:
    assert list(happened(ledger.db)) == []
    assert commits_on(ledger.db, DAY) == 0


def test_a_commit_of_two_sessions_is_one_on_the_day_it_was_made(ledger: Ledger) -> None:
    judge(ledger, "s-1", Outcome.COMMITTED, commits=(own("aa"), own("bb", hours=13.9)))
    judge(ledger, "s-2", Outcome.COMMITTED, commits=(own("aa"), own("cc", hours=14)))
    assert (commits_on(ledger.db, DAY), commits_on(ledger.db, date(2026, 11, 23))) == (2, 1)


def test_what_is_found_later_is_told_once_each(ledger: Ledger) -> None:
    judge(ledger, "s-1", Outcome.MERGED, commits=(own("aa", Fate.REVERTED),), branch=7, fixed=2)
    judge(ledger, "s-2", Outcome.MERGED, commits=(own("aa", Fate.REVERTED),), branch=7)
    assert by_kind(ledger) == {"merged": [1], "reverted": [1], "fixed_tests": [1, 1]}
    found = list(happened(ledger.db))
    assert {one.worked_on for one in found} == {DAY}
    assert {one.kind for one in found if one.is_told_at_once} == {"fixed_tests"}


@pytest.mark.parametrize(
    ("outcome", "is_lost"),
    [(Outcome.ABANDONED, True), (Outcome.BRANCH_ABANDONED, True), (Outcome.OPEN, False)],
)
def test_what_is_abandoned_costs_what_its_session_did(
    ledger: Ledger, outcome: Outcome, is_lost: bool
) -> None:
    judge(ledger, "s-1", outcome)
    assert by_kind(ledger) == ({"abandoned_microusd": [440]} if is_lost else {})


def keys(*names: str) -> set[Happened]:
    with ledger_with(*names) as ledger:
        for number, name in enumerate(names):
            judge(ledger, name, Outcome.MERGED, branch=7 + (name == "s-2"), fixed=number % 2 + 1)
        return {one for one in happened(ledger.db) if one.kind == "merged"}


def test_a_ledger_made_anew_tells_the_same_under_the_same_numbers() -> None:
    assert keys("s-1", "s-2") == keys("s-2", "s-1")
