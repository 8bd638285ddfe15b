"""The status line below the real client's prompt: our figures beside the user's own command.

With AICOST_PICTURES=docs/screens its screen is kept there for docs/screens/render.py.
"""

import json
import os
import re
import signal
import time
from pathlib import Path

import psutil
import pytest
from e2e.at_work import BYPASS, none_left_behind
from e2e.running import Aicost
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.homes import make_home
from lab.scenario import Json, Scenario
from lab.terminal import Terminal
from lab.waiting import until

from aicost_hooks.status_line_entry import REFRESH_S

COLUMNS = 110
FOLDER = os.environ.get("AICOST_PICTURES")
# It reads its input, as such commands do, and asks to be called every second.
MINE: Json = {
    "type": "command",
    "command": """sed 's/.*"display_name":"\\([^"]*\\)".*/mine: \\1/'""",
    "refreshInterval": 1,
}
USAGE: Json = {  # 20 cents of the client's own model: 5, 5 and 10
    "input_tokens": 0,
    "cache_read_input_tokens": 250_000,
    "cache_5m": 10_000,
    "output_tokens": 5_000,
}
ANSWER: Json = {"blocks": [{"type": "text", "text": "All clean."}], "usage": USAGE}
LANES: Json = {"main": [ANSWER] * 9}
OURS = r"\$0\.20 · today \$0\.20"


def start(folder: Path, settings: Json, *budgets: str) -> Aicost:
    """Make a home with these settings of the client, and install our status line."""
    aicost = Aicost(folder / "profile", make_home(folder / "home", settings))
    for budget in budgets:
        aicost.run("budget", "set", *budget.split())
    aicost.run("statusline", "install", "--yes")
    return aicost


def lines_below(screen: str) -> list[str]:
    """Return what is shown below the prompt."""
    return [line.strip() for line in re.split(r"\n─+", screen)[-1].splitlines() if line.strip()]


def test_our_figures_stand_beside_the_users_own_command(
    client: Path, tmux: str, tmp_path: Path
) -> None:
    aicost = start(tmp_path, {"statusLine": MINE}, "day 0.50")
    home, settings = aicost.home, aicost.home.claude / "settings.json"
    with FakeAnthropic(Scenario({"lanes": LANES})) as api, none_left_behind(home), aicost.daemon():
        with Driver(client, home, api.url).terminal(*BYPASS, columns=COLUMNS) as terminal:
            terminal.wait_for("mine: Opus")
            terminal.type_line("is the checkout clean")
            terminal.wait_for(
                rf"mine: [^\n]*\n *session {OURS} of \$0\.50 40% · context 26%, next prompt \$0\.05"
            )
            terminal.type_line("and now")
            terminal.wait_for(r"today \$0\.40 of \$0\.50 ▲80%")
            terminal.wait_for("cache [1-4]m")
            keep("claude-statusline", terminal)
            told_and_shown(aicost, lines_below(terminal.screen()))
            daemon = psutil.Process(aicost.ask("daemon", "status")["pid"])

            daemon.send_signal(signal.SIGKILL)
            until(lambda: "today" not in terminal.screen(), "our lines to go")
            terminal.wait_for("mine: Opus")
            aicost.run("daemon", "start")
            terminal.wait_for(r"today \$0\.40 of \$0\.50 ▲80%")

            aicost.run("statusline", "uninstall", "--yes")
            until(lambda: "today" not in terminal.screen(), "our lines to go")
            terminal.wait_for("mine: Opus")
        # (the client writes its own settings there meanwhile)
        assert json.loads(settings.read_text())["statusLine"] == MINE


def told_and_shown(aicost: Aicost, lines: list[str]) -> None:
    """What is shown is what is known, and what the client said is known too."""
    (session,) = aicost.ask("sessions", "--live")["sessions"]
    assert lines[1].startswith(f"session ${session['cost_usd']:.2f} · ")
    assert session["context_window_tokens"] == 1_000_000  # by the client's word
    until(lambda: told_usd(aicost) == pytest.approx(0.4), "what the client says it spent")


def told_usd(aicost: Aicost) -> float:
    """Return the session's cost by its client's word."""
    (compared,) = aicost.ask("reconcile")["sessions"]
    (row,) = [row for row in compared["models"] if row["model"] is None]
    return float(row["client"]["cost_usd"])


def test_alone_it_is_refreshed_though_nothing_happens(
    client: Path, tmux: str, tmp_path: Path
) -> None:
    aicost = start(tmp_path, {})
    home = aicost.home
    with FakeAnthropic(Scenario({"lanes": LANES})) as api, none_left_behind(home):
        with aicost.daemon(), Driver(client, home, api.url).terminal(*BYPASS) as terminal:
            terminal.wait_for(r"session \$0\.00 · today \$0\.00")
            terminal.type_line("is the checkout clean")
            terminal.wait_for(rf"session {OURS}")
            aicost.run("daemon", "stop")
            start_s = time.monotonic()
            until(lambda: "today" not in terminal.screen(), "our line to go")
            assert time.monotonic() - start_s < 2 * REFRESH_S
            aicost.run("daemon", "start")
            terminal.wait_for(rf"session {OURS}")
        aicost.run("statusline", "uninstall", "--yes")
        assert "statusLine" not in json.loads((home.claude / "settings.json").read_text())


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_it_fits_any_terminal(client: Path, tmux: str, tmp_path: Path, columns: int) -> None:
    aicost = start(tmp_path, {}, "day 0.22")
    home = aicost.home
    with FakeAnthropic(Scenario({"lanes": LANES})) as api, none_left_behind(home), aicost.daemon():
        with Driver(client, home, api.url).terminal(*BYPASS, columns=columns) as terminal:
            terminal.wait_for(r"\n *(session )?\$0\.00")
            terminal.type_line("is it clean")
            terminal.wait_for(r"\n *(session )?\$0\.20 · [^\n]*▲90%")
            shown = [line for line in lines_below(terminal.screen()) if "$" in line or "▲" in line]
        assert 1 <= len(shown) <= 2
        assert not any("…" in line for line in shown[:1])


def keep(name: str, terminal: Terminal) -> None:
    """Keep the screen for the docs, where the environment says so."""
    if FOLDER:
        Path(FOLDER, f"{name}.ansi").write_text(terminal.painted_screen().rstrip() + "\n")
