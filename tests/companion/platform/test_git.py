"""Repositories: the key one knows them by, from any folder in them, also when it is gone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.platform.git import checkout_of, repo_of


def git(cwd: Path, *arguments: str) -> None:
    """Run the real git, without anybody's configuration."""
    own = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    allow = ("-c", "protocol.file.allow=always")
    command = ("git", *own, *allow, *arguments)
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def shop(home: Path) -> Path:
    """Make a repository with one commit on main."""
    if shutil.which("git") is None:
        pytest.skip("no git")
    folder = home / "shop"
    folder.mkdir()
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "-m", "first")
    return folder


def test_a_checkout_has_name_and_branch(shop: Path) -> None:
    assert repo_of(str(shop)) == ("shop", "main")
    git(shop, "checkout", "-b", "fix/dedup")
    assert repo_of(str(shop)) == ("shop", "fix/dedup")


def test_subfolders_belong_to_it_even_those_that_are_gone(shop: Path) -> None:
    (shop / "src" / "deep").mkdir(parents=True)
    assert repo_of(str(shop / "src" / "deep")) == ("shop", "main")
    assert repo_of(str(shop / "was" / "deleted")) == ("shop", "main")


def test_a_folder_lies_in_one_checkout_or_in_none(shop: Path, home: Path) -> None:
    (shop / "src").mkdir()
    git(shop, "worktree", "add", "../other")
    assert checkout_of(str(shop / "src")) == checkout_of(str(shop / "gone")) == shop
    assert checkout_of(str(home / "other")) == home / "other"  # a worktree has files of its own
    for outside in (str(home), "shop", "", f"{shop}\0"):
        assert checkout_of(outside) is None


def test_a_detached_head_has_no_branch(shop: Path) -> None:
    git(shop, "checkout", "--detach")
    assert repo_of(str(shop)) == ("shop", None)


def test_a_linked_worktree_is_the_main_repository_on_its_own_branch(shop: Path) -> None:
    git(shop, "worktree", "add", "../elsewhere", "-b", "feat/export")
    assert repo_of(str(shop.parent / "elsewhere")) == ("shop", "feat/export")


def test_a_worktree_whose_main_checkout_is_gone_keeps_the_name(shop: Path) -> None:
    git(shop, "worktree", "add", "../elsewhere", "-b", "feat/export")
    shutil.rmtree(shop)
    assert repo_of(str(shop.parent / "elsewhere")) == ("shop", None)


def test_the_clients_worktree_folds_into_its_repository(shop: Path) -> None:
    tree = shop / ".claude" / "worktrees" / "try"
    git(shop, "worktree", "add", str(tree), "-b", "try")
    assert repo_of(str(tree)) == ("shop", "try")
    git(shop, "worktree", "remove", str(tree))
    assert repo_of(str(tree)) == ("shop", "main")
    shutil.rmtree(shop)
    assert repo_of(str(tree / "src")) == ("shop", None)


def test_worktrees_of_a_bare_repository_have_its_name(shop: Path) -> None:
    git(shop.parent, "clone", "--bare", "shop", "api.git")
    git(shop.parent / "api.git", "remote", "remove", "origin")
    git(shop.parent / "api.git", "worktree", "add", "../api-fix", "-b", "fix")
    assert repo_of(str(shop.parent / "api-fix")) == ("api", "fix")


def test_a_hidden_bare_repository_has_the_name_of_its_folder(shop: Path) -> None:
    (shop.parent / "api").mkdir()
    git(shop.parent, "clone", "--bare", "shop", "api/.bare")
    git(shop.parent / "api" / ".bare", "remote", "remove", "origin")
    git(shop.parent / "api" / ".bare", "worktree", "add", "../fix", "-b", "fix")
    assert repo_of(str(shop.parent / "api" / "fix")) == ("api", "fix")


def test_a_submodule_is_a_repository_of_its_own(shop: Path, home: Path) -> None:
    git(home, "clone", "shop", "lib")
    git(shop, "submodule", "add", str(home / "lib"), "vendor/lib")
    assert repo_of(str(shop / "vendor" / "lib"))[0] == "lib"


SHOP = "github.com/Acme/Shop"


def add_remote(folder: Path, name: str = "origin", address: str = f"git@{SHOP}.git") -> None:
    git(folder, "remote", "add", name, address.replace("github.com/", "github.com:", 1))


def test_a_remote_names_the_repository_wherever_it_is_checked_out(shop: Path, home: Path) -> None:
    add_remote(shop)
    git(home, "init", "copy")
    git(home / "copy", "remote", "add", "origin", f"https://me:token@{SHOP}")
    assert repo_of(str(shop)) == (SHOP, "main")
    assert repo_of(str(home / "copy")) == (SHOP, "main")
    (shop / "src").mkdir()
    assert repo_of(str(shop / "src")) == (SHOP, "main")


def test_worktrees_have_the_remote_of_their_repository(shop: Path) -> None:
    add_remote(shop)
    git(shop, "worktree", "add", "../elsewhere", "-b", "feat/export")
    assert repo_of(str(shop.parent / "elsewhere")) == (SHOP, "feat/export")


