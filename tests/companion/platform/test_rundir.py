"""The run folder: the right one, private, and never somebody else's."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from aicost.core.errors import ConfigError
from aicost.platform.rundir import (
    SOCKET_PATH_MAX_BYTES,
    check_private,
    find_run_dir,
    find_socket,
    make_private,
    socket_path_in,
)


def mode(path: str | Path) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_aicost_home_moves_it(home: Path) -> None:
    assert find_run_dir({"AICOST_HOME": str(home), "XDG_RUNTIME_DIR": "/run"}) == f"{home}/run"


def test_a_relative_aicost_home_is_made_absolute(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    assert find_run_dir({"AICOST_HOME": "second"}) == f"{home}/second/run"


def test_the_users_runtime_folder_is_what_platformdirs_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    found = find_run_dir({"XDG_RUNTIME_DIR": str(home)})
    assert found == platformdirs.user_runtime_dir("aicost", appauthor=False) == f"{home}/aicost"


@pytest.mark.parametrize("named", ["", "relative/folder", "/no/such/folder"])
def test_a_runtime_folder_that_is_not_ours_is_passed_over(named: str, home: Path) -> None:
    elsewhere = f"/run/user/{os.geteuid()}", f"{home}/.local/share/aicost/run"
    env = {"XDG_RUNTIME_DIR": named, "HOME": str(home)}
    assert find_run_dir(env).startswith(elsewhere)


def test_without_a_runtime_folder_the_run_folder_lies_beside_the_ledger(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container two HOMEs of one user must not meet in one daemon."""
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)  # nobody's: no /run/user folder
    assert find_run_dir({"HOME": str(home)}) == f"{home}/.local/share/aicost/run"
    env = {"HOME": str(home), "XDG_DATA_HOME": "/data"}
    assert find_run_dir(env) == "/data/aicost/run"


def test_macos_has_a_folder_of_its_own(home: Path) -> None:
    found = find_run_dir({"HOME": str(home)}, system="darwin")
    assert found == f"{home}/Library/Caches/TemporaryItems/aicost"


@pytest.mark.parametrize(
    ("length", "moves"),
    [(SOCKET_PATH_MAX_BYTES, False), (SOCKET_PATH_MAX_BYTES + 1, True)],
    ids=["as long as allowed", "one byte over"],
)
def test_a_long_socket_path_moves_to_a_hashed_folder(length: int, moves: bool) -> None:
    run_dir = "/" + "r" * (length - 1 - len("/daemon.sock"))
    path = socket_path_in(run_dir, temp_dir="/short")
    assert (not path.startswith(run_dir)) == moves
    assert len(os.fsencode(path)) <= SOCKET_PATH_MAX_BYTES


def test_the_limit_counts_bytes_and_profiles_stay_apart() -> None:
    wide = "/" + "ü" * 50  # 101 bytes, 51 characters
    one, other = (socket_path_in(wide + end, temp_dir="/short") for end in "ab")
    assert one.startswith("/short/")
    assert one != other


def test_a_private_folder_is_made_and_made_private_again(home: Path) -> None:
    folder = home / "deep" / "run"
    make_private(str(folder))
    assert mode(folder) == 0o700
    folder.chmod(0o755)
    make_private(str(folder))
    assert mode(folder) == 0o700


def test_a_link_in_its_place_is_refused(home: Path) -> None:
    (home / "real").mkdir()
    (home / "run").symlink_to(home / "real")
    with pytest.raises(ConfigError, match="cannot use the folder") as caught:
        make_private(str(home / "run"))
    assert "link" in caught.value.why
    assert "AICOST_HOME" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_runtime_folder_of_another_user_is_passed_over(home: Path) -> None:
    os.chown(home, 65534, 65534)
    assert find_run_dir({"XDG_RUNTIME_DIR": str(home)}) != f"{home}/aicost"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(home: Path) -> None:
    (home / "run").mkdir()
    os.chown(home / "run", 65534, 65534)
    with pytest.raises(ConfigError) as caught:
        find_socket({"AICOST_HOME": str(home)})
    assert caught.value.why == "it belongs to another user"


def test_a_folder_that_is_not_there_is_no_fault(home: Path) -> None:
    assert check_private(str(home / "none")) is False
    assert find_socket({"AICOST_HOME": str(home)}) == f"{home}/run/daemon.sock"
    assert not (home / "run").exists()


def test_a_folder_that_cannot_be_made_says_why(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot use the folder") as caught:
        make_private(str(home / "file" / "run"))
    assert caught.value.why == "File exists"  # the folder above is none


def test_it_loads_nothing_that_is_slow() -> None:
    code = (
        "import sys; import aicost.platform.rundir; "
        "sys.exit(any(m in sys.modules for m in ('pathlib', 'platformdirs', 'dataclasses')))"
    )
    root = Path(__file__).parents[3] / "companion"
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=True)
