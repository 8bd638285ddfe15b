"""Asking: the daemon if one answers, else the ledger itself; another version is told about."""

import io
import json
import os
import socket
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from commands import write_log
from serving import WAIT_S, served_in_thread

from aicost.cli import ask
from aicost.cli.main import run
from aicost.core.errors import ConfigError, ProtocolMismatch
from aicost.daemon.lifecycle import DAEMON, ledger_lock
from aicost.daemon.server import Notify
from aicost.ipc.protocol import NotRunning
from aicost.platform.dirs import load_dirs


@pytest.fixture
def socket_path(home: Path) -> Path:
    folder = home / ".aicost" / "run"
    folder.mkdir(parents=True, mode=0o700)
    return folder / "daemon.sock"


class Terminal(io.StringIO):
    """Text that somebody looks at."""

    def isatty(self) -> bool:
        return True


async def tell(params: Mapping[str, object], notify: Notify) -> object:
    await notify({"bytes_done": 1, "bytes_total": 4, "files_done": 0, "files_total": 1})
    return {"text": json.dumps(params)}


@contextmanager
def other_version(path: Path, answers: int = 1) -> Iterator[None]:
    """Play a daemon of another protocol for some clients."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(WAIT_S)

        def serve() -> None:
            for _ in range(answers):
                peer, _address = listener.accept()
                with peer:
                    peer.recv(4096)
                    peer.sendall(b'{"v":7,"aicost":"7.0.0","pid":1}\n')

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(WAIT_S)
    path.unlink(missing_ok=True)


def test_the_daemons_text_is_printed_and_nothing_else(
    socket_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served_in_thread(socket_path, {"report": tell}):
        assert run(["report", "--by", "model", "--since", "2026-11-22", "--no-wait"]) == 0
    said = capsys.readouterr()
    assert said.err == ""  # no terminal: no progress
    assert json.loads(said.out) == {
        "by": "model",
        "since": "2026-11-22",
        "format": "table",
        "width": ask.PIPE_WIDTH,
        "colour": False,
        "homes": [str(home / ".claude"), str(home / ".codex")],
        "tz": "UTC",
        "wait": False,
    }


def test_progress_goes_to_a_terminal_and_is_wiped_away(
    socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    with served_in_thread(socket_path, {"report": tell}):
        ask.answer(os.environ, "report", {})
    assert "reading logs: 25%" in stderr.getvalue()
    assert stderr.getvalue().endswith("\r\x1b[K")


def test_without_a_daemon_the_ledger_answers_and_no_daemon_stays(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(home)
    assert run(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["requests"] == 2
    assert not (home / ".aicost" / "run" / "daemon.sock").exists()


def test_a_daemon_in_its_start_is_waited_for(
    socket_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds the ledger already, and does not listen yet."""
    held, asked_in_vain, answered = threading.Event(), threading.Event(), threading.Event()
    real = ask.call

    def call(*args: Any) -> dict[str, Any]:
        try:
            return real(*args)
        except NotRunning:
            asked_in_vain.set()
            raise

    async def answer(_params: Mapping[str, object], _notify: Notify) -> object:
        answered.set()
        return {"text": "from the daemon\n"}

    def start() -> None:
        with ledger_lock(load_dirs(os.environ), DAEMON):
            held.set()
            asked_in_vain.wait(WAIT_S)
            with served_in_thread(socket_path, {"report": answer}):
                answered.wait(WAIT_S)

    daemon = threading.Thread(target=start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ask, "call", call)
        daemon.start()
        assert held.wait(WAIT_S)
        assert run(["report"]) == 0
    daemon.join(WAIT_S)
    assert capsys.readouterr().out == "from the daemon\n"


def test_who_keeps_the_ledger_and_never_answers_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "STARTING_S", 0.05)
    with ledger_lock(load_dirs(os.environ), DAEMON):
        assert run(["report"]) == 4
    assert f"the ledger is in use by daemon {os.getpid()}" in capsys.readouterr().err


def test_a_daemon_that_hangs_up_in_the_middle_is_no_daemon(
    socket_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(home)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        listener.listen()

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert run(["report", "--json"]) == 0
        thread.join(WAIT_S)
    assert json.loads(capsys.readouterr().out)["total"]["requests"] == 2


def test_what_the_daemon_refuses_is_not_asked_again(
    socket_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse(_params: Mapping[str, object], _notify: Notify) -> object:
        raise ConfigError("this cannot be asked")

    with served_in_thread(socket_path, {"report": refuse}):
        assert run(["report"]) == 3
    assert "this cannot be asked" in capsys.readouterr().err


def test_another_version_is_an_error_with_the_way_out(
    socket_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with other_version(socket_path):
        assert run(["report"]) == 4
    said = capsys.readouterr().err
    assert "aicost 7.0.0" in said
    assert "try: aicost daemon restart" in said


@pytest.mark.parametrize("word", ["n\n", "no\n", "later\n", ""])
def test_on_a_terminal_one_may_decline_the_restart(
    word: str, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(word))
    monkeypatch.setattr("sys.stderr", Terminal())
    with other_version(socket_path), pytest.raises(ProtocolMismatch):
        ask.call(os.environ, "report", {})


@pytest.mark.parametrize("word", ["\n", "y\n", "Yes\n"])
def test_on_a_terminal_a_restart_is_offered_and_the_question_asked_again(
    word: str, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr, restarts = Terminal(), list[object]()
    monkeypatch.setattr("sys.stdin", Terminal(word))
    monkeypatch.setattr("sys.stderr", stderr)
    with other_version(socket_path):
        old = ask._call

        def new_daemon_answers(*arguments: object) -> dict[str, object]:
            return {"text": "fresh"} if restarts else old(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(ask, "_call", new_daemon_answers)
        monkeypatch.setattr("aicost.cli.daemon.restart", lambda *_: restarts.append(1))
        assert ask.call(os.environ, "report", {}) == {"text": "fresh"}
    assert "Restart it now? [Y/n]" in stderr.getvalue()


@pytest.mark.parametrize(
    ("env", "is_terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    env: dict[str, str],
    is_terminal: bool,
    colour: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdout", Terminal() if is_terminal else io.StringIO())
    looks = ask.looks({**env, "COLUMNS": "66"}, Namespace(json=False))
    assert looks["colour"] is colour
    assert looks["width"] == (66 if is_terminal else ask.PIPE_WIDTH)


@pytest.mark.parametrize(
    ("args", "shape"),
    [
        ({"json": True, "csv": False}, "json"),
        ({"json": False, "csv": True}, "csv"),
        ({"json": False}, "table"),
    ],
)
def test_the_shape_is_as_asked(args: dict[str, bool], shape: str) -> None:
    assert ask.looks({}, Namespace(**args))["format"] == shape
