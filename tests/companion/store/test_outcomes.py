"""Outcomes are kept by session; which are due, and what they are judged by, the ledger says."""

from dataclasses import replace
from pathlib import Path

import pytest
from log_builders import calls_read
from repositories import MINUTE_S, Repository, make_repository
from sessions_in_git import Told, ledger_of, moment

from aicost.core.commit_match import OwnCommit, Span
from aicost.core.commits import Fate
from aicost.core.facts import Parsed, PullRequestSeen
from aicost.core.outcome import Outcome, Verdict
from aicost.store.outcomes import (
    Due,
    Judged,
    due_sessions,
    session_done,
    turn_outcomes,
    verdicts,
    write_outcomes,
)

S_US = 1_000_000


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "shop")


def test_what_a_session_did_is_told_whole_and_by_turn(repo: Repository) -> None:
    start = repo.now_s
    told = Told(repo).prompt("t-1").edit("a.py").edit("b.py").edit("a.py").commits(failed=True)
    told.prompt("t-2").commits().test(failed=True).test(failed=False).answer()
    with ledger_of([told]) as ledger:
        (due,) = due_sessions(ledger.db, repo.now_s * S_US, quiet_us=0, limit=9)
        done = session_done(ledger.db, due)
    assert due[1:] == ((start + 10) * S_US, repo.now_s * S_US)
    whole, (first, second) = done.whole, done.turns.values()
    assert sorted(whole.work.edits.values()) == [
        Span(start + 10, start + 30),
        Span(start + 20, start + 20),
    ]
    assert whole.work.commit_runs == (Span(start + 50, start + 50),)
    assert (whole.fixed_tests, whole.is_answered) == (1, True)
    assert (first.work.edits, first.work.commit_runs) == (whole.work.edits, ())
    assert (first.is_answered, second.is_answered) == (False, True)
    assert (first.work.time, second.work.edits) == (Span(start + 10, start + 40), {})
    assert [place.cwd for place in done.places] == [str(repo.top)]


@pytest.mark.parametrize(("quiet_s", "is_due"), [(MINUTE_S, True), (MINUTE_S + 1, False)])
def test_a_session_at_work_is_not_due(repo: Repository, quiet_s: int, is_due: bool) -> None:
    told = Told(repo).answer()
    repo.later(MINUTE_S)
    with ledger_of([told]) as ledger:
        found = due_sessions(ledger.db, repo.now_s * S_US, quiet_us=quiet_s * S_US, limit=9)
        assert bool(found) is is_due


def test_the_newest_are_due_first_and_no_more_than_asked(repo: Repository) -> None:
    with ledger_of([Told(repo, name).answer() for name in ("a", "b", "c")]) as ledger:
        found = due_sessions(ledger.db, repo.now_s * S_US, quiet_us=0, limit=2)
        assert [due.last_us for due in found] == [repo.now_s * S_US, (repo.now_s - 10) * S_US]


def test_a_judgement_takes_the_place_of_the_one_before(repo: Repository) -> None:
    told = Told(repo).prompt("t-1").answer()
    with ledger_of([told]) as ledger:
        (due,) = due_sessions(ledger.db, repo.now_s * S_US, quiet_us=0, limit=9)
        (span,) = session_done(ledger.db, due).turns
        merged = Verdict(Outcome.MERGED, commits=1, merged=1, commit="abc")
        own = OwnCommit("abc", repo.now_s, Fate.MERGED, 1)
        turns = {span: Outcome.MERGED}
        first = Judged(session=due, verdict=merged, commits=[own], turns=turns, merged_branch=5)
        write_outcomes(ledger.db, [first])
        assert verdicts(ledger.db) == {"s-1": merged}
        assert turn_outcomes(ledger.db) == {("s-1", "t-1"): Outcome.MERGED}
        assert session_done(ledger.db, due).commits == (own,)
        again = Judged(session=due, verdict=Verdict(Outcome.UNKNOWN), due_us=due.last_us + S_US)
        write_outcomes(ledger.db, [again])
        assert verdicts(ledger.db, session_id="s-") == {"s-1": Verdict(Outcome.UNKNOWN)}
        assert (turn_outcomes(ledger.db), session_done(ledger.db, due).commits) == ({}, ())
        for wait_s, dues in ((0, ()), (1, (due,))):
            now_us = due.last_us + wait_s * S_US
            assert due_sessions(ledger.db, now_us, quiet_us=0, limit=9) == dues


def test_half_a_judgement_is_none(repo: Repository) -> None:
    with ledger_of([Told(repo).answer()]) as ledger:
        (due,) = due_sessions(ledger.db, repo.now_s * S_US, quiet_us=0, limit=9)
        good = Judged(session=due, verdict=Verdict(Outcome.ANSWERED))
        bad = Judged(session=Due(due.row + 1, 0, 0), verdict=Verdict(Outcome.OPEN, why=None))  # type: ignore[arg-type]
        with pytest.raises(Exception, match="NOT NULL"):
            write_outcomes(ledger.db, [good, bad])
        assert verdicts(ledger.db) == {}


def test_pull_requests_that_a_log_links_are_the_sessions(repo: Repository) -> None:
    told = Told(repo).answer()
    seen = PullRequestSeen(session_id="s-1", number=255, at=moment(repo.now_s))
    read = replace(calls_read(), stage="evidence", parsed=(Parsed(pull_requests=(seen, seen)),))
    with ledger_of([told]) as ledger:
        ledger.record([read])
        (due,) = due_sessions(ledger.db, repo.now_s * S_US, quiet_us=0, limit=9)
        assert session_done(ledger.db, due).pull_requests == (255,)
