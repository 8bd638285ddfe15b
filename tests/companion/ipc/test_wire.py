"""The thin end: real sockets, every way a daemon can fail to answer, and nothing slow to import."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import WAIT_S, served_in_thread

from aicost.core.errors import ConfigError, DaemonDown, ProtocolMismatch
from aicost.daemon.server import Notify
from aicost.ipc.protocol import hello
from aicost.ipc.wire import call, connect, parse_frame


async def echo(params: Mapping[str, object], notify: Notify) -> object:
    for step in (1, 2):
        await notify({"step": step})
    return {"got": params}


async def refuse(_params: Mapping[str, object], _notify: Notify) -> object:
    raise ConfigError("no", why="because", hint="aicost --help")


@contextmanager
def scripted(path: Path, *lines: bytes, hold: bool = False) -> Iterator[None]:
    """Listen once, send these bytes whatever is asked, then hang up (or hold the line)."""
    done = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                with contextlib.suppress(BrokenPipeError):
                    peer.sendall(b"".join(lines))
                if hold:
                    done.wait(WAIT_S)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(WAIT_S)


def line(frame: object) -> bytes:
    return json.dumps(frame).encode() + b"\n"


def test_a_call_gets_progress_and_result(home: Path) -> None:
    steps: list[dict[str, Any]] = []
    with served_in_thread(home / "s", {"echo": echo}):
        result = call(home / "s", "echo", {"a": "ü"}, timeout_s=WAIT_S, on_progress=steps.append)
    assert result == {"got": {"a": "ü"}}
    assert steps == [{"step": 1}, {"step": 2}]


def test_an_answer_of_megabytes_arrives_whole(home: Path) -> None:
    big = "x" * 5_000_000

    async def huge(_params: Mapping[str, object], _notify: Notify) -> object:
        return {"text": big}

    with served_in_thread(home / "s", {"huge": huge}):
        assert call(home / "s", "huge", {}, timeout_s=WAIT_S) == {"text": big}


def test_an_error_is_raised_as_what_it_is(home: Path) -> None:
    with (
        served_in_thread(home / "s", {"refuse": refuse}),
        pytest.raises(ConfigError, match="no") as caught,
    ):
        call(home / "s", "refuse", {}, timeout_s=WAIT_S)
    assert caught.value.hint == "aicost --help"


@pytest.mark.parametrize("left", ["nothing", "a dead socket", "a file"])
def test_without_a_listener_the_daemon_is_down(home: Path, left: str) -> None:
    path = home / "s"
    if left == "a dead socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    elif left == "a file":
        path.write_text("")
    with pytest.raises(DaemonDown, match="no daemon is running") as caught:
        connect(path, timeout_s=1)
    assert caught.value.hint == "aicost daemon start"


def test_a_path_too_long_for_a_socket_is_a_daemon_down(home: Path) -> None:
    with pytest.raises(DaemonDown):
        connect(home / ("s" * 200), timeout_s=1)


def test_silence_ends_after_the_timeout(home: Path) -> None:
    with (
        scripted(home / "s", line(hello(1)), b'{"v":1,"id":1,', hold=True),
        pytest.raises(DaemonDown, match="does not answer"),
    ):
        call(home / "s", "report", {}, timeout_s=0.05)


@pytest.mark.parametrize(
    ("lines", "error", "words"),
    [
        ([], DaemonDown, "closed the connection"),
        ([line(hello(1))], DaemonDown, "closed the connection"),
        ([line(hello(1)), b'{"v":1,"id":1'], DaemonDown, "closed the connection"),
        ([b"HTTP/1.1 400 Bad Request\r\n"], DaemonDown, "no JSON"),
        ([b"[1]\n"], DaemonDown, "not a JSON object"),
        ([line(hello(1)), b"\xff\n"], DaemonDown, "no JSON"),
        ([line(hello(1)), line({"v": 1, "id": 1, "result": 3})], DaemonDown, "not a JSON object"),
        ([line({"v": 2, "aicost": "7.0"})], ProtocolMismatch, "protocol 2"),
        ([line(hello(1)), line({"v": 2})], ProtocolMismatch, "protocol 2"),
    ],
)
def test_what_is_no_answer_is_told_apart(
    home: Path, lines: list[bytes], error: type[DaemonDown], words: str
) -> None:
    with scripted(home / "s", *lines), pytest.raises(error) as caught:
        call(home / "s", "report", {}, timeout_s=WAIT_S)
    assert words in caught.value.render()


def test_frames_of_a_later_release_are_passed_over(home: Path) -> None:
    news, answer = {"v": 1, "id": 1, "weather": "fine"}, {"v": 1, "id": 1, "result": {"a": 1}}
    with scripted(home / "s", line(hello(1)), line(news), line(answer)):
        assert call(home / "s", "report", {}, timeout_s=WAIT_S) == {"a": 1}


@given(st.one_of(st.binary(max_size=60), st.just(b"[" * 100_000)))
def test_any_line_is_an_object_or_a_daemon_down(content: bytes) -> None:
    with contextlib.suppress(DaemonDown):
        assert isinstance(parse_frame(content), dict)


def test_it_loads_nothing_that_is_slow() -> None:
    heavy = "('asyncio', 'msgspec', 'pathlib', 'dataclasses', 'argparse')"
    code = f"import sys; import aicost.ipc.wire; sys.exit(any(m in sys.modules for m in {heavy}))"
    root = Path(__file__).parents[3] / "companion"
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=True)
