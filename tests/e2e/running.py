"""aicost as a user runs it: the command, with a home and a profile of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.homes import LabHome
from lab.scenario import Json
from lab.waiting import until

ARGV = (sys.executable, "-m", "aicost")
_SOURCES = [str(Path(__file__).parents[2] / name) for name in ("companion", "tui", "hooks")]


@dataclass(frozen=True, slots=True)
class Aicost:
    """One profile of aicost (`AICOST_HOME`), seeing the agents' logs of one home."""

    profile: Path
    home: LabHome
    programs: Path | None = None  # a folder before all others on PATH

    def environment(self) -> dict[str, str]:
        """Return what its processes see."""
        path = [str(self.programs), os.environ["PATH"]] if self.programs else [os.environ["PATH"]]
        return {
            "PATH": os.pathsep.join(path),
            "HOME": str(self.home.path),
            "AICOST_HOME": str(self.profile),
            "CLAUDE_CONFIG_DIR": str(self.home.claude),
            "PYTHONPATH": os.pathsep.join(_SOURCES),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }

    def run(self, *arguments: str) -> str:
        """Run a command; return its stdout. Raises AssertionError with its stderr if it fails."""
        done = subprocess.run(
            [*ARGV, *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stderr}"
        return done.stdout

    def ask(self, *arguments: str) -> Json:
        """Run a command with `--json`; return the document."""
        document: Json = json.loads(self.run(*arguments, "--json"))
        return document

    @property
    def ledger_file(self) -> Path:
        """The SQLite file that the daemon writes."""
        return self.profile / "data" / "ledger.db"

    @contextmanager
    def daemon(self) -> Iterator[Json]:
        """Run the daemon meanwhile; gives its first status."""
        self.run("daemon", "start")
        try:
            yield self.ask("daemon", "status")
        finally:
            self.run("daemon", "stop")

    def wait_until_read(self) -> None:
        """Wait until the running daemon has read, by itself, all that is on disk."""
        until(
            lambda: self.ask("daemon", "status")["pending_bytes"] == 0,
            "the daemon to read all logs",
        )
