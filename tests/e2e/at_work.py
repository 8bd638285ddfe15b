"""Both agents at work under budgets: hooks installed, on fake APIs whose answers cost real money.

aicost's variables are not in the agents' environment: what they need, the hooks know by themselves.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
from e2e.running import Aicost
from lab.codex import Codex, make_codex
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import LabHome, make_home
from lab.responses import Play, Step, Tokens
from lab.scenario import Json, Scenario
from lab.spend import NUSD, claude_nusd, codex_nusd, last_of_each
from lab.terminal import Terminal
from lab.waiting import until

REPEATS = int(os.environ.get("AICOST_REPEATS", "1"))  # of each proof that a race could break
ENDLESS = 80  # more requests than any budget here allows; a run that is not stopped ends there
# Claude Code writes its log every 0.1 s. No dear model answers sooner: one that did would be ahead
# of what its log says.
THINKS_S = 0.3
BYPASS = ("--permission-mode", "bypassPermissions")
_TIMEOUT_S = 90


@dataclass(frozen=True, slots=True)
class Spent:
    """What was served under a budget, and how much of it may lie above that budget."""

    nusd: int
    last_nusd: int  # the last request of each thread, together
    requests: int
    threads: int

    def is_within(self, budget_usd: float) -> bool:
        """Say whether at most the last request of each thread lies above the budget."""
        return self.nusd - self.last_nusd <= budget_usd * NUSD

    def __str__(self) -> str:
        usd, last = self.nusd / NUSD, self.last_nusd / NUSD
        count = f"{self.requests} requests, {self.threads} threads"
        return f"served ${usd:.3f} in {count}; the last of each: ${last:.3f}"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of an agent without a screen ended."""

    returncode: int
    stdout: str
    stderr: str


def finished(process: "subprocess.Popen[str]") -> Ran:
    """Wait for a run's end. Raises TimeoutExpired, and leaves nothing running."""
    try:
        stdout, stderr = process.communicate(timeout=_TIMEOUT_S)
    finally:
        process.kill()
        process.wait()
    return Ran(process.returncode, stdout, stderr)


