"""Hooks that aicost installs are run by the real clients, at each event and without an error.

What they would ask is written down by a small program in the place of `aicost-hook`; a run under
`AICOST_GUARD` asks at every event.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from e2e.running import ARGV, Aicost
from lab.codex import Codex, make_codex
from lab.driver import Driver
from lab.fake_anthropic import FakeAnthropic
from lab.fake_openai import FakeOpenAI
from lab.homes import make_home
from lab.responses import Json, Play, Step
from lab.scenario import Scenario
from lab.waiting import until

from aicost.core.hook_files import where_text
from aicost.platform.hook_files import read_where

ASKING = {"AICOST_GUARD": "lab"}
SANE_S = 20.0
TOOL = {"type": "tool_use", "name": "Bash", "input": {"command": "true", "description": "x"}}
LANES = {
    "main": [
        {"blocks": [TOOL]},
        {"blocks": [{"type": "text", "text": "Answer one."}]},
        {"blocks": [{"type": "text", "text": "Answer two."}]},
    ],
    "compact": [{"blocks": [{"type": "text", "text": "<summary>Short.</summary>"}]}],
}
PLAY = Play(
    steps={
        "tool": (Step(command="echo one"), Step(say="Done.")),
        "answer": (Step(say="ANSWER"),),
    }
)
CLAUDE_EVENTS = {
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolBatch",
    "PreCompact",
    "PreModelSwitch",
    "SessionEnd",
}
CODEX_EVENTS = {"SessionStart", "UserPromptSubmit", "PreToolUse", "PreCompact", "SessionEnd"}


class Recorder:
    """A program in the place of `aicost-hook` that notes what it is asked, and says nothing."""

    def __init__(self, aicost: Aicost, folder: Path) -> None:
        self._notes, self._data_dir = folder / "asked", aicost.profile / "data"
        self._program = folder / "recorder"
        self._program.write_text(f'#!/bin/sh\necho "$2 $3" >> {self._notes}\n')
        self._program.chmod(0o755)

    def take_place(self) -> None:
        """Let installed hooks ask this program."""
        where = read_where(self._data_dir)
        assert where is not None
        (self._data_dir / "hooks" / "where").write_text(
            where_text(replace(where, hook=str(self._program)))
        )

    def asked(self, agent: str) -> set[str]:
        """Return the events at which an agent asked."""
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        return {event for who, event in map(str.split, lines) if who == agent}


def hooks(aicost: Aicost, client: Path, name: str, *arguments: str) -> str:
    """Run `aicost hooks …` where the client is the one on PATH; return its stdout."""
    programs = aicost.home.path / "programs"
    programs.mkdir(exist_ok=True)
    link = programs / name
    if not link.exists():
        link.symlink_to(client)
    done = subprocess.run(
        [*ARGV, "hooks", *arguments],
        env=aicost.environment() | {"PATH": f"{programs}:/usr/bin:/bin"},
        cwd=aicost.home.project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def hook_errors(home: Path) -> list[str]:
    """Return what the client's logs say of hooks that failed."""
    found = []
    for log in home.glob("projects/*/*.jsonl"):
        for line in log.read_text().splitlines():
            kind = json.loads(line).get("attachment", {}).get("type", "")
            if kind.startswith("hook") and kind not in ("hook_success", "hook_system_message"):
                found.append(line)
    return found


def test_claude_code_runs_the_hooks_at_every_event(client: Path, tmux: str, tmp_path: Path) -> None:
    settings: Json = {"model": "claude-sonnet-5", "cleanupPeriodDays": 30}
    home = make_home(tmp_path / "home", settings)
    file = home.claude / "settings.json"
    aicost = Aicost(tmp_path / "profile", home)
    hooks(aicost, client, "claude", "install", "claude", "--yes")
    recorder = Recorder(aicost, tmp_path)
    recorder.take_place()
    with FakeAnthropic(Scenario({"lanes": LANES})) as api:
        driver = Driver(client, home, api.url)
        bypass = ("--permission-mode", "bypassPermissions")
        with driver.terminal(*bypass, env=ASKING) as terminal:
            terminal.wait_for(r"(bypass permissions|for shortcuts)")
            terminal.type_line("first")
            terminal.wait_for("Answer one")
            terminal.type_line("/compact")
            terminal.wait_for("(?i)compacted")
            terminal.type_line("/model sonnet")
            terminal.wait_for("Set model to")
            terminal.type_line("/exit")
            terminal.wait_for_end()
        until(lambda: recorder.asked("claude") == CLAUDE_EVENTS, "every event", timeout_s=SANE_S)
    assert hook_errors(home.claude) == []
    hooks(aicost, client, "claude", "uninstall", "--yes")
    left = json.loads(file.read_bytes())  # (the client wrote its new model into it, too)
    assert "hooks" not in left
    assert left["cleanupPeriodDays"] == 30


def test_a_hook_that_fails_would_be_seen(client: Path, tmp_path: Path) -> None:
    handler = {"type": "command", "command": "echo broken >&2; exit 1"}
    home = make_home(tmp_path / "home", {"hooks": {"PreToolUse": [{"hooks": [handler]}]}})
    with FakeAnthropic(Scenario({"lanes": LANES})) as api:
        Driver(client, home, api.url).run_step({"p": "first"})
    (error,) = hook_errors(home.claude)
    assert "broken" in error


