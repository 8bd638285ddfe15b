"""Folders and the checkouts they lie in."""

from pathlib import Path

import pytest

from aicost.daemon.roots import AGE_S, Roots


def checkout(top: Path) -> Path:
    (top / ".git").mkdir(parents=True)
    (top / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (top / "src" / "deep").mkdir(parents=True)
    return top


def test_a_folder_lies_in_the_checkout_around_it(tmp_path: Path) -> None:
    top = checkout(tmp_path / "shop")
    roots = Roots()
    for folder in (top, top / "src" / "deep", top / "src" / "gone"):
        assert roots.root_of(str(folder)) == str(top)
    assert roots.root_of(str(tmp_path)) is None


def test_a_link_leads_to_the_real_path(tmp_path: Path) -> None:
    top = checkout(tmp_path / "shop")
    (tmp_path / "link").symlink_to(top / "src")
    assert Roots().root_of(str(tmp_path / "link" / "deep")) == str(top)


@pytest.mark.parametrize("folder", ["", "src", ".", "/a\0b", "~"])
def test_what_is_no_path_lies_nowhere(folder: str) -> None:
    assert Roots().root_of(folder) is None


def test_a_repository_that_is_made_later_is_found_after_a_while(tmp_path: Path) -> None:
    now = [0.0]
    roots = Roots(lambda: now[0])
    assert roots.root_of(str(tmp_path / "shop")) is None
    top = checkout(tmp_path / "shop")
    now[0] = AGE_S - 0.001
    assert roots.root_of(str(top)) is None
    now[0] = AGE_S
    assert roots.root_of(str(top)) == str(top)
