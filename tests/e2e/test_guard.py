"""`aicost guard` around the real clients: ended on its budget with hooks and without, else let be.

What counts is what the fake APIs served; delays of theirs are those of a quick model.
"""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from e2e.at_work import (
    ENDLESS,
    ClaudeAtWork,
    CodexAtWork,
    Ran,
    bash,
    claude_at_work,
    codex_at_work,
    codex_endless,
    costs,
    finished,
    none_left_behind,
    pipes,
    step_costs,
)
from e2e.running import ARGV, Aicost
from lab.codex import make_codex
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import make_home
from lab.responses import Play, Step
from lab.scenario import Json, Scenario
from lab.spend import NUSD

BUDGET_USD = 0.05
CENTS = 1.0  # of a request
QUICK_S = 0.2  # of a response
CODEX_DEAREST_USD = 0.01
STOPPED = 20


@dataclass(frozen=True, slots=True)
class Guarded:
    """How a guarded run ended."""

    ran: Ran
    summary: Json

    @property
    def spent_usd(self) -> float:
        """What the guard's own budget says."""
        return float(self.summary["budgets"][0]["spent"])


def guarded(agent: ClaudeAtWork | CodexAtWork, *argv: str) -> Guarded:
    """Run a command under guard to its end; the guard sees what its agent sees."""
    home = agent.aicost.home
    client = agent if isinstance(agent, ClaudeAtWork) else agent.codex
    seen = client.environment()
    own = agent.aicost.environment()
    env = seen | {name: own[name] for name in ("AICOST_HOME", "PYTHONPATH", "PATH")}
    summary = home.path / "summary.json"
    options = ["--budget", str(BUDGET_USD), "--summary", str(summary)]
    ran = finished(pipes([*ARGV, "guard", *options, "--", *argv], home, env))
    found: Json = json.loads(summary.read_text()) if summary.exists() else {}
    assert found, ran.stderr
    assert found["exit_code"] == ran.returncode
    assert found["complete"]
    return Guarded(ran, found)


def work(requests: int = ENDLESS) -> Json:
    """Return lanes of a run that calls a tool again and again, or ends after so many requests."""
    turn = {"blocks": [bash("true")], "usage": costs(CENTS), "delay_s": QUICK_S}
    end = {"blocks": [{"type": "text", "text": "DONE"}], "usage": costs(CENTS)}
    return {"main": [{**turn, "repeat": requests - 1}, end] if requests > 1 else [end]}


@contextmanager
def claude_without_hooks(client: Path, folder: Path, lanes: Json) -> Iterator[ClaudeAtWork]:
    home = make_home(folder / "home")
    aicost = Aicost(folder / "profile", home)
    with FakeAnthropic(Scenario({"lanes": lanes})) as api, none_left_behind(home), aicost.daemon():
        yield ClaudeAtWork(Driver(client, home, api.url), aicost, api)


@contextmanager
def codex_without_hooks(client: Path, folder: Path, play: Play) -> Iterator[CodexAtWork]:
    with FakeOpenAI(play) as api:
        codex = make_codex(client, folder / "home", api.url)
        aicost = Aicost(folder / "profile", codex.home)
        with none_left_behind(codex.home), aicost.daemon():
            yield CodexAtWork(codex, aicost, api)


def codex_work(requests: int = ENDLESS) -> Play:
    """Return the same for Codex."""
    calls = codex_endless("sleep 0.2", (CENTS,))[: requests - 1]
    return Play(steps={"go": (*calls, Step(say="DONE", tokens=step_costs(CENTS)))})


# Claude Code


def test_claude_ends_by_its_hooks(client: Path, tmp_path: Path) -> None:
    with claude_at_work(client, tmp_path, work()) as claude:
        found = guarded(claude, *claude.argv("go on"))
        spent = claude.spent()
    summary = found.summary
    assert (found.ran.returncode, summary["stopped"]) == (STOPPED, True)
    assert summary["command_exit_code"] == 0  # it ended by itself, and says nothing of why
    assert "$0.05" in summary["reason"]
    assert spent.is_within(BUDGET_USD)
    assert 2 <= spent.requests == summary["requests"]
    assert summary["cost_usd"] == pytest.approx(spent.nusd / NUSD)
    assert found.spent_usd == pytest.approx(spent.nusd / NUSD)
    assert not any("hooks" in text for text in summary["warnings"])
    assert len(summary["sessions"]) == 1


