"""Starting the daemon from a hook: the program beside it, its own session, nothing held open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab.waiting import until

import aicost
import aicost_hooks
from aicost_hooks.starting import CannotStart, start_daemon

FAKE = """#!/bin/sh
exec > "{out}.part" 2>&1
echo "$@"
echo "$AICOST_HOME"
ls /proc/$$/fd 2>/dev/null | wc -l
ps -o sid= -p $$ | tr -d ' '
echo $$
mv "{out}.part" "{out}"
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Make an `aicost` that writes down how it was started, and return the hook beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "aicost").write_text(FAKE.format(out=tmp_path / "out"))
    (folder / "aicost").chmod(0o700)
    return folder / "aicost-hook"


def started(folder: Path) -> list[str]:
    until(lambda: (folder / "out").exists(), "the program to be started")
    return (folder / "out").read_text().splitlines()


def test_the_program_beside_the_hook_is_started_in_a_session_of_its_own(
    tmp_path: Path, program: Path
) -> None:
    env = {"PATH": os.environ["PATH"], "AICOST_HOME": str(tmp_path)}
    start_daemon(str(program), f"{tmp_path}/run", env)
    words, home, _, session, pid = started(tmp_path)
    assert (words, home) == ("daemon start", str(tmp_path))
    assert session == pid


def test_a_link_to_the_hook_leads_there(tmp_path: Path, program: Path) -> None:
    program.write_text("")
    (tmp_path / "link").symlink_to(program)
    env = {"PATH": os.environ["PATH"], "AICOST_HOME": str(tmp_path)}
    start_daemon(str(tmp_path / "link"), f"{tmp_path}/run", env)
    assert started(tmp_path)[0] == "daemon start"


@pytest.mark.parametrize("other", ["", "/elsewhere"])
def test_the_daemon_gets_the_run_folder_that_the_gate_names(
    tmp_path: Path, program: Path, other: str
) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    start_daemon(str(program), f"{tmp_path}/run", env | ({"AICOST_HOME": other} if other else {}))
    assert started(tmp_path)[1] == str(tmp_path)


@pytest.mark.parametrize("run_dir", ["/nowhere/else", "relative/run", ""])
def test_a_run_folder_that_no_environment_has_starts_nothing(
    tmp_path: Path, program: Path, run_dir: str
) -> None:
    with pytest.raises(CannotStart):
        start_daemon(str(program), run_dir, {"HOME": str(tmp_path)})


@pytest.mark.parametrize("path", ["/nowhere/aicost-hook", "aicost-hook", "-c", ""])
def test_without_a_program_nothing_is_started(path: str, tmp_path: Path) -> None:
    with pytest.raises(CannotStart):
        start_daemon(path, f"{tmp_path}/run", {"AICOST_HOME": str(tmp_path)})


@pytest.mark.parametrize("path", ["aicost-hook", "bin/aicost-hook", "-c", ""])
def test_no_program_of_the_folder_that_the_agent_works_in_is_started(
    path: str, tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path, program.parent):
        monkeypatch.chdir(folder)
        with pytest.raises(CannotStart):
            start_daemon(path, f"{tmp_path}/run", {"AICOST_HOME": str(tmp_path)})


def test_a_profile_of_the_agents_environment_does_not_count(tmp_path: Path, program: Path) -> None:
    env = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path), "HOME": "/nowhere"}
    start_daemon(str(program), f"{tmp_path}/aicost", env | {"AICOST_HOME": "/elsewhere"})
    assert started(tmp_path)[1] == ""


def test_an_agent_does_not_wait_for_what_was_started(tmp_path: Path, program: Path) -> None:
    """Neither for its end, nor for the pipes that it could hold open."""
    (program.parent / "aicost").write_text(
        f"#!/bin/sh\necho $$ > '{tmp_path}/pid'\nexec sleep 60\n"
    )
    start = (
        "import os\nfrom aicost_hooks.starting import start_daemon\n"
        "os.dup2(2, 3)\nos.set_inheritable(3, False)\n"
        f"start_daemon({str(program)!r}, {f'{tmp_path}/run'!r}, os.environ)"
    )
    files = (aicost.__file__, aicost_hooks.__file__)
    paths = [str(Path(file).parents[1]) for file in files if file]
    env = {"PATH": os.environ["PATH"], "AICOST_HOME": str(tmp_path)}
    env["PYTHONPATH"] = os.pathsep.join(paths)
    ended = subprocess.run(
        [sys.executable, "-c", start], env=env, capture_output=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    pid_file = tmp_path / "pid"
    until(lambda: pid_file.exists() and pid_file.read_text().strip() != "", "the program's start")
    os.kill(int(pid_file.read_text()), 9)
