"""Sessions in real repositories: what came of them, at once and when it is looked again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import DAY_S, HOUR_S, NOON_S, OTHER, Repository, make_repository
from sessions_in_git import Told, ledger_of, tell

from aicost.core.commits import IDLE_S
from aicost.core.outcome import Outcome, sentence
from aicost.core.pull_requests import PullRequest
from aicost.daemon.outcomes import Judge
from aicost.platform.gh import Gh
from aicost.store.ledger import Ledger
from aicost.store.outcomes import due_sessions, turn_outcomes, verdicts, write_outcomes

S_US = 1_000_000


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "shop")


def judge_all(ledger: Ledger, repo: Repository) -> dict[str, Outcome]:
    """Judge what is due at the repository's time; return what is known then."""
    now_us = repo.now_s * S_US
    dues = due_sessions(ledger.db, now_us, quiet_us=0, limit=100)
    judge = Judge({"PATH": os.environ["PATH"], "HOME": str(repo.top.parent)})
    write_outcomes(ledger.db, judge.judged(ledger.db, dues, now_us))
    return {name: verdict.outcome for name, verdict in verdicts(ledger.db).items()}


def outcome_of(told: Told) -> Outcome:
    with ledger_of([told]) as ledger:
        return judge_all(ledger, told.repo)[told.session_id]


def edited(repo: Repository, path: str = "pay.py") -> Told:
    """A session that edited a file and said so; the file has the edit."""
    told = Told(repo).prompt("t-1").edit(path)
    repo.write(path, f"made at {repo.now_s}\n")
    return told.answer()


def commit_all(repo: Repository) -> None:
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "change")


def commits_on_main(repo: Repository) -> Told:
    told = edited(repo)
    repo.later(HOUR_S)
    commit_all(repo)
    return told


def commits_by_itself(repo: Repository) -> Told:
    """A command made it: under which name, and of which files, does not matter."""
    repo.author = OTHER
    told = Told(repo).prompt("t-1").commits()
    repo.commit("script.out", "1\n")
    return told.answer()


def commits_elsewhere_meanwhile(repo: Repository) -> Told:
    """Somebody else commits other files while the agent answers."""
    told = Told(repo).prompt("t-1").answer()
    repo.author = OTHER
    repo.commit("theirs.py", "1\n")
    return told.answer()


def on_a_branch(repo: Repository) -> Told:
    repo.git("checkout", "-q", "-b", "topic")
    return commits_on_main(repo)


def squashed(repo: Repository) -> Told:
    told = on_a_branch(repo)
    repo.later(DAY_S)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--squash", "topic")
    repo.git("commit", "-q", "-m", "topic")
    repo.git("branch", "-q", "-D", "topic")
    return told


def reverted(repo: Repository) -> Told:
    told = commits_on_main(repo)
    repo.later(DAY_S)
    repo.git("revert", "--no-edit", "HEAD")
    return told


def branch_deleted(repo: Repository) -> Told:
    told = on_a_branch(repo)
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "topic")
    return told


def branch_left(repo: Repository) -> Told:
    told = on_a_branch(repo)
    repo.git("checkout", "-q", "main")
    repo.later(IDLE_S + 1)
    return told


def branch_not_left_yet(repo: Repository) -> Told:
    told = on_a_branch(repo)
    repo.git("checkout", "-q", "main")
    repo.later(IDLE_S)
    return told


def opens_a_pull_request_elsewhere(repo: Repository) -> Told:
    """What it committed lies in another clone: here only its log knows of it."""
    return Told(repo).prompt("t-1").links(255).answer()


def amended_and_rebased(repo: Repository) -> Told:
    told = on_a_branch(repo)
    repo.later(HOUR_S)
    repo.git("commit", "-q", "--amend", "-m", "better")
    repo.git("checkout", "-q", "main")
    repo.commit("other.py", "1\n")
    repo.git("rebase", "-q", "main", "topic")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "topic")
    return told


def in_a_worktree_that_is_gone(repo: Repository) -> Told:
    top = repo.top / ".claude" / "worktrees" / "quick"
    repo.git("worktree", "add", "-q", "-b", "quick", str(top))
    beside = Repository(top, repo.now_s)
    told = Told(beside, cwd=top).prompt("t-1").edit("pay.py")
    beside.commit("pay.py", "one\n")
    told.answer()
    repo.git("worktree", "remove", "--force", str(top))
    repo.now_s = beside.now_s
    repo.git("merge", "-q", "quick")
    told.repo = repo
    return told


def left_in_the_folder(repo: Repository) -> Told:
    told = edited(repo, "README")
    repo.later(30 * DAY_S)
    return told


