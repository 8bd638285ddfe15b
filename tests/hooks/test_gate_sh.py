"""gate.sh, run by real shells: it stops what it was told to stop, and is silent about all else."""

import json
import os
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicost.core.hook_answers import (
    CLOSED,
    DAEMON_NEEDED,
    Answer,
    claude_answer,
    codex_answer,
    verdict_line,
)
from aicost.core.hook_files import Where, hook_command, where_text

GATE = Path(__file__).parents[2] / "hooks" / "aicost_hooks" / "gate.sh"
KNOWN = (("dash",), ("bash", "--posix"), ("bash",), ("busybox", "ash"), ("ksh",), ("zsh",))
SHELLS = [words for words in KNOWN if shutil.which(words[0])] or [("sh",)]
SESSION = "808a1f9b-a028-42a8-8063-3b1d120f7fec"
WHY = "aicost: $25.10 of $25.00 today."
STOP = {"action": "stop", "reason": WHY}
GATED = ("PreToolUse", "PostToolBatch", "PostToolUse", "PreCompact", "PreModelSwitch")
ALWAYS_ASKED = ("UserPromptSubmit", "SessionStart", "SessionEnd")
HOOK = """#!/bin/sh
printf '%s\\n' "$@" > {asked}
cat > {stdin}
[ -r {says} ] && cat {says}
[ -r {grumbles} ] && cat {grumbles} >&3
echo 'a warning of Python' >&2
exit {code}
"""


@dataclass
class Gate:
    """One data folder and run folder, and a shell that runs the agent's command there."""

    folder: Path
    shell: tuple[str, ...]
    fail: str = "open"
    pid: int = 0
    env: dict[str, str] = field(default_factory=dict)

    @property
    def verdicts(self) -> Path:
        return self.folder / "run" / "verdict"

    @property
    def hook(self) -> Path:
        return self.folder / "aicost-hook"

    def install(self) -> None:
        hooks = self.folder / "data" / "hooks"
        hooks.mkdir(parents=True, exist_ok=True)
        shutil.copy(GATE, hooks / "gate.sh")
        where = Where(
            run_dir=str(self.folder / "run"),
            hook=str(self.hook),
            fail="closed" if self.fail == "closed" else "open",
            daemon_pid=self.pid,
        )
        (hooks / "where").write_text(where_text(where))

    def answer_hook(self, code: int = 0, says: str = "", grumbles: str = "") -> None:
        """Make an aicost-hook that writes down what it is asked."""
        files = {name: self.folder / name for name in ("asked", "stdin", "says", "grumbles")}
        for name, text in (("says", says), ("grumbles", grumbles)):
            if text:
                files[name].write_text(text)
        quoted = {name: shlex.quote(str(path)) for name, path in files.items()}
        self.hook.write_text(HOOK.format(code=code, **quoted))
        self.hook.chmod(0o700)

    @property
    def asked(self) -> list[str]:
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []

    def verdict(self, content: str | bytes, name: str = SESSION) -> Path:
        self.verdicts.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.verdicts / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, event: str, agent: str = "claude", *, stdin: bytes = b"{}", **env: str) -> Answer:
        self.install()
        ended = subprocess.run(
            [*self.shell, "-c", hook_command(agent, event, str(self.folder / "data" / "hooks"))],
            input=stdin,
            env={"PATH": os.environ["PATH"], "CLAUDE_CODE_SESSION_ID": SESSION} | self.env | env,
            capture_output=True,
            check=False,
            timeout=30,
        )
        return Answer(ended.stdout.decode(), ended.stderr.decode(), ended.returncode)


