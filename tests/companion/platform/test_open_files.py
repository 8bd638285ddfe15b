"""Which files processes of one name have open: in a made-up /proc, and of a real process."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from lab.waiting import until

from aicost.platform.open_files import AGE_S, OpenFiles


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def process(proc: Path, pid: int, name: str, *files: str) -> Path:
    """Make the folder of a process that holds these files."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(f"{name}\n")
    for number, file in enumerate(files):
        (folder / "fd" / str(number)).symlink_to(file)
    return folder


def in_proc(proc: Path, clock: Clock) -> OpenFiles:
    return OpenFiles("codex", ".jsonl", system="linux", proc=str(proc), clock=clock)


def test_only_processes_of_the_name_and_files_of_the_suffix_count(tmp_path: Path) -> None:
    process(tmp_path, 7, "codex", "/h/a.jsonl", "/h/state.sqlite", "socket:[1]")
    process(tmp_path, 8, "codex-x86_64-un", "/h/b.jsonl", "/h/c.jsonl (deleted)")
    process(tmp_path, 9, "vim", "/h/d.jsonl")
    (tmp_path / "self").mkdir()
    assert in_proc(tmp_path, Clock()).holders() == {"/h/a.jsonl": 7, "/h/b.jsonl": 8}


def test_what_cannot_be_seen_is_passed_over(tmp_path: Path) -> None:
    process(tmp_path, 7, "codex", "/h/a.jsonl")
    gone = process(tmp_path, 8, "codex")
    shutil.rmtree(gone / "fd")
    (tmp_path / "9").mkdir()
    assert in_proc(tmp_path, Clock()).holders() == {"/h/a.jsonl": 7}


def test_without_a_table_of_processes_nothing_is_known(tmp_path: Path) -> None:
    assert in_proc(tmp_path / "none", Clock()).holders() is None


def test_the_system_is_asked_once_a_second(tmp_path: Path) -> None:
    clock = Clock()
    files = in_proc(tmp_path, clock)
    assert files.holders() == {}
    process(tmp_path, 7, "codex", "/h/a.jsonl")
    clock.now = AGE_S - 0.001
    assert files.holders() == {}
    clock.now = AGE_S
    assert files.holders() == {"/h/a.jsonl": 7}


def test_a_process_that_takes_the_name_later_is_found_in_time(tmp_path: Path) -> None:
    """A shell that becomes the client keeps its number."""
    clock = Clock()
    shell = process(tmp_path, 7, "bash", "/h/a.jsonl")
    files = in_proc(tmp_path, clock)
    assert files.holders() == {}
    (shell / "comm").write_text("codex\n")
    clock.now = 10.0
    assert files.holders() == {"/h/a.jsonl": 7}


@contextmanager
def holding(folder: Path, file: Path, name: str = "codex") -> Iterator[int]:
    """Run a process of this name that holds a file; give its number."""
    sleep = shutil.which("sleep")
    if sleep is None:
        pytest.skip("no sleep to run under another name")
    folder.mkdir(exist_ok=True)
    binary = shutil.copy(sleep, folder / name)
    with file.open() as held, subprocess.Popen([binary, "60"], stdin=held) as running:
        try:
            yield running.pid
        finally:
            running.kill()


@pytest.mark.parametrize("system", ["this", "another"])
def test_a_real_process_is_seen_while_it_runs(tmp_path: Path, system: str) -> None:
    file = tmp_path.resolve() / "log.jsonl"
    file.touch()
    clock = Clock()
    named = sys.platform if system == "this" else "another"
    files = OpenFiles("codex", ".jsonl", system=named, clock=clock)

    def holder() -> int | None:
        clock.now += AGE_S
        return (files.holders() or {}).get(str(file))

    with holding(tmp_path / "bin", file) as pid:  # (it has its name a moment after it has begun)
        until(lambda: holder() == pid, "the process to be seen")
    assert holder() is None
    with holding(tmp_path / "bin", file, "another"):
        assert holder() is None


def test_processes_that_psutil_may_not_see_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(process: psutil.Process) -> list[object]:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "open_files", denied)
    with holding(tmp_path / "bin", Path(__file__)):
        assert OpenFiles("codex", ".py", system="another").holders() == {}
