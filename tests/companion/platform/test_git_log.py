"""Real repositories: what became of a commit, and that a hostile one runs nothing."""

import os
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import DAY_S, HOUR_S, ME, NOON_S, OTHER, Repository, make_repository

from aicost.core.commits import IDLE_S, Commit, Fate, History
from aicost.platform.git_log import Edited, GitLog

PATCH = "\n".join(f"line {number}" for number in range(40)) + "\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "shop")


def log_of(repo: Repository) -> GitLog:
    return GitLog(repo.top, {"PATH": os.environ["PATH"], "HOME": str(repo.top.parent)})


def history(repo: Repository) -> History:
    found = log_of(repo).history(NOON_S - DAY_S)
    assert found is not None
    return log_of(repo).with_patches(found, found.commits)


def named(found: History, name: str) -> Commit:
    return next(commit for commit in found.commits if commit.id == name)


def fate(repo: Repository, name: str) -> Fate:
    found = history(repo)
    return found.fate(named(found, name), repo.now_s)


def on_branch(repo: Repository) -> str:
    """Commit two changes on a branch, an hour apart; return the first."""
    repo.git("checkout", "-q", "-b", "topic")
    first = repo.commit("pay.py", "one\n")
    repo.later(HOUR_S)
    repo.commit("pay.py", "two\n")
    repo.git("checkout", "-q", "main")
    repo.later(HOUR_S)
    return first


def merge(repo: Repository) -> str:
    first = on_branch(repo)
    repo.git("merge", "-q", "--no-ff", "topic")
    return first


def squash(repo: Repository) -> str:
    first = on_branch(repo)
    repo.git("merge", "-q", "--squash", "topic")
    repo.git("commit", "-q", "-m", "all at once")
    repo.git("branch", "-q", "-D", "topic")
    return first


def squash_beside_other_changes(repo: Repository) -> str:
    """The file has other lines by then: only the patch is the same."""
    repo.commit("pay.py", PATCH)
    repo.git("checkout", "-q", "-b", "topic")
    first = repo.commit("pay.py", PATCH.replace("line 3\n", "line three\n"))
    repo.git("checkout", "-q", "main")
    repo.commit("pay.py", PATCH.replace("line 33\n", "line thirty-three\n"))
    repo.later(HOUR_S)
    repo.git("merge", "-q", "--squash", "topic")
    repo.git("commit", "-q", "-m", "pay")
    repo.git("branch", "-q", "-D", "topic")
    return first


def rebase(repo: Repository) -> str:
    first = on_branch(repo)
    repo.commit("other.py", "x\n")
    repo.later(HOUR_S)
    repo.git("rebase", "-q", "main", "topic")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--ff-only", "topic")
    return first


def amend(repo: Repository) -> str:
    first = repo.commit("pay.py", "one\n")
    repo.later(HOUR_S)
    repo.write("pay.py", "better\n")
    repo.git("commit", "-q", "-a", "--amend", "-m", "again")
    return first


def reset_and_again(repo: Repository) -> str:
    first = repo.commit("pay.py", "one\n")
    repo.later(HOUR_S)
    repo.git("reset", "-q", "--soft", "HEAD~1")
    repo.git("commit", "-q", "-m", "under another name")
    return first


def leave_on_branch(repo: Repository) -> str:
    return on_branch(repo)


def leave_for_long(repo: Repository) -> str:
    first = on_branch(repo)
    repo.later(IDLE_S)
    return first


def delete_branch(repo: Repository) -> str:
    first = on_branch(repo)
    repo.git("branch", "-q", "-D", "topic")
    return first


def reset(repo: Repository) -> str:
    first = repo.commit("pay.py", "one\n")
    repo.git("reset", "-q", "--hard", "HEAD~1")
    return first


def delete_branch_and_do_it_anew(repo: Repository) -> str:
    """Somebody wrote those files later, another way: nobody can tell whether it was of use."""
    first = delete_branch(repo)
    repo.commit("pay.py", "three\n")
    return first