@pytest.fixture(scope="module", params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    words: tuple[str, ...] = request.param
    return words


@pytest.fixture
def gate(tmp_path: Path, shell: tuple[str, ...]) -> Gate:
    """A gate in a folder whose name needs every quote."""
    folder = tmp_path / 'it\'s $HOME `x` "here" (é)'
    folder.mkdir()
    return Gate(folder, shell)


def stop_verdict(expires_in_s: int = 86_400, pid: int | None = None) -> str:
    """Return a verdict as the daemon writes it; this process is its daemon."""
    lines = [verdict_line(event, claude_answer(event, STOP)) for event in GATED]
    head = f"stop {int(time.time()) + expires_in_s} {os.getpid() if pid is None else pid}"
    return "".join(f"{line}\n" for line in (head, *lines))


def dead_pid() -> int:
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


# The common path


@pytest.mark.parametrize("event", GATED)
def test_without_a_verdict_nothing_is_said_and_nobody_asked(gate: Gate, event: str) -> None:
    gate.answer_hook(22, "no", "no")
    assert gate.run(event) == gate.run(event, "codex") == Answer()
    gate.verdict("pass\n")
    assert gate.run(event) == Answer()
    assert gate.asked == []


def test_it_works_without_an_environment(gate: Gate) -> None:
    """Variables of the agent's environment that are named like ours mean nothing."""
    gate.answer_hook()
    ours = dict.fromkeys(("F", "P", "R", "H", "n", "v", "x", "c"), "closed")
    gate.env = ours
    assert gate.run("PreToolUse") == Answer()
    gate.answer_hook(22, "no", "no")
    gate.env = dict.fromkeys(ours, "ask")
    assert gate.run("PreToolUse") == gate.run("PreToolUse", "codex") == Answer()
    (gate.folder / "data" / "hooks" / "where").unlink()
    command = hook_command("claude", "PreToolUse", str(gate.folder / "data" / "hooks"))
    ended = subprocess.run([*gate.shell, "-c", command], env=ours, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_a_removed_gate_lets_pass(gate: Gate) -> None:
    gate.install()
    folder = gate.folder / "data"
    command = hook_command("claude", "PreToolUse", str(folder / "hooks"))
    shutil.rmtree(folder)
    ended = subprocess.run([*gate.shell, "-c", command], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_a_folder_in_place_of_the_gate_lets_pass(gate: Gate) -> None:
    gate.install()
    folder = gate.folder / "data" / "hooks"
    (folder / "gate.sh").unlink()
    (folder / "gate.sh").mkdir()
    assert gate.run("PreToolUse") == gate.run("PreToolUse", "codex") == Answer()


# Asking


@pytest.mark.parametrize("event", ALWAYS_ASKED)
@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_some_events_are_always_asked_about(gate: Gate, agent: str, event: str) -> None:
    gate.answer_hook(says='{"systemMessage": "hi"}')
    content = b'{"prompt": "' + b"x" * 100_000 + b'"}'
    assert gate.run(event, agent, stdin=content) == Answer('{"systemMessage": "hi"}')
    run_dir, hooks = str(gate.folder / "run"), str(gate.folder / "data" / "hooks")
    *asked, parent = gate.asked
    assert asked == ["gate", agent, event, "open", run_dir, hooks]
    assert int(parent) == os.getpid()
    assert (gate.folder / "stdin").read_bytes() == content


@pytest.mark.parametrize("event", GATED)
def test_a_check_is_asked_about(gate: Gate, event: str) -> None:
    gate.answer_hook(says="{}")
    gate.verdict("check\n")
    assert gate.run(event) == Answer("{}")
    assert gate.asked[1:3] == ["claude", event]
    assert (gate.folder / "stdin").read_bytes() == b"{}"


def test_of_two_verdicts_the_sessions_own_counts(gate: Gate) -> None:
    gate.answer_hook(says="{}")
    gate.verdict("check\n", "default")
    assert gate.run("PreToolUse") == Answer("{}")
    gate.verdict("pass\n")
    assert gate.run("PreToolUse") == Answer()
    assert gate.run("PreToolUse", CLAUDE_CODE_SESSION_ID="") == Answer("{}")
    assert gate.run("PreToolUse", CLAUDE_CODE_SESSION_ID="another") == Answer("{}")


@pytest.mark.parametrize("session_id", ["../default", "a/b", ".", "a b", "*", "é", "-n\n"])
def test_a_session_without_a_plain_name_has_no_verdict(gate: Gate, session_id: str) -> None:
    gate.answer_hook(22, "no", "no")
    gate.verdict("check\n", "default")
    assert gate.run("PreToolUse", CLAUDE_CODE_SESSION_ID=session_id) == Answer()


def test_codex_is_asked_where_its_marker_is(gate: Gate) -> None:
    gate.answer_hook(22, grumbles="stop it")
    gate.verdict("", ".codex")
    assert gate.run("PreToolUse", "codex") == Answer("", "stop it", 2)
    assert gate.run("PreToolUse") == Answer()


def test_a_guarded_run_is_always_asked_about(gate: Gate) -> None:
    gate.answer_hook(says="{}")
    assert gate.run("PostToolBatch", AICOST_GUARD="g-1") == Answer("{}")
    assert gate.run("PreToolUse", "codex", AICOST_GUARD="g-1") == Answer("{}")


@pytest.mark.parametrize("event", ["UserPromptSubmit", "PreToolUse"])
@pytest.mark.parametrize(
    "fault", ["breaks", "breaks with 2", "is missing", "cannot be run", "has no interpreter"]
)
def test_a_broken_hook_lets_pass(gate: Gate, event: str, fault: str) -> None:
    gate.answer_hook(2 if fault == "breaks with 2" else 1)
    gate.verdict("check\n")
    if fault == "is missing":
        gate.hook.unlink()
    elif fault == "cannot be run":
        gate.hook.chmod(0o600)
    elif fault == "has no interpreter":
        gate.hook.write_text("#!/nowhere/python\n")
    assert gate.run(event) == Answer()


# Stopping


@pytest.mark.parametrize("event", GATED)
def test_a_stop_is_said_in_the_words_prepared(gate: Gate, event: str) -> None:
    gate.answer_hook(22, "no", "no")
    gate.verdict(stop_verdict())
    prepared = claude_answer(event, STOP)
    said = gate.run(event)
    assert said.exit_code == prepared.exit_code
    assert said.stdout == (f"{prepared.stdout}\n" if prepared.stdout else "")
    assert said.stderr == (f"{prepared.stderr}\n" if prepared.stderr else "")
    assert gate.asked == []


def test_a_stop_says_nothing_at_other_events(gate: Gate) -> None:
    gate.verdict(stop_verdict())
    assert gate.run("Stop") == gate.run("PreTool") == Answer()


def test_backslashes_and_percent_signs_are_said_as_they_are(gate: Gate) -> None:
    reason = 'C:\\new "%s" \\033 é\u2028 100% $(date) `x`'
    decision = {"action": "stop", "reason": reason}
    lines = [verdict_line(event, claude_answer(event, decision)) for event in GATED]
    head = f"stop {int(time.time()) + 60} {os.getpid()}"
    gate.verdict("".join(f"{line}\n" for line in (head, *lines)))
    assert json.loads(gate.run("PostToolBatch").stdout)["stopReason"] == reason
    assert gate.run("PreCompact").stderr == " ".join(reason.split()) + "\n"


@pytest.mark.parametrize("expires_in_s", [-1, 0])
def test_a_stop_ends_with_its_time(gate: Gate, expires_in_s: int) -> None:
    gate.verdict(stop_verdict(expires_in_s))
    assert gate.run("PostToolBatch") == Answer()


def test_a_stop_of_a_dead_daemon_stops_nothing(gate: Gate) -> None:
    gate.verdict(stop_verdict(pid=dead_pid()))
    assert gate.run("PostToolBatch") == Answer()


@pytest.mark.parametrize("asks", [True, False])
def test_where_a_run_has_no_screen_its_user_is_told(gate: Gate, asks: bool) -> None:
    if asks:
        gate.answer_hook(22, "no", "no")
    gate.verdict(stop_verdict())
    said = gate.run("PostToolBatch", CLAUDE_CODE_ENTRYPOINT="sdk-cli")
    prepared = claude_answer("PostToolBatch", STOP).stdout
    assert (said.stdout, said.exit_code) == (f"{prepared}\n", 0)
    if asks:
        assert gate.asked == ["told", "claude", "PostToolBatch", str(gate.folder / "run")]
        assert (gate.folder / "stdin").read_text() == f"{prepared}\n"


# What is odd

WHOLE = stop_verdict()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "pass",
        "check",
        "check now\n",
        " \n",
        "CHECK\n",
        "stop\n",
        "stop 1\n",
        stop_verdict().replace("\n", " x\n", 1),
        stop_verdict().replace("stop ", "stop -", 1),
        stop_verdict().replace("stop ", "stop 0x", 1),
        stop_verdict().replace("stop ", "stop 99999999999999999999999", 1),
        stop_verdict().replace(f" {os.getpid()}\n", " 0\n", 1),
        stop_verdict().replace(f" {os.getpid()}\n", " -1\n", 1),
        stop_verdict().replace(f" {os.getpid()}\n", " 99999999999999999999\n", 1),
        stop_verdict().replace("PostToolBatch 0", "PostToolBatch 1"),
        stop_verdict().replace("PostToolBatch 0", "PostToolBatch"),
        stop_verdict().partition("PostToolBatch")[0],
        stop_verdict().partition("stopReason")[0],
        stop_verdict().partition("\nPostToolUse")[0],
        "$(echo pass >&2)\n",
        "x" * 100_000,
    ],
    ids=map(str, range(23)),
)
def test_what_is_no_verdict_says_nothing(gate: Gate, content: str) -> None:
    gate.answer_hook(22, "no", "no")
    gate.verdict(content)
    assert gate.run("PostToolBatch") == Answer()
    assert gate.asked == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda rest: b"stop " + rest)
    | st.integers(0, len(WHOLE)).map(lambda end: WHOLE.encode()[:end])
)
def test_any_bytes_are_a_verdict_or_nothing(gate: Gate, content: bytes) -> None:
    path = gate.verdict(content)
    answer = gate.run("PostToolBatch")
    path.unlink()
    whole = (f"{claude_answer('PostToolBatch', STOP).stdout}\n", "", 0)
    assert (answer.stdout, answer.stderr, answer.exit_code) in (("", "", 0), whole)
    is_whole = content.startswith(WHOLE.encode().partition(b"\nPostToolUse")[0] + b"\n")
    assert (answer.stdout != "") == is_whole


