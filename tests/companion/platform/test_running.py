"""A command runs as if nobody stood between: files, signals, exit codes; nothing is left behind."""

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from commands import own_environment
from lab.waiting import until

from aicost.platform import running as module
from aicost.platform.running import ENDING, INTERRUPTING, CannotRun, running

MARK = ("AICOST_TEST_RUN", "0123456789ab")
# Runs a command as guard does, in a process that signals can be sent to.
DRIVER = f"""
import os, sys
from aicost.platform.running import running
with running(sys.argv[1:], os.environ, {MARK!r}) as run:
    while (code := run.wait(60)) is None:
        pass
sys.exit(code)
"""
# Says in a file that it listens, then which signals came, and ends at SIGTERM or SIGUSR2.
LISTENER = """
import os, signal, sys
said = open(sys.argv[1], "a", buffering=1)
def note(number, frame):
    print(signal.Signals(number).name, file=said)
    if number in (signal.SIGTERM, signal.SIGUSR2):
        os._exit(7)
for number in (1, 2, 3, 10, 12, 15):
    if signal.getsignal(number) != signal.SIG_IGN:
        signal.signal(number, note)
print("ready", file=said)
while True:
    signal.pause()
"""


def words(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return tmp_path / "said"


@pytest.fixture
def listener(said: Path) -> list[str]:
    return [sys.executable, "-c", LISTENER, str(said)]


def drive(*argv: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, *argv], env=own_environment(), start_new_session=True
    )


def own_run() -> list[int]:
    """Return the processes that carry this test's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK[0]) == MARK[1]:
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in module.FORWARDED}
    yield
    assert own_run() == []
    assert {number: signal.getsignal(number) for number in module.FORWARDED} == handlers


# Exit codes


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 0),
        ("exit 3", 3),
        ("exit 255", 255),
        ("kill -TERM $$", 128 + 15),
        ("kill -KILL $$", 128 + 9),
        ("kill -INT $$", 128 + 2),
    ],
)
def test_the_code_is_the_commands_own(script: str, code: int) -> None:
    with running(["sh", "-c", script], os.environ, MARK) as run:
        assert run.wait(20) == code
        assert run.wait(0) == code


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [(None, 0, 127), ("#!/bin/sh\n", 0o600, 126), ("\0\1 no program", 0o700, 126)],
)
def test_what_cannot_be_run_is_said_as_shells_do(
    tmp_path: Path, content: str | None, mode: int, code: int
) -> None:
    path = tmp_path / "agent"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(CannotRun) as failed, running([str(path)], os.environ, MARK):
        pytest.fail("it ran")
    assert failed.value.code == code
    assert "agent" in failed.value.what


def test_a_word_that_is_no_command_is_not_found() -> None:
    with pytest.raises(CannotRun) as failed, running(["no-such-agent"], os.environ, MARK):
        pytest.fail("it ran")
    assert failed.value.code == 127


def test_a_folder_is_not_executable(tmp_path: Path) -> None:
    with pytest.raises(CannotRun) as failed, running([str(tmp_path)], os.environ, MARK):
        pytest.fail("it ran")
    assert failed.value.code == 126


# Files


def test_all_open_files_go_on_to_the_command(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("from the fourth file")
    with given.open() as third:
        os.set_inheritable(third.fileno(), True)
        done = subprocess.run(
            [
                *(sys.executable, "-c", DRIVER),
                *("sh", "-c", f"cat; cat /dev/fd/{third.fileno()}; echo talk >&2"),
            ],
            env=own_environment(),
            input=b"from the first, ",
            capture_output=True,
            close_fds=False,
            check=True,
        )
    assert done.stdout == b"from the first, from the fourth file"
    assert done.stderr == b"talk\n"


def test_the_mark_is_in_its_environment_and_the_rest_as_it_was() -> None:
    script = f'test "${MARK[0]}" = {MARK[1]} && test "$OWN" = yes && test -z "$OTHER"'
    with running(["sh", "-c", script], {"PATH": os.environ["PATH"], "OWN": "yes"}, MARK) as run:
        assert run.wait(20) == 0


# Signals


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"])
def test_what_is_sent_to_us_is_sent_on(name: str, listener: list[str], said: Path) -> None:
    with drive(*listener) as driver:
        until(lambda: words(said) == ["ready"], "the command to listen")
        driver.send_signal(signal.Signals[name])
        until(lambda: name in words(said), "the signal")
        if name not in ("SIGTERM", "SIGUSR2"):
            driver.terminate()
    assert driver.returncode == 7
    assert words(said).count(name) == 1


def test_what_is_ignored_stays_ignored_for_the_command_too(listener: list[str], said: Path) -> None:
    """As under `nohup`: Python asks, and finds SIGHUP ignored."""
    quiet = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-c", DRIVER, *listener]
    with subprocess.Popen(quiet, env=own_environment(), start_new_session=True) as driver:
        until(lambda: words(said) == ["ready"], "the command to listen")
        driver.send_signal(signal.SIGHUP)
        driver.send_signal(signal.SIGUSR1)
        until(lambda: "SIGUSR1" in words(said), "the second signal")
        driver.terminate()
    assert words(said) == ["ready", "SIGUSR1", "SIGTERM"]


def test_ctrl_c_in_a_terminal_reaches_the_command_once(listener: list[str], said: Path) -> None:
    ours, theirs = pty.openpty()
    become_the_terminals = f"""
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
{DRIVER}"""
    with subprocess.Popen(
        [sys.executable, "-c", become_the_terminals, *listener],
        env=own_environment(),
        stdin=theirs,
        stdout=theirs,
        start_new_session=True,
    ) as driver:
        os.close(theirs)
        until(lambda: words(said) == ["ready"], "the command to listen")
        os.write(ours, b"\x03")
        until(lambda: "SIGINT" in words(said), "Ctrl-C")
        os.write(ours, b"\x1c")
        until(lambda: "SIGQUIT" in words(said), "Ctrl-\\")
        driver.send_signal(signal.SIGTERM)
    os.close(ours)
    assert words(said) == ["ready", "SIGINT", "SIGQUIT", "SIGTERM"]


def test_a_signal_that_comes_before_the_command_is_not_lost(tmp_path: Path) -> None:
    """Handlers are there before the command is: it is sent on once it runs."""
    before = f"""
