"""Places: one variable moves them all; the folders in them are private."""

import os
import stat
from pathlib import Path

import pytest

from aicost.core.errors import ConfigError
from aicost.platform.dirs import load_dirs, shown


def test_aicost_home_moves_everything(home: Path) -> None:
    own = home / "second profile"
    dirs = load_dirs({"AICOST_HOME": str(own)})
    assert dirs.config_file == own / "config.toml"
    assert dirs.data_dir == own / "data"
    assert dirs.ledger_file.parent == dirs.log_file.parent == own / "data"
    assert dirs.prices_dir == own / "data" / "prices"
    assert dirs.run_dir == own / "run"
    assert dirs.lock_file.parent == own / "run"
    for folder in (dirs.data_dir, dirs.run_dir, dirs.socket_path.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_otherwise_it_follows_the_xdg_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AICOST_HOME")
    for name in ("config", "data", "runtime"):
        (home / name).mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "runtime"))
    dirs = load_dirs(os.environ)
    assert dirs.config_file == home / "config" / "aicost" / "config.toml"
    assert dirs.ledger_file.parent == home / "data" / "aicost"
    assert dirs.run_dir == home / "runtime" / "aicost"


def test_a_deep_home_still_gets_a_socket_that_can_be_bound(home: Path) -> None:
    dirs = load_dirs({"AICOST_HOME": str(home / ("deep" * 30))})
    assert len(os.fsencode(dirs.socket_path)) <= 100
    assert stat.S_IMODE(dirs.socket_path.parent.stat().st_mode) == 0o700
    assert dirs.socket_path.parent != dirs.run_dir
    dirs.socket_path.parent.rmdir()


def test_a_place_that_cannot_be_made_is_named(home: Path) -> None:
    (home / "own").mkdir()
    (home / "own" / "data").write_text("a file")
    with pytest.raises(ConfigError, match=r"cannot use the folder .*/own/data"):
        load_dirs({"AICOST_HOME": str(home / "own")})


def test_a_data_folder_that_others_can_read_becomes_private(home: Path) -> None:
    data = home / "own" / "data"
    data.mkdir(parents=True, mode=0o755)
    load_dirs({"AICOST_HOME": str(home / "own")})
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_data_folder_may_be_a_link_and_is_private_where_it_leads(home: Path) -> None:
    (home / "disk").mkdir(mode=0o755)
    (home / "own").mkdir()
    (home / "own" / "data").symlink_to(home / "disk")
    dirs = load_dirs({"AICOST_HOME": str(home / "own")})
    assert dirs.data_dir == home / "own" / "data"
    assert stat.S_IMODE((home / "disk").stat().st_mode) == 0o700


def test_a_data_folder_of_somebody_else_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_dirs({"AICOST_HOME": str(home / "own")})
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ConfigError) as refused:
        load_dirs({"AICOST_HOME": str(home / "own")})
    assert refused.value.why == "it belongs to another user"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/home/dev/.claude", "~/.claude"),
        ("/home/dev", "/home/dev"),
        ("/home/developer/x", "/home/developer/x"),
        ("/var/log", "/var/log"),
    ],
)
def test_paths_below_the_home_are_shown_with_a_tilde(path: str, text: str) -> None:
    assert shown(path, {"HOME": "/home/dev/"}) == text
    assert shown(path, {}) == path
