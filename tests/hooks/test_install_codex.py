"""Which hooks Codex runs: as it says itself, and as we work it out where it cannot say."""

import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost_hooks.install_codex import (
    Listing,
    are_hooks_off,
    ask_codex,
    hook_hash,
    parse_config,
    with_trust,
    without_trust,
    work_out,
)
from aicost_hooks.install_entries import CODEX_EVENTS, wanted_handlers

HANDLERS = wanted_handlers("codex", CODEX_EVENTS, "/data/hooks")
SETTINGS: dict[str, Any] = {"hooks": {event: [{"hooks": [h]}] for event, h in HANDLERS.items()}}


def listed(path: Path, **changes: object) -> dict[str, object]:
    """Return a hook as Codex 0.169 lists it."""
    return {
        "key": f"{path}:pre_tool_use:0:0",
        "eventName": "preToolUse",
        "handlerType": "command",
        "command": HANDLERS["PreToolUse"]["command"],
        "timeoutSec": 10,
        "sourcePath": str(path),
        "source": "user",
        "enabled": True,
        "isManaged": False,
        "currentHash": "sha256:1",
        "trustStatus": "untrusted",
    } | changes


def codex(folder: Path, answer: object, *, script: str = "") -> str:
    """Write a program that answers as `codex app-server` does."""
    program = folder / "codex"
    code = f"""
import json, os, sys
assert sys.argv[1:] == ["app-server", "--disable", "plugins"], sys.argv
{script}
first = json.loads(sys.stdin.readline())
assert first["method"] == "initialize"
print(json.dumps({{"id": first["id"], "result": {{}}}}), flush=True)
assert json.loads(sys.stdin.readline()) == {{"method": "initialized"}}
asked = json.loads(sys.stdin.readline())
assert asked["method"] == "hooks/list" and asked["params"]["cwds"] == [os.getcwd()]
print(json.dumps({{"method": "configWarning", "params": {{}}}}), flush=True)
print(json.dumps({{"id": asked["id"], "result": json.loads({json.dumps(answer)!r})}}), flush=True)
sys.stdin.read()
"""
    program.write_text(f"#!{sys.executable}\n{code}")
    program.chmod(0o755)
    return str(program)


def asked(folder: Path, answer: object, *, script: str = "", timeout_s: float = 20) -> Any:
    program = codex(folder, answer, script=script)
    path = folder / "hooks.json"
    return ask_codex(program, path, folder.resolve(), os.environ, timeout_s=timeout_s)


def answer_with(*hooks: dict[str, object], **said: object) -> dict[str, object]:
    return {"data": [{"cwd": "/x", "hooks": list(hooks), "warnings": [], "errors": []} | said]}


@pytest.mark.parametrize(
    ("changes", "trust"),
    [
        ({}, "untrusted"),
        ({"trustStatus": "trusted"}, "trusted"),
        ({"trustStatus": "modified"}, "modified"),
        ({"trustStatus": "managed"}, "managed"),
        ({"trustStatus": "a word of the future"}, "untrusted"),
        ({"trustStatus": "trusted", "enabled": False}, "off"),
    ],
)
def test_codex_itself_is_asked(changes: dict[str, object], trust: str, tmp_path: Path) -> None:
    path = tmp_path / "hooks.json"
    found = asked(tmp_path, answer_with(listed(path, **changes)))
    (hook,) = found.hooks
    assert (hook.event, hook.key, hook.hash) == (
        "PreToolUse",
        f"{path}:pre_tool_use:0:0",
        "sha256:1",
    )
    assert hook.trust == trust


def test_hooks_of_others_and_of_other_files_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "hooks.json"
    others = [
        listed(path, command="true"),
        listed(path, command=None),
        listed(tmp_path / "project" / "hooks.json"),
    ]
    found = asked(tmp_path, answer_with(*others))
    assert found == Listing(hooks=())


def test_what_codex_has_against_its_settings_is_passed_on(tmp_path: Path) -> None:
    errors = [{"path": "/x", "message": "unclosed table"}]
    found = asked(tmp_path, answer_with(warnings=["failed to parse"], errors=errors))
    assert found.warnings == ("failed to parse", "unclosed table")


@pytest.mark.parametrize(
    ("answer", "script"),
    [
        ({"data": []}, ""),
        ({"data": [{"hooks": [{}], "warnings": [], "errors": []}]}, ""),
        ([], ""),
        (None, ""),
        ({}, "sys.exit(1)"),
        ({}, "print('not JSON', flush=True)"),
        ({}, "import time; time.sleep(60)"),
    ],
)
def test_a_codex_that_cannot_say_is_not_believed_nor_waited_for(
    answer: object, script: str, tmp_path: Path
) -> None:
    is_slow = "sleep" in script
    assert asked(tmp_path, answer, script=script, timeout_s=0.3 if is_slow else 20) is None


