"""A program in a real terminal of its own (tmux): keys in, screen out."""

import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.waiting import until


class Terminal:
    """Runs `argv` in a tmux server of its own from `with` to its end. Needs tmux on PATH."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        columns: int = 160,
        rows: int = 50,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tm-")  # short: a socket's path is
        self._socket = str(Path(self._folder.name, "s"))
        pairs = [f"{name}={value}" for name, value in env.items()]
        self._command = "exec " + shlex.join(["env", "-i", *pairs, *argv])
        self._size = ("-x", str(columns), "-y", str(rows))
        self._cwd = str(cwd)
        self.pid = 0  # of the program, while it runs

    def __enter__(self) -> Self:
        """Start the program."""
        start = ("new-session", "-d", "-s", "s", *self._size, "-c", self._cwd, self._command)
        self._tmux("-f", "/dev/null", *start, ";", "set", "-g", "remain-on-exit", "on")
        self.pid = int(self._tmux("list-panes", "-t", "s", "-F", "#{pane_pid}"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program (SIGHUP) and its terminal."""
        self._tmux("kill-server")
        self._folder.cleanup()

    def screen(self) -> str:
        """Return what is on the screen now."""
        return self._tmux("capture-pane", "-p", "-t", "s")

    def painted_screen(self) -> str:
        """Return what is on the screen now with its colours, as a terminal is sent them."""
        return self._tmux("capture-pane", "-e", "-p", "-t", "s")

    def type_line(self, text: str) -> None:
        """Type a text, see it on the screen, then press Enter."""
        self._tmux("send-keys", "-t", "s", "-l", text)
        self.wait_for(re.escape(text[-20:]))
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names, e.g. "Escape", "C-c"."""
        self._tmux("send-keys", "-t", "s", *keys)

    def wait_for(self, pattern: str, timeout_s: float = 20.0) -> str:
        """Wait until the screen shows a pattern; return the screen. Raises TimeoutError."""
        try:
            return until(
                lambda: text if re.search(pattern, text := self.screen()) else None,
                f"{pattern!r} on the screen",
                timeout_s=timeout_s,
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it shows:\n{self.screen()}") from None

    def wait_for_end(self, timeout_s: float = 20.0) -> None:
        """Wait until the program has ended. Raises TimeoutError."""
        until(lambda: not self.runs(), "the program's end", timeout_s=timeout_s)

    def runs(self) -> bool:
        """Return whether the program runs."""
        return self._tmux("list-panes", "-t", "s", "-F", "#{pane_dead}").strip() == "0"

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def _tmux(self, *arguments: str) -> str:
        run = subprocess.run(
            ["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=False
        )
        return run.stdout
