"""aicost for a long time: many agents write, the dashboard is used, nothing may grow or get lost.

    PYTHONPATH=tests python -m soak.main [--minutes 22] [--lines-per-s 900] [--every-s 60]

Prints a sample a minute and ends with 1 if memory, descriptors or threads grew, or a call is
missing. Needs tmux.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil
from bench.main import EXCERPT
from lab.archive import unpack
from lab.oracle import Usage
from lab.terminal import Terminal
from soak.judging import GROWTH_MB, HEADINGS, ProcessSample, Sample, faults, line_of, row
from soak.writing import Agents

from aicost.ipc import wire
from aicost.platform.rundir import find_socket

ROOT = Path(__file__).parents[2]
ARGV = [sys.executable, "-m", "aicost"]
COLUMNS, ROWS = 140, 40
ANSWER_S = 120.0
SHOWN_S = 60.0
_LOOK_S = 0.02
KEYS = (
    "s", "Down", "Enter", "Escape", "h", "Escape", "b", "Down", "Escape", "t", "Escape", "y",
    "Escape", "n", "Escape", "?", "Escape", "Up", "Space", "Space", "/", "m", "a", "Escape",
)  # fmt: skip
_TODAY = re.compile(r"today \$([\d,]+\.\d\d)")


class Soak:
    """One run: agents that write, a daemon, a dashboard in a terminal."""

    def __init__(self, folder: Path, lines_per_s: float) -> None:
        self._home = folder / "home" / ".claude"
        self._home.mkdir(parents=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "AICOST_HOME": str(folder / "profile"),
            "PYTHONPATH": os.pathsep.join(
                str(ROOT / name) for name in ("companion", "tui", "hooks")
            ),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        unpack(EXCERPT, folder / "source")
        self.agents = Agents(folder / "source" / ".claude", self._home, lines_per_s)
        self.top = Terminal([*ARGV, "top"], env=self.env, cwd=folder, columns=COLUMNS, rows=ROWS)
        self._keys = cycle(KEYS)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Open the dashboard, which starts the daemon; end both."""
        with self.top:
            self.top.wait_for("aicost|today|agent logs")
            try:
                yield
            finally:
                pid = self._daemon().pid
                self._ask("stop", {})
                psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], 30)

    def press_a_key(self) -> None:
        """Use the dashboard a little."""
        self.top.press(next(self._keys))

    def sample(self, minute: float) -> Sample:
        """Hold the agents, wait until all is counted and shown, and note how things are."""
        with self.agents.pause():
            truth, start = self.agents.truth, time.monotonic()
            total = self._report()["total"]
            lag_s = time.monotonic() - start
            self._go_back()
            screen_s = self._shown_after(start)
            return Sample(
                minute=minute,
                lines=truth.lines,
                sessions=self.agents.sessions,
                daemon=_sampled(self._daemon()),
                dashboard=_sampled(psutil.Process(self.top.pid)),
                lag_s=lag_s,
                screen_s=screen_s,
                calls_written=truth.calls,
                calls_counted=int(total["requests"]),
                tokens_written=_tokens(truth.total),
                tokens_counted=_tokens(
                    Usage(*(total[name] for name in Usage.__dataclass_fields__))
                ),
            )

    def _report(self) -> dict[str, Any]:
        asked = {"homes": [str(self._home)], "tz": "UTC", "format": "json"}
        found: dict[str, Any] = json.loads(self._ask("report", asked)["text"])
        return found

    def _shown_after(self, start: float) -> float:
        """Return when the screen shows today's cost; back on the dashboard from wherever it is."""
        view = self._ask("view", {"wait": False})
        wanted = Decimal(view["today"]["cost_nusd"] or 0) / 10**9
        until = time.monotonic() + SHOWN_S
        while time.monotonic() < until:
            found = _TODAY.search(self.top.screen())
            if found and abs(Decimal(found[1].replace(",", "")) - wanted) < Decimal("0.011"):
                return time.monotonic() - start
            time.sleep(_LOOK_S)
        raise RuntimeError(f"the screen does not show ${wanted:.2f}:\n{self.top.screen()}")

    def _go_back(self) -> None:
        """Leave whatever screen the dashboard is on."""
        until = time.monotonic() + SHOWN_S
        while not (_TODAY.search(text := self.top.screen()) and "quit" in text.splitlines()[-1]):
            if time.monotonic() > until:
                raise RuntimeError(f"there is no way back to the dashboard:\n{text}")
            self.top.press("Escape")
            time.sleep(10 * _LOOK_S)

    def _daemon(self) -> psutil.Process:
        return psutil.Process(int(self._ask("status", {})["pid"]))

    def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = wire.call(find_socket(self.env), method, params, timeout_s=ANSWER_S)
        return found


def _tokens(usage: Usage) -> int:
    return sum(getattr(usage, name) for name in Usage.__dataclass_fields__)


def _sampled(process: psutil.Process) -> ProcessSample:
    with process.oneshot():
        return ProcessSample(
            rss_mb=process.memory_info().rss / 1e6,
            files=process.num_fds(),
            threads=process.num_threads(),
        )


def run(
    minutes: float,
    lines_per_s: float,
    every_s: float,
    say: Callable[[str], object] = lambda _: None,
) -> list[Sample]:
    """Run it; return the samples."""
    samples = list[Sample]()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak = Soak(Path(folder), lines_per_s)
        with soak.running():
            soak.agents.start()
            start = time.monotonic()
            say(line_of(HEADINGS))
            try:
                while time.monotonic() - start < minutes * 60:
                    next_s = start + (len(samples) + 1) * every_s
                    while time.monotonic() < min(next_s, start + minutes * 60):
                        soak.press_a_key()
                        time.sleep(min(1.0, every_s / 10))
                    passed_s = time.monotonic() - start
                    samples.append(soak.sample(passed_s / 60))
                    say(line_of(row(samples[-1])))
            finally:
                soak.agents.end()
    return samples


def main(arguments: Sequence[str]) -> int:
    """Run it and say what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=22.0, help="how long (%(default)s)")
    parser.add_argument("--lines-per-s", type=float, default=900.0, help="of all agents together")
    parser.add_argument("--every-s", type=float, default=60.0, help="between two samples")
    parser.add_argument("--spare-mb", type=float, default=GROWTH_MB, help="memory may grow by more")
    asked = parser.parse_args(arguments)
    samples = run(
        asked.minutes, asked.lines_per_s, asked.every_s, lambda text: print(text, flush=True)
    )
    found = faults(samples, spare_mb=asked.spare_mb)
    for fault in found:
        print(f"FAULT {fault}")
    print("good" if not found else f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