def pipes(
    argv: Sequence[str | Path], home: LabHome, env: dict[str, str]
) -> "subprocess.Popen[str]":
    """Start a program in the project, its stdout and stderr apart."""
    return subprocess.Popen(
        [str(word) for word in argv],
        cwd=home.project,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# Claude Code


def costs(cents: float) -> Json:
    """Return the usage of a response of the client's own model that costs so much."""
    return {"input_tokens": 0, "output_tokens": round(cents * 500)}  # at 20 dollars a million


def bash(command: str) -> Json:
    """Return a call of Claude Code's shell."""
    return {"type": "tool_use", "name": "Bash", "input": {"command": command, "description": "do"}}


def spawn(mark: str) -> Json:
    """Return a call that starts a subagent, which is answered from the lane `subagent:MARK`."""
    task = {"description": f"{mark} job", "prompt": f"[[{mark}]] work", "run_in_background": False}
    return {
        "type": "tool_use",
        "name": "Agent",
        "input": task | {"subagent_type": "general-purpose"},
    }


def endless(command: str, cents: Sequence[float], delay_s: float = 0.0) -> list[Json]:
    """Return turns that call the same command again and again, at these prices in turn."""
    prices = [costs(cents[number % len(cents)]) for number in range(ENDLESS)]
    return [{"blocks": [bash(command)], "usage": used, "delay_s": delay_s} for used in prices]


@dataclass(frozen=True, slots=True)
class ClaudeAtWork:
    """Claude Code with the hooks of one profile of aicost."""

    driver: Driver
    aicost: Aicost
    api: FakeAnthropic

    def argv(self, prompt: str, *arguments: str) -> list[str]:
        """Return the command of a run without a screen."""
        return [str(self.driver.client), "-p", prompt, *BYPASS, *arguments]

    def start(self, prompt: str, *arguments: str) -> "subprocess.Popen[str]":
        """Start a run without a screen."""
        return pipes(self.argv(prompt, *arguments), self.driver.home, self.environment())

    def run(self, prompt: str, *arguments: str) -> Ran:
        """Run it to its end."""
        return finished(self.start(prompt, *arguments))

    def terminal(self, *arguments: str, columns: int = 160) -> Terminal:
        """Return a terminal with the client in it, once entered."""
        return self.driver.terminal(*BYPASS, *arguments, columns=columns)

    def environment(self) -> dict[str, str]:
        """Return what the client sees."""
        return self.driver.home.environment(self.api.url)

    def spent(self, *session_ids: str) -> Spent:
        """Return what was served, to these sessions or to all."""
        served = [
            one
            for one in self.api.served()
            if one.complete and (not session_ids or one.session_id in session_ids)
        ]
        last = last_of_each(served, lambda one: (one.session_id, one.lane))
        return Spent(
            nusd=sum(map(claude_nusd, served)),
            last_nusd=sum(map(claude_nusd, last)),
            requests=len(served),
            threads=len(last),
        )

    def log_lines(self) -> list[str]:
        """Return every line of every log."""
        logs = self.driver.home.claude.glob("projects/**/*.jsonl")
        return [line for log in sorted(logs) for line in log.read_text().splitlines()]


@contextmanager
def claude_at_work(
    client: Path, folder: Path, lanes: Json, *budgets: str
) -> Iterator[ClaudeAtWork]:
    """Set budgets ("session 0.20 --hard"), install the hooks, run the daemon meanwhile."""
    home = make_home(folder / "home")
    aicost = Aicost(folder / "profile", home, _program(folder, "claude", client))
    for budget in budgets:
        aicost.run("budget", "set", *budget.split())
    aicost.run("hooks", "install", "claude", "--yes")
    with FakeAnthropic(Scenario({"lanes": lanes})) as api, none_left_behind(home), aicost.daemon():
        yield ClaudeAtWork(Driver(client, home, api.url), aicost, api)


def new_session() -> tuple[str, tuple[str, str]]:
    """Return a new session's id, and the arguments that give it to Claude Code."""
    session_id = str(uuid4())
    return session_id, ("--session-id", session_id)


# Codex


def step_costs(cents: float) -> Tokens:
    """Return the tokens of a response of gpt-5.5 that costs so much: five to one for the prompt."""
    return Tokens(input=round(cents * 1_000), output=round(cents * 500 / 3))  # $5, $30 a million


def codex_endless(command: str, cents: Sequence[float], delay_s: float = 0.0) -> tuple[Step, ...]:
    """Return steps that call the same command again and again, at these prices in turn."""
    prices = [step_costs(cents[number % len(cents)]) for number in range(ENDLESS)]
    calls = (Step(command=command, tokens=tokens, delay_s=delay_s) for tokens in prices)
    return (*calls, Step(say="The script has ended.", tokens=step_costs(cents[0])))


@dataclass(frozen=True, slots=True)
class CodexAtWork:
    """Codex with the hooks of one profile of aicost, trusted."""

    codex: Codex
    aicost: Aicost
    api: FakeOpenAI

    def argv(self, prompt: str) -> list[str]:
        """Return the command of a run without a screen."""
        unasked = "--dangerously-bypass-approvals-and-sandbox"
        return [str(self.codex.client), "exec", "--json", unasked, prompt]

    def start(self, prompt: str) -> "subprocess.Popen[str]":
        """Start a run without a screen."""
        return pipes(self.argv(prompt), self.codex.home, self.codex.environment())

    def run(self, prompt: str) -> Ran:
        """Run it to its end."""
        return finished(self.start(prompt))

    def spent(self) -> Spent:
        """Return what was served to all threads."""
        served = self.api.served()
        last = last_of_each(served, lambda one: one.thread_id)
        return Spent(
            nusd=sum(map(codex_nusd, served)),
            last_nusd=sum(map(codex_nusd, last)),
            requests=len(served),
            threads=len(last),
        )

    def refusals(self) -> int:
        """Return how many tools were refused, by the logs."""
        logs = self.codex.folder.glob("sessions/*/*/*/rollout-*.jsonl")
        lines = [line for log in logs for line in log.read_text().splitlines()]
        return sum(
            '_call_output"' in line and "blocked by PreToolUse hook" in line for line in lines
        )


def say_to_codex(terminal: Terminal, prompt: str) -> None:
    """Type a prompt and send it. An Enter too soon after it the client takes for a part of it."""
    terminal.type_line(prompt)
    for _ in range(3):
        try:
            terminal.wait_for("› Ask Codex", timeout_s=2)  # the box is empty again
        except TimeoutError:
            terminal.press("Enter")
        else:
            return
    raise TimeoutError(f"{prompt!r} cannot be sent")


@contextmanager
def codex_at_work(client: Path, folder: Path, play: Play, *budgets: str) -> Iterator[CodexAtWork]:
    """Set budgets, install the hooks and trust them, run the daemon meanwhile."""
    with FakeOpenAI(play) as api:
        codex = make_codex(client, folder / "home", api.url)
        aicost = Aicost(folder / "profile", codex.home, _program(folder, "codex", client))
        for budget in budgets:
            aicost.run("budget", "set", *budget.split())
        aicost.run("hooks", "install", "codex", "--yes")
        codex.trust_hooks()
        with none_left_behind(codex.home), aicost.daemon():
            yield CodexAtWork(codex, aicost, api)


# Both


def _program(folder: Path, name: str, client: Path) -> Path:
    """Put a client on a PATH of its own: what it is asked there is its version."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / name).symlink_to(client)
    return programs


@contextmanager
def none_left_behind(home: LabHome) -> Iterator[None]:
    """Fail if a process of this home is still there at the end; end it."""
    try:
        yield
        until(lambda: not _processes_of(home), f"the end of every process in {home.path}")
    finally:
        for process in _processes_of(home):
            process.kill()


def _processes_of(home: LabHome) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["environ", "status"]):
        is_ours = (process.info["environ"] or {}).get("HOME") == str(home.path)
        if is_ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