def revert(repo: Repository) -> str:
    first = repo.commit("pay.py", "one\n")
    repo.later(HOUR_S)
    repo.git("revert", "--no-edit", "HEAD")
    return first


def revert_by_hand(repo: Repository) -> str:
    repo.commit("pay.py", "zero\n")
    first = repo.commit("pay.py", "one\n")
    repo.later(HOUR_S)
    repo.commit("pay.py", "zero\n", "as it was")
    return first


def revert_on_a_branch_only(repo: Repository) -> str:
    first = repo.commit("pay.py", "one\n")
    repo.later(HOUR_S)
    repo.git("checkout", "-q", "-b", "doubt")
    repo.git("revert", "--no-edit", "HEAD")
    return first


def revert_twice(repo: Repository) -> str:
    first = revert(repo)
    repo.later(HOUR_S)
    repo.git("revert", "--no-edit", "HEAD")
    return first


def revert_the_squash(repo: Repository) -> str:
    first = squash(repo)
    repo.later(HOUR_S)
    repo.git("revert", "--no-edit", "HEAD")
    return first


def in_a_worktree(repo: Repository) -> str:
    repo.git("worktree", "add", "-q", "-b", "side", "../side")
    beside = Repository(repo.top.parent / "side", repo.now_s)
    name = beside.commit("pay.py", "one\n")
    repo.git("worktree", "remove", "--force", "../side")
    repo.git("merge", "-q", "side")
    return name


def pushed_but_behind_here(repo: Repository) -> str:
    """The default branch is the remote's, where a merge was made that nobody pulled."""
    first = on_branch(repo)
    repo.git("merge", "-q", "topic")
    repo.git("update-ref", "refs/remotes/origin/trunk", "main")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    repo.git("reset", "-q", "--hard", "HEAD~2")
    repo.git("branch", "-q", "-D", "topic")
    return first


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (merge, Fate.MERGED),
        (squash, Fate.MERGED),
        (squash_beside_other_changes, Fate.MERGED),
        (rebase, Fate.MERGED),
        (amend, Fate.MERGED),
        (reset_and_again, Fate.MERGED),
        (in_a_worktree, Fate.MERGED),
        (pushed_but_behind_here, Fate.MERGED),
        (revert_twice, Fate.MERGED),
        (revert_on_a_branch_only, Fate.MERGED),
        (leave_on_branch, Fate.ALIVE),
        (leave_for_long, Fate.IDLE),
        (delete_branch, Fate.GONE),
        (reset, Fate.GONE),
        (delete_branch_and_do_it_anew, Fate.UNCLEAR),
        (revert, Fate.REVERTED),
        (revert_by_hand, Fate.REVERTED),
        (revert_the_squash, Fate.REVERTED),
    ],
)
def test_what_became_of_a_commit(
    repo: Repository, made: Callable[[Repository], str], expected: Fate
) -> None:
    assert fate(repo, made(repo)) is expected


def test_two_commits_of_one_second_are_two(repo: Repository) -> None:
    repo.git("checkout", "-q", "-b", "topic")
    first, second = repo.commit("a.py", "1\n"), repo.commit("b.py", "1\n")
    repo.git("checkout", "-q", "main")
    repo.later(HOUR_S)
    repo.git("cherry-pick", first)
    repo.git("reflog", "expire", "--expire=now", "--all")
    found = history(repo)
    assert found.fate(named(found, first), repo.now_s) is Fate.MERGED
    assert found.fate(named(found, second), repo.now_s) is Fate.ALIVE


def test_a_stash_is_no_commit(repo: Repository) -> None:
    repo.write("README", "more\n")
    repo.git("stash", "-q")
    assert [commit.author for commit in history(repo).commits] == []


