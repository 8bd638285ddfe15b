"""The gate as hooks meet it: a real daemon, its socket, logs as they are written."""

import asyncio
import json
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from claude_logs import append, eventually
from codex_logs import THREAD, context, meta, prompt, record, started
from gates import Agent, budgets_toml, gated

from aicost.core.errors import ConfigError
from aicost.platform.dirs import load_dirs

SESSION = {"scope": "session", "amount": 1}
DAY = {"scope": "day", "amount": 1}
EVENTS = ("UserPromptSubmit", "PreToolUse", "PostToolBatch", "PostToolUse", "PreCompact")


async def spends(agent: Agent, *usd: float) -> None:
    """Let a session spend, until the daemon knows it."""
    for amount in usd:
        agent.calls_model(amount)
    await agent.asks("PreToolUse", saves=True)


async def test_over_a_hard_budget_every_event_is_stopped() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent = daemon.agent()
        await spends(agent, 0.5, 0.5)
        assert {event: await agent.asks(event) for event in EVENTS} == {
            "UserPromptSubmit": "block",
            "PreToolUse": "stop",
            "PostToolBatch": "stop",
            "PostToolUse": "stop",
            "PreCompact": "refuse",
        }
        for event in ("SessionStart", "PreModelSwitch", "SessionEnd", "Stop"):
            assert await agent.asks(event) == "pass"


async def test_under_it_and_in_another_session_nothing_is() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent, other = daemon.agent(), daemon.agent("s-2")
        await spends(agent, 0.2, 0.2, 0.2)
        assert [await agent.asks(event) for event in EVENTS] == ["pass"] * 5
        await spends(agent, 0.4)
        assert [await other.asks(event) for event in EVENTS] == ["pass"] * 5


async def test_before_the_limit_the_work_is_saved_once_a_thread() -> None:
    async with gated(budgets_toml(SESSION, gate="[gate]\ngrace_percent = 20")) as daemon:
        agent = daemon.agent()
        await spends(agent, *[0.05] * 17)
        assert await agent.asks("PostToolBatch") == "save"
        assert "Save the work now" in agent.last["to_model"]
        assert await agent.asks("PostToolBatch") == "pass"
        assert await agent.asks("PostToolBatch", thread_id="a1") == "save"
        assert await agent.asks("PreToolUse") == "refuse"
        assert await agent.asks("PreToolUse", saves=True) == "pass"
        assert await agent.asks("PreToolUse", spawns=True) == "refuse"
        assert await agent.asks("UserPromptSubmit") == "pass"
        assert "$0.85 of this session's $1.00" in agent.last["notice"]


async def test_a_call_that_is_written_while_its_event_waits_counts() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent = daemon.agent()
        await spends(agent, 0.1)
        agent.tool = "toolu_s-1-2"
        asking = asyncio.create_task(agent.asks("PostToolBatch"))
        await asyncio.sleep(0)
        tool = agent.tool
        agent.calls_model(0.9)
        assert agent.tool == tool
        assert await asking == "stop"


async def test_an_event_of_a_subagent_counts_its_own_log() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent = daemon.agent()
        await spends(agent, 0.1)
        agent.calls_model(0.9, subagent="a1")
        assert await agent.asks("PostToolBatch", thread_id="a1") == "stop"


async def test_a_tool_that_no_log_names_waits_a_quarter_of_a_second() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent = daemon.agent()
        await spends(agent, 0.1)
        began_s = time.monotonic()
        assert await agent.asks("PostToolBatch", tool_use_ids=["toolu_unknown"]) == "pass"
        assert 0.25 <= time.monotonic() - began_s < 5


async def test_a_brand_new_session_on_a_spent_day_is_blocked_before_its_first_request() -> None:
    async with gated(budgets_toml(DAY)) as daemon:
        await spends(daemon.agent(), 0.6, 0.6)
        new = daemon.agent("s-new")
        assert await new.asks("SessionStart") == "pass"
        assert await new.asks("UserPromptSubmit") == "block"
        assert "today's $1.00" in new.last["reason"]
        assert 'aicost allow 5 "why"' in new.last["reason"]
        assert new.last["prompts_dir"] == str(daemon.dirs.data_dir / "prompts")
        await eventually(lambda: daemon.word("default") == "check", "a verdict for the unknown")


