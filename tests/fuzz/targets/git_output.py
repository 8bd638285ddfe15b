"""What git prints of commits, their changes and files, and what gh prints of pull requests."""

from fuzz.target import Target

from aicost.core.commits import (
    Commit,
    History,
    parse_changes,
    parse_commits,
    parse_index,
    parse_paths,
)
from aicost.core.pull_requests import parse_pull_requests

A, B = "a" * 40, "b" * 40
SEEDS = (
    f"commit {A}\n{A}\0{B}\0me@x\x00100\0me@x\x00100\0fix\n\nThis reverts commit {B}.\n\0\n"
    f"commit {B}\n{B}\0\0me@x\x00100\0me@x\x0090\0one\n\nCo-authored-by: Codex <c@x>\0\n",
    f"{A}\0:100644 100644 {B} {A} M\0pay.py\0{B}\0:000000 100644 {'0' * 40} {B} A\0pay.py\0",
    f"100644 {A} 0\tpay.py\x00120000 {B} 0\tlink\0",
    '[{"number": 7, "mergedAt": "2026-11-22T12:00:00Z", "headRefName": "x",'
    ' "closingIssuesReferences": [{"number": 3}]}]',
)
_YEAR_S = 365 * 86_400


def check(content: bytes) -> None:
    """Whatever is printed, each commit has one fate, and nothing is made of what is no record."""
    commits, changes = parse_commits(content), parse_changes(content)
    ids = frozenset(commit.id for commit in commits)
    for merged in (frozenset[str](), ids):
        history = History(commits, ids, merged, changes)
        for commit in commits:
            assert commit in history.forms(commit)
            assert history.fate(commit, commit.committed_s + _YEAR_S)
    assert all(_is_whole(commit) for commit in commits)
    assert all(path for files in changes.values() for path in files)
    assert all(parse_paths(content))
    assert all(path and blob for path, blob in parse_index(content))
    assert all(one.number > 0 for one in parse_pull_requests(content) or ())


def _is_whole(commit: Commit) -> bool:
    return len(commit.id) in (40, 64) and 0 <= commit.made_s <= commit.committed_s


TARGET = Target(
    name="git_output",
    modules=("aicost.core.commits", "aicost.core.pull_requests"),
    seeds=lambda: [seed.encode() for seed in SEEDS],
    check=check,
)
