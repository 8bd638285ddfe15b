"""A word to the user of a run without a screen: on its terminal or its own pipe, or not at all."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from aicost_hooks.terminal import tell_user

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="the system does not show processes' files"
)
WAIT = "import sys; sys.stdin.read()"


@contextmanager
def client(stdout: int | IO[bytes], stderr: int | IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a client that does nothing until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", WAIT],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests does not read what they say."""
    opened = os.open

    def open_but_tty(path: str, flags: int, mode: int = 0o777) -> int:
        if path == "/dev/tty":
            raise OSError(6, "No such device or address")
        return opened(path, flags, mode)

    monkeypatch.setattr("aicost_hooks.terminal.os.open", open_but_tty)


@needs_proc
def test_a_client_on_a_terminal_is_told_there() -> None:
    reader, writer = pty.openpty()
    with client(subprocess.PIPE, writer) as process:
        assert tell_user("stopped: $25\x1b[31m\nnow", process.pid)
        assert os.read(reader, 1000) == b"stopped: $25 [31m now\r\n"
    os.close(reader)
    os.close(writer)


@needs_proc
def test_a_client_with_a_pipe_of_its_own_for_errors_is_told_there() -> None:
    with client(subprocess.PIPE, subprocess.PIPE) as process:
        assert tell_user("stopped é", process.pid)
        assert process.stderr is not None
        assert process.stderr.readline() == "stopped é\n".encode()


@needs_proc
def test_output_for_others_is_not_spoiled(tmp_path: Path) -> None:
    with client(subprocess.PIPE, subprocess.STDOUT) as process:  # 2>&1 | jq
        assert not tell_user("stopped", process.pid)
        process.stdin.close()  # type: ignore[union-attr]
        assert process.stdout.read() == b""  # type: ignore[union-attr]
    with (tmp_path / "errors").open("wb") as file, client(subprocess.PIPE, file) as process:
        assert not tell_user("stopped", process.pid)
    assert (tmp_path / "errors").read_bytes() == b""
    with client(subprocess.PIPE, subprocess.DEVNULL) as process:
        assert not tell_user("stopped", process.pid)


@needs_proc
def test_a_pipe_that_nobody_reads_is_not_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b"x" * 65536)
        except BlockingIOError:
            break
    with client(subprocess.PIPE, writer) as process:
        assert not tell_user("stopped", process.pid)
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("pid", [0, -1, 2**40])
def test_without_a_client_and_a_terminal_nobody_is_told(pid: int) -> None:
    assert not tell_user("stopped", pid)


def test_the_terminal_is_told_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = pty.openpty()
    name = os.ttyname(writer)
    opened = os.open
    monkeypatch.undo()
    monkeypatch.setattr(
        "aicost_hooks.terminal.os.open", lambda path, flags: opened(name, flags) if path else -1
    )
    assert tell_user("stopped", 0)
    monkeypatch.undo()
    assert os.read(reader, 100) == b"stopped\r\n"
    os.close(reader)
    os.close(writer)