import os, signal, sys
import aicost.platform.running as running
really = running._started
def started(argv, env):
    os.kill(os.getpid(), signal.SIGTERM)
    return really(argv, env)
running._started = started
{DRIVER}"""
    done = subprocess.run(
        [sys.executable, "-c", before, "sleep", "60"],
        env=own_environment(),
        check=False,
        timeout=20,
    )
    assert done.returncode == 128 + 15


# The end


def test_another_thread_can_end_a_wait() -> None:
    with running(["sleep", "60"], os.environ, MARK) as run:
        bell = threading.Timer(0.01, run.ring)
        bell.start()
        assert run.wait(30) is None
        bell.join()
        assert run.wait(0.001) is None  # (it rang once)


def test_a_polite_command_ends_at_the_first_signal(said: Path) -> None:
    script = f"trap 'exit 4' INT; echo > {said}; while :; do sleep 0.05; done"
    with running(["sh", "-c", script], os.environ, MARK) as run:
        until(said.exists, "the trap")
        assert run.end(INTERRUPTING, step_s=20)
        assert run.wait(0) == 4


@pytest.mark.parametrize(
    ("ignored", "code"), [("INT", 128 + 15), ("INT TERM", 128 + 9)], ids=["SIGTERM", "SIGKILL"]
)
def test_one_that_ignores_signals_gets_a_harder_one(said: Path, ignored: str, code: int) -> None:
    script = f"trap '' {ignored}; echo > {said}; exec sleep 60"
    with running(["sh", "-c", script], os.environ, MARK) as run:
        until(said.exists, "the trap")
        assert run.end(INTERRUPTING, step_s=0.2)
        assert run.wait(0) == code


def test_one_that_is_halted_ends_too() -> None:
    with running(["sleep", "60"], os.environ, MARK) as run:
        os.kill(run.pid, signal.SIGSTOP)
        assert run.end(INTERRUPTING, step_s=20)
        assert run.wait(0) == 128 + 2


def test_what_it_started_ends_with_it(said: Path) -> None:
    """Below it, left to themselves, and in a session of their own."""
    script = f"sleep 61 & (sleep 62 &) ; setsid sleep 63 & sleep 64 & echo > {said}; wait"
    with running(["sh", "-c", script], os.environ, MARK) as run:
        until(lambda: said.exists() and len(own_run()) == 5, "all of them")
        assert {process.pid for process in run.family()} == set(own_run())
        assert run.end(INTERRUPTING, step_s=0.3)  # (in the background, sh lets them ignore SIGINT)
        assert own_run() == []


def test_what_it_leaves_behind_is_seen_and_ended_on_the_way_out(said: Path) -> None:
    script = f"setsid sleep 61 & echo $! > {said}; exit 5"
    with running(["sh", "-c", script], os.environ, MARK) as run:
        assert run.wait(20) == 5
        assert [process.pid for process in run.left()] == [int(said.read_text())]
    assert own_run() == []


def test_nothing_to_end_is_said() -> None:
    with running(["true"], os.environ, MARK) as run:
        assert run.wait(20) == 0
        assert run.left() == []
        assert not run.end(ENDING)


def test_a_signal_after_the_commands_end_is_for_what_it_left() -> None:
    with running(["true"], os.environ, MARK) as run:
        assert run.wait(20) == 0
        assert not run.pause(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        assert run.pause(20)
        assert not run.pause(0.01)


def test_a_fault_of_ours_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError), running(["sleep", "60"], os.environ, MARK):
        raise ZeroDivisionError
