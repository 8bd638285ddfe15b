"""The hook: hands the transcript over, and is silent with exit 0 whatever goes wrong."""

import contextlib
import io
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import served_in_thread

import aicost
import aicost_hooks
from aicost.daemon.server import Notify
from aicost_hooks.main import (
    MAX_INPUT_BYTES,
    MAX_LOG_BYTES,
    NotAnEvent,
    note,
    parse_event,
    parse_status_line,
    run,
)

EVENT = {
    "session_id": "808a1f9b-a028-42a8-8063-3b1d120f7fec",
    "transcript_path": "/home/dev/.claude/projects/-home-dev-proj/808a1f9b.jsonl",
    "cwd": "/home/dev/proj",
    "hook_event_name": "PostToolUse",
    "tool_name": "Read",
    "tool_response": {"type": "text", "file": {"content": 'print("hello")\n'}},
}
STATUS = {
    "session_id": EVENT["session_id"],
    "transcript_path": EVENT["transcript_path"],
    "cwd": "/home/dev/proj",
    "model": {"id": "claude-opus-5-5", "display_name": "Opus"},
    "cost": {"total_cost_usd": 1.25, "total_duration_ms": 45_000, "total_lines_added": 156},
}
LAUNCH = "import sys; from aicost_hooks.main import main; sys.exit(main())"


@pytest.fixture
def profile(home: Path) -> dict[str, str]:
    """Return an environment with a run folder of its own."""
    (home / "run").mkdir(mode=0o700)
    return {"AICOST_HOME": str(home)}


def log_lines(env: Mapping[str, str]) -> list[str]:
    path = Path(env["AICOST_HOME"]) / "run" / "hook.log"
    return path.read_text().splitlines() if path.exists() else []


