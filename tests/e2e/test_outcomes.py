"""The real clients work and commit; aicost says what came of it, from their logs and git."""

import subprocess
from pathlib import Path

import pytest
from e2e.running import Aicost
from e2e.test_reports import scenario
from lab.codex import make_codex
from lab.driver import Played, play
from lab.fake_openai import FakeOpenAI
from lab.homes import LabHome
from lab.responses import Play, Step
from lab.scenario import Json
from lab.works import UPGRADES, codex_steps, prepare


@pytest.fixture(scope="module")
def played(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(client, scenario("44_commit"), tmp_path_factory.mktemp("played") / "home")


def git(home: LabHome, *arguments: str) -> None:
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home.path), "GIT_EDITOR": "true"}
    done = subprocess.run(["git", *arguments], cwd=home.project, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr


def by_outcome(aicost: Aicost) -> tuple[dict[str, int], Json]:
    """Return the requests of each outcome, and what one of each cost."""
    report = aicost.ask("report", "--by", "outcome")
    assert sum(row["requests"] for row in report["rows"]) == report["total"]["requests"]
    return {row["key"]: row["requests"] for row in report["rows"]}, report["outcomes"]


def test_what_came_of_real_sessions(played: Played, tmp_path: Path) -> None:
    """A profile of its own each time stands for the hours between two looks."""
    home = played.home
    first = Aicost(tmp_path / "first", home)
    found, outcomes = by_outcome(first)
    assert found == {"committed": 7, "answered": 1, "open": 3}
    assert (outcomes["commits"], outcomes["merged_branches"]) == (1, 0)
    assert (outcomes["fixed_tests"], outcomes["tickets"]) == (1, 1)
    assert outcomes["cost_per_commit_usd"] == outcomes["cost_per_fixed_test_usd"] > 0
    git(home, "stash", "-q")
    git(home, "checkout", "-q", "main")
    git(home, "merge", "-q", "--squash", "fix/PAY-7")
    git(home, "commit", "-q", "-m", "Fix the total (#7)")
    git(home, "branch", "-q", "-D", "fix/PAY-7")
    git(home, "stash", "pop", "-q")
    found, outcomes = by_outcome(Aicost(tmp_path / "second", home))
    assert found == {"merged": 7, "answered": 1, "open": 3}
    assert (outcomes["merged_commits"], outcomes["merged_branches"]) == (1, 1)
    git(home, "revert", "--no-edit", "HEAD")
    third = Aicost(tmp_path / "third", home)
    found, outcomes = by_outcome(third)
    assert found == {"reverted": 7, "answered": 1, "open": 3}
    assert outcomes["reverted_usd"] == outcomes["cost_per_commit_usd"]
    sessions = {one["outcome"]: one["session_id"] for one in third.ask("sessions")["sessions"]}
    told = third.run("explain", sessions["reverted"])
    assert "was taken back by a later one" in " ".join(told.split())


def test_what_came_of_a_session_of_codex(codex_client: Path, tmp_path: Path) -> None:
    work = UPGRADES["cargo"]
    with FakeOpenAI(Play(steps={"": (*codex_steps(work), Step(say=work.says))})) as served:
        codex = make_codex(codex_client, tmp_path / "home", served.url)
        prepare(work, codex.home.project)
        git(codex.home, "checkout", "-q", "-b", "PAY-8-serde")
        codex.run(work.prompt)
    found, outcomes = by_outcome(Aicost(tmp_path / "first", codex.home))
    calls = len(work.actions) + 1
    assert found == {"committed": calls}
    assert (outcomes["commits"], outcomes["fixed_tests"]) == (1, 0)  # a build was red, no test
    git(codex.home, "checkout", "-q", "main")
    git(codex.home, "merge", "-q", "PAY-8-serde")
    found, outcomes = by_outcome(Aicost(tmp_path / "second", codex.home))
    assert found == {"merged": calls}
    assert (outcomes["merged_commits"], outcomes["merged_branches"]) == (1, 1)
    assert outcomes["tickets"] == 1
    assert outcomes["cost_per_merged_branch_usd"] == outcomes["cost_per_ticket_usd"] > 0
