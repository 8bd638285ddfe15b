"""What came of a session: which evidence goes first, when it is old enough, and how it is said."""

from typing import Any

import pytest

from aicost.core.commit_match import OwnCommit
from aicost.core.commits import Fate
from aicost.core.outcome import (
    ABANDONED_S,
    MEANINGS,
    CheckRun,
    Facts,
    Outcome,
    Verdict,
    fixed_tests,
    judge,
    next_look,
    sentence,
)

ENDED = 1_000_000
DAY = 86_400


def commits(*fates: Fate) -> tuple[OwnCommit, ...]:
    return tuple(OwnCommit(f"{n:012x}", ENDED, fate, 1) for n, fate in enumerate(fates, start=1))


def judged(age_s: int = 0, **known: Any) -> Verdict:
    fields: dict[str, Any] = {"ended_s": ENDED, "default_branch": "main"} | known
    facts = Facts(**fields)
    return judge(facts, ENDED + age_s)


EDITED = {"edited_files": 2, "is_known_to_git": True}


@pytest.mark.parametrize(
    ("fates", "expected"),
    [
        ((Fate.MERGED,), Outcome.MERGED),
        ((Fate.REVERTED, Fate.MERGED, Fate.GONE), Outcome.MERGED),
        ((Fate.ALIVE, Fate.REVERTED), Outcome.COMMITTED),
        ((Fate.UNCLEAR, Fate.REVERTED), Outcome.UNKNOWN),
        ((Fate.REVERTED, Fate.GONE), Outcome.REVERTED),
        ((Fate.GONE, Fate.IDLE), Outcome.BRANCH_ABANDONED),
        ((Fate.GONE,), Outcome.BRANCH_ABANDONED),
    ],
)
def test_of_many_commits_the_one_that_lasts_counts(
    fates: tuple[Fate, ...], expected: Outcome
) -> None:
    """Also over tests, links and answers."""
    more = {"fixed_tests": 1, "pull_requests": 1, "is_answered": True}
    assert judged(commits=commits(*fates), **EDITED, **more).outcome is expected


@pytest.mark.parametrize(
    ("known", "age_s", "expected"),
    [
        ({"pull_requests": 1, "fixed_tests": 1}, 0, Outcome.PULL_REQUEST),
        ({"pull_requests": 1, "merged_pull_requests": 1}, 0, Outcome.MERGED),
        ({"fixed_tests": 1, **EDITED}, 9 * DAY, Outcome.TEST_FIXED),
        ({"is_answered": True}, 0, Outcome.ANSWERED),
        ({"is_answered": True, **EDITED}, 0, Outcome.OPEN),
        ({}, ABANDONED_S - 1, Outcome.OPEN),
        ({}, ABANDONED_S, Outcome.ABANDONED),
        ({**EDITED, "clean_files": 1}, ABANDONED_S - 1, Outcome.OPEN),
        ({**EDITED, "clean_files": 1}, ABANDONED_S, Outcome.ABANDONED),
        ({**EDITED, "clean_files": 1, "left_files": 1}, 99 * DAY, Outcome.OPEN),
        ({**EDITED, "clean_files": 1, "foreign_files": 1}, 99 * DAY, Outcome.UNKNOWN),
        (EDITED, ABANDONED_S, Outcome.UNKNOWN),  # ignored by git, or deleted: nobody knows
        ({"edited_files": 1}, 0, Outcome.UNKNOWN),
    ],
)
def test_without_a_commit_the_log_and_the_folder_tell(
    known: dict[str, Any], age_s: int, expected: Outcome
) -> None:
    assert judged(age_s, **known).outcome is expected


def test_gh_may_know_of_a_merge_that_git_here_does_not() -> None:
    verdict = judged(commits=commits(Fate.GONE), merged_pull_requests=1)
    assert verdict.outcome is Outcome.MERGED
    assert sentence(verdict) == "its pull request was merged, gh says"


@pytest.mark.parametrize(
    ("known", "age_s", "said"),
    [
        ({"commits": commits(Fate.MERGED)}, 0, "commit 000000000001 is in the default branch"),
        (
            {"commits": commits(Fate.MERGED, Fate.REVERTED, Fate.ALIVE)},
            0,
            "1 of 3 commits are in the default branch (000000000001), 1 taken back",
        ),
        (
            {"commits": commits(Fate.ALIVE)},
            0,
            "commit 000000000001 made, not in the default branch",
        ),
        (
            {"commits": commits(Fate.ALIVE, Fate.ALIVE), "default_branch": ""},
            0,
            "2 commits made; which branch is the default one is not known",
        ),
        (
            {"commits": commits(Fate.REVERTED)},
            0,
            "commit 000000000001 was taken back by a later one",
        ),
        (
            {"commits": commits(Fate.GONE, Fate.GONE)},
            0,
            "2 commits are on no branch any more",
        ),
        (
            {"commits": commits(Fate.IDLE)},
            0,
            "commit 000000000001 is on a branch without a commit for 30 days",
        ),
        (
            {"fixed_tests": 2},
            0,
            "2 test commands failed first and passed at last; no commit is known",
        ),
        ({"is_answered": True}, 0, "no file was edited, and the agent's last word is an answer"),
        (
            {**EDITED, "clean_files": 2},
            ABANDONED_S,
            "2 files edited, after 7 days none committed or left in the folder",
        ),
        (
            {**EDITED, "left_files": 1},
            0,
            "1 of 2 files edited lie in the folder, not committed",
        ),
        ({"edited_files": 1}, 0, "1 file edited, and git cannot be asked there"),
    ],
)
def test_a_sentence_says_how_it_is_known(known: dict[str, Any], age_s: int, said: str) -> None:
    assert sentence(judged(age_s, **known)) == said


def test_every_outcome_has_a_meaning_and_a_sentence() -> None:
    for outcome in Outcome:
        assert MEANINGS[outcome]
        assert sentence(Verdict(outcome, why="")).strip()


@pytest.mark.parametrize(
    ("ends", "fixed"),
    [
        ([(1, True), (1, False)], 1),
        ([(1, True), (2, True), (1, False), (2, False)], 2),
        ([(1, False), (1, True)], 0),
        ([(1, True), (1, False), (1, True)], 0),
        ([(1, True), (2, False)], 0),
        ([(1, False)], 0),
        ([], 0),
    ],
)
def test_a_test_is_fixed_if_it_failed_first_and_passed_at_last(
    ends: list[tuple[int, bool]], fixed: int
) -> None:
    runs = [CheckRun(command, at_us, failed) for at_us, (command, failed) in enumerate(ends)]
    assert fixed_tests(reversed(runs)) == fixed


@pytest.mark.parametrize(
    ("outcome", "age_s", "is_known_to_git", "wait_s"),
    [
        (Outcome.MERGED, 0, True, 3_600),
        (Outcome.MERGED, 3_600, True, 6 * 3_600),
        (Outcome.MERGED, 59 * DAY, True, 60 * DAY),
        (Outcome.MERGED, 60 * DAY, True, None),
        (Outcome.ANSWERED, 0, True, None),
        (Outcome.TEST_FIXED, 0, False, None),
        (Outcome.OPEN, 0, False, 3_600),
    ],
)
def test_it_is_looked_at_again_while_it_may_change(
    outcome: Outcome, age_s: int, is_known_to_git: bool, wait_s: int | None
) -> None:
    due = next_look(Verdict(outcome), ENDED, ENDED + age_s, is_known_to_git=is_known_to_git)
    assert due == (None if wait_s is None else ENDED + wait_s)