def taken_back_by_hand(repo: Repository) -> Told:
    told = edited(repo, "README")
    repo.later(7 * DAY_S)
    repo.git("checkout", "-q", "--", "README")
    return told


def a_new_file_is_deleted(repo: Repository) -> Told:
    """Git never knew it: nobody can tell whether it was wanted."""
    told = edited(repo, "scratch.py")
    repo.later(7 * DAY_S)
    (repo.top / "scratch.py").unlink()
    return told


def committed_by_somebody_else(repo: Repository) -> Told:
    told = edited(repo)
    repo.author = OTHER
    commit_all(repo)
    repo.later(8 * DAY_S)
    return told


def with_a_clock_ahead(repo: Repository) -> Told:
    told = edited(repo)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "change", author_s=repo.now_s + DAY_S)
    return told


def fixes_a_test_outside_of_git(repo: Repository) -> Told:
    outside = repo.top.parent / "plain"
    outside.mkdir()
    return Told(repo, cwd=outside).prompt("t-1").test(failed=True).edit("a.py").test(failed=False)


def edits_outside_of_git(repo: Repository) -> Told:
    outside = repo.top.parent / "plain"
    outside.mkdir()
    return Told(repo, cwd=outside).prompt("t-1").edit("a.py").answer()


def stops_in_the_middle(repo: Repository) -> Told:
    return Told(repo).prompt("t-1").test(failed=True)


def stopped_a_week_ago(repo: Repository) -> Told:
    told = stops_in_the_middle(repo)
    repo.later(7 * DAY_S)
    return told


@pytest.mark.parametrize(
    ("lived", "expected"),
    [
        (commits_on_main, Outcome.MERGED),
        (commits_by_itself, Outcome.MERGED),
        (squashed, Outcome.MERGED),
        (amended_and_rebased, Outcome.MERGED),
        (in_a_worktree_that_is_gone, Outcome.MERGED),
        (with_a_clock_ahead, Outcome.MERGED),
        (on_a_branch, Outcome.COMMITTED),
        (reverted, Outcome.REVERTED),
        (branch_deleted, Outcome.BRANCH_ABANDONED),
        (branch_left, Outcome.BRANCH_ABANDONED),
        (branch_not_left_yet, Outcome.COMMITTED),
        (opens_a_pull_request_elsewhere, Outcome.PULL_REQUEST),
        (commits_elsewhere_meanwhile, Outcome.ANSWERED),
        (edited, Outcome.OPEN),
        (left_in_the_folder, Outcome.OPEN),
        (taken_back_by_hand, Outcome.ABANDONED),
        (a_new_file_is_deleted, Outcome.UNKNOWN),
        (committed_by_somebody_else, Outcome.UNKNOWN),
        (fixes_a_test_outside_of_git, Outcome.TEST_FIXED),
        (edits_outside_of_git, Outcome.UNKNOWN),
        (stops_in_the_middle, Outcome.OPEN),
        (stopped_a_week_ago, Outcome.ABANDONED),
    ],
)
def test_what_came_of_a_session(
    repo: Repository, lived: Callable[[Repository], Told], expected: Outcome
) -> None:
    assert outcome_of(lived(repo)) is expected


def test_it_is_told_anew_when_more_happened(repo: Repository) -> None:
    told = on_a_branch(repo)
    with ledger_of([told]) as ledger:
        seen = [judge_all(ledger, repo)["s-1"]]
        repo.later(6 * HOUR_S)
        repo.git("checkout", "-q", "main")
        repo.git("merge", "-q", "topic")
        seen.append(judge_all(ledger, repo)["s-1"])
        repo.later(DAY_S)
        repo.git("revert", "--no-edit", "HEAD")
        seen.append(judge_all(ledger, repo)["s-1"])
    assert seen == [Outcome.COMMITTED, Outcome.MERGED, Outcome.REVERTED]