async def test_four_sessions_share_a_day_and_one_call_at_most_is_too_many() -> None:
    async with gated(
        budgets_toml({"scope": "day", "amount": 3}, gate="[gate]\ngrace_percent = 0")
    ) as daemon:
        agents = [daemon.agent(f"s-{number}") for number in range(4)]
        actions = []
        for _ in range(6):
            round_ = [(agent, await agent.asks("UserPromptSubmit")) for agent in agents]
            for agent, action in round_:
                if action == "pass":
                    agent.calls_model(0.3)
            actions += [action for _, action in round_]
        assert actions[-4:] == ["block"] * 4
        total = sum(agent.spent_usd for agent in agents)
        assert 3 - 0.3 <= total <= 3 + 0.3


async def test_a_session_that_ends_gives_free_what_was_kept_for_it() -> None:
    async with gated(budgets_toml(DAY, gate="[gate]\ngrace_percent = 0")) as daemon:
        first, second = daemon.agent(), daemon.agent("s-2")
        await spends(first, 0.3, 0.3, 0.3)
        assert await first.asks("PostToolBatch") == "pass"  # and is about to call
        assert await second.asks("UserPromptSubmit") == "block"
        assert "is kept free for calls under way" in second.last["reason"]
        await first.asks("SessionEnd")
        assert await second.asks("UserPromptSubmit") == "pass"


async def test_the_users_own_word_lets_a_session_go_on_and_ends_by_its_amount() -> None:
    async with gated(budgets_toml(DAY)) as daemon:
        agent, other = daemon.agent(), daemon.agent("s-2")
        await spends(agent, 0.6, 0.6)
        assert await agent.asks("UserPromptSubmit") == "block"
        began_s = time.monotonic()
        assert await agent.asks("UserPromptSubmit", allow='2 "hotfix release"') == "block"
        assert "this session may spend $2.00 more" in agent.last["reason"]
        assert "was not sent this prompt" in agent.last["reason"]
        assert agent.last["is_allowed"] is True
        assert daemon.word("s-1") == "check"  # not `stop`, from this moment on
        assert [await agent.asks(event) for event in EVENTS] == ["pass"] * 5
        assert "notice" not in {name for name, said in agent.last.items() if said}
        assert time.monotonic() - began_s < 5
        assert await other.asks("UserPromptSubmit") == "block"
        await spends(agent, 1.0)
        assert await agent.asks("PostToolBatch") == "pass"
        await spends(agent, 1.0)
        assert await agent.asks("PostToolBatch") == "stop"
        assert await agent.asks("UserPromptSubmit") == "block"


@pytest.mark.parametrize("text", ["", "five", "0", "-5", "999999999", "5 --for never"])
async def test_a_garbled_word_is_answered_with_the_right_form(text: str) -> None:
    async with gated(budgets_toml(DAY)) as daemon:
        agent = daemon.agent()
        assert await agent.asks("UserPromptSubmit", allow=text) == "block"
        assert 'aicost allow 5 "why"' in agent.last["reason"]
        await spends(agent, 1.2)
        assert await agent.asks("UserPromptSubmit") == "block"


async def test_a_shell_allows_one_session_or_all() -> None:
    async with gated(budgets_toml(DAY)) as daemon:
        agent, other = daemon.agent(), daemon.agent("s-2")
        await spends(agent, 1.2)
        await other.asks("SessionStart")
        said = await daemon.ask("allow", amount="1", reason="release", session="s-2")
        assert "session s-2 may spend $1.00 more" in said["text"]
        assert await agent.asks("UserPromptSubmit") == "block"
        assert await other.asks("UserPromptSubmit") == "pass"
        said = await daemon.ask("allow", amount="1", lasts="30m")
        assert "all sessions together" in said["text"]
        assert await agent.asks("UserPromptSubmit") == "pass"
        unknown = {"amount": "1", "session": "s-3"}
        for wrong in (
            {"amount": "0"},
            {"amount": "x"},
            {"amount": "5", "lasts": "1y"},
            {},
            unknown,
        ):
            with pytest.raises(ConfigError):
                await daemon.ask("allow", **wrong)


async def test_a_soft_budget_stops_nothing_and_is_noted_once() -> None:
    async with gated(budgets_toml({**DAY, "hard": False})) as daemon:
        agent = daemon.agent()
        await spends(agent, 0.6, 0.6)
        assert [await agent.asks(event) for event in EVENTS] == ["pass"] * 5
        await spends(agent, 0.6)

        async def kinds() -> list[str]:
            events = (await daemon.ask("audit"))["events"]
            return [event["kind"] for event in events]

        async with asyncio.timeout(10):
            while not await kinds():  # noqa: ASYNC110 - it comes after an answer
                await asyncio.sleep(0.01)
        assert await kinds() == ["would-stop"]
        assert daemon.word("default") == daemon.word("s-1") == ""