def test_a_submodule_has_the_remote_it_came_from(shop: Path, home: Path) -> None:
    add_remote(shop)
    git(home, "clone", "shop", "lib")
    git(shop, "submodule", "add", str(home / "lib"), "vendor/theirs")
    assert repo_of(str(shop / "vendor" / "theirs"))[0] == "lib"
    config = ("-f", str(shop / ".git" / "modules" / "vendor" / "theirs" / "config"))
    git(home, "config", *config, "remote.origin.url", "https://example.org/lib.git")
    assert repo_of(str(shop / "vendor" / "theirs"))[0] == "example.org/lib"


def test_origin_comes_first_then_upstream_then_the_alphabet(shop: Path) -> None:
    for name in ("zed", "alice", "upstream", "origin"):
        add_remote(shop, name, f"git@github.com/{name}/shop.git")
    for name in ("origin", "upstream", "alice", "zed"):
        assert repo_of(str(shop))[0] == f"github.com/{name}/shop"
        git(shop, "remote", "remove", name)
    assert repo_of(str(shop))[0] == "shop"


def test_a_remote_whose_address_says_nothing_is_passed_over(shop: Path) -> None:
    git(shop, "remote", "add", "origin", "ext::ssh tunnel %S")
    add_remote(shop, "mirror")
    assert repo_of(str(shop))[0] == SHOP


def test_an_include_is_not_followed(shop: Path, home: Path) -> None:
    (home / "more").write_text('[remote "origin"]\nurl = git@evil.example:a/b\n')
    git(shop, "config", "include.path", str(home / "more"))
    assert repo_of(str(shop)) == ("shop", "main")


def test_a_config_without_end_is_read_for_its_beginning(shop: Path) -> None:
    add_remote(shop)
    with (shop / ".git" / "config").open("a") as config:
        config.write('\n[branch "x"]\n' + "\tremote = origin\n" * 100_000)
    assert repo_of(str(shop))[0] == SHOP


def test_a_config_that_cannot_be_read_leaves_the_folders_name(shop: Path) -> None:
    add_remote(shop)
    (shop / ".git" / "config").unlink()
    (shop / ".git" / "config").mkdir()
    assert repo_of(str(shop)) == ("shop", "main")


@pytest.mark.parametrize("name", [".git", ".git/HEAD", ".git/config"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(home: Path, name: str) -> None:
    path = home / "proj" / name
    path.parent.mkdir(parents=True)
    if name == ".git/config":
        (home / "proj" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    os.mkfifo(path)
    assert repo_of(str(home / "proj"))[0] == "proj"


def test_the_home_folder_is_a_repository_only_with_a_git_folder_of_its_own(home: Path) -> None:
    (home / "notes").mkdir()
    assert repo_of(str(home / "notes")) == ("notes", None)
    (home / ".git").mkdir()
    (home / ".git" / "HEAD").write_text("ref: refs/heads/dotfiles\n")
    assert repo_of(str(home / "notes")) == (home.name, "dotfiles")


@pytest.mark.parametrize(
    ("cwd", "name"),
    [("/no/such/place/proj", "proj"), ("/no/such/place/proj/", "proj"), ("/", "/"), ("", "")],
)
def test_without_a_repository_it_is_the_folders_own_name(cwd: str, name: str) -> None:
    assert repo_of(cwd) == (name, None)


@pytest.mark.parametrize(
    "pointer", [b"", b"gitdir:", b"gitdir: \x00", b"\xff\xfe" * 9000, b"gitdir: " + b"x" * 9000]
)
def test_a_broken_pointer_does_no_harm(home: Path, pointer: bytes) -> None:
    (home / "proj").mkdir()
    (home / "proj" / ".git").write_bytes(pointer)
    assert repo_of(str(home / "proj")) == ("proj", None)


@pytest.mark.parametrize("common", [b"ring/shared", b"\x00", b"../" * 2000])
def test_a_worktree_whose_shared_folder_cannot_be_found_does_no_harm(
    home: Path, common: bytes
) -> None:
    place, git_dir = home / "proj", home / "git_dir"
    place.mkdir()
    git_dir.mkdir()
    (git_dir / "ring").symlink_to("ring")
    (git_dir / "commondir").write_bytes(common)
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
    (place / ".git").write_text(f"gitdir: {git_dir}\n")
    name, branch = repo_of(str(place))
    assert name
    assert branch == "main"


def test_a_name_that_is_no_text_is_shown_as_far_as_it_is(home: Path) -> None:
    shared = home / os.fsdecode(b"caf\xe9")
    try:
        shared.mkdir()
    except OSError:
        pytest.skip("this file system allows no such name")
    for name, content in {"commondir": ".git\n", "HEAD": "ref: refs/heads/main\n"}.items():
        (shared / name).write_text(content)
    (home / "link").symlink_to(shared)
    (home / "proj").mkdir()
    (home / "proj" / ".git").write_text(f"gitdir: {home / 'link'}\n")
    assert repo_of(str(home / "proj")) == ("caf\N{REPLACEMENT CHARACTER}", "main")


@given(st.text(max_size=60))
def test_any_text_for_a_folder_ends_in_a_name(cwd: str) -> None:
    name, branch = repo_of(f"/no/such/{cwd}")
    assert name
    assert branch is None


@pytest.mark.parametrize(
    ("cwd", "name"), [("", ""), (".", ""), ("shop/api", "api"), ("/tmp/\0/shop", "shop")]
)
def test_what_is_no_absolute_folder_is_not_looked_up(cwd: str, name: str) -> None:
    assert repo_of(cwd) == (name, None)
