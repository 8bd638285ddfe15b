"""Whatever breaks in aicost, the agent goes on and shows no error; later no spend is missing."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from e2e.at_work import ClaudeAtWork, bash, claude_at_work, costs, finished, new_session
from lab.scenario import Json
from lab.spend import NUSD
from lab.waiting import until

CALLS = 12
LANES: Json = {"main": [{"blocks": [bash("sleep 0.1")], "usage": costs(10)} for _ in range(CALLS)]}
HOOK_ERRORS = ("hook_non_blocking_error", "hook_blocking_error", "hook_cancelled", "hook_error")
FAR = "session 100 --hard"


@pytest.fixture
def claude(client: Path, tmp_path: Path) -> Iterator[ClaudeAtWork]:
    with claude_at_work(client, tmp_path, LANES, FAR) as claude:
        yield claude


def work_through(claude: ClaudeAtWork, fault: Callable[[str], None]) -> None:
    """Run to the end, `fault` happening after a few calls; look that nobody noticed."""
    session_id, named = new_session()
    process = claude.start("[[go]] work on", *named)
    until(lambda: len(claude.api.asked()) >= 4, "a few calls")
    fault(session_id)
    ran = finished(process)
    assert ran.returncode == 0
    assert ran.stdout == "OK.\n"
    assert ran.stderr == ""
    assert claude.spent(session_id).requests == CALLS + 1
    errors = [line for line in claude.log_lines() if any(kind in line for kind in HOOK_ERRORS)]
    assert errors == []


def assert_spend_is_complete(claude: ClaudeAtWork) -> None:
    claude.aicost.run("daemon", "start")
    report = claude.aicost.ask("report")
    assert report["total"]["cost_usd"] == pytest.approx(claude.spent().nusd / NUSD, abs=1e-9)


def run_dir(claude: ClaudeAtWork) -> Path:
    return claude.aicost.profile / "run"


def kill_daemon(claude: ClaudeAtWork) -> None:
    daemon = psutil.Process(claude.aicost.ask("daemon", "status")["pid"])
    daemon.kill()
    until(
        lambda: not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE,
        "the daemon's end",
    )


def test_the_daemon_is_killed(claude: ClaudeAtWork) -> None:
    work_through(claude, lambda _: kill_daemon(claude))
    assert_spend_is_complete(claude)


def test_what_a_killed_daemon_said_last_stops_nobody(client: Path, tmp_path: Path) -> None:
    """The next session starts a daemon, which finds out by itself that it is to stop."""
    with claude_at_work(client, tmp_path, LANES, "session 0.50 --hard") as claude:
        session_id, named = new_session()
        claude.run("[[go]] work on", *named)
        stopped = claude.spent(session_id).requests
        verdict = run_dir(claude) / "verdict" / session_id
        until(lambda: verdict.read_text().startswith("stop "), "the stop")
        kill_daemon(claude)
        ran = claude.run("on it goes", "--resume", session_id)
        assert ran.returncode == 0
        # None where the new daemon was there before the prompt asked.
        assert stopped <= claude.spent(session_id).requests <= stopped + 3
        until(lambda: has_daemon(claude), "the daemon that the session started")
        claude.aicost.wait_until_read()


def has_daemon(claude: ClaudeAtWork) -> bool:
    """Say whether a daemon answers."""
    try:
        claude.aicost.ask("daemon", "status")
    except AssertionError:
        return False
    return True


def test_the_socket_is_gone(claude: ClaudeAtWork) -> None:
    def remove(_: str) -> None:
        for socket in [*run_dir(claude).glob("*.sock"), *run_dir(claude).glob("*.socket")]:
            socket.unlink()

    pid = claude.aicost.ask("daemon", "status")["pid"]
    work_through(claude, remove)
    process = psutil.Process(pid)
    process.terminate()
    process.wait()
    assert_spend_is_complete(claude)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00garbage", b"stop\n", b"stop x y\nPreToolUse 2 no\n", b"check " * 999],
    ids=["empty", "bytes", "stop alone", "stop without numbers", "long"],
)
def test_the_verdict_is_garbage(claude: ClaudeAtWork, content: bytes) -> None:
    def spoil(session_id: str) -> None:
        for name in (session_id, "default"):
            (run_dir(claude) / "verdict" / name).write_bytes(content)

    work_through(claude, spoil)
    assert_spend_is_complete(claude)


def planted(pid: int) -> bytes:
    """Return a stop as the daemon writes it."""
    answer = '{"continue": false, "stopReason": "planted"}'
    return f"stop 99999999999 {pid}\nPostToolBatch 0 {answer}\n".encode()


def test_the_verdict_is_of_another_user(claude: ClaudeAtWork) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    pid = claude.aicost.ask("daemon", "status")["pid"]

    def plant(session_id: str) -> None:
        for name in (session_id, "default"):
            verdict = run_dir(claude) / "verdict" / name
            verdict.unlink(missing_ok=True)
            verdict.write_bytes(planted(pid))
            os.chown(verdict, 12345, 12345)

    work_through(claude, plant)
    assert_spend_is_complete(claude)


def test_the_folder_is_read_only(claude: ClaudeAtWork) -> None:
    with ExitStack() as until_then:
        work_through(claude, lambda _: until_then.enter_context(read_only(claude.aicost.profile)))
        new, named = new_session()
        assert claude.run("and another", *named).stderr == ""
        assert claude.spent(new).requests == 1
    assert_spend_is_complete(claude)


def test_the_disk_is_full(client: Path, tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "profile") as disk,
        claude_at_work(client, tmp_path, LANES, FAR) as claude,
    ):
        work_through(claude, lambda _: disk.fill())
        disk.empty()
        assert_spend_is_complete(claude)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Refuse every new write below a folder meanwhile, also root's; skip where one may not."""
    name = str(folder)
    if not mounts("--bind", name, name):
        pytest.skip("nothing can be mounted here")
    try:
        assert mounts("-o", "remount,bind,ro", name)
        yield
    finally:
        subprocess.run(["umount", "-l", name], check=True)


def mounts(*arguments: str) -> bool:
    """Run `mount`; say whether it did."""
    mount = shutil.which("mount")
    return (
        mount is not None
        and not subprocess.run([mount, *arguments], capture_output=True).returncode
    )


class Disk:
    """A small file system of its own below a folder."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while ballast.write(b"\0" * 65_536):
                    continue
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - it is the end that is wanted

    def empty(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount one, or skip where one may not."""
    folder.mkdir()
    if not mounts("-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", str(folder)):
        pytest.skip("nothing can be mounted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
