"""One event from stdin to answer, over a real socket: asked, answered, kept, told; or silence."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import served_in_thread

from aicost.core.errors import StoreError
from aicost.core.hook_answers import CLOSED, DAEMON_NEEDED, Answer, claude_answer, codex_answer
from aicost.daemon.server import Notify
from aicost_hooks.events import NotAnEvent
from aicost_hooks.gate import Caller, Event, answer_event, client_pid, tell

PROMPT = "Rewrite it all,\nplease."
WHY = "aicost: $25.10 of $25.00 today."
BLOCKED = {"action": "block", "reason": WHY}
SAID: dict[str, object] = {"session_id": "s-1", "transcript_path": "/x/y.jsonl", "cwd": "/x"}
OPEN, SHUT = "open", "closed"
Seen = list[Mapping[str, object]]


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@contextmanager
def daemon(run_dir: Path, **decision: object) -> Iterator[Seen]:
    """Run a daemon that decides so; gives what it is asked."""
    seen: Seen = []

    async def decide(params: Mapping[str, object], _notify: Notify) -> object:
        seen.append(params)
        return decision

    with served_in_thread(run_dir / "daemon.sock", {"gate": decide}):
        yield seen


def caller(run_dir: Path, fail: str = OPEN, program: str = "", **env: str) -> Caller:
    hooks = run_dir.parent / "data" / "hooks"
    return Caller([fail, str(run_dir), str(hooks), "77"], env, program)


def answer(
    by: Caller, name: str = "UserPromptSubmit", agent: str = "claude", **said: object
) -> Answer:
    event = Event(agent, name, SAID | {"prompt": PROMPT} | said)
    return answer_event(event, by, until=time.monotonic() + 5)


def log_of(run_dir: Path) -> str:
    path = run_dir / "hook.log"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_what_the_daemon_lets_pass_passes(run_dir: Path, agent: str) -> None:
    with daemon(run_dir, action="pass") as seen:
        assert answer(caller(run_dir), agent=agent) == Answer()
    (asked,) = seen
    assert (asked["agent"], asked["event"], asked["session_id"]) == (
        agent,
        "UserPromptSubmit",
        "s-1",
    )
    assert "allow" not in asked
    assert PROMPT not in json.dumps(asked)
    assert log_of(run_dir) == ""


@pytest.mark.parametrize("action", ["save", "refuse", "stop", "block"])
@pytest.mark.parametrize("event", ["PreToolUse", "PostToolBatch", "PreCompact", "PreModelSwitch"])
def test_what_the_daemon_decides_is_answered(run_dir: Path, event: str, action: str) -> None:
    decision = {"action": action, "reason": WHY, "to_model": "save it", "notice": "80 %"}
    with daemon(run_dir, **decision):
        assert answer(caller(run_dir), event) == claude_answer(event, decision)
        assert answer(caller(run_dir), event, "codex") == codex_answer(event, decision)


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_a_blocked_prompt_is_kept_and_its_place_shown(run_dir: Path, agent: str) -> None:
    folder = run_dir.parent / "kept"
    with daemon(run_dir, **BLOCKED, prompts_dir=str(folder)):
        said = json.loads(answer(caller(run_dir), agent=agent).stdout)
    (kept,) = folder.iterdir()
    assert kept.read_text() == PROMPT
    assert said["decision"] == "block"
    assert said["reason"] == f"{WHY}\nYour prompt was not sent. It is kept in {kept}"


@pytest.mark.parametrize("place", ["relative/place", "/proc/nowhere/x", 7])
def test_a_prompt_that_cannot_be_kept_is_said_so(run_dir: Path, place: object) -> None:
    by = caller(run_dir)
    by.hooks_dir = ""
    with daemon(run_dir, **BLOCKED, prompts_dir=place):
        said = json.loads(answer(by).stdout)
    assert said["reason"].startswith(f"{WHY}\nYour prompt was not sent, and could not be kept")
    assert "could not be kept" in log_of(run_dir)
    assert PROMPT.split()[0] not in log_of(run_dir)


def test_the_words_that_lift_a_budget_are_sent_and_not_kept(run_dir: Path) -> None:
    folder = run_dir.parent / "kept"
    said_yes = {"action": "block", "reason": "Allowed.", "is_allowed": True}
    with daemon(run_dir, **said_yes, prompts_dir=str(folder)) as seen:
        said = json.loads(answer(caller(run_dir), prompt=' aicost allow 5 "hotfix" ').stdout)
        answer(caller(run_dir), prompt="aicost allow")
        answer(caller(run_dir), "PreToolUse", prompt="aicost allow 5")
    assert said == {"decision": "block", "reason": "Allowed."}
    assert [asked.get("allow") for asked in seen] == ['5 "hotfix"', "", None]
    assert not folder.exists()


@pytest.mark.parametrize("word", [{}, {"is_allowed": False}, {"is_allowed": "yes"}])
@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_words_that_lifted_nothing_are_kept_like_any_prompt(
    run_dir: Path, agent: str, word: dict[str, object]
) -> None:
    folder, prompt = run_dir.parent / "kept", "aicost allow lists are confusing"
    with daemon(run_dir, action="block", reason=WHY, prompts_dir=str(folder), **word):
        said = json.loads(answer(caller(run_dir), agent=agent, prompt=prompt).stdout)
    (kept,) = folder.iterdir()
    assert kept.read_text() == prompt
    assert said["reason"] == f"{WHY}\nYour prompt was not sent. It is kept in {kept}"


@pytest.mark.parametrize("prompt", [None, "", "  ", 7])
def test_no_prompt_is_not_kept(run_dir: Path, prompt: object) -> None:
    with daemon(run_dir, **BLOCKED, prompts_dir=str(run_dir.parent / "kept")):
        assert answer(caller(run_dir), prompt=prompt) == claude_answer("UserPromptSubmit", BLOCKED)


@pytest.mark.parametrize("event", ["UserPromptSubmit", "PreToolUse", "SessionEnd"])
def test_without_a_daemon_an_open_gate_is_silent(run_dir: Path, event: str) -> None:
    assert answer(caller(run_dir), event) == Answer()
    assert "no daemon is running" in log_of(run_dir)


def test_a_daemon_that_cannot_decide_is_as_good_as_none(run_dir: Path) -> None:
    async def broken(_params: Mapping[str, object], _notify: Notify) -> object:
        raise StoreError("the ledger cannot be read")

    with served_in_thread(run_dir / "daemon.sock", {"gate": broken}):
        assert answer(caller(run_dir)) == Answer()
        assert DAEMON_NEEDED in answer(caller(run_dir, SHUT)).stdout
    with served_in_thread(run_dir / "daemon.sock", {}):  # of an older version
        assert answer(caller(run_dir)) == Answer()


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("event", ["PreToolUse", "PostToolBatch", "PreCompact", "PreModelSwitch"])
def test_without_a_daemon_a_closed_gate_refuses(run_dir: Path, agent: str, event: str) -> None:
    answer_of = claude_answer if agent == "claude" else codex_answer
    assert answer(caller(run_dir, SHUT), event, agent) == answer_of(event, CLOSED)


def test_a_closed_gate_keeps_the_prompt_beside_the_ledger(run_dir: Path) -> None:
    said = json.loads(answer(caller(run_dir, SHUT)).stdout)
    (kept,) = (run_dir.parent / "data" / "prompts").iterdir()
    assert kept.read_text() == PROMPT
    assert said["reason"] == f"{DAEMON_NEEDED}\nYour prompt was not sent. It is kept in {kept}"


def test_a_daemon_that_names_no_folder_keeps_it_there_too(run_dir: Path) -> None:
    with daemon(run_dir, **BLOCKED, prompts_dir=""):
        answer(caller(run_dir))
    assert len(list((run_dir.parent / "data" / "prompts").iterdir())) == 1


@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("event", ["SessionStart", "SessionEnd"])
def test_a_closed_gate_refuses_no_session(run_dir: Path, agent: str, event: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aicost_hooks.codex.is_headless", lambda _said, _pid: True)
        by = caller(run_dir, SHUT, CLAUDE_CODE_ENTRYPOINT="sdk-cli")
        assert answer(by, event, agent) == Answer()
    assert "a headless run is stopped" not in log_of(run_dir)


def test_a_daemon_that_hangs_costs_the_limit_and_no_more(run_dir: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(run_dir / "daemon.sock"))
        deaf.listen()
        start = time.monotonic()
        event = Event("claude", "PreToolUse", SAID)
        assert answer_event(event, caller(run_dir), until=start + 0.1) == Answer()
        assert 0.09 < time.monotonic() - start < 3
    assert "does not answer" in log_of(run_dir)


def test_a_session_starts_the_daemon_where_none_listens(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "aicost_hooks.starting.start_daemon",
        lambda program, folder, _env: started.append((program, folder)),
    )
    by = caller(run_dir, program="/bin/aicost-hook")
    for event in ("UserPromptSubmit", "PreToolUse", "SessionEnd"):
        answer(by, event)
    assert started == []
    assert answer(by, "SessionStart") == Answer()
    assert started == [("/bin/aicost-hook", str(run_dir))]
    with daemon(run_dir, action="pass") as seen:
        answer(by, "SessionStart")
    assert len(started) == len(seen) == 1


def test_a_daemon_that_cannot_be_started_is_noted(run_dir: Path) -> None:
    assert answer(caller(run_dir), "SessionStart") == Answer()
    assert "the daemon cannot be started" in log_of(run_dir)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_nothing_is_told_to_a_socket_in_another_users_folder(run_dir: Path) -> None:
    with daemon(run_dir, **BLOCKED) as seen:
        os.chown(run_dir, 12345, 12345)
        assert answer(caller(run_dir)) == Answer()
    assert seen == []


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_an_event_of_no_session_is_none(run_dir: Path, agent: str) -> None:
    with pytest.raises(NotAnEvent):
        answer(caller(run_dir), agent=agent, session_id="")


# A run without a screen


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Collect what users are told instead of telling them."""
    found: list[tuple[str, int]] = []

    def tell_user(text: str, pid: int) -> bool:
        found.append((text, pid))
        return True

    monkeypatch.setattr("aicost_hooks.terminal.tell_user", tell_user)
    return found


