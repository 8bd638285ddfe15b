"""Which Claude Code this is, and which settings silence every hook."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from log_builders import assistant_line

from aicost_hooks import install_claude
from aicost_hooks.install_claude import (
    hooks_off,
    managed_files,
    parse_version,
    version_in_logs,
    version_of,
)


def program(folder: Path, script: str) -> str:
    path = folder / "claude"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ('[ "$1" = --version ] && echo "2.1.330 (Claude Code)"', "2.1.330"),
        ("echo 1.0.128", "1.0.128"),
        ("echo nonsense", None),
        ("echo 2.1.330; exit 1", None),
        ("printf '\\377'", None),
    ],
)
def test_a_client_says_its_version_or_nothing(
    script: str, version: str | None, tmp_path: Path
) -> None:
    assert version_of(program(tmp_path, script), os.environ) == version


def test_a_client_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    silent = program(tmp_path, "exec sleep 60")
    assert version_of(silent, os.environ, timeout_s=0.1) is None
    assert version_of(str(tmp_path / "gone"), os.environ) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2.1.330", (2, 1, 330)),
        ("2.1.330-beta.1", (2, 1, 330)),
        ("x", None),
        ("", None),
        (None, None),
        ("2.1", None),
    ],
)
def test_a_version_is_three_numbers(text: str | None, numbers: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == numbers


def test_the_newest_log_tells_the_version(tmp_path: Path) -> None:
    def log(name: str, at: int, lines: bytes) -> None:
        path = tmp_path / "projects" / "-src" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines)
        os.utime(path, (at, at))

    assert version_in_logs([tmp_path, tmp_path / "gone"]) is None
    log("old", 1, assistant_line(1, version="2.0.1"))
    log("new", 2, assistant_line(1, version="2.1.9") + assistant_line(2, version="2.1.10"))
    log("begun", 3, b"")
    assert version_in_logs([tmp_path]) == "2.1.10"


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("linux", "/etc/claude-code"),
        ("darwin", "/Library/Application Support/ClaudeCode"),
    ],
)
def test_an_administrators_settings_are_where_the_client_looks(system: str, folder: str) -> None:
    assert managed_files(system)[0] == Path(folder, "managed-settings.json")


def test_an_administrators_further_files_count_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install_claude, "_MANAGED_FOLDER", str(tmp_path))
    folder = tmp_path / "managed-settings.d"
    folder.mkdir()
    for name in ("20-b.json", "10-a.json", "notes.txt"):
        (folder / name).touch()
    assert [path.name for path in managed_files("linux")] == [
        "managed-settings.json",
        "10-a.json",
        "20-b.json",
    ]


OFF: dict[str, Any] = {"disableAllHooks": True}
ON: dict[str, Any] = {"disableAllHooks": False}
MANAGED_ONLY: dict[str, Any] = {"allowManagedHooksOnly": True}


@pytest.mark.parametrize(
    ("user", "project", "managed", "why"),
    [
        ({}, {}, {}, None),
        (OFF, {}, {}, "user.json switches all hooks off"),
        ({}, OFF, {}, "project.json switches all hooks off"),
        (OFF, ON, {}, None),
        (ON, OFF, {}, "project.json"),
        ({}, ON, OFF, "managed.json switches all hooks off"),
        (OFF, {}, ON, None),
        ({"disableAllHooks": "yes"}, {}, {}, None),
        (MANAGED_ONLY, {}, {}, None),  # it counts in an administrator's settings alone
        (ON, ON, MANAGED_ONLY, "managed.json allows an administrator's hooks only"),
    ],
)
def test_the_strongest_settings_say_whether_hooks_run(
    user: dict[str, Any],
    project: dict[str, Any],
    managed: dict[str, Any],
    why: str | None,
    tmp_path: Path,
) -> None:
    files = {name: tmp_path / f"{name}.json" for name in ("user", "project", "managed")}
    for path, settings in zip(files.values(), (user, project, managed)):
        path.write_text(json.dumps(settings))
    found = hooks_off([files["user"], files["project"]], [files["managed"]])
    assert found is None if why is None else why in (found or "")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b"\xff", b"[" * 100_000])
def test_settings_that_cannot_be_read_say_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(content)
    assert hooks_off([tmp_path / "x.json", tmp_path / "gone.json"], [tmp_path]) is None
