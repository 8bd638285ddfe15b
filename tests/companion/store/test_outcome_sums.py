"""What one of each cost: things of several sessions count once, and whole sessions are charged."""

from pathlib import Path

import pytest
from repositories import Repository, make_repository
from sessions_in_git import Told, ledger_of

from aicost.core.attribution import ticket_of
from aicost.core.commit_match import OwnCommit
from aicost.core.commits import Fate
from aicost.core.outcome import Outcome, Verdict
from aicost.core.reports import GROUPS, Each, OutcomeSums, ReportQuery
from aicost.store.ledger import Ledger
from aicost.store.outcomes import Judged, due_sessions, write_outcomes
from aicost.store.reports import report

CALL_NUSD = 440_000  # of one call of log_builders


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "shop")


def judge(ledger: Ledger, name: str, outcome: Outcome, *ids: str, **more: int) -> None:
    """Note what came of a session, without asking a repository."""
    dues = due_sessions(ledger.db, 2**60, quiet_us=0, limit=99)
    (row,) = ledger.db.execute("SELECT id FROM session WHERE session_id = ?", (name,)).fetchone()
    due = next(due for due in dues if due.row == row)
    fate = Fate.MERGED if outcome is Outcome.MERGED else Fate.REVERTED
    verdict = Verdict(outcome, commits=len(ids), fixed_tests=more.get("tests", 0))
    commits = [OwnCommit(one, 1, fate, 1) for one in ids]
    judged = Judged(session=due, verdict=verdict, commits=commits, merged_branch=more.get("branch"))
    write_outcomes(ledger.db, [judged])


@pytest.fixture
def told(repo: Repository) -> list[Told]:
    """Sessions of one to five calls; the last two on the branch of a ticket."""
    calls = dict.fromkeys(("one", "two", "three", "four", "five"))
    found = []
    for count, name in enumerate(calls, start=1):
        if name == "four":
            repo.git("checkout", "-q", "-b", "fix/PAY-7")
        session = Told(repo, name)
        for _ in range(count):
            session.answer()
        found.append(session)
    return found


def sums_of(ledger: Ledger) -> OutcomeSums:
    found = report(
        ledger.db,
        ReportQuery(by="outcome"),
        ticket_of=lambda branch: ticket_of(branch, "[A-Z]+-[0-9]+"),
    )
    assert found.outcomes is not None
    return found.outcomes


def test_each_is_charged_with_the_sessions_that_led_to_it(told: list[Told]) -> None:
    with ledger_of(told) as ledger:
        judge(ledger, "one", Outcome.MERGED, "aa", "bb", branch=5)
        judge(ledger, "two", Outcome.MERGED, "bb", branch=5, tests=2)
        judge(ledger, "three", Outcome.REVERTED, "cc")
        judge(ledger, "four", Outcome.ABANDONED)
        judge(ledger, "five", Outcome.BRANCH_ABANDONED)
        found = sums_of(ledger)
    assert found == OutcomeSums(
        commits=Each(3, 6 * CALL_NUSD),
        merged_commits=Each(2, 3 * CALL_NUSD),
        merged_branches=Each(1, 3 * CALL_NUSD),
        fixed_tests=Each(2, 2 * CALL_NUSD),
        tickets=Each(1, 9 * CALL_NUSD),
        closed_tickets=Each(0, None),
        abandoned=Each(2, 9 * CALL_NUSD),
        reverted=Each(1, 3 * CALL_NUSD),
    )
    assert found.commits.nusd_each == 2 * CALL_NUSD


def test_what_did_not_happen_has_no_price(told: list[Told]) -> None:
    with ledger_of(told[:1]) as ledger:
        found = sums_of(ledger)
    assert found.commits == Each(0, None)
    assert found.commits.nusd_each is None


def test_rows_by_outcome_add_up_to_the_same(told: list[Told]) -> None:
    """What is not judged yet is unallocated."""
    with ledger_of(told) as ledger:
        judge(ledger, "one", Outcome.MERGED, "aa")
        judge(ledger, "two", Outcome.UNKNOWN)
        reports = {by: report(ledger.db, ReportQuery(by=by)) for by in GROUPS}
    assert {row.key: row.requests for row in reports["outcome"].rows} == {
        "merged": 1,
        "unknown": 2,
        "unallocated": 12,
    }
    for found in reports.values():
        assert sum(row.requests for row in found.rows) == found.total.requests == 15
        assert sum(row.cost_nusd or 0 for row in found.rows) == found.total.cost_nusd
        assert (found.outcomes is None) == (found.query.by != "outcome")