async def test_the_audit_has_what_was_done_and_why() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent = daemon.agent()
        await spends(agent, 1.5)
        await agent.asks("PostToolBatch", tool="Bash")
        await agent.asks("UserPromptSubmit")
        await agent.asks("UserPromptSubmit", allow="5 why not")
        await agent.asks("UserPromptSubmit")
        events = (await daemon.ask("audit", session="s-1"))["events"]
        assert [event["kind"] for event in events] == ["stop", "stop", "block", "allow"]
        stop = events[1]
        assert (stop["budget_id"], stop["limit"], stop["spent"]) == (
            "session-hard",
            10**9,
            15 * 10**8,
        )
        assert stop["text"].startswith("aicost: this session's $1.00")
        assert "why not" in events[3]["text"]
        assert (await daemon.ask("audit", session="s-2"))["events"] == []
        later_us = int(datetime.now(UTC).timestamp() * 10**6) + 10**6
        assert (await daemon.ask("audit", since_us=later_us))["events"] == []


async def test_a_command_that_fails_again_ends_the_turn_before_the_log_tells() -> None:
    def ran(number: int) -> list[dict[str, object]]:
        key = "0123456789abcdef"
        run = {"id": f"toolu_{number}", "command": key, "label": "npm test", "failed": True}
        return [run | {"error": "fedcba9876543210"}]

    async with gated(budgets_toml({"scope": "turn", "amount": "3 repeats"})) as daemon:
        agent = daemon.agent()
        agent.prompts("u-1")
        assert await agent.asks("UserPromptSubmit", turn_id="p-1") == "pass"
        assert await agent.asks("PostToolBatch", commands=ran(1)) == "pass"
        assert await agent.asks("PostToolBatch", commands=ran(2)) == "pass"
        assert await agent.asks("PostToolBatch", commands=ran(3)) == "stop"
        assert "`npm test` failed 3 times" in agent.last["reason"]
        assert await agent.asks("UserPromptSubmit", turn_id="p-2") == "pass"
        assert await agent.asks("PostToolBatch", commands=ran(4)) == "pass"


async def test_a_model_with_a_spent_budget_cannot_be_switched_to() -> None:
    opus = {"scope": "day", "amount": 1, "model": "*sonnet*"}
    async with gated(budgets_toml(opus)) as daemon:
        await spends(daemon.agent("s-2"), 1.2)
        agent = daemon.agent()
        switch = {"to_model": "claude-sonnet-4-5"}
        assert await agent.asks("PreModelSwitch", **switch, rewrite_usd=0.75) == "refuse"
        assert "would cost $0.75" in agent.last["reason"]
        back = {"to_model": "claude-haiku-4-5"}
        assert await agent.asks("PreModelSwitch", **back) == "pass"
        assert await agent.asks("UserPromptSubmit") == "pass"  # with the model it switched to
        assert (
            await daemon.agent("s-3").asks("UserPromptSubmit", model="claude-sonnet-4-5") == "block"
        )


async def test_codex_is_refused_its_tools_and_wakes_its_hooks(home: Path) -> None:
    async with gated(budgets_toml({"scope": "session", "amount": "250 tokens"})) as daemon:
        log = home / f".codex/sessions/2026/11/22/rollout-2026-11-22T10-00-00-{THREAD}.jsonl"
        await daemon.ask("homes.add", homes=[str(home / ".codex")])
        agent = daemon.agent(THREAD)
        asked = {"agent": "codex", "path": str(log), "model": "gpt-test-1"}
        assert daemon.verdict(".codex") == ""
        append(log, meta(version="0.169.0"), started(), context(), prompt(), record(1))
        assert await agent.asks("PreToolUse", **asked) == "pass"
        await eventually(
            lambda: (daemon.dirs.run_dir / "verdict" / ".codex").exists(), "a mark for Codex"
        )
        append(log, record(2), record(3))
        assert await agent.asks("PreToolUse", **asked, tool="Bash") == "stop"
        assert "No more tools are run" in agent.last["to_model"]
        assert await agent.asks("UserPromptSubmit", **asked) == "block"
        assert await agent.asks("PreCompact", **asked) == "refuse"


