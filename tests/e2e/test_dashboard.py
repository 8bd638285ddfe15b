"""`aicost top` in a terminal beside the real Claude Code and Codex: seen, tagged, allowed, stopped.

With AICOST_PICTURES=docs/screens the screens are kept there, with their colours.
"""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from e2e.at_work import bash, claude_at_work, codex_at_work, costs, say_to_codex, step_costs
from e2e.running import ARGV, Aicost
from e2e.test_pictures import keep
from lab.homes import LabHome
from lab.responses import Play, Step
from lab.scenario import Json
from lab.terminal import Terminal
from lab.waiting import until

COLUMNS, ROWS = 140, 40
WORKS_S = 60


def top_of(aicost: Aicost, folder: Path) -> Terminal:
    """Return a terminal that runs the dashboard once entered."""
    return Terminal(
        [*ARGV, "top"], env=aicost.environment(), cwd=folder, columns=COLUMNS, rows=ROWS
    )


def session_on(aicost: Aicost) -> Json:
    """Return the one session that there is."""
    (session,) = aicost.ask("sessions")["sessions"]
    found: Json = session
    return found


def interrupt(top: Terminal) -> None:
    """Interrupt the selected agent, as its user does by keys."""
    top.press("x")
    top.wait_for("Send SIGINT")
    top.press("Right")
    top.press("Enter")


def press_in_form(top: Terminal, key: str) -> None:
    """Press a key, and wait until the form shows it: the focus moves a moment after a key."""

    def fields() -> list[str]:
        lines = top.painted_screen().splitlines()
        return [line for line in lines if re.search("dollars|reason|lasts|sessions|Allow", line)]

    before = fields()
    top.press(key)
    until(lambda: fields() != before, f"what {key} does in the form")


def test_claude_code(client: Path, tmux: str, tmp_path: Path) -> None:
    answer: Json = {"blocks": [{"type": "text", "text": "All clean."}], "usage": costs(20)}
    # (The client lets no bare `sleep` run for long.)
    wait = f"python3 -c 'import time; time.sleep({WORKS_S})'"
    lanes = {"main": [answer, {"blocks": [bash(wait)], "usage": costs(20)}, answer]}
    with (
        claude_at_work(client, tmp_path, lanes, "session 9 --hard") as claude,
        claude.terminal() as agent,
        top_of(claude.aicost, tmp_path) as top,
    ):
        agent.wait_for("bypass permissions")
        agent.type_line("tell me whether the checkout is clean")
        top.wait_for(r"○ +idle.*claude")
        top.wait_for(r"today \$0\.20")
        top.press("t")
        top.wait_for(r"for +the turn")
        top.press("Home", "Enter")
        top.wait_for("claude.*feature")
        assert session_on(claude.aicost)["category"] == "feature"
        top.press("a")
        top.wait_for("Allow more")
        top.wait_for("tab next")
        for key in ("3", "Tab", *"hotfix", "Tab", "Tab", "Tab", "Enter"):
            press_in_form(top, key)
        until(lambda: "hotfix" in claude.aicost.run("audit"), "the allowance")
        session_id = session_on(claude.aicost)["session_id"]
        agent.type_line("look until it changes")
        top.wait_for(r"● +busy.*claude")
        keep("top-claude", top)
        interrupt(top)
        top.wait_for("The agent has ended")
        keep("top-interrupt", top)
        resume = re.search(rf"claude --resume\s+{session_id}", unframed(top.screen()))
        assert resume is not None
        agent.wait_for_end()
        agent.wait_for("Resume this session")
        top.press("Escape")
        top.wait_for("✕ +ended.*claude")
        with claude.terminal("--resume", session_id) as again:  # the session is there as it was
            again.wait_for("All clean")
            top.wait_for(r"(○ +idle|● +busy).*claude")


def test_codex(codex_client: Path, tmux: str, tmp_path: Path) -> None:
    answer = Step(say="All clean.", tokens=step_costs(20))
    slow = Step(command=f"sleep {WORKS_S}", tokens=step_costs(20))
    play = Play(steps={"ask": (answer,), "slow": (slow, answer)})
    with (
        codex_at_work(codex_client, tmp_path, play) as codex,
        codex.codex.terminal() as agent,
        top_of(codex.aicost, tmp_path) as top,
    ):
        agent.wait_for("for shortcuts")
        say_to_codex(agent, "is it clean [[ask]]")
        top.wait_for(r"○ +idle.*codex")
        say_to_codex(agent, "look on [[slow]]")
        top.wait_for(r"● +busy.*codex")
        keep("top-codex", top)
        left = psutil.Process(agent.pid).children(recursive=True)
        interrupt(top)
        top.wait_for("The agent has ended")
        agent.wait_for_end()
        top.press("Escape")  # (for a minute it may write: a client that dies leaves its lock)
        session_id = session_on(codex.aicost)["session_id"]
        for process in left:  # what its shell had running
            if process.is_running():
                process.send_signal(signal.SIGKILL)
        with codex.codex.terminal("resume", session_id) as again:
            again.wait_for("All clean")


def test_budgets_are_set_from_the_screen(tmux: str, tmp_path: Path, lab_aicost: Aicost) -> None:
    with top_of(lab_aicost, tmp_path) as top:
        top.wait_for("No agent logs|No sessions")
        keep("top-no-logs", top)
        top.press("b")
        top.wait_for("No budgets yet")
        top.press("n")
        top.wait_for("at most")
        top.press("2", "5")
        top.wait_for(r"\+ amount = 25")
        keep("top-budget-form", top)
        top.press("BTab", "BTab", "BTab", "Enter")
        top.wait_for("today .*of \\$25")
        top.wait_for("day in ")
        (budget,) = lab_aicost.ask("budget", "list")["budgets"]
        assert (budget["id"], budget["limit"], budget["hard"]) == ("day", 25, False)
        top.press("s")
        top.wait_for(r"\+ hard = true")
        top.press("Right", "Enter")
        top.wait_for("day-hard in ")  # it can be changed again
        top.press("d")
        top.wait_for("- amount = 25")
        top.press("Right", "Enter")
        top.wait_for("No budgets yet")
        assert lab_aicost.ask("budget", "list")["budgets"] == []


def test_a_daemon_that_was_killed_is_started_from_the_screen(
    tmux: str, tmp_path: Path, lab_aicost: Aicost
) -> None:
    with top_of(lab_aicost, tmp_path) as top:
        top.wait_for("No agent logs|No sessions")
        first = lab_aicost.ask("daemon", "status")["pid"]
        psutil.Process(first).kill()
        top.wait_for("d starts it")
        keep("top-lost", top)
        top.press("d")
        until(lambda: "d starts it" not in top.screen(), "the dashboard to hear of a daemon")
        assert lab_aicost.ask("daemon", "status")["pid"] != first


def unframed(screen: str) -> str:
    """Return the text inside the dialog's frame, in one line."""
    lines = screen.splitlines()
    top = next(line for line in lines if "╭─ Interrupt" in line)
    left = top.index("╭─ Interrupt")
    right = top.index("╮", left)
    return " ".join(line[left + 1 : right].strip() for line in lines)


@pytest.fixture
def lab_aicost(tmp_path: Path) -> Iterator[Aicost]:
    """Return a profile in a home without logs; its daemon ends with the test."""
    (tmp_path / "home").mkdir()
    aicost = Aicost(tmp_path / "profile", LabHome(tmp_path / "home"))
    yield aicost
    aicost.run("daemon", "stop")
