"""`aicost top --demo`: a recorded day, read by a real daemon of its own, in a temporary folder."""

import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aicost.demo.player import Player, load_recording
from aicost.platform.dirs import load_dirs

STOP_S = 10.0
BUDGETS = """\
[[budgets]]
scope = "day"
amount = 60
[[budgets]]
scope = "week"
amount = 250
[[budgets]]
scope = "session"
amount = 16
hard = true
[[budgets]]
scope = "day"
amount = 10
repo = "shop"
"""
_ENDS = (signal.SIGHUP, signal.SIGTERM)  # a terminal is closed, a machine is shut down


@contextmanager
def demo_environment(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give an environment in which aicost sees only the recorded day, and clean up after it."""
    from aicost.daemon.lifecycle import start_in_background, stop_running

    with _ending_in_order(), tempfile.TemporaryDirectory(prefix="aicost-demo-") as folder:
        home = Path(folder) / "claude"
        own = {**env, "AICOST_HOME": str(Path(folder) / "aicost"), "CLAUDE_CONFIG_DIR": str(home)}
        player = Player(load_recording(), home, datetime.now(UTC))
        player.write_earlier()
        player.write_past()
        dirs = load_dirs(own)
        dirs.config_file.parent.mkdir(parents=True, exist_ok=True)
        dirs.config_file.write_text(BUDGETS)
        playing = threading.Thread(target=player.play, name="demo", daemon=True)
        try:
            playing.start()
            start_in_background(dirs, own)
            yield own
        finally:
            player.stop()
            playing.join()
            stop_running(dirs, timeout_s=STOP_S)  # what it writes would be in the way


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let what would kill this process unwind it: or the demo's daemon would run on for ever."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_demo(env: Mapping[str, str], show: Callable[[Mapping[str, str]], int]) -> int:
    """Run `show` (the dashboard) in the demo's environment; return its exit code."""
    with demo_environment(env) as own:
        return show(own)