def test_the_next_agent_of_a_script_is_sent_nothing(client: Path, tmp_path: Path) -> None:
    """The first one used the budget up; the script goes on, and its second agent may not."""
    with claude_at_work(client, tmp_path, work()) as claude:
        one = shlex.join(claude.argv("go on"))
        found = guarded(claude, "sh", "-c", f"{one}; echo between; {one}; exit 7")
        spent = claude.spent()
    assert found.ran.returncode == STOPPED
    assert found.summary["command_exit_code"] == 7
    assert "between" in found.ran.stdout
    assert spent.threads == 1
    assert spent.is_within(BUDGET_USD)
    assert len(found.summary["sessions"]) == 2


def test_claude_without_hooks_is_interrupted(client: Path, tmp_path: Path) -> None:
    with claude_without_hooks(client, tmp_path, work()) as claude:
        found = guarded(claude, *claude.argv("go on"))
        requests = claude.spent().requests
    summary = found.summary
    assert (found.ran.returncode, summary["stopped"]) == (STOPPED, True)
    assert summary["reason"].startswith("the run's $0.05 used up: $0.0")
    assert BUDGET_USD <= found.spent_usd <= requests * CENTS / 100
    assert requests < ENDLESS / 2
    assert any(text.endswith("aicost hooks install claude") for text in summary["warnings"])
    assert "stopping the run" in found.ran.stderr


@pytest.mark.parametrize(("script", "code"), [('exec "$@"', 0), ('"$@"; exit 9', 9)])
def test_below_its_budget_claude_is_let_be(
    client: Path, tmp_path: Path, script: str, code: int
) -> None:
    with claude_at_work(client, tmp_path, work(2)) as claude:
        found = guarded(claude, "sh", "-c", script, "sh", *claude.argv("go on"))
        spent = claude.spent()
    assert (found.ran.returncode, found.ran.stdout) == (code, "DONE\n")
    assert (found.summary["stopped"], found.summary["reason"]) == (False, "")
    assert found.summary["cost_usd"] == pytest.approx(spent.nusd / NUSD) == pytest.approx(0.02)


def test_a_session_that_goes_on_under_guard_brings_no_debts(client: Path, tmp_path: Path) -> None:
    first = [{"blocks": [{"type": "text", "text": "FIRST"}], "usage": costs(40)}]
    with claude_at_work(client, tmp_path, {"main": [*first, *work(2)["main"]]}) as claude:
        claude.run("begin")
        found = guarded(claude, *claude.argv("go on", "--continue"))
    assert (found.ran.returncode, found.ran.stdout) == (0, "DONE\n")
    assert found.summary["cost_usd"] == pytest.approx(0.02)


# Codex


def test_codex_is_interrupted_at_the_second_refusal(codex_client: Path, tmp_path: Path) -> None:
    with codex_at_work(codex_client, tmp_path, codex_work()) as codex:
        found = guarded(codex, *codex.argv("[[go]] work on"))
        spent, refusals = codex.spent(), codex.refusals()
    summary = found.summary
    assert (found.ran.returncode, summary["stopped"]) == (STOPPED, True)
    assert "$0.05" in summary["reason"]
    assert 1 <= refusals <= 2
    assert spent.nusd <= (BUDGET_USD + 3 * CODEX_DEAREST_USD) * NUSD
    assert summary["cost_usd"] == pytest.approx(spent.nusd / NUSD)


def test_codex_without_hooks_is_interrupted(codex_client: Path, tmp_path: Path) -> None:
    with codex_without_hooks(codex_client, tmp_path, codex_work()) as codex:
        found = guarded(codex, *codex.argv("[[go]] work on"))
        requests = codex.spent().requests
    summary = found.summary
    assert (found.ran.returncode, summary["stopped"]) == (STOPPED, True)
    assert found.spent_usd >= BUDGET_USD
    assert requests < ENDLESS / 2
    assert any(text.endswith("aicost hooks install codex") for text in summary["warnings"])


def test_below_its_budget_codex_is_let_be(codex_client: Path, tmp_path: Path) -> None:
    with codex_at_work(codex_client, tmp_path, codex_work(2)) as codex:
        found = guarded(codex, *codex.argv("[[go]] work on"))
        spent = codex.spent()
    assert found.ran.returncode == 0
    assert '"text":"DONE"' in found.ran.stdout
    assert found.summary["cost_usd"] == pytest.approx(spent.nusd / NUSD)
    assert not found.summary["stopped"]