async def test_verdicts_follow_what_is_spent() -> None:
    async with gated(budgets_toml(DAY, gate="[gate]\ngrace_percent = 1")) as daemon:
        agent = daemon.agent()
        assert daemon.word("default") == ""  # a day with nothing spent
        await spends(agent, 0.05, 0.05, 0.05)
        await eventually(lambda: daemon.word("s-1") in ("", "pass"), "nobody to ask")
        agent.calls_model(0.6)
        await eventually(lambda: daemon.word("s-1") == "check", "a check")
        await eventually(lambda: daemon.word("default") == "check", "a check for new sessions")
        agent.calls_model(0.4)
        await eventually(lambda: daemon.word("s-1") == "stop", "a stop")
        first, *lines = daemon.verdict("s-1").splitlines()
        word, expires, _pid = first.split(" ")
        assert word == "stop"
        assert 0 < int(expires) - time.time() <= 300
        events = {line.split(" ")[0]: line.split(" ", 2) for line in lines}
        assert set(events) == {"PreToolUse", "PostToolBatch", "PostToolUse", "PreCompact"}
        _, code, text = events["PostToolBatch"]
        assert (code, json.loads(text)["continue"]) == ("0", False)
        assert "claude --resume s-1" in json.loads(text)["systemMessage"]
        folder = daemon.dirs.run_dir / "verdict"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert list(folder.iterdir()) == []


async def test_a_limit_that_is_raised_or_taken_away_lifts_the_stop() -> None:
    async with gated(budgets_toml(DAY)) as daemon:
        agent = daemon.agent()
        await spends(agent, 1.2)
        await eventually(lambda: daemon.word("s-1") == "stop", "a stop")
        daemon.dirs.config_file.write_text(budgets_toml({"scope": "day", "amount": 100}))
        assert await agent.asks("UserPromptSubmit") == "pass"
        assert daemon.word("s-1") == ""
        daemon.dirs.config_file.write_text("")
        assert await agent.asks("UserPromptSubmit") == "pass"
        assert daemon.word("default") == ""


async def test_verdicts_of_another_daemon_are_removed(home: Path) -> None:
    folder = home / ".aicost/run/verdict"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "s-old").write_text("stop 99999999999 1\n")
    async with gated() as daemon:
        await eventually(lambda: not list(folder.iterdir()), "an empty folder")
        assert daemon.word("s-old") == ""


async def test_a_stop_is_prepared_only_for_names_that_are_file_names() -> None:
    async with gated(budgets_toml(SESSION)) as daemon:
        agent = daemon.agent("../../evil")
        assert await agent.asks("UserPromptSubmit") == "pass"
        await eventually(lambda: daemon.word("default") == "check", "a verdict")
        assert not (daemon.dirs.run_dir.parent / "evil").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_id": 7},
        {"agent": "emacs"},
        {"commands": [7]},
        {"tool_use_ids": "toolu_1"},
    ],
)
async def test_what_is_no_question_is_an_error(wrong: dict[str, object]) -> None:
    async with gated() as daemon:
        with pytest.raises(ConfigError, match="no question to the gate"):
            await daemon.agent().asks("PostToolBatch", **wrong)


async def test_prompts_that_were_kept_long_enough_go_while_a_daemon_runs(home: Path) -> None:
    folder = load_dirs(os.environ).data_dir / "prompts"
    folder.mkdir(mode=0o700, parents=True)
    name = "s-1-20260101T000000.000000Z.txt"
    old, young = folder / name, folder / name.replace("s-1", "s-2")
    for path in (old, young):
        path.write_text("x")
    os.utime(old, (0, 0))
    async with gated():
        await eventually(lambda: not old.exists(), "the old prompt is gone")
    assert young.exists()


async def test_a_budget_of_a_model_stops_the_subagent_that_uses_it_alone() -> None:
    of_haiku = {**DAY, "model": "*haiku*"}
    async with gated(budgets_toml(of_haiku)) as daemon:
        agent = daemon.agent()
        await spends(agent, 1.2)  # of another model
        agent.calls_model(12, subagent="a1", model="claude-haiku-4-5")  # (it is cheaper)
        assert await agent.asks("PostToolBatch", thread_id="a1") == "stop"
        await eventually(lambda: daemon.word("s-1") == "check", "its threads ask")
        assert await agent.asks("PreToolUse") == "pass"
