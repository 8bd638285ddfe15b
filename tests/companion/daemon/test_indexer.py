"""Finding logs and reading them all: nothing missed, nothing twice, whatever else lies there."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from claude_logs import append, call_line, log_of
from codex_logs import THREAD, meta, started

from aicost.core.facts import FileRead
from aicost.core.tailing import Cursor
from aicost.daemon import indexer
from aicost.daemon.indexer import Part, Survey, Unread, read_unread, survey

NOBODY = 65534
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ".claude"


def look(home: Path, cursors: dict[str, Cursor] | None = None) -> Survey:
    return survey([str(home)], {"usage": cursors or {}})


def names(found: tuple[Unread, ...]) -> list[str]:
    return [Path(log.path).stem for log in found]


def read_all(found: Survey, cores: int = 1) -> list[FileRead]:
    return [read for part in read_unread(found.unread, cores=cores) for read in part.reads]


def cursors_of(reads: list[FileRead]) -> dict[str, Cursor]:
    return {read.path: read.cursor for read in reads}


# What a survey finds


def test_an_unread_home_is_found_newest_first(home: Path) -> None:
    for number, session in enumerate(["a", "c", "b"]):
        log = append(log_of(home, session), call_line(session))
        os.utime(log, (1_000_000 + number, 1_000_000 + number))
    append(home / "projects" / "p" / "s" / "subagents" / "agent-1.jsonl", call_line("sub"))
    found = look(home)
    assert names(found.unread) == ["agent-1", "b", "c", "a"]
    assert found.files == 4
    assert found.pending_bytes == found.bytes == sum(log.pending_bytes for log in found.unread)
    assert not found.is_complete


def test_what_was_read_is_not_found_again_until_it_changes(home: Path) -> None:
    log = append(log_of(home), call_line("msg_1"))
    cursors = cursors_of(read_all(look(home)))
    assert look(home, cursors).is_complete
    append(log, call_line("msg_2"))
    found = look(home, cursors)
    assert [log.pending_bytes for log in found.unread] == [len(call_line("msg_2"))]


def test_a_log_in_an_old_days_folder_is_found_when_it_grows(home: Path) -> None:
    """Codex resumes a thread in the file of its first day."""
    log = home / "sessions" / "2025" / "01" / "02" / f"rollout-x-{THREAD}.jsonl"
    append(log, meta())
    newer = append(home / "sessions" / "2026" / "11" / "22" / "rollout-y.jsonl", meta())
    cursors = cursors_of(read_all(look(home)))
    assert set(cursors) == {str(log), str(newer)}
    append(log, started())
    found = look(home, cursors)
    assert [unread.path for unread in found.unread] == [str(log)]
    assert found.pending_bytes == len(started())


def test_homes_that_do_not_exist_are_empty(home: Path) -> None:
    assert look(home) == Survey(0, 0, ())


def test_a_moved_log_goes_on_where_it_was(home: Path) -> None:
    log = append(log_of(home), b"broken\n", call_line("msg_1"))
    cursors = cursors_of(read_all(look(home)))
    moved = log_of(home, project="-elsewhere")
    moved.parent.mkdir()
    log.rename(moved)
    assert look(home, cursors).is_complete
    append(moved, call_line("msg_2"))
    (read,) = read_all(look(home, cursors))
    assert [call.event_key for call in read.parsed[0].calls] == ["claude:msg_2"]
    assert read.cursor.broken_lines == 1


def test_only_regular_files_named_jsonl_are_logs(home: Path, tmp_path: Path) -> None:
    folder = append(log_of(home, "good"), call_line("msg_1")).parent
    append(folder / "notes.json", b"{}")
    append(folder / "folder.jsonl" / "inside.jsonl", call_line("msg_2"))
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "dangling.jsonl").symlink_to("nowhere")
    (folder / "ring.jsonl").symlink_to("ring.jsonl")
    (folder / "ring").symlink_to(folder)
    outside = append(tmp_path / "outside", call_line("msg_3"))
    (folder / "link.jsonl").symlink_to(outside)
    found = look(home)
    assert sorted(names(found.unread)) == ["good", "inside", "link"]
    keys = {call.event_key for read in read_all(found) for call in read.parsed[0].calls}
    assert keys == {"claude:msg_1", "claude:msg_2", "claude:msg_3"}


def test_a_log_that_vanished_since_the_survey_is_passed_over(home: Path) -> None:
    append(log_of(home, "kept"), call_line("msg_1"))
    gone = append(log_of(home, "gone"), call_line("msg_2"))
    found = look(home)
    gone.unlink()
    assert [Path(read.path).stem for read in read_all(found)] == ["kept"]


def test_a_log_whose_name_is_no_text_is_left_out_and_said(home: Path) -> None:
    append(log_of(home, "good"), call_line("msg_1"))
    odd = log_of(home).parent / os.fsdecode(b"\xff.jsonl")
    append(odd, call_line("msg_2"))
    found = look(home)
    assert names(found.unread) == ["good"]
    assert [log.path for log in found.unreadable] == [str(odd)]
    assert not replace(found, unread=()).is_complete
    assert found.pending_bytes == found.bytes


AS_SOMEBODY_ELSE = f"""
import os, sys
from aicost.daemon.indexer import may_read
if os.getuid() == 0:
    os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