def hook(
    env: Mapping[str, str], content: bytes, *argv: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run the hook as an agent does: a process of its own, in a foreign folder."""
    packages = (Path(aicost.__file__).parents[1], Path(aicost_hooks.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", LAUNCH, *argv],
        input=content,
        env={**env, "PYTHONPATH": os.pathsep.join(map(str, packages))},
        cwd="/",
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_the_daemon_hears_of_the_transcript(home: Path, profile: dict[str, str]) -> None:
    seen: list[Mapping[str, object]] = []

    async def transcript_seen(params: Mapping[str, object], _notify: Notify) -> object:
        seen.append(params)
        return {"known": True}

    with served_in_thread(home / "run" / "daemon.sock", {"transcript.seen": transcript_seen}):
        ended = hook(profile, json.dumps(EVENT).encode(), "claude")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert seen == [{"path": EVENT["transcript_path"], "session_id": EVENT["session_id"]}]
    assert log_lines(profile) == []


def test_the_daemon_hears_what_a_session_cost_and_no_more(
    home: Path, profile: dict[str, str]
) -> None:
    seen: list[Mapping[str, object]] = []

    async def status_line_seen(params: Mapping[str, object], _notify: Notify) -> object:
        seen.append(params)
        return {"known": True}

    with served_in_thread(home / "run" / "daemon.sock", {"statusline.seen": status_line_seen}):
        ended = hook(profile, json.dumps(STATUS).encode(), "statusline")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert seen == [{"session_id": STATUS["session_id"], "total_cost_usd": 1.25}]
    assert log_lines(profile) == []


@pytest.mark.parametrize(
    ("content", "argv", "words"),
    [
        (json.dumps(EVENT).encode(), ["claude"], "no daemon is running"),
        (json.dumps(STATUS).encode(), ["statusline"], "no daemon is running"),
        (b"{}", ["statusline"], "names no session"),
        (b"", ["claude"], "no JSON"),
        (b"\xff\x00", ["claude"], "no JSON"),
        (b"[]", ["claude"], "names no transcript"),
        (json.dumps(EVENT).encode(), [], "not with claude"),
        (json.dumps(EVENT).encode(), ["--help"], "not with claude"),
        (json.dumps(EVENT).encode(), ["claude", "x\ny"], "not with claude"),
    ],
    ids=[
        "no daemon",
        "no daemon for a status line",
        "an empty status line",
        "nothing",
        "no text",
        "a list",
        "no agent",
        "a flag",
        "two words",
    ],
)
def test_whatever_is_wrong_the_agent_sees_nothing_and_our_log_one_line(
    profile: dict[str, str], content: bytes, argv: list[str], words: str
) -> None:
    ended = hook(profile, content, *argv)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    (line,) = log_lines(profile)
    assert words in line


def test_a_daemon_that_hangs_costs_the_budget_and_no_more(
    home: Path, profile: dict[str, str]
) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(home / "run" / "daemon.sock"))
        deaf.listen()
        start = time.monotonic()
        assert run(["claude"], io.BytesIO(json.dumps(EVENT).encode()), profile) == 0
        assert 0.04 < time.monotonic() - start < 5
    assert "does not answer" in log_lines(profile)[0]


def test_our_own_bug_is_swallowed_too(
    profile: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(_: Mapping[str, str]) -> str:
        raise KeyError("oops")

    monkeypatch.setattr("aicost_hooks.main.find_socket", bug)
    assert run(["claude"], io.BytesIO(b"{}"), profile) == 0
    assert log_lines(profile)[0].endswith("KeyError: 'oops'")


def test_a_log_that_cannot_be_written_is_swallowed_as_well(home: Path) -> None:
    (home / "run").write_text("in the way")
    assert run(["claude"], io.BytesIO(b""), {"AICOST_HOME": str(home)}) == 0


def test_the_log_is_private_bounded_and_one_line_a_fault(profile: dict[str, str]) -> None:
    path = Path(profile["AICOST_HOME"]) / "run" / "hook.log"
    note(profile, "two\nlines and \udcff")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(log_lines(profile)) == 1
    path.write_bytes(b"x" * MAX_LOG_BYTES)
    note(profile, "still fits")
    assert path.stat().st_size > MAX_LOG_BYTES
    note(profile, "starts anew")
    (line,) = log_lines(profile)
    assert line.endswith("starts anew")


def test_a_link_in_place_of_the_log_is_not_followed(home: Path, profile: dict[str, str]) -> None:
    (home / "victim").write_text("precious")
    (home / "run" / "hook.log").symlink_to(home / "victim")
    note(profile, "no")
    assert (home / "victim").read_text() == "precious"


@pytest.mark.parametrize(
    "changes",
    [{"transcript_path": None}, {"transcript_path": ""}, {"transcript_path": 3}, {"session_id": 3}],
)
def test_an_event_without_transcript_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(NotAnEvent, match="names no transcript"):
        parse_event(json.dumps(EVENT | changes).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"session_id": None},
        {"session_id": ""},
        {"cost": None},
        {"cost": {}},
        {"cost": {"total_cost_usd": None}},
        {"cost": {"total_cost_usd": "1.25"}},
        {"cost": {"total_cost_usd": True}},
    ],
    ids=str,
)
def test_a_status_line_without_session_or_cost_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(NotAnEvent, match="names no session, or no cost"):
        parse_status_line(json.dumps(STATUS | changes).encode())


def test_input_is_bounded() -> None:
    pad = MAX_INPUT_BYTES - len(json.dumps(EVENT | {"pad": ""}))
    assert parse_event(json.dumps(EVENT | {"pad": "x" * pad}).encode())
    with pytest.raises(NotAnEvent, match="over"):
        parse_event(json.dumps(EVENT | {"pad": "x" * (pad + 1)}).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["transcript_path", "session_id", "cost", "total_cost_usd"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_input_is_an_event_or_none(content: bytes) -> None:
    with contextlib.suppress(NotAnEvent):
        assert set(parse_event(content)) == {"path", "session_id"}
    with contextlib.suppress(NotAnEvent):
        assert set(parse_status_line(content)) == {"session_id", "total_cost_usd"}


def test_nesting_too_deep_is_no_event() -> None:
    with pytest.raises(NotAnEvent):
        parse_event(b"[" * 100_000)
