"""Makes the real client do what a scenario's `drive` list says. Each STEP is one of:

    {"p": "prompt", "args": […], "env": {…}, "timeout_s": 90, "kill_after_s": 2.5}   # claude -p
    {"tui": [["say", "hello"], ["wait", "regex", 20], …], "args": […], "env": {…}}   # in tmux
    {"sh": "command"}                                                                # bash

`args` default to bypassing permissions. In `tui`: `say` types a line, `type` text, `key` presses
keys, `wait` waits for a pattern (seconds at most), `pause` lets time pass (what the scenario is
about), `kill` sends a signal. `${HOME}`, `${PROJ}`, `${SID1}` (a new uuid), `${SID2}` are replaced.
"""

import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from lab.fake_anthropic import FakeAnthropic, Served
from lab.homes import LabHome, make_home
from lab.scenario import Json, Scenario, expanded
from lab.terminal import Terminal

SCENARIOS = Path(__file__).parent / "scenarios"
_BYPASS = ["--permission-mode", "bypassPermissions"]


@dataclass(frozen=True, slots=True)
class Played:
    """What a scenario left behind."""

    home: LabHome
    served: list[Served]
    outputs: list[str]  # of each step: its stdout, or its last screen


@dataclass(frozen=True, slots=True)
class Driver:
    """One client binary in one home, talking to one API."""

    client: Path
    home: LabHome
    api_url: str

    def run_step(self, step: Json) -> str:
        """Do one step; return what it printed or showed last."""
        if "p" in step:
            return self._print(step)
        if "tui" in step:
            return self._interact(step)
        return self._shell(step)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the client in the project; the caller waits for it."""
        return subprocess.Popen(
            [str(self.client), *arguments],
            cwd=self.home.project,
            env=self._environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def terminal(
        self, *arguments: str, env: Mapping[str, str] | None = None, columns: int = 160
    ) -> Terminal:
        """Return a terminal that runs the client once entered."""
        argv = [str(self.client), *arguments]
        environment = self._environment(env)
        return Terminal(argv, env=environment, cwd=self.home.project, columns=columns)

    def _environment(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        return self.home.environment(self.api_url) | dict(extra or {})

    def _print(self, step: Json) -> str:
        """Run `claude -p`; kill it where the step says so. Raises TimeoutExpired if it hangs."""
        output = ["--output-format", "stream-json", "--verbose"]
        arguments = ["-p", step["p"], *output, *step.get("args", _BYPASS)]
        with self.start(*arguments, env=step.get("env")) as process:
            try:
                if "kill_after_s" in step:
                    return _until_killed(process, step["kill_after_s"])
                return process.communicate(timeout=step.get("timeout_s", 90))[0]
            finally:
                process.kill()

    def _interact(self, step: Json) -> str:
        with self.terminal(*step.get("args", _BYPASS), env=step.get("env")) as terminal:
            for action, *rest in step["tui"]:
                _act(terminal, action, rest)
            return terminal.screen()

    def _shell(self, step: Json) -> str:
        run = subprocess.run(
            ["bash", "-c", step["sh"]],
            cwd=self.home.project,
            env=self._environment(None),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return run.stdout + run.stderr


def _until_killed(process: subprocess.Popen[str], seconds: float) -> str:
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def _act(terminal: Terminal, action: str, rest: list[Any]) -> None:
    match action:
        case "say":
            terminal.type_line(rest[0])
        case "key":
            terminal.press(*rest)
        case "wait":
            terminal.wait_for(rest[0], *rest[1:])
        case "pause":
            time.sleep(rest[0])
        case "kill":
            terminal.kill(signal.Signals[rest[0]])
        case _:
            raise ValueError(f"no such action: {action}")


def play(client: Path, data: Json, folder: Path) -> Played:
    """Drive the client through a scenario in a new home at `folder`."""
    variables = {
        "HOME": str(folder.resolve()),
        "PROJ": str(folder.resolve() / "proj"),
        "SID1": str(uuid4()),
        "SID2": str(uuid4()),
    }
    data = expanded(data, variables)
    home = make_home(folder, data.get("settings"))
    with FakeAnthropic(Scenario(data)) as api:
        driver = Driver(client, home, api.url)
        outputs = [driver.run_step(step) for step in data["drive"]]
        return Played(home, api.served(), outputs)
