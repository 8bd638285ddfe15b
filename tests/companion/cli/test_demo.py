"""`aicost top --demo`, for real: a recorded day on the screen, the user's own data untouched."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest
from commands import aicost
from serving import WAIT_S

from aicost.cli.demo import demo_environment
from aicost.core.errors import DaemonDown

PYTHONPATH = os.pathsep.join(path for path in sys.path if path)


@pytest.mark.parametrize("options", [["--json"], ["--once"]], ids=["JSON", "text"])
def test_the_demo_shows_a_day_and_leaves_nothing_behind(home: Path, options: list[str]) -> None:
    temp = home / "t"
    temp.mkdir()
    ended = aicost("top", "--demo", *options, env={"TMPDIR": str(temp)})
    assert (ended.returncode, ended.stderr) == (0, "")
    if options == ["--json"]:
        document = json.loads(ended.stdout)
        assert document["today"]["cost_usd"] > 0
        assert len(document["sessions"]) > 1
        assert {one["scope"] for one in document["budgets"]} == {"day", "week", "session"}
        assert "loop" in {one["kind"] for one in document["nudges"]}
    else:
        assert "$" in ended.stdout
    assert list(temp.iterdir()) == []
    assert not (home / ".aicost").exists()
    assert not (home / ".claude").exists()


DEMO = """
import os, sys
from aicost.cli.demo import run_demo

def show(env):
    print(env["AICOST_HOME"], flush=True)
    sys.stdin.read()
    return 0

sys.exit(run_demo(os.environ, show))
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_closing_the_terminal_ends_the_demo_and_its_daemon(
    home: Path, number: signal.Signals
) -> None:
    temp = home / "t"
    temp.mkdir()
    environment = dict(os.environ) | {"PYTHONPATH": PYTHONPATH, "TMPDIR": str(temp)}
    with subprocess.Popen(
        [sys.executable, "-c", DEMO],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        aicost_home = Path(demo.stdout.readline().strip())
        role, pid = (aicost_home / "run" / "daemon.lock").read_text().split()
        daemon = psutil.Process(int(pid))
        assert role == "daemon"
        demo.send_signal(number)
        assert demo.wait(WAIT_S) != 0
    assert psutil.wait_procs([daemon], timeout=WAIT_S)[1] == []
    assert list(temp.iterdir()) == []


def test_a_demo_whose_daemon_does_not_start_leaves_nothing_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp = home / "t"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DaemonDown), demo_environment(os.environ):
        pass
    assert list(temp.iterdir()) == []
    assert "demo" not in {thread.name for thread in threading.enumerate()}