def test_a_codex_that_does_not_start_cannot_say(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert ask_codex(gone, tmp_path / "hooks.json", tmp_path, os.environ) is None


@pytest.mark.parametrize(
    ("handler", "event", "matcher", "hashed"),
    [  # as `hooks/list` of Codex 0.169 gave them
        (
            {"type": "command", "command": "A=codex é E=PreToolUse", "timeout": 10},
            "pre_tool_use",
            None,
            "sha256:8ae04bd483b4541ebf3abec72247a7ee89e0eec299eeac717386c6ada9d89369",
        ),
        (
            {"type": "command", "command": "true", "timeout": 600},
            "pre_tool_use",
            "x",
            "sha256:4eca37a3fab64cea94fe7d4829c451ae5fe62e968b8b824578cc1d1598afe7e3",
        ),
        (
            {"type": "command", "command": "end", "timeout": 3},
            "session_end",
            None,
            "sha256:b65ab97cffd73bc884680845b0273808684f691f3389e989836d495908684dcd",
        ),
    ],
)
def test_a_hash_is_the_one_that_codex_makes(
    handler: dict[str, object], event: str, matcher: str | None, hashed: str
) -> None:
    assert hook_hash(event, handler, matcher) == hashed


def test_trust_is_worked_out_from_the_config(tmp_path: Path) -> None:
    path = tmp_path / "hooks.json"
    nothing = work_out(path, SETTINGS, {})
    assert [hook.event for hook in nothing.hooks] == list(CODEX_EVENTS)
    assert {hook.trust for hook in nothing.hooks} == {"untrusted"}
    by_event = {hook.event: hook for hook in nothing.hooks}
    assert by_event["UserPromptSubmit"].key == f"{path}:user_prompt_submit:0:0"
    state: dict[str, dict[str, object]] = {
        hook.key: {"trusted_hash": hook.hash} for hook in nothing.hooks
    }
    state[by_event["PreCompact"].key] = {"trusted_hash": "sha256:old"}
    state[by_event["SessionEnd"].key]["enabled"] = False
    found = work_out(path, SETTINGS, {"hooks": {"state": state}})
    assert {hook.event: hook.trust for hook in found.hooks} == {
        "SessionStart": "trusted",
        "UserPromptSubmit": "trusted",
        "PreToolUse": "trusted",
        "PreCompact": "modified",
        "SessionEnd": "off",
    }


def test_a_home_that_is_a_link_is_known_by_either_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (first, *_) = work_out(tmp_path / "real" / "hooks.json", SETTINGS, {}).hooks
    config = {"hooks": {"state": {first.key: {"trusted_hash": first.hash}}}}
    (found, *_) = work_out(tmp_path / "link" / "hooks.json", SETTINGS, config).hooks
    assert (found.key, found.trust) == (first.key, "trusted")


@pytest.mark.parametrize("state", [[], "x", {"k": 3}])
def test_a_strange_state_trusts_nothing(state: object, tmp_path: Path) -> None:
    found = work_out(tmp_path / "hooks.json", SETTINGS, {"hooks": {"state": state}})
    assert {hook.trust for hook in found.hooks} == {"untrusted"}


@pytest.mark.parametrize(
    ("config", "is_off"),
    [
        ("[features]\nhooks = false", True),
        ("[features]\nhooks = true", False),
        ("features = 3", False),
        ("", False),
    ],
)
def test_hooks_may_be_off_altogether(config: str, is_off: bool) -> None:
    assert are_hooks_off(parse_config(config.encode(), "config.toml")) is is_off


KEYS = ["/home/dev/.codex/hooks.json:pre_tool_use:0:0", '/home/o\'dev/"x".json:stop:1:0']
HASHES = {key: f"sha256:{number}" for number, key in enumerate(KEYS)}
CONFIGS = [
    "",
    "# mine\nmodel = 'x'\n[projects.\"/a\"]\ntrust_level = 'trusted' # yes\n",
    f"[hooks.state.{json.dumps(KEYS[0])}]\ntrusted_hash = 'old'\nenabled = true\n\n[z]\na = 1\n",
    "[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = 'command'\ncommand = 'x'\n\n[z]\na = 1\n",
    "[hooks]\nstate = { '/a:stop:0:0' = { trusted_hash = 'x' } }\n",
    "[hooks.state]\n",
]


@pytest.mark.parametrize("config", CONFIGS)
def test_trust_is_written_and_taken_away_and_nothing_else(config: str) -> None:
    before = tomllib.loads(config)
    trusted = with_trust(config.encode(), HASHES, "config.toml").decode()
    found = tomllib.loads(trusted)
    state = found["hooks"]["state"]
    assert {key: state[key]["trusted_hash"] for key in KEYS} == HASHES
    assert all(line in trusted for line in config.splitlines() if line.startswith("#"))
    assert {k: v for k, v in found.items() if k != "hooks"} == {
        k: v for k, v in before.items() if k != "hooks"
    }
    freed = tomllib.loads(without_trust(trusted.encode(), KEYS, "config.toml").decode())
    left = {k: v for k, v in before.get("hooks", {}).get("state", {}).items() if k not in KEYS}
    assert freed.get("hooks", {}).get("state", {}) == left
    assert freed.get("hooks", {}).get("Stop") == before.get("hooks", {}).get("Stop")


@pytest.mark.parametrize(
    "content", [b"[features\n", b"\xff", b"hooks = 3\n", b"[hooks]\nstate = 'x'\n"]
)
def test_a_config_that_cannot_be_changed_is_left_alone(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml"):
        with_trust(content, HASHES, "config.toml")


@given(st.text())
def test_any_text_is_a_config_or_is_refused(text: str) -> None:
    try:
        before = parse_config(text.encode(), "config.toml")
        after = with_trust(text.encode(), HASHES, "config.toml")
    except ConfigError:
        return
    found = tomllib.loads(after.decode())
    assert {key: found["hooks"]["state"][key]["trusted_hash"] for key in KEYS} == HASHES
    assert before.keys() <= found.keys()
