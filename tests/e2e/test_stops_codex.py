"""A hard budget and the real Codex: no event ends a turn, so tools are refused, and prompts too.

Each refused tool costs the request that tells the model; under `aicost guard` the run is
interrupted at the second refusal.
"""

import json
from pathlib import Path

import pytest
from e2e.at_work import (
    ENDLESS,
    REPEATS,
    Spent,
    codex_at_work,
    codex_endless,
    finished,
    pipes,
    step_costs,
)
from e2e.running import ARGV
from lab.responses import Play, Step
from lab.spend import NUSD

PRICES = (10.0, 30.0, 5.0, 20.0)  # cents of a request, in turn
DEAREST_USD = 0.30
THINKS_S = 0.5  # no model answers sooner; what interrupts a run is a process of its own
TOLD = Step(say="I stop.", tokens=step_costs(10))
REFUSED = "blocked by PreToolUse hook"
FAILING = "echo run >> ../runs; echo 'expected 4, got 5' >&2; exit 3"
SPAWN = ("multi_agent_v1", "spawn_agent", {"message": "[[child]] work", "fork_context": False})


def is_bounded(spent: Spent, budget_usd: float, refusals: int) -> bool:
    """Say whether it is the budget, one request of each thread and one of each refusal at most."""
    most_usd = budget_usd + (spent.threads + refusals) * DEAREST_USD
    return spent.nusd <= most_usd * NUSD


def test_a_session_ends_at_its_budget(
    codex_client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = Play(steps={"go": codex_endless("true", PRICES)}, obeys={REFUSED: TOLD})
    for number in range(REPEATS):
        folder = tmp_path / str(number)
        with codex_at_work(codex_client, folder, play, "session 1.20 --hard") as codex:
            ran = codex.run("[[go]] work on")
            spent, refusals = codex.spent(), codex.refusals()
            with capsys.disabled():
                print(f"\nCodex, session budget $1.20: {spent}; {refusals} refused")
            assert ran.returncode == 0
            assert refusals == 1
            assert is_bounded(spent, 1.20, refusals)
            assert 3 <= spent.requests < ENDLESS


def test_a_model_that_does_not_obey_pays_for_each_refusal_and_runs_no_tool(
    codex_client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = Play(steps={"go": codex_endless("echo run >> ../runs", (20.0,))})
    with codex_at_work(codex_client, tmp_path, play, "session 1.20 --hard") as codex:
        codex.run("[[go]] work on")
        spent, refusals = codex.spent(), codex.refusals()
        with capsys.disabled():
            print(f"\nCodex, a model that does not obey: {spent}; {refusals} refused")
        assert is_bounded(spent, 1.20, refusals)
        runs = (codex.codex.home.path / "runs").read_text().splitlines()
        assert len(runs) == ENDLESS - refusals <= 6


def test_under_guard_it_is_interrupted_at_the_second_refusal(
    codex_client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = Play(steps={"go": codex_endless("true", PRICES, delay_s=THINKS_S)})
    for number in range(REPEATS):
        with codex_at_work(codex_client, tmp_path / str(number), play) as codex:
            guard = ["guard", "--budget", "1.20", "--", *codex.argv("[[go]] work on")]
            environment = codex.codex.environment() | codex.aicost.environment()
            ran = finished(pipes([*ARGV, *guard], codex.codex.home, environment))
            spent, refusals = codex.spent(), codex.refusals()
            with capsys.disabled():
                print(f"\nCodex under guard, $1.20: {spent}; {refusals} refused")
            assert ran.returncode == 20
            assert refusals <= 3  # one more while the interrupt is under way
            assert is_bounded(spent, 1.20, 2)
            assert spent.requests < ENDLESS


def test_subagents_count_and_are_refused_too(codex_client: Path, tmp_path: Path) -> None:
    steps = {
        "go": (Step(call=SPAWN, tokens=step_costs(10)), *codex_endless("sleep 0.2", (10.0,))),
        "child": codex_endless("true", (20.0,)),
    }
    play = Play(steps=steps, obeys={REFUSED: TOLD})
    with codex_at_work(codex_client, tmp_path, play, "session 2 --hard") as codex:
        codex.run("[[go]] work on")
        spent, refusals = codex.spent(), codex.refusals()
        assert spent.threads == 2
        assert refusals <= 4  # news of the other thread may make a model try once more
        assert is_bounded(spent, 2, refusals)


def test_the_fourth_run_of_a_failing_command_is_refused(codex_client: Path, tmp_path: Path) -> None:
    play = Play(steps={"go": codex_endless(FAILING, (1.0,))}, obeys={REFUSED: TOLD})
    for number in range(REPEATS):
        folder = tmp_path / str(number)
        with codex_at_work(codex_client, folder, play, "turn 3 repeats --hard") as codex:
            codex.run("[[go]] make the test pass")
            assert len((codex.codex.home.path / "runs").read_text().splitlines()) == 3
            assert codex.refusals() == 1


def test_a_new_session_on_a_spent_day_asks_nothing(codex_client: Path, tmp_path: Path) -> None:
    play = Play(steps={"go": codex_endless("true", (20.0,))}, obeys={REFUSED: TOLD})
    with codex_at_work(codex_client, tmp_path, play, "day 1 --hard") as codex:
        codex.run("[[go]] work on")
        spent = codex.spent()
        for _ in range(REPEATS):
            ran = codex.run("[[go]] a new day")
            assert ran.returncode == 0
            assert codex.spent() == spent
        audit = json.dumps(codex.aicost.ask("audit"))
        assert "codex" in audit