@pytest.mark.parametrize(
    ("entrypoint", "decided", "is_told"),
    [
        ("sdk-cli", ("PostToolBatch", "stop"), True),
        ("sdk-cli", ("PreToolUse", "stop"), True),
        ("sdk-cli", ("PreToolUse", "refuse"), False),
        ("sdk-cli", ("PostToolBatch", "save"), False),
        ("sdk-cli", ("UserPromptSubmit", "block"), False),
        ("cli", ("PostToolBatch", "stop"), False),
    ],
)
def test_print_mode_says_why_it_ends_where_its_client_does_not(
    run_dir: Path,
    told: list[tuple[str, int]],
    entrypoint: str,
    decided: tuple[str, str],
    is_told: bool,
) -> None:
    event, action = decided
    by = caller(run_dir, CLAUDE_CODE_ENTRYPOINT=entrypoint, CLAUDE_PID="4711")
    with daemon(run_dir, action=action, reason=WHY):
        answer(by, event)
    assert told == ([(WHY, 4711)] if is_told else [])
    assert ("a headless run is stopped, its user was told" in log_of(run_dir)) is is_told
    assert WHY not in log_of(run_dir)


@pytest.mark.parametrize(
    ("pid", "event", "is_told"),
    [
        (77, "UserPromptSubmit", True),
        (77, "PreCompact", True),
        (77, "PreToolUse", False),
        (78, "UserPromptSubmit", False),
    ],
)
def test_codex_exec_says_why_a_prompt_is_not_sent(
    run_dir: Path, told: list[tuple[str, int]], pid: int, event: str, is_told: bool
) -> None:
    """The gate's parent is process 77; that is `codex exec` only in a thread that exec began."""
    by = caller(run_dir)
    with daemon(run_dir, **BLOCKED), pytest.MonkeyPatch.context() as patch:
        patch.setattr("aicost_hooks.codex.is_headless", lambda _said, parent: parent == pid)
        answer(by, event, "codex", prompt="")
    assert told == ([(WHY, 77)] if is_told else [])


def test_where_nobody_can_be_told_the_log_says_so(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicost_hooks.terminal.tell_user", lambda _text, _pid: False)
    tell("claude PreToolUse", WHY, str(run_dir), 1)
    assert "claude PreToolUse: a headless run is stopped, there is no terminal" in log_of(run_dir)


# Who calls


def test_without_gate_sh_the_environment_says_where(home: Path) -> None:
    by = Caller([], {"AICOST_HOME": str(home)})
    assert (by.run_dir, by.is_closed, by.parent_pid, by.prompts_dir) == (
        f"{home}/run",
        False,
        0,
        "",
    )


def test_gate_sh_says_where_and_how(home: Path) -> None:
    by = Caller(["closed", "/r", "/d/hooks", "12"], {"AICOST_HOME": str(home)})
    assert (by.run_dir, by.is_closed, by.parent_pid) == ("/r", True, 12)
    assert by.prompts_dir == "/d/prompts"


@pytest.mark.parametrize(("pid", "expected"), [("12", 12), ("", 0), ("x", 0), ("-1", 0), ("٣", 0)])
def test_a_client_may_say_its_process(pid: str, expected: int) -> None:
    assert client_pid({"CLAUDE_PID": pid}) == expected
