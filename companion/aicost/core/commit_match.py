"""Which commits a session led to. Pure.

Commits and logs are timed by the clock of one machine, in whole seconds that are not rounded up: no
slack is needed, and what was committed a minute before an edit does not have it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from aicost.core.commits import Commit, Fate, History

RIGHT_AFTER_S: Final = 7 * 86_400  # a change that is not committed within a week was not wanted
ID_CHARS: Final = 12  # of a commit's id that are kept

Targets = Callable[[str], frozenset[int]]  # a path in the repository -> hashes that stand for it


class Span(NamedTuple):
    """From a moment to another one, both in it. Seconds since 1970."""

    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a session, or a turn of it, did that commits may tell of."""

    time: Span
    edits: Mapping[int, Span] = field(default_factory=lambda: MappingProxyType({}))  # by file
    commit_runs: Sequence[Span] = ()  # commands that committed, and did not fail


class OwnCommit(NamedTuple):
    """A commit that a session led to."""

    id: str
    made_s: int
    fate: Fate
    common_files: int  # that the session edited


class Matched(NamedTuple):
    """What a repository tells of a session."""

    commits: tuple[OwnCommit, ...] = ()  # the oldest first
    foreign: int = 0  # files of the session that somebody else's commit changed right after


def matched(
    work: Work,
    history: History,
    targets: Targets,
    now_s: int,
    among: Iterable[Commit] | None = None,
) -> Matched:
    """Return the commits that a session led to, and what became of them.

    Those are the ones that a command of its own made; and of the user's, or with an agent as
    co-author, those of files that the session edited: made meanwhile, or the first one after its
    last edit. A later commit of a file cannot be the one that has the edit. `among`: no others.
    """
    found: dict[str, tuple[Commit, int]] = {}
    waiting, foreign = dict(work.edits), 0
    seen = set[str]()
    commits = _in_time(work, history.commits if among is None else among)
    ran = _made_by_runs(work, commits)
    for commit in commits:
        if commit.id in seen:
            continue
        forms = history.forms(commit)
        seen.update(one.id for one in forms)
        common = _common(work, waiting, commit, history, targets)
        is_run = any(form.id in ran for form in forms)
        if is_run or (common and _is_users(commit, history)):
            found[commit.id] = (_lasting(forms, history), len(common))
        elif common:
            foreign += sum(commit.made_s >= work.edits[one].end_s for one in common)
        for target in common:
            if commit.made_s >= work.edits[target].end_s:
                waiting.pop(target, None)
    own = tuple(
        OwnCommit(one.id[:ID_CHARS], one.made_s, history.fate(one, now_s), common)
        for one, common in found.values()
    )
    return Matched(own, foreign)


def candidates(work: Work, history: History, targets: Targets) -> list[Commit]:
    """Return the commits that `matched` would find, in all their forms."""
    own = {one.id for one in matched(work, history, targets, 0).commits}
    found = [one for one in history.commits if one.id[:ID_CHARS] in own]
    return list({form.id: form for one in found for form in history.forms(one)}.values())


def _in_time(work: Work, commits: Iterable[Commit]) -> list[Commit]:
    """Return the commits made in or right after the work, the oldest first."""
    start, end = work.time.start_s, work.time.end_s + RIGHT_AFTER_S
    found = [
        one for one in commits if start <= one.made_s <= end or start <= one.committed_s <= end
    ]
    return sorted(found, key=lambda one: one.made_s)


def _common(
    work: Work, waiting: Iterable[int], commit: Commit, history: History, targets: Targets
) -> frozenset[int]:
    """Return which edited files a commit may have the edit of."""
    begins = min((span.start_s for span in work.edits.values()), default=work.time.end_s)
    ends = work.time.end_s + RIGHT_AFTER_S
    if not work.edits or not begins <= commit.made_s <= ends:
        return frozenset()
    left = frozenset(waiting)
    hit = frozenset(
        target
        for path in history.changes.get(commit.id, ())
        for target in targets(path)
        if target in left
    )
    return frozenset(one for one in hit if work.edits[one].start_s <= commit.made_s)


def _made_by_runs(work: Work, commits: Sequence[Commit]) -> set[str]:
    """Return the ids of the commits that commands of the session made, or the one they amended.

    A command that also rebases makes many old commits anew: they are not the session's.
    """
    found = set[str]()
    for run in work.commit_runs:
        new = {one.id for one in commits if run.start_s <= one.made_s <= run.end_s}
        anew = [one for one in commits if run.start_s <= one.committed_s <= run.end_s]
        amended = {one.key: one.id for one in anew if one.id not in new}
        found |= new
        if len(amended) == 1:
            found.update(amended.values())
    return found


def _is_users(commit: Commit, history: History) -> bool:
    return commit.is_by_agent or commit.author in history.users or commit.committer in history.users


def _lasting(forms: Sequence[Commit], history: History) -> Commit:
    """Return the form that counts: in the default branch, else on any, else the newest."""
    return max(
        forms, key=lambda one: (one.id in history.merged, one.id in history.alive, one.committed_s)
    )