def test_between_its_times_nobody_looks(repo: Repository) -> None:
    with ledger_of([on_a_branch(repo)]) as ledger:
        judge_all(ledger, repo)
        repo.later(HOUR_S // 2)
        assert due_sessions(ledger.db, repo.now_s * S_US, quiet_us=0, limit=9) == ()


def test_a_session_that_went_on_is_judged_anew(repo: Repository) -> None:
    told = Told(repo).prompt("t-1").answer()
    with ledger_of([told]) as ledger:
        assert judge_all(ledger, repo) == {"s-1": Outcome.ANSWERED}
        told.prompt("t-2").edit("pay.py")
        repo.commit("pay.py", "1\n")
        tell(ledger, [told.answer()])
        now_us = repo.now_s * S_US
        assert due_sessions(ledger.db, now_us, quiet_us=S_US, limit=9) == ()  # still at work
        assert judge_all(ledger, repo) == {"s-1": Outcome.MERGED}


def test_what_was_found_stays_when_the_repository_is_gone(repo: Repository) -> None:
    with ledger_of([commits_on_main(repo)]) as ledger:
        judge_all(ledger, repo)
        shutil.rmtree(repo.top)
        repo.later(6 * HOUR_S)
        assert judge_all(ledger, repo) == {"s-1": Outcome.MERGED}
        assert (
            due_sessions(ledger.db, repo.now_s * S_US + 90 * DAY_S * S_US, quiet_us=0, limit=9)
            == ()
        )


def test_a_commit_that_was_seen_and_is_no_more_is_gone(repo: Repository) -> None:
    with ledger_of([on_a_branch(repo)]) as ledger:
        assert judge_all(ledger, repo) == {"s-1": Outcome.COMMITTED}
        repo.git("checkout", "-q", "main")
        repo.git("branch", "-q", "-D", "topic")
        repo.git("reflog", "expire", "--expire=now", "--all")
        repo.later(6 * HOUR_S)
        assert judge_all(ledger, repo) == {"s-1": Outcome.BRANCH_ABANDONED}


def test_two_sessions_of_one_commit_both_led_to_it(repo: Repository) -> None:
    first, second = Told(repo, "s-1").prompt("t-1"), Told(repo, "s-2").prompt("t-2")
    first.edit("pay.py"), second.edit("cart.py")
    repo.write("pay.py", "1\n")
    repo.write("cart.py", "1\n")
    commit_all(repo)
    with ledger_of([first, second]) as ledger:
        assert judge_all(ledger, repo) == {"s-1": Outcome.MERGED, "s-2": Outcome.MERGED}
        (count,) = ledger.db.execute(
            "SELECT count(DISTINCT commit_id) FROM session_commit"
        ).fetchone()
        assert count == 1


def test_a_turn_has_an_outcome_of_its_own(repo: Repository) -> None:
    told = Told(repo).prompt("asks").answer()
    told.prompt("fixes").test(failed=True).test(failed=False).answer()
    told.prompt("edits").edit("pay.py").answer()
    told.prompt("commits").commits()
    repo.commit("pay.py", "1\n")
    told.answer()
    told.prompt("edits again").edit("cart.py").answer()
    with ledger_of([told]) as ledger:
        judge_all(ledger, repo)
        assert {turn: str(found) for (_, turn), found in turn_outcomes(ledger.db).items()} == {
            "asks": "answered",
            "fixes": "test-fixed",
            "edits": "merged",
            "commits": "merged",
        }
        assert turn_outcomes(ledger.db, session_id="other") == {}


def test_no_path_name_or_message_is_kept(repo: Repository) -> None:
    told = edited(repo, "secret_plan.py")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "the secret message")
    with ledger_of([told]) as ledger:
        assert judge_all(ledger, repo) == {"s-1": Outcome.MERGED}
        kept = "\n".join(ledger.db.iterdump())
        assert 'INSERT INTO "session_commit"' in kept
        assert "secret" not in kept
        assert "ada@example.com" not in kept
        assert sentence(verdicts(ledger.db)["s-1"]).endswith("is in the default branch")


class KnowsOne(Gh):
    """Stands for gh: one pull request was merged, and closed an issue."""

    def merged(self, repo_key: str) -> list[PullRequest]:
        assert repo_key == "github.com/acme/shop"
        return [PullRequest(7, NOON_S + HOUR_S, "topic", (3,))]


@pytest.mark.parametrize("gh", [None, KnowsOne({})])
def test_gh_tells_of_merges_that_are_not_here(repo: Repository, gh: Gh | None) -> None:
    repo.git("remote", "add", "origin", "https://github.com/acme/shop.git")
    with ledger_of([branch_deleted(repo)]) as ledger:
        now_us = repo.now_s * S_US
        dues = due_sessions(ledger.db, now_us, quiet_us=0, limit=100)
        judge = Judge({"PATH": os.environ["PATH"], "HOME": str(repo.top.parent)}, gh)
        write_outcomes(ledger.db, judge.judged(ledger.db, dues, now_us))
        closed = ledger.db.execute("SELECT count(*) FROM closed_ticket").fetchone()
        expected = Outcome.MERGED if gh else Outcome.BRANCH_ABANDONED
        assert verdicts(ledger.db)["s-1"].outcome is expected
        assert closed == ((1,) if gh else (0,))
