"""What lies in a file's place keeps nobody waiting."""

import os
from pathlib import Path

import pytest

from aicost.platform.opening import open_unblocked


def test_a_file_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    fd = open_unblocked(str(path))
    assert os.read(fd, 100) == b"one\n"
    assert not os.get_inheritable(fd)
    os.close(fd)


def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    fd = open_unblocked(tmp_path / "pipe")
    assert os.read(fd, 100) == b""
    os.close(fd)


def test_what_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_unblocked(tmp_path / "none")