def test_without_a_default_branch_nothing_is_merged(repo: Repository) -> None:
    repo.git("branch", "-q", "-m", "main", "here")
    name = repo.commit("pay.py", "one\n")
    repo.git("branch", "-q", "there")
    found = history(repo)
    assert (found.default_branch, fate(repo, name)) == ("", Fate.ALIVE)


def test_whoever_commits_here_is_the_user(repo: Repository) -> None:
    repo.git("config", "author.email", "Ada@Work.example")
    assert history(repo).users == {ME, "ada@work.example"}


def test_an_empty_repository_tells_that_nothing_happened(tmp_path: Path) -> None:
    new = Repository(tmp_path)
    new.git("init", "-q")
    found = log_of(new).history(0)
    assert found is not None
    assert found.commits == ()


def test_no_repository_tells_nothing(tmp_path: Path) -> None:
    assert GitLog(tmp_path, {"PATH": os.environ["PATH"]}).history(0) is None
    assert GitLog(tmp_path / "gone", {"PATH": os.environ["PATH"]}).history(0) is None


def test_without_git_nothing_is_known(repo: Repository) -> None:
    assert GitLog(repo.top, {"PATH": "relative:"}).history(0) is None


def test_what_is_not_committed_is_listed(repo: Repository) -> None:
    repo.commit("kept.py", "1\n")
    repo.commit("changed.py", "1\n")
    repo.commit("lost.py", "1\n")
    (repo.top / "lost.py").unlink()
    repo.write("changed.py", "other\n")
    repo.write("new.py", "1\n")
    repo.write("staged.py", "1\n")
    repo.git("add", "staged.py")
    repo.write(".gitignore", "*.log\n")
    repo.write("noise.log", "1\n")
    found = log_of(repo).edited(lambda path: path != "README")
    assert found is not None
    assert found.left == {"changed.py", "new.py", "staged.py", ".gitignore"}
    assert found.clean == {"kept.py", "lost.py"}
    assert log_of(repo).edited(lambda path: path == "kept.py") == Edited(
        frozenset(), frozenset({"kept.py"})
    )


# Hostile repositories

_TRAPS = (
    ("core.fsmonitor", "{}"),
    ("core.pager", "{}"),
    ("core.editor", "{}"),
    ("core.sshCommand", "{}"),
    ("core.askPass", "{}"),
    ("core.gitProxy", "{}"),
    ("core.alternateRefsCommand", "{}"),
    ("core.hooksPath", "{dir}"),
    ("diff.external", "{}"),
    ("diff.trap.command", "{}"),
    ("diff.trap.textconv", "{}"),
    ("filter.trap.clean", "{}"),
    ("filter.trap.smudge", "{}"),
    ("filter.trap.process", "{}"),
    ("filter.trap.required", "true"),
    ("gpg.program", "{}"),
    ("log.showSignature", "true"),
    ("pager.log", "{}"),
    ("alias.rev-list", "!{}"),
    ("credential.helper", "{}"),
    ("uploadpack.packObjectsHook", "{}"),
    ("extensions.partialClone", "trap"),
    ("remote.trap.url", "ext::{}"),
    ("remote.trap.promisor", "true"),
    ("protocol.allow", "always"),
    ("protocol.ext.allow", "always"),
    ("core.untrackedCache", "true"),
    ("diff.ignoreSubmodules", "none"),
    ("status.submoduleSummary", "true"),
)


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    """Return the file that a trap leaves behind."""
    return tmp_path / "sprung"


