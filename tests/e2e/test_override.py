"""What a user sees and can do at a stop: the prompt is kept, and the way out works from inside."""

import re
import time
from pathlib import Path

import pytest
from e2e.at_work import (
    THINKS_S,
    ClaudeAtWork,
    bash,
    claude_at_work,
    codex_at_work,
    costs,
    endless,
    new_session,
    say_to_codex,
)
from lab.responses import Play, Step
from lab.scenario import Json
from lab.spend import NUSD
from lab.terminal import Terminal
from lab.waiting import until

LANES: Json = {"main": endless("true", (30.0,), THINKS_S)}
SECRET = "the launch is on the 14th, tell nobody"
NEXT_S = 1.0


def kept_prompts(claude: ClaudeAtWork) -> list[Path]:
    return sorted((claude.aicost.profile / "data" / "prompts").glob("*.txt"))


def test_a_blocked_prompt_asks_nothing_and_is_kept(client: Path, tmp_path: Path) -> None:
    with claude_at_work(client, tmp_path, LANES, "day 1 --hard") as (claude):
        claude.run("[[go]] work on")
        before = claude.spent()
        ran = claude.run(SECRET)
        assert claude.spent() == before
        (kept,) = kept_prompts(claude)
        assert SECRET in kept.read_text()
        assert kept.stat().st_mode & 0o777 == 0o600
        assert_message_is_whole(ran.stdout, kept)


def assert_message_is_whole(shown: str, kept: Path) -> None:
    """It names the budget, what was spent of it, its reset, the kept prompt and the way out."""
    text = " ".join(shown.split())
    assert re.search(r"today's \$1\.00 used up: \$1\.20 spent, .*; resets at 00:00", text), text
    assert 'send the prompt `aicost allow 5 "why"`' in text, text
    assert kept.name in text.replace(" ", ""), text


def test_an_override_in_the_terminal(
    client: Path, tmux: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lanes = {
        "main": [*endless("true", (30.0,), THINKS_S)[:4], {"blocks": [TEXT]}, {"blocks": [TEXT]}]
    }
    with claude_at_work(client, tmp_path, lanes, "day 1 --hard") as claude:
        with claude.terminal() as terminal:
            terminal.wait_for("bypass permissions")
            terminal.type_line("[[go]] work on")
            terminal.wait_for("aicost allow[^❯]*hook stopped Claude")
            terminal.wait_for(r"(?m)^❯\s*$")
            terminal.type_line("and now this")
            terminal.wait_for("operation blocked by hook")
            before = claude.spent().requests
            assert before == 4
            clear(terminal)
            terminal.type_line('aicost allow 5 "hotfix release"')
            terminal.wait_for(r"\$5")
            assert claude.spent().requests == before
            clear(terminal)
            terminal.type_line("and now this again")
            seconds = seconds_to_request(claude, before)
            terminal.wait_for("HELLO")
            with capsys.disabled():
                print(f"\nClaude Code, prompt after an override: asked after {seconds:.2f} s")
            assert seconds < NEXT_S
            shown_to_model = "".join(claude.api.asked())
            assert "The turn was ended here" in shown_to_model
            assert "hotfix" not in shown_to_model
            assert "aicost allow" not in shown_to_model
        assert "hotfix release" in claude.aicost.run("audit")


def test_a_prompt_typed_before_a_stop_is_sent_after_it(
    client: Path, tmux: str, tmp_path: Path
) -> None:
    """A hole that no hook can close: the client asks about a prompt as it is typed, never again."""
    slow: Json = {"blocks": [bash("sleep 3")], "usage": costs(120), "tail_delay_s": 1}
    lanes = {"main": [slow, {"blocks": [TEXT]}]}
    with (
        claude_at_work(client, tmp_path, lanes, "session 1 --hard") as claude,
        claude.terminal() as terminal,
    ):
        terminal.wait_for("bypass permissions")
        terminal.type_line("work on it")
        until(claude.api.asked, "the first request")
        terminal.type_line("and then this")
        terminal.wait_for("hook stopped Claude")
        terminal.wait_for("HELLO")
        assert len(claude.api.asked()) == 2
        terminal.type_line("and that")
        terminal.wait_for("operation blocked by hook")
        assert len(claude.api.asked()) == 2


TEXT = {"type": "text", "text": "HELLO"}


def clear(terminal: Terminal) -> None:
    """Empty the input box: the client puts a blocked prompt back into it."""
    terminal.press("C-u")


def seconds_to_request(claude: ClaudeAtWork, before: int) -> float:
    begun = time.monotonic()
    until(lambda: len(claude.api.asked()) > before, "the request of the next prompt")
    return time.monotonic() - begun


def test_an_override_without_a_screen(client: Path, tmp_path: Path) -> None:
    with claude_at_work(client, tmp_path, LANES, "day 1 --hard") as (claude):
        session_id, named = new_session()
        claude.run("[[go]] work on", *named)
        before = claude.spent().requests
        ran = claude.run('aicost allow 5 "hotfix release"', "--resume", session_id)
        assert claude.spent().requests == before
        assert "may spend $5.00 more" in ran.stdout
        claude.run("[[go]] on it goes", "--resume", session_id)
        assert claude.spent().nusd > 5 * NUSD
        assert claude.spent().is_within(6.20)


def test_an_override_in_codex(codex_client: Path, tmux: str, tmp_path: Path) -> None:
    play = Play(
        steps={"dear": (Step(say="DEAR"),), "next": (Step(say="NEXT"),)},
    )
    with codex_at_work(codex_client, tmp_path, play, "session 0.001 --hard") as codex:
        with codex.codex.terminal() as terminal:
            terminal.wait_for("for shortcuts")
            say_to_codex(terminal, "[[dear]] one")
            terminal.wait_for("DEAR")
            say_to_codex(terminal, "[[next]] two")
            terminal.wait_for("aicost allow")
            before = codex.spent().requests
            say_to_codex(terminal, "aicost allow 5 hotfix release")
            terminal.wait_for(r"\$5")
            assert codex.spent().requests == before
            say_to_codex(terminal, "[[next]] three")
            terminal.wait_for("NEXT")
            shown_to_model = "".join(codex.api.asked())
            assert "hotfix" not in shown_to_model
            assert "aicost allow" not in shown_to_model
        assert "hotfix release" in codex.aicost.run("audit")
