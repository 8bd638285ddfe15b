"""The hook's process: what it is called with, and silence with exit 0 whatever goes wrong."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab.waiting import until
from serving import served_in_thread

import aicost
import aicost_hooks
from aicost.core.hook_files import Where, hook_command, where_text
from aicost.daemon.server import Notify
from aicost_hooks.main import FAULT, run

EVENT = {
    "session_id": "808a1f9b-a028-42a8-8063-3b1d120f7fec",
    "transcript_path": "/home/dev/.claude/projects/-home-dev-proj/808a1f9b.jsonl",
    "cwd": "/home/dev/proj",
    "hook_event_name": "PreToolUse",
    "tool_name": "Read",
    "tool_use_id": "toolu_1",
}
WHY = "aicost: $25.10 of $25.00 today."
LAUNCH = "import sys; from aicost_hooks.main import main; sys.exit(main())"
GATE = Path(aicost_hooks.__file__ or "").parent / "gate.sh"
SILENT = (0, b"", b"")


@pytest.fixture
def profile(home: Path) -> dict[str, str]:
    """Return an environment with a run folder of its own."""
    (home / "run").mkdir(mode=0o700)
    packages = (Path(aicost.__file__ or "").parents[1], GATE.parents[1])
    return {
        "AICOST_HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, packages)),
    }


@contextmanager
def daemon(env: Mapping[str, str], method: str, **answer: object) -> Iterator[list[object]]:
    """Run a daemon with one method; gives what it is asked."""
    seen: list[object] = []

    async def answered(params: Mapping[str, object], _notify: Notify) -> object:
        seen.append(params)
        return answer

    with served_in_thread(Path(env["AICOST_HOME"]) / "run" / "daemon.sock", {method: answered}):
        yield seen


def log_lines(env: Mapping[str, str]) -> list[str]:
    path = Path(env["AICOST_HOME"]) / "run" / "hook.log"
    return path.read_text().splitlines() if path.exists() else []


def hook(env: Mapping[str, str], content: object, *argv: str) -> tuple[int, bytes, bytes]:
    """Run the hook as an agent does: a process of its own, in a foreign folder."""
    ended = subprocess.run(
        [sys.executable, "-c", LAUNCH, *argv],
        input=content if isinstance(content, bytes) else json.dumps(content).encode(),
        env=env,
        cwd="/",
        capture_output=True,
        check=False,
        timeout=60,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_an_event_is_asked_about_and_answered(profile: dict[str, str]) -> None:
    with daemon(profile, "gate", action="stop", reason=WHY) as seen:
        code, stdout, stderr = hook(profile, EVENT, "gate", "claude", "PreToolUse")
    assert (code, stderr) == (0, b"")
    assert json.loads(stdout)["stopReason"] == WHY
    assert seen == [
        {
            "agent": "claude",
            "event": "PreToolUse",
            "session_id": EVENT["session_id"],
            "path": EVENT["transcript_path"],
            "cwd": EVENT["cwd"],
            "tool": "Read",
            "tool_use_ids": ["toolu_1"],
        }
    ]
    assert log_lines(profile) == []


def test_an_answer_that_refuses_by_exit_code_says_why_on_stderr(profile: dict[str, str]) -> None:
    with daemon(profile, "gate", action="refuse", reason=WHY):
        assert hook(profile, EVENT, "gate", "codex", "PreToolUse") == (2, b"", f"{WHY}\n".encode())


@pytest.mark.parametrize(
    ("content", "argv", "words"),
    [
        (EVENT, "gate claude PreToolUse", "no daemon is running"),
        (b"", "gate claude PreToolUse", "no JSON"),
        (b"\xff\x00", "gate codex PreToolUse", "no JSON"),
        (b"[]", "gate claude PreToolUse", "names no session"),
        (EVENT, "", "not called with"),
        (EVENT, "--help", "not called with"),
        (EVENT, "claude", "not called with"),
        (EVENT, "gate", "not called with gate"),
        (EVENT, "gate claude", "not called with gate"),
        (EVENT, "gate cursor PreToolUse", "not called with gate"),
        (EVENT, "gate claude PreToolUse open", "not called with gate"),
        (EVENT, "statusline", "not called with"),
        (EVENT, "told claude PreToolUse", "not called with told"),
    ],
    ids=range(13),
)
def test_whatever_is_wrong_the_agent_sees_nothing_and_our_log_one_line(
    profile: dict[str, str], content: object, argv: str, words: str
) -> None:
    assert hook(profile, content, *argv.split()) == SILENT
    (line,) = log_lines(profile)
    assert words in line
    assert EVENT["cwd"] not in line
    assert profile["AICOST_HOME"] not in line


@pytest.mark.parametrize(("fail", "code"), [("open", 0), ("closed", FAULT)])
def test_our_own_bug_is_swallowed_unless_the_gate_is_closed(
    home: Path, profile: dict[str, str], monkeypatch: pytest.MonkeyPatch, fail: str, code: int
) -> None:
    def bug(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("aicost_hooks.gate.answer_event", bug)
    monkeypatch.setattr("aicost_hooks.main.os.set_inheritable", lambda *_: None)
    words = ["gate", "claude", "PreToolUse", fail, str(home / "run"), "/d", "1"]
    assert run(words, io.BytesIO(b"{}"), profile) == code
    assert "KeyError in bug, line" in log_lines(profile)[0]
    assert "oops" not in log_lines(profile)[0]


def test_a_log_that_cannot_be_written_is_swallowed_as_well(home: Path) -> None:
    (home / "run").write_text("in the way")
    assert run(["gate"], io.BytesIO(b""), {"AICOST_HOME": str(home)}) == 0


@pytest.mark.parametrize(
    "said", [{"stopReason": "to the model", "systemMessage": WHY}, {"stopReason": WHY}]
)
def test_what_an_answer_said_is_told_again(profile: dict[str, str], said: dict[str, str]) -> None:
    """gate.sh answers by itself, then has the user of a run without a screen told."""
    with subprocess.Popen(
        ["sleep", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as client:
        env = profile | {"CLAUDE_PID": str(client.pid)}
        run_dir = f"{profile['AICOST_HOME']}/run"
        assert hook(env, said, "told", "claude", "PostToolBatch", run_dir) == SILENT
        (line,) = log_lines(profile)
        assert "claude PostToolBatch: a headless run is stopped" in line
        if Path("/proc/self/fd").exists() and client.stderr is not None:
            assert client.stderr.readline() == f"{WHY}\n".encode()
        client.kill()


def test_an_event_loads_little(profile: dict[str, str]) -> None:
    """An agent waits for each import, at each of its events."""
    code = (
        "import io, os, sys; from aicost_hooks.main import run\n"
        f"stdin = io.BytesIO({json.dumps(EVENT).encode()!r})\n"
        "run(['gate', 'claude', 'PreToolUse'], stdin, os.environ)\n"
        "print(' '.join(sys.modules))"
    )
    with daemon(profile, "gate", action="pass") as seen:
        ended = subprocess.run(
            [sys.executable, "-S", "-c", code], env=profile, capture_output=True, check=False
        )
    assert (ended.returncode, ended.stderr, len(seen)) == (0, b"", 1)
    loaded = set(ended.stdout.decode().split())
    assert "aicost_hooks.claude" in loaded
    heavy = {"argparse", "dataclasses", "datetime", "inspect", "pathlib", "subprocess", "typing"}
    rare = {"aicost_hooks.codex", "aicost_hooks.prompts", "aicost_hooks.starting"}
    assert loaded.isdisjoint(heavy | rare | {"aicost_hooks.terminal", "aicost.core.commands"})


# Called by gate.sh


@pytest.fixture
def installed(home: Path, profile: dict[str, str]) -> Path:
    """Return a data folder with the gate, whose aicost-hook is this one."""
    hooks = home / "data" / "hooks"
    hooks.mkdir(parents=True, mode=0o700)
    program = home / "aicost-hook"
    program.write_text(f"#!{sys.executable}\n{LAUNCH}\n")
    program.chmod(0o700)
    (hooks / "gate.sh").write_bytes(GATE.read_bytes())
    where = Where(run_dir=str(home / "run"), hook=str(program), fail="open", daemon_pid=0)
    (hooks / "where").write_text(where_text(where))
    (home / "run" / "verdict").mkdir(mode=0o700)
    (home / "run" / "verdict" / "default").write_text("check\n")
    (home / "run" / "verdict" / ".codex").write_text("")
    return hooks


def gated(
    env: Mapping[str, str], hooks: Path, agent: str, event: str, content: object = EVENT
) -> tuple[int, bytes, bytes]:
    ended = subprocess.run(
        ["/bin/sh", "-c", hook_command(agent, event, str(hooks))],
        input=json.dumps(content).encode(),
        env={name: value for name, value in env.items() if name != "AICOST_HOME"},
        cwd="/",
        capture_output=True,
        check=False,
        timeout=60,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_through_the_gate_the_answer_is_the_same(profile: dict[str, str], installed: Path) -> None:
    """Also where the agent's environment names no profile."""
    with daemon(profile, "gate", action="stop", reason=WHY) as seen:
        code, stdout, stderr = gated(profile, installed, "claude", "PreToolUse")
        assert (code, json.loads(stdout)["stopReason"], stderr) == (0, WHY, b"")
        refused = (2, b"", f"{WHY}\n".encode())
        assert gated(profile, installed, "codex", "PreToolUse") == refused
        assert gated(profile, installed, "claude", "PreCompact") == refused
        prompt = EVENT | {"prompt": "Go on."}
        code, stdout, stderr = gated(profile, installed, "claude", "UserPromptSubmit", prompt)
    assert (code, stderr) == (0, b"")
    (kept,) = (installed.parent / "prompts").iterdir()
    assert str(kept) in json.loads(stdout)["reason"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(seen) == 4


def test_through_the_gate_without_a_daemon_nothing_is_said(
    profile: dict[str, str], installed: Path
) -> None:
    for event in ("PreToolUse", "UserPromptSubmit", "SessionEnd"):
        assert gated(profile, installed, "claude", event) == SILENT
        assert gated(profile, installed, "codex", event) == SILENT


def test_a_session_starts_the_daemon_and_its_agent_does_not_wait_for_it(
    home: Path, profile: dict[str, str], installed: Path
) -> None:
    """Neither for its end, nor for the pipes that it could hold open."""
    program = home / "aicost"
    program.write_text(
        f'#!/bin/sh\necho "$$ $AICOST_HOME $*" > "{home}/part"\n'
        f'mv "{home}/part" "{home}/started"\nexec sleep 90\n'
    )
    program.chmod(0o700)
    assert gated(profile, installed, "claude", "SessionStart") == SILENT
    until((home / "started").exists, "the program's start")
    pid, *words = (home / "started").read_text().split()
    os.kill(int(pid), signal.SIGKILL)
    assert words == [str(home), "daemon", "start"]


def test_through_a_closed_gate_without_a_daemon_prompts_are_refused(
    profile: dict[str, str], installed: Path
) -> None:
    where = installed / "where"
    where.write_text(where.read_text().replace("F=open", "F=closed"))
    for agent in ("claude", "codex"):
        code, stdout, stderr = gated(
            profile, installed, agent, "UserPromptSubmit", EVENT | {"prompt": "Go on."}
        )
        assert (code, stderr) == (0, b"")
        assert "aicost daemon start" in json.loads(stdout)["reason"]
        code, stdout, stderr = gated(profile, installed, agent, "UserPromptSubmit", [])
        assert (code, stderr) == (0, b"")
        assert "aicost daemon start" in json.loads(stdout)["reason"]
    assert len(list((installed.parent / "prompts").iterdir())) == 2
