"""A disk that is full or read-only: it is said, nothing is lost, and all goes on afterwards."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from claude_logs import append, call_line, log_of
from lab.waiting import until

from aicost.cli import main
from aicost.core.errors import DaemonDown, ExitCode, StoreError
from aicost.daemon.lifecycle import start_in_background, stop_running
from aicost.ipc import wire
from aicost.platform.dirs import Dirs, load_dirs
from aicost.store.recovery import kept_aside

TOO_LATE_S = 30.0
SIZE_KIB = 4096
NOBODY = 65534
MANY = 4000  # calls: more than fits into what the ledger's files have room for already


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """Let AICOST_HOME be a disk of four MiB."""
    place = home / ".aicost"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KIB}k,mode=0700", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no small disk can be mounted: {error}")
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # (a daemon may still be ending)


@pytest.fixture
def logs(home: Path) -> Path:
    """Return a home with one call."""
    append(log_of(home / ".claude"), call_line("msg_0"))
    return home / ".claude"


@contextmanager
def daemon() -> Iterator[Dirs]:
    """Run a daemon; it is gone afterwards."""
    dirs = load_dirs(os.environ)
    start_in_background(dirs, os.environ)
    try:
        yield dirs
    finally:
        stop_running(dirs, timeout_s=TOO_LATE_S)


def filled(disk: Path) -> Path:
    """Fill a disk to its last byte; return the file to delete."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def status(dirs: Dirs) -> dict[str, Any]:
    return wire.call(dirs.socket_path, "status", {}, timeout_s=TOO_LATE_S)


def counted(dirs: Dirs) -> int:
    """Return how many requests the daemon reports."""
    text = wire.call(dirs.socket_path, "report", {}, timeout_s=TOO_LATE_S)["text"]
    found: int = json.loads(text)["total"]["requests"]
    return found


def append_many(logs: Path) -> None:
    append(log_of(logs, "s-2"), *(call_line(f"late_{number}", "s-2") for number in range(MANY)))


def tell_trouble_and_then_read_all(dirs: Dirs, make_room: Callable[[], None]) -> None:
    until(lambda: status(dirs)["trouble"], "word of the trouble")
    found = status(dirs)
    assert any(word in found["trouble"] for word in ("full", "I/O error"))
    assert found["pending_bytes"] > 0
    with pytest.raises(StoreError, match="the ledger cannot be used"):
        counted(dirs)
    make_room()
    until(lambda: not status(dirs)["trouble"], "the end of the trouble")
    assert counted(dirs) == MANY + 1
    assert status(dirs)["pid"] == found["pid"]
    assert status(dirs)["damaged_ledgers"] == []


def test_a_daemon_on_a_full_disk_loses_nothing(small_disk: Path, logs: Path) -> None:
    with daemon() as dirs:
        assert counted(dirs) == 1
        filler = filled(small_disk)
        append_many(logs)
        tell_trouble_and_then_read_all(dirs, filler.unlink)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_a_daemon_whose_files_may_not_grow_loses_nothing(logs: Path) -> None:
    """As a full disk, and without a right to mount one."""
    with daemon() as dirs:
        assert counted(dirs) == 1
        process = psutil.Process(status(dirs)["pid"])
        largest = max(path.stat().st_size for path in dirs.data_dir.glob("ledger.db*"))
        limit_files(process, largest)
        append_many(logs)
        tell_trouble_and_then_read_all(dirs, partial(limit_files, process, resource.RLIM_INFINITY))


