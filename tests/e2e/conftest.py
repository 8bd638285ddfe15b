"""What the whole-way tests get: the real client, or a skip that says why there is none."""

import shutil
from pathlib import Path

import pytest
from lab.client import ClientMissing, find_client, find_codex


@pytest.fixture(scope="session")
def client() -> Path:
    """Return the real Claude Code."""
    try:
        return find_client()
    except ClientMissing as reason:
        pytest.skip(f"no real Claude Code: {reason}")


@pytest.fixture(scope="session")
def codex_client() -> Path:
    """Return the real Codex."""
    try:
        return find_codex()
    except ClientMissing as reason:
        pytest.skip(f"no real Codex: {reason}")


@pytest.fixture(scope="session")
def tmux() -> str:
    """Return tmux, for what needs a terminal."""
    found = shutil.which("tmux")
    if found is None:
        pytest.skip("no tmux")
    return found
