"""The real clients upgrade dependencies on fake APIs: what a turn is said to be for, and how soon.

Package managers are stand-ins that print what the real ones do: nothing is fetched. Files and
commands, and how the commands end, are real. A guess is shown while the turn runs.
"""

from pathlib import Path

import pytest
from e2e.at_work import BYPASS, finished, new_session, none_left_behind, pipes
from e2e.running import Aicost
from lab.codex import make_codex
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import make_home
from lab.responses import Play, Step
from lab.scenario import Json, Scenario
from lab.waiting import until
from lab.works import UPGRADES, claude_turns, codex_steps, prepare

MODEL = "claude-opus-4-5"
LAST_S = 3  # meanwhile it is live


def guessed(aicost: Aicost) -> str | None:
    """Return what a session that runs is said to be for."""
    found = aicost.ask("sessions", "--live")["sessions"]
    return next((str(one["category"]) for one in found), None)


def told_of(aicost: Aicost, session_id: str) -> tuple[Json, str]:
    """Return a session's only turn, and what is explained of it."""
    aicost.wait_until_read()
    (turn,) = aicost.ask("turns", "--session", session_id)["turns"]
    return turn, aicost.run("explain", turn["prompt_uuid"])


@pytest.mark.parametrize("manager", UPGRADES)
def test_an_upgrade_is_told_while_it_runs_and_after(
    client: Path, tmp_path: Path, manager: str
) -> None:
    work = UPGRADES[manager]
    home = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", home)
    prepare(work, home.project)
    session_id, named = new_session()
    last = {"blocks": [{"type": "text", "text": work.says}], "delay_s": LAST_S}
    lanes = {"main": [*claude_turns(work, home.project), last]}
    with (
        FakeAnthropic(Scenario({"lanes": lanes})) as served,
        none_left_behind(home),
        aicost.daemon(),
    ):
        argv = [str(client), "-p", work.prompt, *BYPASS, "--model", MODEL, *named]
        process = pipes(argv, home, home.environment(served.url))
        try:
            until(lambda: guessed(aicost) == work.label, "a guess of it", timeout_s=60)
        finally:
            finished(process)
        turn, told = told_of(aicost, session_id)
    print(f"\n{manager}: {turn['category']}: {turn['category_evidence']}")
    assert (turn["category"], turn["corrected"]) == (work.label, False)
    assert f"task: {work.label}" in told


@pytest.mark.parametrize("manager", UPGRADES)
def test_an_upgrade_by_codex_is_told_while_it_runs_and_after(
    codex_client: Path, tmp_path: Path, manager: str
) -> None:
    work = UPGRADES[manager]
    steps = (*codex_steps(work), Step(say=work.says, delay_s=LAST_S))
    with FakeOpenAI(Play(steps={"": steps})) as served:
        codex = make_codex(codex_client, tmp_path / "home", served.url)
        prepare(work, codex.home.project)
        aicost = Aicost(tmp_path / "profile", codex.home)
        with (
            none_left_behind(codex.home),
            aicost.daemon(),
            codex.start(work.prompt) as process,
        ):
            try:
                until(lambda: guessed(aicost) == work.label, "a guess of it", timeout_s=60)
            finally:
                process.communicate(timeout=60)
            (session,) = aicost.ask("sessions")["sessions"]
            turn, told = told_of(aicost, session["session_id"])
    print(f"\nCodex, {manager}: {turn['category']}: {turn['category_evidence']}")
    assert (turn["category"], turn["corrected"]) == (work.label, False)
    assert f"task: {work.label}" in told
