"""Run `aicost` as a user does, in a process of its own, over a small log."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from log_builders import assistant_line, user_line

PACKAGES = [str(Path(__file__).parents[1] / name) for name in ("companion", "tui", "hooks")]
MODEL = "claude-opus-4-5"


def command_line(*argv: str) -> list[str]:
    return [sys.executable, "-m", "aicost", *argv]


def own_environment() -> dict[str, str]:
    """Return the test's environment, from which our packages are found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(PACKAGES)}


def aicost(
    *argv: str, env: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    """Run one command in the test's own home; `env` adds to it."""
    return subprocess.run(
        command_line(*argv),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=own_environment() | dict(env or {}),
        text=True,
        check=False,
        timeout=120,
    )


def write_log(home: Path, name: str = "s-1", calls: int = 2) -> Path:
    """Write a session of one prompt and some calls of 100 tokens in and 10 out."""
    path = home / ".claude" / "projects" / "-src-shop" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        assistant_line(number, session=name, model=MODEL, id=f"msg_{name}_{number}")
        for number in range(1, calls + 1)
    ]
    path.write_bytes(user_line(f"t-{name}", session=name) + b"".join(lines))
    return path