print(*[may_read(path) for path in sys.argv[1:]])
"""


def test_a_log_that_belongs_to_somebody_else_cannot_be_read(tmp_path: Path) -> None:
    """`sudo claude` leaves such logs. (Root may read them: so ask as somebody else.)"""
    append(tmp_path / "readable.jsonl", b"{}\n")
    append(tmp_path / "forbidden.jsonl", b"{}\n").chmod(0)
    tmp_path.chmod(0o755)
    command = [sys.executable, "-c", AS_SOMEBODY_ELSE, "readable.jsonl", "forbidden.jsonl", "gone"]
    said = subprocess.run(
        command, env=ENVIRONMENT, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["True", "False", "False"]


# Steps


@pytest.fixture
def many(home: Path, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """Twelve logs, each a batch of its own."""
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    for number in range(12):
        append(log_of(home, f"s-{number}"), call_line(f"msg_{number}", f"s-{number}"), b"junk\n")
    return look(home)


def steps_of(parts: Iterable[Part]) -> list[int]:
    """Return how many logs each step has."""
    steps, logs = list[int](), 0
    for part in parts:
        logs += len(part.logs)
        if part.ends_step:
            steps.append(logs)
            logs = 0
    assert logs == 0  # the last part ends its step
    return steps


@pytest.mark.parametrize("cores", [1, 2])
def test_the_first_unit_is_a_step_of_its_own_and_later_steps_shrink(
    many: Survey, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    """A step is written in one transaction: few are cheap, and the last one is waited for."""
    monkeypatch.setattr(indexer, "BATCH_BYTES", min(log.pending_bytes for log in many.unread))
    parts = list(read_unread(many.unread, cores=cores))
    assert steps_of(parts) == [1, 4, 3, 2, 1, 1]
    assert parts[0].logs == [many.unread[0]]
    assert {log for part in parts for log in part.logs} == set(many.unread)
    for part in parts:
        assert [read.path for read in part.reads] == [log.path for log in part.logs]


def test_no_step_is_much_larger_than_a_few_units(
    many: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_BYTES", min(log.pending_bytes for log in many.unread))
    monkeypatch.setattr(indexer, "_UNITS_PER_STEP", 2)
    assert steps_of(read_unread(many.unread, cores=1))[:4] == [1, 2, 2, 2]


@pytest.mark.parametrize("size", [0, 1, 2])
def test_few_or_no_logs_end_in_whole_steps(many: Survey, size: int) -> None:
    steps = steps_of(read_unread(many.unread[:size], cores=1))
    assert steps == [1] * size