@pytest.fixture
def hostile(repo: Repository, tmp_path: Path, sprung: Path) -> Repository:
    """Return a repository whose config runs a program wherever git lets it."""
    repo.commit("pay.py", PATCH)
    repo.commit("pay.py", PATCH.replace("line 3\n", "line three\n"))
    repo.git("checkout", "-q", "-b", "topic", "HEAD~1")
    repo.commit("pay.py", PATCH.replace("line 3\n", "line three\n"), "again")
    folder = tmp_path / "traps"
    folder.mkdir()
    trap = folder / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >>'{sprung}'\nexit 0\n")
    trap.chmod(0o755)
    for hook in (
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "fsmonitor-watchman",
    ):
        (folder / hook).write_bytes(trap.read_bytes())
        (folder / hook).chmod(0o755)
        (repo.top / ".git" / "hooks" / hook).write_bytes(trap.read_bytes())
        (repo.top / ".git" / "hooks" / hook).chmod(0o755)
    for name in ("git", "patch-id", "git-patch-id", "gpg", "ssh"):
        (repo.top / name).write_bytes(trap.read_bytes())
        (repo.top / name).chmod(0o755)
    repo.write(".gitattributes", "* filter=trap diff=trap\n")
    with (repo.top / ".git" / "config").open("a") as config:
        for key, value in _TRAPS:
            section, _, name = key.rpartition(".")
            section, _, middle = section.partition(".")
            header = f'[{section} "{middle}"]' if middle else f"[{section}]"
            config.write(f"{header}\n\t{name} = {value.format(trap, dir=folder)}\n")
    repo.write("pay.py", PATCH.replace("line 3\n", "line drei\n"))
    return repo


def ask_everything(repo: Repository, path: str = "") -> None:
    log = GitLog(repo.top, {"PATH": path + os.environ["PATH"], "HOME": str(repo.top.parent)})
    found = log.history(NOON_S - DAY_S)
    assert found is not None
    assert len(found.commits) == 3
    log.with_patches(found, found.commits)
    edited = log.edited(lambda path: path == "pay.py")
    assert edited == Edited(frozenset({"pay.py"}), frozenset())


def test_a_hostile_repository_runs_nothing(hostile: Repository, sprung: Path) -> None:
    ask_everything(hostile, ".::")
    assert not sprung.exists(), sprung.read_text()


@pytest.mark.parametrize(
    "command", [("status",), ("diff",), ("log", "-p"), ("diff-files",)], ids=" ".join
)
def test_the_traps_do_spring(hostile: Repository, sprung: Path, command: tuple[str, ...]) -> None:
    """Else the test above would show nothing."""
    subprocess.run(["git", *command], cwd=hostile.top, capture_output=True, check=False)
    assert sprung.exists()


def test_what_is_missing_is_not_fetched(hostile: Repository, sprung: Path) -> None:
    """A partial clone would ask its remote for a file's content."""
    for loose in (hostile.top / ".git" / "objects").glob("??/*"):
        if (
            hostile.git(
                "-c", "core.fsmonitor=false", "cat-file", "-t", loose.parent.name + loose.name
            )
            == "blob"
        ):
            loose.chmod(stat.S_IRUSR | stat.S_IWUSR)
            loose.unlink()
    sprung.unlink(missing_ok=True)
    ask_everything(hostile)
    assert not sprung.exists(), sprung.read_text()


def test_a_repository_that_makes_git_wait_is_left(repo: Repository) -> None:
    repo.commit("pay.py", "one\n")
    (repo.top / ".git" / "info" / "exclude").unlink(missing_ok=True)
    os.mkfifo(repo.top / ".git" / "info" / "exclude")
    log = GitLog(repo.top, {"PATH": os.environ["PATH"], "HOME": "/nowhere"}, timeout_s=0.5)
    started = time.monotonic()
    assert log.edited(lambda _: True) is None
    assert time.monotonic() - started < 10


def test_nothing_is_written(hostile: Repository) -> None:
    def state() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in hostile.top.rglob("*") if path.is_file()}

    before = state()
    ask_everything(hostile)
    assert state() == before


def test_others_commit_at_the_same_time(repo: Repository) -> None:
    repo.commit("mine.py", "1\n")
    repo.author = OTHER
    repo.commit("theirs.py", "1\n")
    assert [commit.author for commit in history(repo).commits] == [OTHER, ME]
