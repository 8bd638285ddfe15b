"""What screen tests need back: the plugin that compares pictures keeps its folder in a variable."""

import os
from pathlib import Path

import pytest

_TEMPDIR = "TEXTUAL_SNAPSHOT_TEMPDIR"


@pytest.fixture(scope="session")
def _snapshot_tempdir() -> str | None:
    """Return the plugin's folder as it was before the first test lost its TEXTUAL variables."""
    return os.environ.get(_TEMPDIR)


@pytest.fixture(autouse=True)
def _keep_snapshot_tempdir(
    _snapshot_tempdir: str | None, _own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if _snapshot_tempdir is not None:
        monkeypatch.setenv(_TEMPDIR, _snapshot_tempdir)
