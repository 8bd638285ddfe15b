"""A question to a real socket, and one time limit for whatever the daemon does."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import served_in_thread

from aicost.core.errors import AicostError, ConfigError, DaemonDown, ProtocolMismatch
from aicost.daemon.server import Notify
from aicost.ipc.protocol import NotRunning, hello
from aicost_hooks.asking import ask

HELLO = json.dumps(hello(1)).encode()


def soon() -> float:
    return time.monotonic() + 5


def test_the_answer_is_returned(tmp_path: Path) -> None:
    async def echo(params: Mapping[str, object], notify: Notify) -> object:
        await notify({"bytes_done": 1})
        return {"heard": dict(params)}

    path = tmp_path / "daemon.sock"
    with served_in_thread(path, {"echo": echo}):
        assert ask(str(path), "echo", {"a": "é"}, soon()) == {"heard": {"a": "é"}}
        with pytest.raises(ConfigError, match="no method"):
            ask(str(path), "other", {}, soon())
    with pytest.raises(NotRunning):
        ask(str(path), "echo", {}, soon())


@contextmanager
def saying(path: Path, *lines: bytes) -> Iterator[str]:
    """Listen; say these lines to whoever comes, then wait until it hangs up."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def talk() -> None:
            client, _ = listener.accept()
            with client:
                for line in lines:
                    client.sendall(line)
                while client.recv(65536):
                    pass

        thread = threading.Thread(target=talk)
        thread.start()
        yield str(path)
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([HELLO + b"\n", b"rubbish\n"], DaemonDown),
        ([HELLO + b"\n", b'{"v": 1, "id": 1, "result": 3}\n'], DaemonDown),
        ([HELLO + b"\n", b'{"v": 1, "id": 1, "error": {"what": "x"}}\n'], AicostError),
        ([b'{"v": 99, "aicost": "9"}\n'], ProtocolMismatch),
        ([b"{}\n"], DaemonDown),
        ([b"[" * 10_000 + b"\n"], DaemonDown),
    ],
    ids=range(6),
)
def test_an_answer_that_is_none_is_an_error(
    tmp_path: Path, lines: list[bytes], error: type[Exception]
) -> None:
    with saying(tmp_path / "s", *lines) as path, pytest.raises(error):
        ask(path, "gate", {}, soon())


@pytest.mark.parametrize(
    "lines",
    [[], [HELLO + b"\n"], [HELLO + b"\n"] + [b'{"v": 1, "id": 1, "progress": {}}\n'] * 3],
    ids=["nothing", "a hello", "progress"],
)
def test_one_limit_holds_for_all_of_it(tmp_path: Path, lines: list[bytes]) -> None:
    with saying(tmp_path / "s", *lines) as path:
        start = time.monotonic()
        with pytest.raises(DaemonDown, match="does not answer"):
            ask(path, "gate", {}, start + 0.1)
        assert 0.09 < time.monotonic() - start < 0.95


def test_a_limit_that_has_passed_is_no_error_of_ours(tmp_path: Path) -> None:
    with saying(tmp_path / "s", HELLO + b"\n") as path, pytest.raises(DaemonDown):
        ask(path, "gate", {}, time.monotonic() - 1)
    assert os.path.exists(path)  # noqa: PTH110