@pytest.mark.parametrize("has_files", [True, False])
def test_claude_code_finds_its_settings_as_they_were(
    has_files: bool, client: Path, tmp_path: Path
) -> None:
    """Whether the hooks work, or their files were deleted: nothing is stopped, nothing stays."""
    home = make_home(tmp_path / "home", {"cleanupPeriodDays": 30})
    file = home.claude / "settings.json"
    aicost = Aicost(tmp_path / "profile", home)
    with FakeAnthropic(Scenario({"lanes": LANES})) as api:
        driver = Driver(client, home, api.url)
        driver.run_step({"p": "first"})  # (it puts a setting of its own into the file)
        before = file.read_bytes()
        hooks(aicost, client, "claude", "install", "claude", "--yes")
        if not has_files:
            for name in ("gate.sh", "where"):
                (aicost.profile / "data" / "hooks" / name).unlink()
        output = driver.run_step({"p": "second", "env": ASKING if not has_files else {}})
    assert "Answer two." in output
    assert hook_errors(home.claude) == []
    assert file.read_bytes() != before
    hooks(aicost, client, "claude", "uninstall", "--yes")
    assert file.read_bytes() == before
    assert [path.name for path in home.claude.glob("settings*")] == ["settings.json"]


@pytest.fixture
def openai() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(PLAY) as api:
        yield api


@pytest.fixture
def codex(codex_client: Path, openai: FakeOpenAI, tmp_path: Path) -> Iterator[Codex]:
    codex = replace(make_codex(codex_client, tmp_path / "home", openai.url), extra=ASKING)
    yield codex
    until(lambda: not codex.processes(), "the end of every process of the client")


def status_of(aicost: Aicost, codex: Codex) -> Json:
    document = json.loads(hooks(aicost, codex.client, "codex", "status", "codex", "--json"))
    agent: Json = document["agents"][0]
    return agent


def test_codex_runs_no_hook_until_it_is_trusted_and_status_says_so(
    codex: Codex, tmp_path: Path
) -> None:
    aicost = Aicost(tmp_path / "profile", codex.home)
    before = (codex.folder / "config.toml").read_bytes()
    hooks(aicost, codex.client, "codex", "install", "codex", "--yes")
    recorder = Recorder(aicost, tmp_path)
    recorder.take_place()
    codex.run("[[tool]] not trusted")
    assert recorder.asked("codex") == set()
    status = status_of(aicost, codex)
    assert status["version"] == "0.169.0"
    (problem,) = status["files"][0]["problems"]
    assert "until you trust them" in problem["what"]
    out = hooks(aicost, codex.client, "codex", "install", "codex", "--trust", "--yes")
    assert out.count("(untrusted)") == len(CODEX_EVENTS)
    recorder.take_place()
    assert status_of(aicost, codex)["files"][0]["problems"] == []
    codex.run("[[tool]] trusted")
    assert recorder.asked("codex") == CODEX_EVENTS - {"PreCompact"}
    config = (codex.folder / "config.toml").read_bytes()
    hooks(aicost, codex.client, "codex", "uninstall", "--yes")
    assert not (codex.folder / "hooks.json").exists()
    left = (codex.folder / "config.toml").read_bytes()
    assert b"trusted_hash" in config
    assert b"trusted_hash" not in left
    assert left.startswith(before.rstrip())


def test_codex_asks_before_it_compacts(codex: Codex, tmux: str, tmp_path: Path) -> None:
    aicost = Aicost(tmp_path / "profile", codex.home)
    hooks(aicost, codex.client, "codex", "install", "codex", "--trust", "--yes")
    recorder = Recorder(aicost, tmp_path)
    recorder.take_place()
    with codex.terminal() as terminal:
        terminal.wait_for("for shortcuts")
        terminal.type_line("[[answer]] one")
        terminal.wait_for("ANSWER")
        terminal.type_line("/compact")
        until(lambda: "PreCompact" in recorder.asked("codex"), "the question", timeout_s=SANE_S)
        terminal.type_line("/quit")
        terminal.wait_for_end()
    until(lambda: "SessionEnd" in recorder.asked("codex"), "the end", timeout_s=SANE_S)


def test_hooks_that_are_off_in_codex_are_seen_to_be_off(codex: Codex, tmp_path: Path) -> None:
    aicost = Aicost(tmp_path / "profile", codex.home)
    hooks(aicost, codex.client, "codex", "install", "codex", "--trust", "--yes")
    config = codex.folder / "config.toml"
    config.write_text(f"{config.read_text()}\n[features]\nhooks = false\n")
    (problem,) = status_of(aicost, codex)["files"][0]["problems"]
    assert "switches all hooks off" in problem["what"]


def test_what_codex_says_is_what_we_work_out(codex: Codex, tmp_path: Path) -> None:
    """Where Codex is not on PATH, its trust is read from its files."""
    aicost = Aicost(tmp_path / "profile", codex.home)
    hooks(aicost, codex.client, "codex", "install", "codex", "--trust", "--yes")
    by_client = status_of(aicost, codex)
    (aicost.home.path / "programs" / "codex").unlink()
    document = json.loads(hooks_alone(aicost))
    assert document["agents"][0]["files"] == by_client["files"]


def hooks_alone(aicost: Aicost) -> str:
    return subprocess.run(
        [*ARGV, "hooks", "status", "codex", "--json"],
        env=aicost.environment() | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
