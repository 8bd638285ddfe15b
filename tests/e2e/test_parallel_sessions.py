"""Sessions that share a day's budget: four at once may each be one request over it, no more."""

from pathlib import Path

import pytest
from e2e.at_work import (
    ENDLESS,
    REPEATS,
    THINKS_S,
    claude_at_work,
    codex_at_work,
    codex_endless,
    endless,
    finished,
    step_costs,
)
from lab.responses import Play, Step

SESSIONS = 4
PRICES = (10.0, 20.0, 5.0, 15.0)
REFUSED = "blocked by PreToolUse hook"


@pytest.mark.parametrize("repeat", range(REPEATS))
def test_four_of_claude_code(
    client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], repeat: int
) -> None:
    lanes = {"main": endless("true", PRICES, THINKS_S) * SESSIONS}
    with claude_at_work(client, tmp_path, lanes, "day 4 --hard") as claude:
        runs = [claude.start(f"[[go]] number {number}") for number in range(SESSIONS)]
        for run in runs:
            assert finished(run).returncode == 0
        spent = claude.spent()
        with capsys.disabled():
            print(f"\nFour sessions of Claude Code, day budget $4 ({repeat + 1}): {spent}")
        assert spent.threads <= SESSIONS
        assert spent.is_within(4)
        assert spent.nusd > 0.5 * 4e9  # what is kept free for calls under way is not too much
        claude.run("[[go]] a fifth")
        assert claude.spent() == spent


@pytest.mark.parametrize("repeat", range(REPEATS))
def test_four_of_codex_whose_model_obeys(
    codex_client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], repeat: int
) -> None:
    """A refused tool costs one more request: that which tells the model."""
    play = Play(
        steps={"go": codex_endless("true", PRICES)},
        obeys={REFUSED: Step(say="I stop.", tokens=step_costs(10))},
    )
    with codex_at_work(codex_client, tmp_path, play, "day 4 --hard") as codex:
        runs = [codex.start(f"[[go]] number {number}") for number in range(SESSIONS)]
        for run in runs:
            assert finished(run).returncode == 0
        spent, refusals = codex.spent(), codex.refusals()
        with capsys.disabled():
            print(f"\nFour of Codex, day budget $4 ({repeat + 1}): {spent}; {refusals} refused")
        assert refusals <= SESSIONS
        most_over = spent.threads * 0.20 + refusals * 0.10
        assert spent.nusd <= (4 + most_over) * 1e9
        assert spent.requests < ENDLESS
        codex.run("[[go]] a fifth")
        assert codex.spent() == spent