def limit_files(process: psutil.Process, size_bytes: int) -> None:
    if sys.platform == "linux":
        process.rlimit(psutil.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def test_a_command_on_a_full_disk_says_so_and_works_when_there_is_room(
    small_disk: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["report", "--json"]) == ExitCode.OK
    filler = filled(small_disk)
    append_many(logs)
    capsys.readouterr()
    assert main.run(["report", "--json"]) == ExitCode.STORE
    said = capsys.readouterr()
    assert said.out == ""
    what, why, hint = said.err.splitlines()
    assert what.startswith("aicost: the ledger cannot be ")
    assert any(word in what + why for word in ("disk is full", "No space left on device"))
    assert str(small_disk) in hint
    filler.unlink()
    assert main.run(["report", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["total"]["requests"] == MANY + 1


def test_a_first_start_on_a_full_disk_leaves_nothing_in_the_way_of_the_next(
    small_disk: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dirs = load_dirs(os.environ)
    filler = filled(small_disk)
    with pytest.raises(DaemonDown) as caught:
        start_in_background(dirs, os.environ)
    assert caught.value.hint
    filler.unlink()
    assert main.run(["report", "--json"]) == ExitCode.OK
    said = capsys.readouterr()
    assert json.loads(said.out)["total"]["requests"] == 1
    assert said.err == ""
    assert kept_aside(dirs.ledger_file) == ()


def test_a_disk_that_became_read_only_is_said(
    small_disk: Path, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["report", "--json"]) == ExitCode.OK
    append_many(logs)
    capsys.readouterr()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    try:
        code = main.run(["report", "--json"])
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    said = capsys.readouterr()
    assert code in (ExitCode.STORE, ExitCode.CONFIG)
    assert "Read-only file system" in said.err
    assert "   try: " in said.err
    assert main.run(["report", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["total"]["requests"] == MANY + 1


# Rights


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a home for the user that `as_plain_user` is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        append(log_of(folder / ".claude"), call_line("msg_0"))
        monkeypatch.setenv("HOME", name)
        monkeypatch.setenv("AICOST_HOME", str(folder / "own"))
        monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder / ".claude"))
        monkeypatch.setenv("CODEX_HOME", str(folder / ".codex"))
        yield folder


def give(folder: Path, *, but: Path) -> None:
    """Make a folder and all in it that user's, all but one file."""
    if os.geteuid() == 0:
        for path in {folder, *folder.rglob("*")} - {but}:
            os.chown(path, NOBODY, NOBODY)


AS_PLAIN_USER = f"""
import contextlib, io, os, sys
from aicost.cli import main
warm, own, *argv = sys.argv[1:]
os.environ["AICOST_HOME"] = warm
with contextlib.redirect_stdout(io.StringIO()):
    main.run(argv)  # loads all modules: later, those that belong to root could not be read
os.environ["AICOST_HOME"] = own
if os.geteuid() == 0:
    os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
    os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
sys.exit(main.run(argv))
"""


def as_plain_user(warm: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as somebody whom rights concern."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-c", AS_PLAIN_USER, str(warm), os.environ["AICOST_HOME"], *argv],
        env=os.environ | {"PYTHONPATH": paths},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("place", ["ledger.db", "ledger.db-wal", "../run/daemon.lock"])
def test_a_file_that_may_not_be_written_is_named(home: Path, open_folder: Path, place: str) -> None:
    """As after `sudo aicost`: files of root in a folder of one's own."""
    assert main.run(["report", "--json"]) == ExitCode.OK
    append(log_of(open_folder / ".claude"), call_line("msg_1"))
    path = (open_folder / "own" / "data" / place).resolve()
    path.touch()
    path.chmod(0o400)
    give(open_folder, but=path)
    ended = as_plain_user(home / "warm", "report", "--json")
    assert (ended.returncode, ended.stdout) == (ExitCode.STORE, "")
    assert path.name.removesuffix("-wal") in ended.stderr
    assert "   try: ls -l " in ended.stderr


def test_a_log_of_somebody_else_is_missed_and_not_passed_over(
    home: Path, open_folder: Path
) -> None:
    """As after `sudo claude`."""
    log = append(log_of(open_folder / ".claude", "s-2"), call_line("msg_1", "s-2"))
    log.chmod(0)
    give(open_folder, but=log)
    ended = as_plain_user(home / "warm", "report", "--json")
    report = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (ExitCode.OK, "")
    assert report["total"]["requests"] == 1
    assert report["complete"] is False
    assert report["pending_bytes"] == log.stat().st_size


@pytest.mark.parametrize("closed", [".claude/projects/p", ".claude/projects", ".claude"])
def test_a_folder_of_somebody_else_is_no_empty_folder(
    home: Path, open_folder: Path, closed: str
) -> None:
    """What lies in it is not known: that is not nothing."""
    (folder := next((open_folder / ".claude/projects").iterdir())).rename(folder.with_name("p"))
    (path := open_folder / closed).chmod(0)
    give(open_folder, but=path)
    ended = as_plain_user(home / "warm", "status", "--json")
    status = json.loads(ended.stdout)
    assert status["complete"] is False
    assert status["reader"]["unreadable"] == [str(path)]
    said = as_plain_user(home / "warm", "report").stdout
    assert "not all is read yet; aicost status tells more" in said
    path.chmod(0o700)
