"""`aicost guard` as a user runs it: exit codes, the summary, who is stopped, and nothing left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import guarded_agent
import psutil
import pytest
from commands import aicost, command_line, own_environment
from lab.waiting import until

from aicost.core.errors import ExitCode
from aicost.core.guard import MARK, STOPPED, WARNED
from aicost.daemon.lifecycle import stop_running
from aicost.platform.dirs import load_dirs

CALL_USD = 0.200001  # of the agent's calls
TOO_LATE_S = 30.0

Agent = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _no_daemon_is_left() -> Iterator[None]:
    yield
    stop_running(load_dirs(os.environ), timeout_s=TOO_LATE_S)
    assert marked() == []


@pytest.fixture
def agent(home: Path) -> Agent:
    """Return a command line of an agent in the test's home."""
    (home / ".claude" / "projects").mkdir(parents=True)

    def command(session: str, calls: object, *more: object) -> list[str]:
        program = [sys.executable, str(guarded_agent.__file__), str(home / ".claude")]
        return [*program, session, str(calls), *map(str, more)]

    return command


def marked_processes() -> list[psutil.Process]:
    """Return all processes under a guard that are of this test's home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            env = process.environ()
            if env.get(MARK) and env.get("AICOST_HOME") == os.environ["AICOST_HOME"]:
                found.append(process)
    return found


def marked() -> list[str]:
    """Return their command lines."""
    return [" ".join(process.cmdline()) for process in marked_processes()]


def shell(*commands: list[str], glue: str = " & ") -> list[str]:
    """Return a script of several commands."""
    import shlex

    return ["sh", "-c", glue.join(shlex.join(command) for command in commands)]


def summary_in(stderr: str) -> dict[str, Any]:
    (line,) = [line for line in stderr.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(line)
    return found


def guard(*argv: str, code: int, **options: Any) -> tuple[dict[str, Any], str]:
    """Run a guard to its end; return its summary and all it said."""
    done = aicost("guard", *argv, **options)
    assert done.returncode == code, done.stderr
    return summary_in(done.stderr), done.stderr


# Below the budget


@pytest.mark.parametrize("code", [0, 7])
def test_below_its_budget_a_run_ends_as_the_command_does(agent: Agent, code: int) -> None:
    found, said = guard("--budget", "1", "--", *agent("s-1", 3, 66_667, code), code=code)
    assert (found["exit_code"], found["command_exit_code"]) == (code, code)
    assert (found["stopped"], found["reason"]) == (False, "")
    assert (found["sessions"], found["requests"], found["tokens"]) == (["s-1"], 3, 200_001)
    assert found["cost_usd"] == pytest.approx(3 * CALL_USD)
    assert found["complete"]
    (budget,) = found["budgets"]
    assert (budget["unit"], budget["limit"], budget["is_hard"]) == ("usd", 1.0, True)
    assert budget["spent"] == pytest.approx(3 * CALL_USD)
    assert found["schema"] == 1
    assert found["duration_s"] > 0
    assert said.count("the hooks of claude are not at work") == 2  # once, and in the summary


def test_the_summary_names_the_command_without_its_arguments(agent: Agent) -> None:
    found, said = guard("--", "sh", "-c", "true # a secret", code=0)
    assert found["command"] == "sh"
    assert "secret" not in said
    assert found["warnings"] == ["no agent was seen in this run: nothing was counted"]
    assert found["budgets"] == []


def test_the_summary_goes_into_a_file(tmp_path: Path, agent: Agent) -> None:
    path = tmp_path / "summary.json"
    done = aicost("guard", "--summary", str(path), "--", "sh", "-c", "echo out; echo err >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")
    assert json.loads(path.read_text())["exit_code"] == 0


def test_a_summary_that_cannot_be_written_is_said_after_all(tmp_path: Path) -> None:
    found, said = guard("--summary", str(tmp_path), "--", "sh", "-c", "exit 4", code=4)
    assert found["exit_code"] == 4
    assert f"the summary cannot be written to {tmp_path}: Is a directory" in said


def test_what_goes_through_the_command_is_untouched(agent: Agent) -> None:
    done = subprocess.run(
        command_line("guard", "--", "tr", "a-z", "A-Z"),
        input=b"words\0\xff\n",
        env=own_environment(),
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"WORDS\0\xff\n"


@pytest.mark.parametrize(
    ("command", "code"), [("no-such-agent", 127), ("/dev/null", 126), ("/", 126)]
)
def test_what_cannot_be_run_is_said_as_shells_do(command: str, code: int) -> None:
    done = aicost("guard", "--budget", "1", "--", command)
    assert done.returncode == code
    assert done.stderr.startswith("aicost: ")
    assert command in done.stderr


def test_words_after_the_command_are_the_commands(agent: Agent) -> None:
    done = aicost("guard", "--soft", "--", "echo", "--budget", "1", "--", "--help")
    assert done.stdout == "--budget 1 -- --help\n"
    assert aicost("guard", "--soft", "echo", "--budget", "x").stdout == "--budget x\n"


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        ([], "there is no command to guard"),
        (["--"], "there is no command to guard"),
        (["--budget", "5 apples", "--", "true"], "argument --budget"),
        (["--budget", "0", "--", "true"], "argument --budget"),
        (["--budget", "80%", "--", "true"], "argument --budget"),
    ],
)
def test_what_is_no_guard_is_a_usage_error(argv: list[str], what: str) -> None:
    done = aicost("guard", *argv)
    assert done.returncode == 2
    assert what in done.stderr
    assert "aicost guard --help" in done.stderr


# Over it


def test_over_its_budget_an_agent_without_hooks_is_interrupted(agent: Agent) -> None:
    found, said = guard("--budget", "1", "--", *agent("s-1", "forever"), code=STOPPED)
    assert found["stopped"]
    assert found["reason"].startswith("the run's $1.00 used up: $")
    assert found["command_exit_code"] == 128 + signal.SIGINT
    assert found["requests"] >= 5
    assert found["budgets"][0]["spent"] >= 1.0
    assert f"{found['reason']}; stopping the run" in said
    assert "the hooks of claude are not at work" in said
    assert "aicost hooks install claude" in said


@pytest.mark.parametrize("amount", ["5 requests", "300k tokens"])
def test_other_units_stop_as_well(agent: Agent, amount: str) -> None:
    found, _ = guard("--budget", amount, "--", *agent("s-1", "forever"), code=STOPPED)
    assert found["requests"] >= 5


def test_of_several_budgets_the_first_that_is_spent_stops(agent: Agent) -> None:
    argv = ["--budget", "100", "--budget", "3 requests", "--budget", "1m tokens"]
    found, _ = guard(*argv, "--", *agent("s-1", "forever"), code=STOPPED)
    assert found["reason"].startswith("the run's 3 requests used up")
    assert [one["unit"] for one in found["budgets"]] == ["usd", "requests", "tokens"]


def test_a_script_is_stopped_with_all_its_agents(agent: Agent) -> None:
    script = shell(agent("s-1", "forever"), agent("s-2", "forever"), ["wait"])
    found, _ = guard("--budget", "1", "--", *script, code=STOPPED)
    assert found["sessions"] == ["s-1", "s-2"]
    assert found["cost_usd"] == pytest.approx(found["requests"] * CALL_USD)


def test_several_agents_share_the_budget_one_after_the_other(agent: Agent) -> None:
    script = shell(agent("s-1", 2), agent("s-2", 2), glue="; ")
    found, _ = guard("--budget", "1", "--", *script, code=0)
    assert (found["sessions"], found["requests"]) == (["s-1", "s-2"], 4)
    assert found["budgets"][0]["is_near"]
    assert any(text.startswith("$0.80 of the run's $1.00") for text in found["warnings"])


# Warnings


@pytest.mark.parametrize(
    ("argv", "calls", "code"),
    [
        (["--budget", "1", "--fail-on-warn"], 4, WARNED),  # 80 %
        (["--budget", "1", "--fail-on-warn"], 3, 0),
        (["--budget", "1"], 4, 0),
        (["--budget", "0.5", "--soft", "--fail-on-warn"], 4, WARNED),  # over, and not stopped
        (["--budget", "0.5", "--soft"], 4, 0),
    ],
)
def test_a_run_that_came_near_may_fail(
    agent: Agent, argv: list[str], calls: int, code: int
) -> None:
    found, _ = guard(*argv, "--", *agent("s-1", calls), code=code)
    assert (found["requests"], found["stopped"]) == (calls, False)


def test_a_commands_own_failure_says_more_than_a_warning(agent: Agent) -> None:
    argv = ["--budget", "1", "--fail-on-warn", "--", *agent("s-1", 4, 66_667, 3)]
    found, _ = guard(*argv, code=3)
    assert found["budgets"][0]["is_near"]


def test_tokens_without_a_price_are_said(home: Path, agent: Agent) -> None:
    program = Path(guarded_agent.__file__).read_text().replace(guarded_agent.MODEL, "no-such-model")
    other = home / "other_agent.py"
    other.write_text(program)
    command = [sys.executable, str(other), *agent("s-1", 2)[2:]]
    found, _ = guard("--budget", "1", "--", *command, code=0)
    assert (found["cost_usd"], found["unpriced_tokens"]) == (0.0, 133_334)
    assert any("133334 tokens are of models without a price" in one for one in found["warnings"])


# What it leaves behind


def test_an_agent_in_the_background_is_waited_for_and_counted(agent: Agent) -> None:
    script = shell(agent("s-1", 40), ["exit", "3"])
    found, said = guard("--budget", "100", "--", *script, code=3)
    assert found["requests"] == 40
    assert "the command ended, waiting for claude" in said


def test_an_agent_in_the_background_is_stopped_over_the_budget(agent: Agent) -> None:
    script = shell(agent("s-1", "forever"), ["exit", "0"])
    found, _ = guard("--budget", "1", "--", *script, code=STOPPED)
    assert found["stopped"]


def test_all_else_in_the_background_is_ended(agent: Agent) -> None:
    script = "setsid sleep 600 & exit 0"
    found, said = guard("--", "sh", "-c", script, code=0)
    assert "ended what the command left running: sleep" in found["warnings"]
    assert "aicost guard: ended what the command left running: sleep" in said


# Signals


def started(*argv: str, **options: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command_line("guard", *argv),
        env=own_environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def test_a_guard_that_is_told_to_end_tells_the_command(agent: Agent) -> None:
    with started("--budget", "100", "--", *agent("s-1", "forever")) as process:
        until(marked, "the agent")
        process.terminate()
        _, said = process.communicate(timeout=TOO_LATE_S)
    assert process.returncode == 128 + signal.SIGTERM
    found = summary_in(said)
    assert (found["stopped"], found["command_exit_code"]) == (False, 128 + signal.SIGTERM)


def test_a_signal_ends_the_wait_for_what_is_in_the_background(agent: Agent) -> None:
    script = shell(agent("s-1", "forever"), ["exit", "0"])
    with started("--budget", "100", "--", *script) as process:
        lines = iter(process.stderr.readline if process.stderr else str, "")
        assert any("the command ended, waiting for claude" in line for line in lines)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TOO_LATE_S)
    assert process.returncode == 0
    assert marked() == []


def test_a_guard_that_is_killed_guards_no_more(agent: Agent, home: Path) -> None:
    """Its agent goes on: nobody is left to end it, and no budget is left that would stop it."""
    with started("--budget", "0.1", "--", *agent("s-1", "forever", 0)) as process:
        child = until(marked_processes, "the agent")[0]
        process.kill()
        process.wait(TOO_LATE_S)
    assert child.is_running()
    found, _ = guard("--", "true", code=0)  # (the daemon looks who is still there)
    assert found["sessions"] == []
    assert child.is_running()
    child.kill()
    until(lambda: not marked(), "its end")


# The daemon


def test_without_a_daemon_the_command_runs_and_it_is_said(agent: Agent, home: Path) -> None:
    (home / ".aicost" / "data" / "ledger.db").mkdir(mode=0o700, parents=True)  # none can start
    found, said = guard("--budget", "1", "--", *agent("s-1", 3, 66_667, 5), code=5)
    assert "nothing guards this run" in said
    assert (found["requests"], found["cost_usd"], found["complete"]) == (None, None, False)
    assert any(text.startswith("nothing was counted: ") for text in found["warnings"])


def test_one_that_fails_closed_does_not_run_without_a_daemon(home: Path) -> None:
    (home / ".aicost" / "data" / "ledger.db").mkdir(mode=0o700, parents=True)
    (home / ".aicost" / "config.toml").write_text('[gate]\nfail = "closed"\n')
    done = aicost("guard", "--", "touch", str(home / "it-ran"))
    assert done.returncode in (ExitCode.DAEMON_DOWN, ExitCode.STORE), done.stderr
    assert not (home / "it-ran").exists()
    assert done.stderr.startswith("aicost: ")


def test_settings_that_cannot_be_read_are_said_before_anything_runs(home: Path) -> None:
    (home / ".aicost").mkdir(mode=0o700)
    (home / ".aicost" / "config.toml").write_text("[gate]\nfail = 1\n")
    done = aicost("guard", "--", "touch", str(home / "it-ran"))
    assert done.returncode == ExitCode.CONFIG
    assert not (home / "it-ran").exists()


def test_a_daemon_that_is_killed_is_started_again_and_nothing_is_lost(
    agent: Agent, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    first_agent = ["env", f"GUARDED_AGENT_UNTIL={seen}", *agent("s-1", 5)]
    script = shell(first_agent, agent("s-2", "forever"), glue="; ")
    with started("--budget", "8", "--", *script) as process:
        first = until(daemon_pid, "the daemon")
        until(lambda: spent_of_run() >= 5 * CALL_USD, "the first agent's calls")
        seen.touch()
        until(lambda: spent_of_run() > 5 * CALL_USD, "the second agent")
        psutil.Process(first).kill()
        _, said = process.communicate(timeout=60)
    assert process.returncode == STOPPED
    found = summary_in(said)
    assert found["sessions"] == ["s-1", "s-2"]
    assert found["cost_usd"] == pytest.approx(found["requests"] * CALL_USD)
    assert found["cost_usd"] >= 8
    assert daemon_pid() not in (None, first)


def spent_of_run() -> float:
    """Return what `aicost budget list` says that the run spent, as far as its guard has heard."""
    (budget,) = json.loads(aicost("budget", "list", "--json").stdout)["budgets"]
    return float(sum(one["spent"] for one in budget["standing"]))


def daemon_pid() -> int | None:
    done = aicost("daemon", "status", "--json")
    return int(json.loads(done.stdout)["pid"]) if done.returncode == 0 else None


# Guards within guards


def test_the_inner_guard_stops_its_own_and_the_outer_one_counts_both(agent: Agent) -> None:
    inner = command_line("guard", "--budget", "0.5", "--", *agent("s-2", "forever"))
    script = shell(agent("s-1", 2), inner, ["exit", "0"], glue="; ")
    done = aicost("guard", "--budget", "100", "--", *script)
    assert done.returncode == 0, done.stderr
    inside, outside = (json.loads(line) for line in done.stderr.splitlines() if line[0] == "{")
    assert inside["exit_code"] == STOPPED
    assert inside["sessions"] == ["s-2"]
    assert inside["guard"].startswith(f"{outside['guard']}.")
    assert outside["sessions"] == ["s-1", "s-2"]
    assert outside["requests"] == inside["requests"] + 2
    assert not outside["stopped"]


def test_the_outer_guard_stops_what_the_inner_one_would_let_go_on(agent: Agent) -> None:
    inner = command_line("guard", "--budget", "100", "--", *agent("s-1", "forever"))
    done = aicost("guard", "--budget", "0.5", "--", *inner)
    assert done.returncode == STOPPED, done.stderr
    *_, outside = (json.loads(line) for line in done.stderr.splitlines() if line[0] == "{")
    assert outside["stopped"]
    assert outside["sessions"] == ["s-1"]