def test_what_is_no_file_is_no_verdict(gate: Gate) -> None:
    gate.answer_hook(22, "no", "no")
    gate.verdict("check\n", "default")
    own = gate.verdicts / SESSION
    own.mkdir()
    assert gate.run("PreToolUse") == Answer()
    own.rmdir()
    os.mkfifo(own)
    assert gate.run("PreToolUse") == Answer()
    own.unlink()
    own.symlink_to(gate.verdicts / "default")
    assert gate.run("PreToolUse") == Answer()
    own.unlink()
    own.symlink_to(gate.verdicts / "gone")
    assert gate.run("PreToolUse") == Answer()
    assert gate.asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's file")
@pytest.mark.parametrize("planted", ["verdict", "folder", "where", "marker"])
def test_what_another_user_wrote_is_no_verdict(gate: Gate, planted: str) -> None:
    gate.answer_hook(22, "no", "no")
    gate.install()
    agent = "codex" if planted == "marker" else "claude"
    own = gate.verdict("check\n", ".codex" if planted == "marker" else SESSION)
    assert gate.run("PreToolUse", agent).exit_code == 2
    where = gate.folder / "data" / "hooks" / "where"
    os.chown({"folder": gate.verdicts, "where": where}.get(planted, own), 12345, 12345)
    command = hook_command(agent, "PreToolUse", str(where.parent))
    env = {"PATH": os.environ["PATH"], "CLAUDE_CODE_SESSION_ID": SESSION}
    ended = subprocess.run([*gate.shell, "-c", command], env=env, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    "where", [b"", b"((((", b"R=", b"\xff\x00\n", b"R='half", b"exit 2\n", b"no_such_program\n"]
)
def test_a_where_that_cannot_be_read_lets_pass(gate: Gate, where: bytes) -> None:
    gate.install()
    gate.verdict(stop_verdict())
    hooks = gate.folder / "data" / "hooks"
    (hooks / "where").write_bytes(where)
    command = hook_command("claude", "PreToolUse", str(hooks))
    ended = subprocess.run([*gate.shell, "-c", command], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_a_where_that_is_a_link_or_half_of_one_asks_nobody(gate: Gate) -> None:
    gate.answer_hook(22, "no", "no")
    gate.install()
    where = gate.folder / "data" / "hooks" / "where"
    command = hook_command("claude", "UserPromptSubmit", str(where.parent))
    whole = where.read_text()
    for text in (whole.replace("R=", "X="), None):
        where.unlink()
        if text is None:
            (gate.folder / "where").write_text(whole)
            where.symlink_to(gate.folder / "where")
        else:
            where.write_text(text)
        ended = subprocess.run([*gate.shell, "-c", command], capture_output=True, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert gate.asked == []


def test_a_folder_that_cannot_be_written_makes_no_difference(gate: Gate) -> None:
    gate.verdict(stop_verdict())
    gate.install()
    for folder in (gate.verdicts, gate.folder / "run"):
        folder.chmod(0o500)
    said = gate.run("PostToolBatch")
    for folder in (gate.verdicts, gate.folder / "run"):
        folder.chmod(0o700)
    assert said.stdout == f"{claude_answer('PostToolBatch', STOP).stdout}\n"


# Closed


def closed(gate: Gate, agent: str, event: str) -> tuple[Any, str, int]:
    said = gate.run(event, agent)
    return json.loads(said.stdout) if said.stdout else None, said.stderr, said.exit_code


@pytest.mark.parametrize("pid", [0, "dead"])
@pytest.mark.parametrize("agent", ["claude", "codex"])
@pytest.mark.parametrize("event", [*GATED, *ALWAYS_ASKED])
def test_closed_refuses_without_a_daemon(
    gate: Gate, agent: str, event: str, pid: int | str
) -> None:
    """Also where there is no aicost-hook any more."""
    gate.fail, gate.pid = "closed", dead_pid() if pid == "dead" else 0
    prepared = (claude_answer if agent == "claude" else codex_answer)(event, CLOSED)
    expected = json.loads(prepared.stdout) if prepared.stdout else None
    said = closed(gate, agent, event)
    assert said == (expected, f"{DAEMON_NEEDED}\n" if prepared.stderr else "", prepared.exit_code)


@pytest.mark.parametrize("event", GATED)
def test_closed_with_a_daemon_is_as_open(gate: Gate, event: str) -> None:
    gate.fail, gate.pid = "closed", os.getpid()
    gate.answer_hook(says="{}")
    assert gate.run(event) == Answer()
    gate.verdict("check\n")
    assert gate.run(event) == Answer("{}")
    assert gate.asked[3] == "closed"


def test_closed_keeps_prompts_by_asking_first(gate: Gate) -> None:
    """The hook may reach a daemon that was started since, and keeps a prompt that is not sent."""
    gate.fail = "closed"
    gate.answer_hook(says='{"decision": "block"}')
    assert gate.run("UserPromptSubmit") == Answer('{"decision": "block"}')
    gate.answer_hook(1)
    assert DAEMON_NEEDED in gate.run("UserPromptSubmit").stdout


def test_the_closed_sentence_needs_no_escape() -> None:
    assert not set(DAEMON_NEEDED) & set('"\\%$`\n')
