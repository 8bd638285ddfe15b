"""A repository's own budgets: only of itself, small, no link, and none of its text in an error."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.budget import BudgetFilter, Traits
from aicost.core.errors import ConfigError
from aicost.platform.repo_budgets import (
    FILE_NAME,
    MAX_BYTES,
    RepoFile,
    parse_repo_budgets,
    read_repo_file,
    soft,
)

SECRET = "hunter2"
HARD = '[[budgets]]\nscope = "day"\namount = 5\nhard = true\n'


def file_of(text: str) -> RepoFile:
    return RepoFile(Path("/src/shop") / FILE_NAME, text.encode())


def test_a_repositorys_budgets_are_of_itself() -> None:
    text = f'{HARD}[[budgets]]\nscope = "turn"\namount = "3 repeats"\nbranch = "main"'
    hard, repeats = parse_repo_budgets(file_of(text), "github.com/acme/shop")
    assert (hard.origin, hard.root, hard.is_hard) == ("repo", "/src/shop", True)
    own = BudgetFilter(repo="github.com/acme/shop", is_repo_exact=True)
    assert hard.filter == own
    assert repeats.filter == replace(own, branch="main")
    assert [hard.budget_id, repeats.budget_id] == [
        "repo/day-hard#1@/src/shop",
        "repo/turn-repeats#2@/src/shop",
    ]
    assert [one.is_hard for one in soft([hard, repeats])] == [False, False]


@pytest.mark.parametrize("repo", ["*", "sh?p", "[a-z]*", "shop[1]"])
def test_a_repository_named_like_a_pattern_is_no_pattern(repo: str) -> None:
    (one,) = parse_repo_budgets(file_of(HARD), repo)
    assert one.filter.covers(Traits(repo=repo))
    assert not one.filter.covers(Traits(repo="shop"))


def test_a_repository_without_a_remote_limits_none_whose_name_ends_like_its_own() -> None:
    (one,) = parse_repo_budgets(file_of(HARD), "shop")
    assert one.filter.covers(Traits(repo="shop"))
    assert not one.filter.covers(Traits(repo="github.com/acme/shop"))


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        (f'timezone = "{SECRET}"', "a repository can set budgets and nothing else", 1),
        (f"{HARD}\n[gate]\nfail = '{SECRET}'", "a repository can set budgets and nothing else", 6),
        (f'{HARD}repo = "{SECRET}"', "a repository's budgets are of itself", 5),
        ('[[budgets]]\nscope = "plan-5h"\namount = "80%"', "a repository cannot limit a plan", 2),
        (f'{HARD}[[budgets]]\nscope = "{SECRET}"', "a budget has a scope that none has", 6),
        (f"{HARD}# {SECRET}\n= {SECRET}", "not valid TOML", 6),
        (f"{HARD}{HARD}", "a budget is there twice", 5),
    ],
)
def test_anything_else_is_an_error_that_keeps_the_text_to_itself(
    text: str, what: str, line: int
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_repo_budgets(file_of(text), "shop")
    assert caught.value.what == f"{what} (/src/shop/.aicost.toml:{line})"
    assert SECRET not in caught.value.render()


@given(st.binary(max_size=100) | st.text(max_size=40).map(lambda text: f"{HARD}{text}".encode()))
def test_any_bytes_are_budgets_or_an_error(content: bytes) -> None:
    try:
        found = parse_repo_budgets(RepoFile(Path("/src/shop/f"), content), "shop")
    except ConfigError:
        return
    assert all(one.origin == "repo" and one.filter.repo == "shop" for one in found)


# Reading


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert read_repo_file(tmp_path) is None
    assert read_repo_file(tmp_path / "gone") is None


@pytest.mark.parametrize(("size", "fits"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_file_is_small(tmp_path: Path, size: int, fits: bool) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"#" * size)
    if fits:
        found = read_repo_file(tmp_path)
        assert found is not None
        assert len(found.content) == size
        assert len(found.digest) == 64
    else:
        with pytest.raises(ConfigError, match="cannot read") as caught:
            read_repo_file(tmp_path)
        assert caught.value.why == "it has more than 16384 bytes"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError) as caught:
        read_repo_file(tmp_path)
    assert caught.value.why == "it is a link"


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    with pytest.raises(ConfigError) as caught:
        read_repo_file(tmp_path)
    assert caught.value.why == "it is no file"
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError):
        read_repo_file(tmp_path)


def test_a_checkout_is_known_by_its_real_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / FILE_NAME).write_text(HARD)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    found = read_repo_file(tmp_path / "link")
    assert found is not None
    assert found.path == Path(os.path.realpath(tmp_path)) / "real" / FILE_NAME
