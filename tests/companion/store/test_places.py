"""A folder's calls are of a repository or a project; other rules name what is there anew."""

from pathlib import Path
from zoneinfo import ZoneInfo

from log_builders import BOOK, calls_read, event

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
