"""The prompt before, during and after sessions of the real Claude Code, in real shells.

With AICOST_PICTURES=docs/screens the screens are kept there, with their colours, for
docs/screens/render.py to make pictures of.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import PACKAGES
from e2e.at_work import bash, costs, none_left_behind
from e2e.running import Aicost
from lab.fake_anthropic import FakeAnthropic
from lab.homes import LabHome, make_home
from lab.scenario import Json, Scenario
from lab.terminal import Terminal
from lab.waiting import until
from prompts import PROMPT, SHELLS, Badges, Prompt, Setting, skip_without

FOLDER = os.environ.get("AICOST_PICTURES")
COLUMNS = 90
GO = "claude -p 'tidy up' --permission-mode bypassPermissions"
THINKS_S = 6.0  # long enough to look at the prompt meanwhile


def answer(cents: float, delay_s: float) -> Json:
    return {
        "blocks": [{"type": "text", "text": "Done."}],
        "usage": costs(cents),
        "delay_s": delay_s,
    }


@dataclass(frozen=True, slots=True)
class Stage:
    """A home with a checkout, the client and aicost on PATH, and a daemon that runs."""

    home: LabHome
    aicost: Aicost
    api: FakeAnthropic
    programs: Path

    def setting(self, name: str) -> Setting:
        """Return a shell whose user's file is as docs/badge.md says."""
        skip_without(name)
        env = self.home.environment(self.api.url)
        env |= {
            "PATH": f"{self.programs}:{env['PATH']}",
            "AICOST_HOME": str(self.aicost.profile),
        }
        badges = Badges(self.aicost.profile / "run" / "badge")
        found = Setting(name, self.home.path, badges, env, COLUMNS)
        found.write_rc(init=init_line(name))
        return found


def init_line(name: str) -> str:
    """Return the line that docs/badge.md tells to add."""
    return "aicost init fish | source" if name == "fish" else f'eval "$(aicost init {name})"'


@contextmanager
def staged(client: Path, folder: Path, turns: Sequence[Json], budget: str) -> Iterator[Stage]:
    home = make_home(folder / "home")
    aicost = Aicost(folder / "profile", home)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "claude").symlink_to(client)
    script = programs / "aicost"
    path = os.pathsep.join(PACKAGES)
    script.write_text(f"#!/bin/sh\nPYTHONPATH='{path}' exec '{sys.executable}' -m aicost \"$@\"\n")
    script.chmod(0o755)
    aicost.run("budget", "set", *budget.split())
    with FakeAnthropic(Scenario({"lanes": {"main": turns}})) as api, none_left_behind(home):
        aicost.run("daemon", "start")
        try:
            yield Stage(home, aicost, api, programs)
        finally:
            aicost.run("daemon", "stop")


def shows(prompt: Prompt, line: str, *, by_itself: bool) -> None:
    """Wait until the prompt is this line: by itself, or each time that Enter is pressed."""
    if by_itself:
        prompt.wait_for(line)
        return
    try:
        until(lambda: prompt.after() == line, repr(line), every_s=0.5)
    except TimeoutError as error:
        raise TimeoutError(f"{error}; there is {prompt.lines()[-3:]}") from None


@pytest.mark.parametrize("name", SHELLS)
def test_before_during_and_after_a_session(
    client: Path, tmux: str, tmp_path: Path, name: str
) -> None:
    turns = [{"blocks": [bash("true")], "usage": costs(40)}, answer(60, THINKS_S)]
    with (
        staged(client, tmp_path, turns, "day 1.25") as stage,
        stage.setting(name).open(cwd=stage.home.project) as prompt,
    ):
        by_itself = name == "zsh"
        assert prompt.last() == PROMPT
        prompt.after(f"{GO} >../out 2>&1 &")
        shows(prompt, f"⬡ $0.40 32% {PROMPT}", by_itself=by_itself)
        assert (stage.home.path / "out").read_text() == ""  # it still works
        shows(prompt, f"⬡ $1.00 ▲80% {PROMPT}", by_itself=by_itself)
        prompt.after("wait")
        assert "Done." in (stage.home.path / "out").read_text()
        shows(prompt, f"⬡ $1.00 ▲80% {PROMPT}", by_itself=by_itself)
        stage.aicost.run("daemon", "stop")
        shows(prompt, PROMPT, by_itself=by_itself)
        stage.aicost.run("daemon", "start")
        shows(prompt, f"⬡ $1.00 ▲80% {PROMPT}", by_itself=by_itself)


