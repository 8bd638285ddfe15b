"""Recorded logs for tests, unpacked once a run. A pytest plugin: fixtures for every test."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lab.archive import unpack

DATA = Path(__file__).parent / "data"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One recorded run of the real client, and what the fake API served to it."""

    name: str
    home: Path  # the client's folder, as CLAUDE_CONFIG_DIR or CODEX_HOME names it
    truth: Json


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Parts of real logs of several client versions, and what they hold by the oracle."""

    home: Path
    truth: Json


@pytest.fixture(scope="session")
def claude_lab(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Scenario]:
    """Return every recorded scenario by name. Read only: the tests share the files."""
    data = DATA / "claude_lab"
    homes = unpack(data / "homes.tar.xz", tmp_path_factory.mktemp("claude_lab"))
    truth = json.loads((data / "truth.json").read_text())
    return {name: Scenario(name, homes / name / ".claude", truth[name]) for name in sorted(truth)}


@pytest.fixture(scope="session")
def codex_lab(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Scenario]:
    """Return every recorded scenario of Codex by name. Read only: the tests share the files."""
    data = DATA / "codex_lab"
    homes = unpack(data / "homes.tar.xz", tmp_path_factory.mktemp("codex_lab"))
    truth = json.loads((data / "truth.json").read_text())
    return {name: Scenario(name, homes / name, truth[name]) for name in sorted(truth)}


@pytest.fixture(scope="session")
def real_excerpt(tmp_path_factory: pytest.TempPathFactory) -> Excerpt:
    """Return the excerpt of real logs. Read only: the tests share the files."""
    data = DATA / "real_excerpt"
    folder = unpack(data / "home.tar.xz", tmp_path_factory.mktemp("real_excerpt"))
    return Excerpt(folder / ".claude", json.loads((data / "truth.json").read_text()))


@pytest.fixture(scope="session")
def real_corpus() -> Path:
    """Return the client's folder in the home that AICOST_CORPUS names; skip the test without it."""
    named = os.environ.get("AICOST_CORPUS")
    if not named:
        pytest.skip("AICOST_CORPUS names no home of real Claude Code logs")
    home = Path(named) / ".claude"
    if not (home / "projects").is_dir():
        pytest.skip(f"AICOST_CORPUS: {home} holds no projects/")
    return home
