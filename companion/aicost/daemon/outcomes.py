"""What came of sessions: the ledger and the repositories on this machine are asked, nobody else."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from aicost.core.commands import hash_of, to_number
from aicost.core.commit_match import Matched, OwnCommit, Work, candidates, matched
from aicost.core.commits import Commit, Fate, History
from aicost.core.outcome import Facts, Outcome, Verdict, judge, next_look
from aicost.core.pull_requests import PullRequest, merged_of
from aicost.platform.gh import Gh
from aicost.platform.git import checkout_of, repo_key_of
from aicost.platform.git_log import GitLog, Stop
from aicost.store.outcomes import (
    Done,
    Due,
    Judged,
    SessionDone,
    Where,
    places_of_repo,
    session_done,
)

_S = 1_000_000
_MOST_TOPS = 4  # repositories that one session is looked for in
_MOST_FOLDERS = 20  # of one remote, that are tried where a session's own is gone
_SHARED_BRANCHES = frozenset(("", "HEAD", "main", "master", "trunk", "develop"))
Targets = Callable[[str], frozenset[int]]


@dataclass(frozen=True, slots=True)
class _Place:
    """One repository as one session saw it."""

    top: Path
    prefixes: tuple[str, ...]  # what the session's paths may begin with, before those of git

    def targets(self, path: str) -> frozenset[int]:
        """Return the hashes that the session's tools may have called a path of git by."""
        return frozenset(
            to_number(hash_of(f"{prefix}/{path}" if prefix else path)) for prefix in self.prefixes
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """A session that is judged, and where its commits may be."""

    due: Due
    done: SessionDone
    places: tuple[_Place, ...]


class _Merged(NamedTuple):
    """A merged pull request of a session."""

    repo_key: str
    pull_request: PullRequest

    @property
    def closed(self) -> frozenset[int]:
        """What stands for the tickets that it closed."""
        names = (f"{self.repo_key}#{number}" for number in self.pull_request.closes)
        return frozenset(to_number(hash_of(name)) for name in names)


class Judge:
    """Judges sessions. Blocks for as long as git takes; for a thread of its own."""

    def __init__(self, env: Mapping[str, str], gh: Gh | None = None) -> None:
        """Ask `gh` for pull requests, too, if there is one."""
        self._env, self._gh = env, gh
        self._stop = Stop()

    def stop(self) -> None:
        """Give up, for good; from any thread. What is being judged is not."""
        self._stop.set()

    def judged(
        self, db: sqlite3.Connection, dues: Iterable[Due], now_us: int
    ) -> tuple[Judged, ...]:
        """Return what came of these sessions. Raises sqlite3.Error."""
        cases = []
        for due in dues:
            done = session_done(db, due)
            cases.append(_Case(due, done, _places_of(db, done.places)))
        known = self._histories(cases)
        judged = tuple(_judged(case, known, self._merged_of(case), now_us // _S) for case in cases)
        return () if self._stop.is_set else judged

    def _merged_of(self, case: _Case) -> tuple[_Merged, ...]:
        """Return the merged pull requests of a session; none unless gh may be asked."""
        if self._gh is None:
            return ()
        done, found = case.done, list[_Merged]()
        for repo_key in dict.fromkeys(place.repo_key for place in done.places):
            branches = {one.branch for one in done.places if one.repo_key == repo_key}
            merged = merged_of(
                self._gh.merged(repo_key),
                numbers=done.pull_requests,
                branches=branches - _SHARED_BRANCHES,
                since_s=case.due.first_us // _S,
            )
            found += [_Merged(repo_key, one) for one in merged]
        return tuple(found)

    def _histories(self, cases: Sequence[_Case]) -> "dict[Path, _Repository]":
        """Ask each repository once, for all sessions that worked in it."""
        by_top: dict[Path, list[_Case]] = {}
        for case in cases:
            for place in case.places:
                by_top.setdefault(place.top, []).append(case)
        found = {}
        for top, inside in by_top.items():
            since_s = min(case.due.first_us for case in inside) // _S
            git = GitLog(top, self._env, stop=self._stop)
            history = git.history(since_s)
            if history is not None:
                found[top] = _Repository(
                    git, git.with_patches(history, _wanted(inside, top, history))
                )
        return found


@dataclass(frozen=True, slots=True)
class _Repository:
    """A repository that could be read."""

    git: GitLog
    history: History


def _wanted(cases: Iterable[_Case], top: Path, history: History) -> list[Commit]:
    return [
        commit
        for case in cases
        for place in case.places
        if place.top == top
        for commit in candidates(case.done.whole.work, history, place.targets)
    ]


def _judged(
    case: _Case, known: Mapping[Path, _Repository], merged: Sequence[_Merged], now_s: int
) -> Judged:
    start_s = case.due.first_us // _S
    readable = [
        (place, known[place.top])
        for place in case.places
        if place.top in known and known[place.top].history.since_s <= start_s
    ]
    facts = _facts(case.done, case.done.whole, readable, now_s)
    facts = replace(
        facts,
        commits=_with_lost(facts.commits, case.done.commits, readable),
        pull_requests=max(facts.pull_requests, len(merged)),
        merged_pull_requests=len(merged),
    )
    verdict = judge(facts, now_s)
    turns = {}
    for span, done in case.done.turns.items():
        about = judge(_turn_facts(done, readable, facts, now_s), now_s).outcome
        if about is not Outcome.UNKNOWN:
            turns[span] = about
    due_s = next_look(verdict, case.due.last_us // _S, now_s, is_known_to_git=facts.is_known_to_git)
    return Judged(
        session=case.due,
        verdict=verdict,
        commits=facts.commits,
        turns=turns,
        merged_branch=_merged_branch(case.done, verdict, facts.default_branch),
        closed_tickets=frozenset[int]().union(*(one.closed for one in merged)),
        due_us=None if due_s is None else due_s * _S,
    )


def _facts(
    whole: SessionDone, done: Done, readable: Sequence[tuple[_Place, _Repository]], now_s: int
) -> Facts:
    """Gather what is known of a session."""
    found = _matched(done.work, readable, now_s)
    left = clean = 0
    if done.work.edits and not found.commits:
        for place, repository in readable:
            counts = _counted(done.work, place, repository.git)
            left, clean = left + counts[0], clean + counts[1]
    return Facts(
        ended_s=done.work.time.end_s,
        edited_files=len(done.work.edits),
        fixed_tests=done.fixed_tests,
        is_answered=done.is_answered,
        pull_requests=len(whole.pull_requests),
        commits=found.commits,
        foreign_files=found.foreign,
        left_files=left,
        clean_files=clean,
        is_known_to_git=bool(readable),
        default_branch=next((one.history.default_branch for _, one in readable), ""),
    )


def _turn_facts(
    done: Done, readable: Sequence[tuple[_Place, _Repository]], session: Facts, now_s: int
) -> Facts:
    """Gather what is known of a turn: of files in the folder only what holds of all its session."""
    own = {one.id for one in session.commits}
    found = _matched(done.work, readable, now_s, own)
    files = len(done.work.edits)
    return Facts(
        ended_s=done.work.time.end_s,
        edited_files=files,
        fixed_tests=done.fixed_tests,
        is_answered=done.is_answered,
        commits=found.commits,
        foreign_files=session.foreign_files,
        left_files=min(files, session.left_files),
        clean_files=min(files, session.clean_files),
        is_known_to_git=session.is_known_to_git and not session.commits,
        default_branch=session.default_branch,
    )


def _matched(
    work: Work,
    readable: Sequence[tuple[_Place, _Repository]],
    now_s: int,
    among: set[str] | None = None,
) -> Matched:
    """Return the commits of all repositories, each once: worktrees share theirs."""
    commits: dict[str, OwnCommit] = {}
    foreign = 0
    for place, repository in readable:
        history = repository.history
        own = None
        if among is not None:
            own = [one for one in history.commits if one.id[:12] in among]
        found = matched(work, history, place.targets, now_s, own)
        foreign += found.foreign
        for one in found.commits:
            known = commits.get(one.id)
            if known is None or known.common_files < one.common_files:
                commits[one.id] = one
    return Matched(tuple(sorted(commits.values(), key=lambda one: one.made_s)), foreign)


def _counted(work: Work, place: _Place, git: GitLog) -> tuple[int, int]:
    """Return how many edited files are in the folder and not committed, and how many are as was."""
    edited = git.edited(lambda path: not place.targets(path).isdisjoint(work.edits))
    return (len(edited.left), len(edited.clean)) if edited else (0, 0)


def _with_lost(
    found: Sequence[OwnCommit],
    before: Iterable[OwnCommit],
    readable: Sequence[tuple[_Place, _Repository]],
) -> tuple[OwnCommit, ...]:
    """Add commits that were found before and are no more: deleted, or their repository is.

    One that git still has is not lost: it was found not to be the session's.
    """
    there = {one.made_s for _, repository in readable for one in repository.history.commits}
    lost = [
        one._replace(fate=Fate.GONE) if readable and one.fate is not Fate.MERGED else one
        for one in before
        if one.made_s not in there
    ]
    return tuple(sorted((*lost, *found), key=lambda one: one.made_s))


def _merged_branch(done: SessionDone, verdict: Verdict, default_branch: str) -> int | None:
    """Return what stands for the branch that a session worked on, if it is merged."""
    if verdict.outcome is not Outcome.MERGED:
        return None
    names = (one for one in done.places if one.branch not in ("", "HEAD", default_branch))
    return next((to_number(hash_of(f"{one.repo_key}\0{one.branch}")) for one in names), None)


def _places_of(db: sqlite3.Connection, where: Sequence[Where]) -> tuple[_Place, ...]:
    """Return the repositories that a session worked in, as far as they are still there."""
    found: dict[Path, dict[str, None]] = {}
    for one in where:
        top = _top_of(db, one)
        if top is None:
            continue
        if top not in found and len(found) == _MOST_TOPS:
            break
        prefixes = found.setdefault(top, dict.fromkeys((str(top), os.path.realpath(top), "")))
        if not _lies_in(one.cwd, top):  # a worktree that is gone: where it began is not known
            folders = (Path(one.cwd), *Path(one.cwd).parents)
            gone = (str(folder) for folder in folders if not os.path.exists(folder))  # noqa: PTH110
            prefixes |= dict.fromkeys(gone)
    return tuple(_Place(top, tuple(prefixes)) for top, prefixes in found.items())


def _lies_in(cwd: str, top: Path) -> bool:
    return os.path.isdir(cwd) and checkout_of(cwd) == top  # noqa: PTH112 - Path's may raise


def _top_of(db: sqlite3.Connection, where: Where) -> Path | None:
    """Return the checkout whose git knows of a folder's commits.

    Of a folder that is gone it is one above it, or another one of the same remote.
    """
    top = checkout_of(where.cwd)
    if top is not None and (
        os.path.isdir(where.cwd) or repo_key_of(str(top)) == where.repo_key  # noqa: PTH112
    ):
        return top
    if "/" not in where.repo_key:  # a name alone may be that of many
        return None
    for number, cwd in enumerate(places_of_repo(db, where.repo_key)):
        if number == _MOST_FOLDERS:
            break
        top = checkout_of(cwd)
        if top is not None and repo_key_of(str(top)) == where.repo_key:
            return top
    return None
