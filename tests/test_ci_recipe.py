"""The recipe of docs/ci.md does what it says: its script is run in a real repository."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import guarded_agent
import pytest
from commands import own_environment

from aicost.core.guard import STOPPED
from aicost.daemon.lifecycle import stop_running
from aicost.platform.dirs import load_dirs

PAGE = Path(__file__).parents[1] / "docs" / "ci.md"
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL))
WANTED = {"TRIGGER": "pull_request", "FORK": "false", "BRANCH": "main", "BASE": "main"}

Gate = Callable[..., "subprocess.CompletedProcess[str]"]


def git(folder: Path, *argv: str) -> None:
    who = ["-c", "user.name=dev", "-c", "user.email=dev@example.com"]
    subprocess.run(["git", *who, *argv], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(home: Path) -> Path:
    """A repository with a branch that adds ten lines to its main one."""
    folder = home / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "readme").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "checkout", "-qb", "change")
    (folder / "readme").write_text("one\n" + "more\n" * 10)
    git(folder, "commit", "-qam", "ten lines")
    return folder


@pytest.fixture(params=["sh", "bash"])
def gate(request: pytest.FixtureRequest, checkout: Path, home: Path) -> Iterator[Gate]:
    """Run the script over an agent that makes one call of 20 cents, or as told."""
    shell = shutil.which(request.param)
    if shell is None:
        pytest.skip(f"no {request.param}")
    tools = home / "tools"
    tools.mkdir()
    command = shlex.join([sys.executable, "-m", "aicost"])
    (tools / "aicost").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    (tools / "aicost").chmod(0o700)
    script = tools / "agent-gate.sh"
    script.write_text(BLOCKS["sh"])
    agent = [sys.executable, str(guarded_agent.__file__), str(home / ".claude"), "s-1"]

    def run(calls: object = 1, **changes: str) -> "subprocess.CompletedProcess[str]":
        env = own_environment() | WANTED | {"PATH": f"{tools}:{os.environ['PATH']}"} | changes
        return subprocess.run(
            [shell, str(script), *agent, str(calls)],
            cwd=checkout,
            env={name: value for name, value in env.items() if value != "unset"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    yield run
    stop_running(load_dirs(os.environ), timeout_s=30)


def cost(checkout: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((checkout / "agent-cost.json").read_text())
    return found


def test_a_change_that_may_cost_money_gets_its_agent(gate: Gate, checkout: Path) -> None:
    done = gate()
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert cost(checkout)["requests"] == 1
    assert cost(checkout)["budgets"][0]["limit"] == 2.0  # type: ignore[index]


def test_an_agent_that_costs_too_much_is_stopped(gate: Gate, checkout: Path) -> None:
    done = gate("forever", AGENT_BUDGET="0.5", SUMMARY="other.json")
    assert done.returncode == STOPPED, done.stderr
    assert json.loads((checkout / "other.json").read_text())["stopped"] is True


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"FORK": "true"}, "the change may come from a fork"),
        ({"FORK": ""}, "the change may come from a fork"),
        ({"FORK": "unset"}, "the change may come from a fork"),
        ({"TRIGGER": "pull_request_target"}, "nobody asked for it on 'pull_request_target'"),
        ({"TRIGGER": "unset"}, "nobody asked for it on ''"),
        ({"TRIGGER": "push", "AGENT_TRIGGERS": "schedule"}, "nobody asked for it on 'push'"),
        ({"BRANCH": "feature"}, "branch 'feature' gets no agent"),
        ({"BRANCH": "unset"}, "branch '' gets no agent"),
        ({"BRANCH": "release/1", "AGENT_BRANCHES": "main rel-*"}, "branch 'release/1' gets"),
        ({"BRANCH": "$(touch owned)"}, "branch '$(touch owned)' gets no agent"),
        ({"AGENT_MAX_LINES": "9"}, "10 changed lines are more than 9"),
        ({"BASE": "HEAD"}, "nothing changed"),
    ],
)
def test_all_else_gets_none(gate: Gate, checkout: Path, changes: dict[str, str], why: str) -> None:
    done = gate(**changes)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"agent not run: {why}")
    assert {path.name for path in checkout.iterdir()} == {".git", "readme"}


@pytest.mark.parametrize(
    "changes",
    [
        {"AGENT_MAX_LINES": "10"},
        {"TRIGGER": "push"},
        {"BRANCH": "release/1", "AGENT_BRANCHES": "main release/*"},
        {"BRANCH": "r1", "AGENT_BRANCHES": "r[0-9]"},
    ],
)
def test_at_the_edge_it_gets_one(gate: Gate, checkout: Path, changes: dict[str, str]) -> None:
    done = gate(**changes)
    assert done.returncode == 0, done.stderr
    assert cost(checkout)["requests"] == 1


@pytest.mark.parametrize("base", ["unset", "no-such-commit"])
def test_without_a_base_it_fails_and_spends_nothing(gate: Gate, checkout: Path, base: str) -> None:
    done = gate(BASE=base)
    assert done.returncode not in (0, STOPPED)
    assert not (checkout / "agent-cost.json").exists()


def test_binary_files_have_no_lines_and_are_a_change_all_the_same(
    gate: Gate, checkout: Path
) -> None:
    git(checkout, "checkout", "-q", "main")
    git(checkout, "checkout", "-qb", "picture")
    (checkout / "picture").write_bytes(bytes(range(256)) * 50)
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "a picture")
    assert gate(AGENT_MAX_LINES="0").returncode == 0
    assert cost(checkout)["requests"] == 1


# The workflow, as text: nobody here can run it


def workflow() -> list[str]:
    return [re.sub(r"\s+#.*", "", line) for line in BLOCKS["yaml"].splitlines()]


def test_no_fork_gets_an_agent_nor_a_secret() -> None:
    lines = workflow()
    assert "  pull_request:" in lines
    assert not any("pull_request_target" in line for line in lines)
    assert "    if: github.event.pull_request.head.repo.full_name == github.repository" in lines
    assert "  contents: read" in lines


def test_the_gate_is_told_all_that_it_asks_for() -> None:
    given = {line.split(":")[0].strip() for line in workflow() if ": ${{" in line}
    assert set(WANTED) <= given


def test_nothing_that_somebody_named_becomes_part_of_a_command() -> None:
    runs = [line for line in workflow() if re.match(r"\s+(- )?run:", line)]
    assert len(runs) == 4
    assert not any("${{" in line for line in runs)
