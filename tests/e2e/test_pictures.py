"""What the user sees of a budget in both clients: a nudge, a stop, a block and an override.

With AICOST_PICTURES=docs/screens the screens are kept there, with their colours, for
docs/screens/render.py to make pictures of.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from e2e.at_work import (
    ENDLESS,
    bash,
    claude_at_work,
    codex_at_work,
    costs,
    say_to_codex,
    step_costs,
)
from e2e.running import Aicost
from lab.codex import Codex
from lab.responses import Play, Step
from lab.scenario import Json
from lab.terminal import Terminal
from lab.waiting import until

COLUMNS = 110
FOLDER = os.environ.get("AICOST_PICTURES")
REFUSED = "blocked by PreToolUse hook"


def test_claude_code(client: Path, tmux: str, place: Path) -> None:
    look: Json = {"blocks": [bash("git status --short")], "usage": costs(20)}
    answer: Json = {"blocks": [{"type": "text", "text": "All clean."}], "usage": costs(20)}
    lanes = {"main": [*[look] * 5, answer, answer, *[look] * 3, answer]}
    with (
        claude_at_work(client, place, lanes, "day 2 --hard") as claude,
        claude.terminal(columns=COLUMNS) as terminal,
    ):
        terminal.wait_for("bypass permissions")
        terminal.type_line("tell me whether the checkout is clean")
        terminal.wait_for("All clean")
        until_advised(claude.aicost)
        terminal.type_line("and now")
        terminal.wait_for(r"says: [^❯]*\$[^❯]*All clean")
        keep("claude-nudge", terminal)
        terminal.type_line("look again until it changes")
        terminal.wait_for("hook stopped Claude")
        terminal.wait_for("hook stopped Claude[^✻]*✻")
        keep("claude-stop", terminal)
        terminal.type_line("then tell me what is left to do")
        terminal.wait_for("operation blocked by hook")
        keep("claude-block", terminal)
        terminal.press("C-u")
        terminal.type_line('aicost allow 5 "release today"')
        terminal.wait_for(r"\$5")
        terminal.press("C-u")
        terminal.type_line("now say what is open")
        terminal.wait_for("All clean[^$]*$")
        keep("claude-override", terminal)


def test_codex(codex_client: Path, tmux: str, place: Path) -> None:
    look = Step(command="git status --short", tokens=step_costs(20))
    answer = Step(say="All clean.", tokens=step_costs(20))
    steps = {"look": (*(look,) * 5, answer), "ask": (answer,), "again": (look,) * ENDLESS}
    play = Play(steps=steps, obeys={REFUSED: Step(say="I stop here.", tokens=step_costs(1))})
    with (
        codex_at_work(codex_client, place, play, "day 2 --hard") as codex,
        in_own_folder(codex.codex).terminal(columns=COLUMNS) as terminal,
    ):
        terminal.wait_for("for shortcuts")
        say_to_codex(terminal, "tell me whether the checkout is clean [[look]]")
        terminal.wait_for("All clean")
        until_advised(codex.aicost)
        say_to_codex(terminal, "and now [[ask]]")
        terminal.wait_for(r"Hook · [^$]*\$[^›]*All clean")
        keep("codex-nudge", terminal)
        say_to_codex(terminal, "look again until it changes [[again]]")
        terminal.wait_for("I stop here")
        keep("codex-stop", terminal)
        say_to_codex(terminal, "then tell me what is left [[ask]]")
        terminal.wait_for("aicost allow")
        keep("codex-block", terminal)
        say_to_codex(terminal, "aicost allow 5 release today")
        terminal.wait_for(r"\$5")
        say_to_codex(terminal, "now say what is open [[ask]]")
        terminal.wait_for("All clean[^$]*$")
        keep("codex-override", terminal)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Return a folder; a picture shows its name."""
    if not FOLDER:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


def until_advised(aicost: Aicost) -> None:
    """Wait for the nudge, sooner than anybody types."""
    until(lambda: aicost.ask("top")["nudges"], "a nudge")


def in_own_folder(codex: Codex) -> Codex:
    """Return the client with temporary files elsewhere: it warns of a home among them."""
    return replace(codex, extra={"TMPDIR": str(codex.home.project)})


def keep(name: str, terminal: Terminal) -> None:
    """Keep the screen for the docs, where the environment says so."""
    if FOLDER:
        screen = re.sub(r" \[\[\w+\]\]", "", terminal.painted_screen())  # marks for the fake API
        Path(FOLDER, f"{name}.ansi").write_text(screen.rstrip() + "\n")
