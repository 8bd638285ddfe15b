"""The files beside an agent's hooks are there, private, and current; never where none are used."""

import os
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from commands import own_environment

from aicost.core.errors import ConfigError
from aicost.core.hook_files import GATE, SCRIPTS, Where
from aicost.platform.hook_files import (
    find_program,
    is_current,
    is_installed,
    mark_stopped,
    read_where,
    refresh,
    remove_hook_files,
    script,
    write_hook_files,
)

WHERE = Where(run_dir="/run/aicost", hook="/bin/aicost-hook", fail="open", daemon_pid=0)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_files_are_written_for_the_user_alone(tmp_path: Path) -> None:
    assert write_hook_files(tmp_path, WHERE)
    folder = tmp_path / "hooks"
    assert (folder / "gate.sh").read_bytes() == script(GATE)
    assert read_where(tmp_path) == WHERE
    assert [mode_of(path) for path in (folder, folder / "gate.sh", folder / "where")] == [
        0o700,
        0o600,
        0o600,
    ]
    assert names_in(folder) == ["gate.sh", "statusline.sh", "where"]
    assert all(is_current(tmp_path, name) for name in SCRIPTS)
    assert (is_installed(tmp_path), is_current(tmp_path)) == (True, True)


def test_files_that_are_right_are_left_alone(tmp_path: Path) -> None:
    write_hook_files(tmp_path, WHERE)
    before = (tmp_path / "hooks" / "gate.sh").stat()
    assert not write_hook_files(tmp_path, WHERE)
    assert (tmp_path / "hooks" / "gate.sh").stat() == before


@pytest.mark.parametrize("harm", ["old", "open to all", "a link"])
def test_a_script_that_is_not_right_is_put_right(harm: str, tmp_path: Path) -> None:
    write_hook_files(tmp_path, WHERE)
    gate, other = tmp_path / "hooks" / "gate.sh", tmp_path / "other"
    if harm == "old":
        gate.write_bytes(b"exit 0\n")
        assert not is_current(tmp_path)
    elif harm == "open to all":
        gate.chmod(0o666)
    else:
        other.write_bytes(script(GATE))
        gate.unlink()
        gate.symlink_to(other)
    assert write_hook_files(tmp_path, WHERE)
    assert (gate.read_bytes(), mode_of(gate), gate.is_symlink()) == (script(GATE), 0o600, False)


def test_a_daemon_without_hooks_writes_nothing(tmp_path: Path) -> None:
    assert not refresh(tmp_path, run_dir=tmp_path, fail="open", daemon_pid=7)
    mark_stopped(tmp_path, 7)
    remove_hook_files(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert read_where(tmp_path) is None


def test_a_daemon_names_itself_and_what_it_was_told(tmp_path: Path) -> None:
    write_hook_files(tmp_path, WHERE)
    (tmp_path / "hooks" / "gate.sh").write_bytes(b"old")
    assert refresh(tmp_path, run_dir=tmp_path / "run", fail="closed", daemon_pid=7)
    assert read_where(tmp_path) == Where(
        run_dir=str(tmp_path / "run"),
        hook=find_program(tmp_path),
        fail="closed",
        daemon_pid=7,
    )
    assert is_current(tmp_path)
    assert not refresh(tmp_path, run_dir=tmp_path / "run", fail="closed", daemon_pid=7)


@pytest.mark.parametrize(("stopped", "then"), [(7, 0), (8, 7)])
def test_a_daemon_takes_back_only_its_own_name(stopped: int, then: int, tmp_path: Path) -> None:
    write_hook_files(tmp_path, WHERE)
    refresh(tmp_path, run_dir=tmp_path, fail="closed", daemon_pid=7)
    mark_stopped(tmp_path, stopped)
    found = read_where(tmp_path)
    assert found is not None
    assert (found.daemon_pid, found.fail) == (then, "closed")


def test_what_is_no_text_says_nothing(tmp_path: Path) -> None:
    write_hook_files(tmp_path, WHERE)
    (tmp_path / "hooks" / "where").write_bytes(b"\xff\xfe")
    assert read_where(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "hooks").write_text("a file")
    with pytest.raises(ConfigError, match="hooks"):
        write_hook_files(tmp_path, WHERE)


def test_the_files_go_and_a_strangers_stays(tmp_path: Path) -> None:
    write_hook_files(tmp_path, WHERE)
    (tmp_path / "hooks" / "mine").touch()
    remove_hook_files(tmp_path)
    assert names_in(tmp_path / "hooks") == ["mine"]
    assert not is_installed(tmp_path)


def test_the_program_beside_this_python_is_the_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "aicost-hook"
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert find_program(tmp_path / "data") == str(program)
    assert not (tmp_path / "data").exists()


def test_without_an_installed_program_a_starter_is_written_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "it's here" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "path", ["", *own_environment()["PYTHONPATH"].split(os.pathsep)])
    program = find_program(tmp_path)
    assert program == str(tmp_path / "hooks" / "aicost-hook")
    assert mode_of(Path(program)) == 0o700
    done = subprocess.run(
        [program, "nonsense", "it's"],
        env={"AICOST_HOME": str(tmp_path / "own")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "called with" in (tmp_path / "own" / "run" / "hook.log").read_text()