def test_each_shell_shows_its_own_sessions(client: Path, tmux: str, tmp_path: Path) -> None:
    """In one checkout; a shell that started none shows what the checkout used, else the day."""
    turns = [answer(40, 3.0), answer(70, 3.0), answer(5, 3.0)]
    with staged(client, tmp_path, turns, "day 1000") as stage:
        other = stage.home.path / "other"
        other.mkdir()
        project = stage.home.project
        with (
            stage.setting("bash").open(cwd=project) as one,
            stage.setting("zsh").open(cwd=project) as two,
            stage.setting("fish").open(cwd=other) as three,
            stage.setting("bash").open(cwd=project) as idle,
        ):
            for prompt in (one, two, three):
                prompt.after(f"{GO} >/dev/null 2>&1")
            shows(one, f"⬡ $0.40 0% {PROMPT}", by_itself=False)
            shows(two, f"⬡ $0.70 0% {PROMPT}", by_itself=False)
            shows(three, f"⬡ $0.05 0% {PROMPT}", by_itself=False)
            shows(idle, f"⬡ $1.10 0% {PROMPT}", by_itself=False)
            idle.after("cd ..")
            shows(idle, f"⬡ $1.15 0% {PROMPT}", by_itself=False)
            assert one.after("cd ..") == f"⬡ $0.40 0% {PROMPT}"


# As people have it: what is typed, what it cost, and how near the day's budget that is.
LOOKS = {
    "bash": "PS1='\\[\\e[34m\\]\\w\\[\\e[0m\\] \\$ '",
    "zsh": "PROMPT='%F{blue}%~%f %# '; AICOST_BADGE_SIDE=right",
    "fish": "function fish_prompt; echo (set_color blue)'~/proj'(set_color normal)' > '; end",
}
PAUSES = 'claude() { command claude "$@"; sleep 2; }'  # until the log line is in the badge
PAUSES_IN_FISH = "function claude; command claude $argv; sleep 2; end"


@pytest.mark.skipif(not FOLDER, reason="AICOST_PICTURES is not set")
@pytest.mark.parametrize("name", SHELLS)
def test_pictures(client: Path, tmux: str, tmp_path: Path, name: str) -> None:
    turns = [answer(cents, 2.0) for cents in (40, 64, 18, 10)]
    with staged(client, tmp_path, turns, "day 1.25") as stage:
        setting = stage.setting(name)
        pauses = PAUSES_IN_FISH if name == "fish" else PAUSES
        rc = setting.write_rc(before=f"{LOOKS[name]}\n{pauses}", init=init_line(name))
        assert rc.exists()
        argv = {"bash": ["bash", "-i"], "zsh": ["zsh", "-d", "-i"], "fish": ["fish", "-i"]}[name]
        project = stage.home.project
        with Terminal(argv, env=setting.env, cwd=project, columns=COLUMNS, rows=20) as terminal:
            terminal.wait_for(r"~/proj .")
            for shown in ("32%", "▲83%", "■97%", "■105%"):
                terminal.type_line("claude -p 'tidy up'")
                terminal.wait_for(shown)
                until(lambda: terminal.screen().rstrip().count("~/proj"), "the prompt")
            assert FOLDER is not None
            Path(FOLDER, f"{name}-prompt.ansi").write_text(terminal.painted_screen())
