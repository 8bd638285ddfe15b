"""What came of a session, or of a turn, and the one sentence that says how that is known. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from aicost.core.commit_match import OwnCommit
from aicost.core.commits import IDLE_S, Fate

_DAY_S: Final = 86_400
ABANDONED_S: Final = 7 * _DAY_S  # what nobody committed within a week, nobody wanted
# After its end a session is looked at again: soon it is committed, within days merged, later taken
# back or left. After two months nothing changes that anybody still adds up.
_LOOKS_S: Final = (3_600, 6 * 3_600, *(n * _DAY_S for n in (1, 2, 3, 5, 8, 14, 21, 31, 45, 60)))


class Outcome(StrEnum):
    """What came of it."""

    MERGED = "merged"
    COMMITTED = "committed"
    REVERTED = "reverted"
    BRANCH_ABANDONED = "branch-abandoned"
    PULL_REQUEST = "pull-request"
    TEST_FIXED = "test-fixed"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    OPEN = "open"
    UNKNOWN = "unknown"


LOST: Final = frozenset((Outcome.ABANDONED, Outcome.BRANCH_ABANDONED, Outcome.REVERTED))
MEANINGS: Final = {
    Outcome.MERGED: "a commit of it is in the default branch",
    Outcome.COMMITTED: "a commit of it is on another branch",
    Outcome.REVERTED: "all its commits were taken back",
    Outcome.BRANCH_ABANDONED: "its commits are on a branch that is gone, or rests for a month",
    Outcome.PULL_REQUEST: "it opened a pull request; git knows no commit of it",
    Outcome.TEST_FIXED: "a test that failed passes; no commit is known",
    Outcome.ANSWERED: "no file was edited, and the agent answered",
    Outcome.ABANDONED: "a week later nothing is left of its edits, or there was no answer",
    Outcome.OPEN: "it can still be told: its edits are not committed yet, or it just ended",
    Outcome.UNKNOWN: "it cannot be told",
}


class CheckRun(NamedTuple):
    """A command that tests ran to its end."""

    command: int  # which one
    at_us: int
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a session, or of a turn. Times are seconds since 1970."""

    ended_s: int
    edited_files: int = 0
    fixed_tests: int = 0
    is_answered: bool = False  # the agent's last word was to the user, not to a tool
    pull_requests: int = 0  # that the log links
    merged_pull_requests: int = 0  # of those on the branch or in the log; only if gh may be asked
    commits: Sequence[OwnCommit] = ()
    foreign_files: int = 0  # of the edited, that somebody else's commit changed right after
    left_files: int = 0  # of the edited, that are in the folder and not committed
    clean_files: int = 0  # of the edited, that are as committed
    is_known_to_git: bool = False  # its repository could be read
    default_branch: str = ""


class Verdict(NamedTuple):
    """What came of a session or a turn, and the counts that the sentence is made of."""

    outcome: Outcome
    commits: int = 0
    merged: int = 0
    reverted: int = 0
    fixed_tests: int = 0
    pull_requests: int = 0
    files: int = 0  # that were edited
    left_files: int = 0  # of them, that are not committed yet
    why: str = ""  # what it is, where the counts do not tell
    commit: str = ""  # the beginning of the id of a commit that stands for all


def fixed_tests(runs: Iterable[CheckRun]) -> int:
    """Return how many commands that test failed first and passed at last."""
    failed, last = set[int](), dict[int, bool]()
    for run in sorted(runs, key=lambda run: run.at_us):
        if run.failed:
            failed.add(run.command)
        last[run.command] = run.failed
    return sum(not last[command] for command in failed)


def judge(facts: Facts, now_s: int) -> Verdict:
    """Say what came of a session or a turn.

    What lasts goes before what does not: one merged commit makes up for others that were taken
    back. Git goes before the log: a commit says more than a passing test or a link.
    """
    outcome, why = _judged(facts, now_s)
    fates = [one.fate for one in facts.commits]
    return Verdict(
        outcome=outcome,
        commits=len(fates),
        merged=fates.count(Fate.MERGED),
        reverted=fates.count(Fate.REVERTED),
        fixed_tests=facts.fixed_tests,
        pull_requests=facts.pull_requests,
        files=facts.edited_files,
        left_files=facts.left_files,
        why=why,
        commit=_speaking_for_all(facts.commits, outcome),
    )


def _judged(facts: Facts, now_s: int) -> tuple[Outcome, str]:
    if facts.commits:
        return _by_commits(facts)
    if facts.merged_pull_requests:
        return Outcome.MERGED, "gh"
    if facts.pull_requests:
        return Outcome.PULL_REQUEST, ""
    if facts.fixed_tests:
        return Outcome.TEST_FIXED, ""
    is_old = now_s - facts.ended_s >= ABANDONED_S
    if not facts.edited_files:
        if facts.is_answered:
            return Outcome.ANSWERED, ""
        return (Outcome.ABANDONED, "no answer") if is_old else (Outcome.OPEN, "no answer")
    return _by_folder(facts, is_old=is_old)


