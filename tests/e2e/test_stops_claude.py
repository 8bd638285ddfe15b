"""A hard budget ends a run of the real Claude Code before its next request, and the next one too.

What counts is what the fake API served, priced by the book: at most one request of each thread
may lie above the budget.
"""

import subprocess
from pathlib import Path

import pytest
from e2e.at_work import (
    ENDLESS,
    REPEATS,
    THINKS_S,
    ClaudeAtWork,
    bash,
    claude_at_work,
    costs,
    endless,
    new_session,
    spawn,
)

PRICES = (10.0, 30.0, 5.0, 20.0)  # cents of a request, in turn
FAILING = "echo run >> ../runs; echo 'expected 4, got 5' >&2; exit 3"


def test_a_session_ends_at_its_budget(
    client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lanes = {"main": endless("true", PRICES) * REPEATS}
    with claude_at_work(client, tmp_path, lanes, "session 1.20 --hard") as claude:
        for _ in range(REPEATS):
            session_id, named = new_session()
            ran = claude.run("[[go]] work on", *named)
            spent = claude.spent(session_id)
            with capsys.disabled():
                print(f"\nClaude Code, session budget $1.20: {spent}")
            assert ran.returncode == 0
            assert "$1.20" in ran.stderr  # the client itself says nothing of why it ended
            assert spent.is_within(1.20)
            assert 3 <= spent.requests < ENDLESS  # it did work, and it was stopped
            assert_next_prompt_is_blocked(claude, session_id)


def assert_next_prompt_is_blocked(claude: ClaudeAtWork, session_id: str) -> None:
    before = claude.spent(session_id).requests
    ran = claude.run("one more thing", "--resume", session_id)
    assert claude.spent(session_id).requests == before
    assert "session" in ran.stdout
    assert "aicost allow" in ran.stdout


def test_subagents_count_and_stop_too(
    client: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two of them work beside each other; each thread may be one request over, no more."""
    for number in range(REPEATS):
        lanes = {
            "main": [
                {"blocks": [spawn("left"), spawn("right")], "usage": costs(10)},
                *endless("true", PRICES),
            ],
            "subagent:left": endless("true", (20.0,)),
            "subagent:right": endless("sleep 0.2", (10.0, 30.0)),
        }
        folder = tmp_path / str(number)
        with claude_at_work(client, folder, lanes, "session 3 --hard") as claude:
            claude.run("[[go]] work on")
            spent = claude.spent()
            with capsys.disabled():
                print(f"\nClaude Code with subagents, session budget $3.00: {spent}")
            assert spent.threads == 3
            assert spent.is_within(3)
            assert spent.requests > 5


def test_the_same_failing_command_ends_the_turn(client: Path, tmp_path: Path) -> None:
    for number in range(REPEATS):
        lanes = {"main": endless(FAILING, (1.0,), THINKS_S)}
        folder = tmp_path / str(number)
        with claude_at_work(client, folder, lanes, "turn 3 repeats --hard") as claude:
            claude.run("[[go]] make the test pass")
            assert claude.spent().requests == 3
            runs = claude.driver.home.path / "runs"
            assert len(runs.read_text().splitlines()) == 3


def test_a_success_between_failures_is_no_loop(client: Path, tmp_path: Path) -> None:
    flaky = "test -e ../fixed && { rm ../fixed; exit 0; }; touch ../fixed; echo no >&2; exit 3"
    lanes = {"main": endless(flaky, (1.0,), THINKS_S)[:8]}
    with claude_at_work(client, tmp_path, lanes, "turn 3 repeats --hard") as claude:
        claude.run("[[go]] make the test pass")
        assert claude.spent().requests == 9


def test_a_new_session_on_a_spent_day_asks_nothing(client: Path, tmp_path: Path) -> None:
    lanes = {"main": endless("true", (20.0,), THINKS_S)}
    with claude_at_work(client, tmp_path, lanes, "day 1 --hard") as claude:
        claude.run("[[go]] work on")
        spent = claude.spent()
        assert spent.is_within(1)
        for _ in range(REPEATS):
            session_id, named = new_session()
            ran = claude.run("a new day", *named)
            assert claude.spent(session_id).requests == 0
            assert ran.returncode == 0
            assert "UserPromptSubmit operation blocked by hook" in ran.stdout
        assert claude.spent() == spent


def test_every_stop_and_override_is_in_the_audit(client: Path, tmp_path: Path) -> None:
    lanes = {"main": endless("true", (20.0,), THINKS_S)}
    budgets = ("session 0.80 --hard", "day 0.40")
    with claude_at_work(client, tmp_path, lanes, *budgets) as claude:
        session_id, named = new_session()
        claude.run("[[go]] work on", *named)
        claude.run("and on", "--resume", session_id)
        claude.aicost.run("allow", "1", "release today", "--session", session_id)
        events = claude.aicost.ask("audit")["events"]
    found = {(one["kind"], one["budget"]) for one in events if one["session_id"] == session_id}
    hard = {(kind, "session-hard") for kind in ("save", "stop", "block")}
    assert {*hard, ("would-stop", "day"), ("allow", None)} <= found
    assert "release today" in next(one["text"] for one in events if one["kind"] == "allow")


def test_close_to_the_limit_work_can_be_saved_and_nothing_else(
    client: Path, tmp_path: Path
) -> None:
    commit = "git commit --allow-empty -m 'Half done'"
    commands = [*["echo run >> ../runs"] * 7, commit, *["echo run >> ../runs"] * 5]
    turns = [{"blocks": [bash(one)], "usage": costs(10), "delay_s": THINKS_S} for one in commands]
    with claude_at_work(client, tmp_path, {"main": turns}, "session 1 --hard") as claude:
        claude.aicost.run("config", "set", "gate.grace_percent", "30")
        author = "[user]\nname = dev\nemail = dev@example.com\n"
        (claude.driver.home.path / ".gitconfig").write_text(author)
        claude.run("[[go]] work on")
        assert claude.spent().is_within(1)
        told = [body for body in claude.api.asked() if "Save the work now" in body]
        assert told
        assert told[0] == claude.api.asked()[7]
        project = claude.driver.home.project
        log = subprocess.run(["git", "log", "--format=%s"], cwd=project, capture_output=True)
        assert log.stdout.splitlines()[0] == b"Half done"
        assert len((claude.driver.home.path / "runs").read_text().splitlines()) == 6


def test_over_the_limit_nothing_is_compacted(client: Path, tmux: str, tmp_path: Path) -> None:
    lanes = {"main": [{"blocks": [{"type": "text", "text": "DEAR"}], "usage": costs(120)}]}
    with (
        claude_at_work(client, tmp_path, lanes, "session 1 --hard") as claude,
        claude.terminal() as terminal,
    ):
        terminal.wait_for("bypass permissions")
        terminal.type_line("[[go]] work on")
        terminal.wait_for("DEAR")
        terminal.type_line("/compact")
        terminal.wait_for(r"Compaction blocked by PreCompact hook.*[^❯]*aicost allow")
        assert [one.lane for one in claude.api.served()] == ["main"]


def test_a_notification_of_a_background_agent_is_a_prompt_that_can_be_blocked(
    client: Path, tmp_path: Path
) -> None:
    """Such a turn starts by itself; the client fires UserPromptSubmit for it like for a typed one.

    (It does not for a subagent that its own background child wakes: one request each is not gated.)
    """
    task = spawn("slow")
    task["input"] |= {"run_in_background": True}
    lanes = {
        "main": [
            {"blocks": [task], "usage": costs(10)},
            {"blocks": [{"type": "text", "text": "Waiting."}], "usage": costs(10)},
        ],
        "subagent:slow": [{"blocks": [bash("sleep 1")], "usage": costs(90)}],
    }
    with claude_at_work(client, tmp_path, lanes, "session 0.80 --hard") as claude:
        ran = claude.run("[[go]] delegate", "--output-format", "stream-json", "--verbose")
        served = [one.lane for one in claude.api.served()]
    assert "UserPromptSubmit operation blocked by hook" in ran.stdout
    assert served.count("main") == 2
    assert served.count("subagent:slow") == 1
