"""`aicost top --demo`: a recorded day, read by a real daemon of its own, in a temporary folder."""

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aicost.core.errors import DaemonDown
from aicost.demo.player import Player, load_recording
from aicost.ipc import wire
from aicost.platform.dirs import load_dirs


@contextmanager
def demo_environment(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give an environment in which aicost sees only the recorded day, and clean up after it."""
    from aicost.daemon.lifecycle import start_in_background

    with tempfile.TemporaryDirectory(prefix="aicost-demo-") as folder:
        home = Path(folder) / "claude"
        own = {**env, "AICOST_HOME": str(Path(folder) / "aicost"), "CLAUDE_CONFIG_DIR": str(home)}
        player = Player(load_recording(), home, datetime.now(UTC))
        player.write_past()
        playing = threading.Thread(target=player.play, name="demo", daemon=True)
        playing.start()
        dirs = load_dirs(own)
        start_in_background(dirs, own)
        try:
            yield own
        finally:
            player.stop()
            playing.join()
            with contextlib.suppress(DaemonDown):  # it ended by itself
                wire.call(dirs.socket_path, "stop", {}, timeout_s=5.0)


def run_demo(env: Mapping[str, str], show: Callable[[Mapping[str, str]], int]) -> int:
    """Run `show` (the dashboard) in the demo's environment; return its exit code."""
    with demo_environment(env) as own:
        return show(own)
