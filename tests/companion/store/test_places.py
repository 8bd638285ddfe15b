"""A folder's calls are of a repository or a project; other rules name what is there anew."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, calls_read, event, file_read

from aicost.core.facts import FileRead, Parsed, RemoteSeen
from aicost.store.ledger import Ledger
from aicost.store.places import Attribution

CALLS = calls_read(
    event(1, cwd="/src/shop"),
    event(2, cwd="/src/api"),
    event(3, cwd="/home/ada/x"),
    event(4, cwd=""),
)
KEYS = {"/src/shop": "github.com/acme/shop", "/src/api": "api", "/home/ada/x": "x"}


def named(path: Path, attribution: Attribution) -> dict[str, str]:
    with Ledger(path, book=BOOK, zone=ZoneInfo("UTC"), attribution=attribution) as ledger:
        ledger.record([CALLS])
        return dict(ledger.db.execute("SELECT cwd, repo FROM place"))


def test_a_project_takes_the_place_of_its_repositories(tmp_path: Path) -> None:
    by_key = Attribution(key_of=KEYS.__getitem__)
    assert named(tmp_path / "l", by_key) == KEYS | {"": ""}
    projects = Attribution(
        key_of=KEYS.__getitem__,
        project_of=lambda repo, cwd: "Work" if cwd.startswith("/src") else repo,
        rules="other",
    )
    works = {"/src/shop": "Work", "/src/api": "Work", "/home/ada/x": "x", "": ""}
    assert named(tmp_path / "l", projects) == works
    assert named(tmp_path / "l", by_key) == KEYS | {"": ""}


def test_a_repository_is_kept_when_its_folder_is_gone(tmp_path: Path) -> None:
    named(tmp_path / "l", Attribution(key_of=KEYS.__getitem__, rules="1"))
    gone = Attribution(key_of=lambda cwd: Path(cwd).name.upper(), rules="2")
    assert named(tmp_path / "l", gone) == KEYS | {"": ""}


def test_a_folder_that_is_there_is_named_anew(tmp_path: Path) -> None:
    """Of a worktree that is gone, nothing tells any more whose it was."""
    there, gone = str(tmp_path), str(tmp_path / "worktree")
    calls = calls_read(event(1, cwd=there), event(2, cwd=gone))
    keys = {there: "old", gone: "shop"}
    for rules, key_of in (("1", keys.__getitem__), ("2", lambda cwd: Path(cwd).name.upper())):
        by = Attribution(key_of=key_of, rules=rules)
        with Ledger(tmp_path / "l", book=BOOK, zone=ZoneInfo("UTC"), attribution=by) as ledger:
            ledger.record([calls])
            found = dict(ledger.db.execute("SELECT cwd, repo FROM place"))
    assert found == {there: tmp_path.name.upper(), gone: "shop"}


def test_the_same_rules_look_nothing_up(tmp_path: Path) -> None:
    named(tmp_path / "l", Attribution(key_of=KEYS.__getitem__, rules="1"))

    def refuse(cwd: str) -> str:
        raise AssertionError(cwd)

    assert named(tmp_path / "l", Attribution(key_of=refuse, rules="1")) == KEYS | {"": ""}


def remote_read(cwd: str, repo_key: str) -> FileRead:
    seen = RemoteSeen(cwd=cwd, repo_key=repo_key)
    return replace(file_read(path=f"{repo_key}.jsonl"), parsed=(Parsed(remotes=(seen,)),))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("work", "github.com/acme/a"),  # of several, the first by name
        ("github.com/acme/z", "github.com/acme/z"),  # the folder's own git knows better
        ("github.com/acme/b", "github.com/acme/b"),
    ],
)
def test_a_logged_remote_names_a_folder_in_any_order(own: str, expected: str) -> None:
    reads = [
        calls_read(event(1, cwd="/gone/work", branch="main"), path="1.jsonl"),
        calls_read(event(2, cwd="/gone/work", branch="fix"), event(3, cwd="/gone"), path="2.jsonl"),
        remote_read("/gone/work", "github.com/acme/b"),
        remote_read("/gone/work", "github.com/acme/a"),
    ]
    by = Attribution(key_of=lambda cwd: own if cwd == "/gone/work" else "gone")
    orders = list(permutations(reads))
    for batches in [[[read] for read in order] for order in orders] + [[reads]]:
        with Ledger(":memory:", book=BOOK, zone=ZoneInfo("UTC"), attribution=by) as ledger:
            for batch in batches:
                ledger.record(batch)
            assert set(ledger.db.execute("SELECT cwd, branch, repo FROM place")) == {
                ("/gone/work", "main", expected),
                ("/gone/work", "fix", expected),
                ("/gone", "main", "gone"),
            }


def test_a_logged_remote_is_kept_under_other_rules_and_belongs_to_projects(tmp_path: Path) -> None:
    def named_by(attribution: Attribution, *reads: FileRead) -> list[tuple[str]]:
        with Ledger(
            tmp_path / "l", book=BOOK, zone=ZoneInfo("UTC"), attribution=attribution
        ) as ledger:
            ledger.record(reads)
            return list(ledger.db.execute("SELECT repo FROM place"))

    reads = (calls_read(event(1, cwd="/gone/work")), remote_read("/gone/work", "a.org/acme/shop"))
    assert named_by(Attribution(rules="1"), *reads) == [("a.org/acme/shop",)]
    assert named_by(Attribution(rules="2")) == [("a.org/acme/shop",)]
    shops = Attribution(
        project_of=lambda repo, cwd: "Shops" if repo == "a.org/acme/shop" else repo, rules="3"
    )
    assert named_by(shops) == [("Shops",)]
    cloned = Attribution(key_of=lambda cwd: "a.org/acme/mine", rules="4")
    assert named_by(cloned) == [("a.org/acme/mine",)]
