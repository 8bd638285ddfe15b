"""From the client's write to the ledger, and to the number on the dashboard.

The figures are printed; what is asserted is only that nothing is lost or hangs.
"""

from pathlib import Path

import pytest
from e2e.running import ARGV, Aicost
from e2e.stopwatch import (
    calls_in_ledger,
    calls_in_log,
    calls_on_screen,
    summary,
    watching,
)
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.homes import make_home
from lab.scenario import Scenario
from lab.terminal import Terminal
from lab.waiting import until

CALLS = 120
USD_PER_CALL = 0.25
SANE_S = 5.0


FIRST, SECOND = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"


def busy_scenario() -> Scenario:
    """Return a prompt with one answer, then one answered by many tool calls, each for a quarter."""
    usage = {"input_tokens": 0, "output_tokens": 12_500}  # at 20 dollars a million
    tool = {"type": "tool_use", "name": "Bash", "input": {"command": "true", "description": "x"}}
    call = {"blocks": [tool], "usage": usage}
    end = {"blocks": [{"type": "text", "text": "Done."}], "usage": usage}
    return Scenario({"lanes": {"main": [end, call | {"repeat": CALLS - 1}, end]}})


def test_append_to_ledger_and_to_screen(
    client: Path, tmux: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", lab)
    top = Terminal([*ARGV, "top"], env=aicost.environment(), cwd=tmp_path, columns=140, rows=40)
    with aicost.daemon(), FakeAnthropic(busy_scenario()) as api, top:
        driver = Driver(client, lab, api.url)
        driver.run_step(prompt("first", FIRST))
        top.wait_for(r"today \$0\.25")
        with (
            watching(calls_in_log(lab.claude, SECOND)) as written,
            watching(calls_in_ledger(aicost.ledger_file, SECOND)) as recorded,
            watching(calls_on_screen(top, USD_PER_CALL, before=1)) as shown,
        ):
            driver.run_step(prompt("many", SECOND))
            until(
                lambda: min(map(len, (written, recorded, shown))) >= CALLS,
                f"{CALLS} calls on the screen",
                timeout_s=SANE_S,
            )
    to_ledger, to_screen = recorded.delays_after(written), shown.delays_after(written)
    with capsys.disabled():
        print(f"\n{summary('append to ledger', to_ledger)}")
        print(summary("append to screen", to_screen))
    assert len(to_ledger) == len(to_screen) == CALLS
    assert max(to_ledger + to_screen) < SANE_S


def test_the_first_call_of_a_new_home_comes_through(
    client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The client makes its folders while the daemon looks on."""
    lab = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", lab)
    with (
        aicost.daemon(),
        FakeAnthropic(busy_scenario()) as api,
        watching(calls_in_log(lab.claude, FIRST)) as written,
        watching(calls_in_ledger(aicost.ledger_file, FIRST)) as recorded,
    ):
        Driver(client, lab, api.url).run_step(prompt("first", FIRST))
        until(lambda: min(len(written), len(recorded)) >= 1, "the call", timeout_s=SANE_S)
    (delay,) = recorded.delays_after(written)
    with capsys.disabled():
        print(f"\nappend to ledger, first call of a new home: {delay * 1000:.0f} ms")
    assert delay < SANE_S


def prompt(text: str, session_id: str) -> dict[str, object]:
    bypass = ["--permission-mode", "bypassPermissions"]
    return {"p": text, "args": [*bypass, "--session-id", session_id]}
