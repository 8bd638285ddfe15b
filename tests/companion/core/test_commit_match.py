"""Which commits a session led to: its own, and the first ones that have its edits."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from aicost.core.commit_match import RIGHT_AFTER_S, Matched, OwnCommit, Span, Work, matched
from aicost.core.commits import Change, Commit, Fate, History

ME, OTHER = "ada@example.com", "bob@example.com"
START, END = 10_000, 20_000
FILES = {"pay.py": 1, "cart.py": 2}
BLOB, BEFORE = "b" * 40, "a" * 40


def targets(path: str) -> frozenset[int]:
    return frozenset({FILES[path]} if path in FILES else ())


def commit(number: int, at_s: int, author: str = ME, **changes: Any) -> Commit:
    plain = Commit(f"{number:040x}", (), author, at_s, author, at_s)
    return plain._replace(**changes)


def history(files: Mapping[Commit, Sequence[str]]) -> History:
    commits = tuple(reversed(list(files)))
    ids = frozenset(one.id for one in commits)
    changes = {
        one.id: {path: Change(BEFORE, f"{one.id[-1]}" * 40) for path in paths}
        for one, paths in files.items()
    }
    return History(commits, ids, ids, changes, users=frozenset({ME}))


EDITED = Work(time=Span(START, END), edits={1: Span(12_000, 18_000)})


@pytest.mark.parametrize(
    ("at_s", "path", "author", "is_own"),
    [
        (11_999, "pay.py", ME, False),  # before its edit
        (12_000, "pay.py", ME, True),
        (15_000, "pay.py", ME, True),
        (15_000, "cart.py", ME, False),  # another file
        (15_000, "pay.py", OTHER, False),
        (END + RIGHT_AFTER_S, "pay.py", ME, True),
        (END + RIGHT_AFTER_S + 1, "pay.py", ME, False),
    ],
)
def test_a_commit_of_an_edited_file_is_the_sessions(
    at_s: int, path: str, author: str, is_own: bool
) -> None:
    result = matched(EDITED, history({commit(1, at_s, author): [path]}), targets, 10**6)
    assert bool(result.commits) is is_own


def test_only_the_first_commit_after_the_last_edit_has_it() -> None:
    files = {commit(n, at): ["pay.py"] for n, at in ((1, 14_000), (2, 19_000), (3, 21_000))}
    result = matched(EDITED, history(files), targets, 10**6)
    assert [one.made_s for one in result.commits] == [14_000, 19_000]


def test_each_file_has_its_first_commit() -> None:
    work = Work(time=EDITED.time, edits={1: Span(12_000, 13_000), 2: Span(12_000, 13_000)})
    files = {commit(1, 19_000): ["pay.py"], commit(2, 19_500): ["pay.py", "cart.py"]}
    result = matched(work, history(files), targets, 10**6)
    assert [(one.made_s, one.common_files) for one in result.commits] == [(19_000, 1), (19_500, 1)]


def test_a_commit_of_an_agent_counts_whoever_it_is_under() -> None:
    result = matched(
        EDITED, history({commit(1, 15_000, OTHER, is_by_agent=True): ["pay.py"]}), targets, 10**6
    )
    assert len(result.commits) == 1


def test_somebody_elses_commit_of_its_files_is_told() -> None:
    files = {commit(1, 19_000, OTHER): ["pay.py"], commit(2, 19_500): ["pay.py"]}
    assert matched(EDITED, history(files), targets, 10**6) == Matched((), 1)


@pytest.mark.parametrize(
    ("at_s", "is_own"), [(14_999, False), (15_000, True), (15_010, True), (15_011, False)]
)
def test_a_commit_that_a_command_made_is_the_sessions(at_s: int, is_own: bool) -> None:
    """Whatever it holds, and whoever it is under."""
    work = Work(time=Span(START, END), commit_runs=[Span(15_000, 15_010)])
    result = matched(work, history({commit(1, at_s, OTHER): []}), targets, 10**6)
    assert bool(result.commits) is is_own


@pytest.mark.parametrize(("count", "is_own"), [(1, True), (2, False)])
def test_one_commit_is_amended_but_many_are_rebased(count: int, is_own: bool) -> None:
    """`git commit --amend` makes one old commit anew, `git commit && git pull --rebase` many."""
    work = Work(time=Span(START, END), commit_runs=[Span(15_000, 15_010)])
    old = [commit(n, 1_000 * n, committed_s=15_005) for n in range(1, count + 1)]
    new = commit(9, 15_004)
    files = {one: [f"{one.id}.py"] for one in (*old, new)}
    made = [one.made_s for one in matched(work, history(files), targets, 10**6).commits]
    assert made == ([1_000, 15_004] if is_own else [15_004])


def test_without_edits_and_commands_no_commit_is_the_sessions() -> None:
    work = Work(time=Span(START, END))
    assert not matched(work, history({commit(1, 15_000): ["pay.py"]}), targets, 10**6).commits


def test_an_amended_commit_is_one_and_its_last_form_counts() -> None:
    old, new = commit(1, 15_000), commit(2, 15_000, committed_s=16_000)
    both = history({old: ["pay.py"], new: ["pay.py"]})
    only_new = History(
        both.commits, frozenset({new.id}), frozenset({new.id}), both.changes, users=both.users
    )
    result = matched(EDITED, only_new, targets, 10**6)
    assert result.commits == (OwnCommit(new.id[:12], 15_000, Fate.MERGED, 1),)