def _by_commits(facts: Facts) -> tuple[Outcome, str]:
    fates = {one.fate for one in facts.commits}
    if Fate.MERGED in fates or facts.merged_pull_requests:
        return Outcome.MERGED, "" if Fate.MERGED in fates else "gh"
    if Fate.ALIVE in fates:
        return Outcome.COMMITTED, "" if facts.default_branch else "no default branch"
    if Fate.UNCLEAR in fates:
        return Outcome.UNKNOWN, "branch gone, files changed"
    if Fate.REVERTED in fates:
        return Outcome.REVERTED, ""
    return Outcome.BRANCH_ABANDONED, "idle" if Fate.IDLE in fates else "gone"


def _by_folder(facts: Facts, *, is_old: bool) -> tuple[Outcome, str]:
    """Judge edits that no commit is known of, by what of them is in the folder."""
    if not facts.is_known_to_git:
        return Outcome.UNKNOWN, "no git"
    if facts.foreign_files:
        return Outcome.UNKNOWN, "committed by others"
    if facts.left_files:
        return Outcome.OPEN, "not committed"
    if not is_old:
        return Outcome.OPEN, "just ended"
    if facts.clean_files:
        return Outcome.ABANDONED, "taken back"
    return Outcome.UNKNOWN, "files unknown to git"


def _speaking_for_all(commits: Sequence[OwnCommit], outcome: Outcome) -> str:
    wanted = {Outcome.MERGED: Fate.MERGED, Outcome.REVERTED: Fate.REVERTED}.get(outcome)
    fitting = [one for one in commits if wanted in (None, one.fate)] or commits
    return fitting[-1].id if fitting else ""


def next_look(verdict: Verdict, ended_s: int, now_s: int, *, is_known_to_git: bool) -> int | None:
    """Return when to look again, in seconds since 1970; None: nothing can change any more."""
    if verdict.outcome is Outcome.ANSWERED:
        return None
    if not is_known_to_git and verdict.outcome is not Outcome.OPEN:
        return None
    return next((ended_s + look for look in _LOOKS_S if ended_s + look > now_s), None)


def sentence(verdict: Verdict) -> str:
    """Say how it is known, in one sentence without an end."""
    return _SENTENCES[verdict.outcome](verdict)


def _merged(one: Verdict) -> str:
    if one.why == "gh":
        return "its pull request was merged, gh says"
    if one.commits == 1:
        return f"commit {one.commit} is in the default branch"
    of_all = f"{one.merged} of {one.commits} commits are in the default branch ({one.commit})"
    return f"{of_all}, {one.reverted} taken back" if one.reverted else of_all


def _committed(one: Verdict) -> str:
    commits = f"commit {one.commit}" if one.commits == 1 else f"{one.commits} commits"
    if one.why == "no default branch":
        return f"{commits} made; which branch is the default one is not known"
    return f"{commits} made, not in the default branch"


def _reverted(one: Verdict) -> str:
    if one.commits == 1:
        return f"commit {one.commit} was taken back by a later one"
    return f"{one.reverted} of {one.commits} commits were taken back, the others are on no branch"


def _branch_abandoned(one: Verdict) -> str:
    commits = f"commit {one.commit} is" if one.commits == 1 else f"{one.commits} commits are"
    if one.why == "idle":
        return f"{commits} on a branch without a commit for {IDLE_S // _DAY_S} days"
    return f"{commits} on no branch any more"


def _pull_request(one: Verdict) -> str:
    return "its log links a pull request; git here knows no commit of it"


def _test_fixed(one: Verdict) -> str:
    tests = "a test command" if one.fixed_tests == 1 else f"{one.fixed_tests} test commands"
    return f"{tests} failed first and passed at last; no commit is known"


def _answered(one: Verdict) -> str:
    return "no file was edited, and the agent's last word is an answer"


def _abandoned(one: Verdict) -> str:
    days = ABANDONED_S // _DAY_S
    if one.why == "no answer":
        return f"no file was edited, the agent gave no answer, and nothing came for {days} days"
    return f"{_files(one.files)} edited, after {days} days none committed or left in the folder"


def _open(one: Verdict) -> str:
    if one.why == "not committed":
        return f"{one.left_files} of {_files(one.files)} edited lie in the folder, not committed"
    if one.why == "no answer":
        return "no file was edited, and there is no answer yet"
    return f"{_files(one.files)} edited, not committed yet"


_WHY_UNKNOWN: Final = {
    "no git": "{files} edited, and git cannot be asked there",
    "committed by others": "{files} edited; a commit of somebody else changed them next",
    "branch gone, files changed": "its branch is gone; the default branch changed its files later",
    "files unknown to git": "{files} edited that git does not keep",
}


def _unknown(one: Verdict) -> str:
    return _WHY_UNKNOWN.get(one.why, "nothing is known").format(files=_files(one.files))


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


_SENTENCES: Final = {
    Outcome.MERGED: _merged,
    Outcome.COMMITTED: _committed,
    Outcome.REVERTED: _reverted,
    Outcome.BRANCH_ABANDONED: _branch_abandoned,
    Outcome.PULL_REQUEST: _pull_request,
    Outcome.TEST_FIXED: _test_fixed,
    Outcome.ANSWERED: _answered,
    Outcome.ABANDONED: _abandoned,
    Outcome.OPEN: _open,
    Outcome.UNKNOWN: _unknown,
}
