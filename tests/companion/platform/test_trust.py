"""The user's word on repositories' budgets: of one file, as it was, until it changes."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.platform.repo_budgets import RepoFile
from aicost.platform.trust import distrust, is_trusted, load_trusted, trust

NOW = datetime(2026, 11, 26, 14, 0, 0, 5, tzinfo=UTC)
SHOP = RepoFile(Path("/src/shop/.aicost.toml"), b"one")


def test_a_word_holds_for_one_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "data" / "trusted.json"
    trust(file, SHOP, NOW)
    known = load_trusted(file)
    assert is_trusted(known, SHOP)
    assert not is_trusted(known, RepoFile(SHOP.path, b"two"))
    assert not is_trusted(known, RepoFile(Path("/src/api/.aicost.toml"), b"one"))
    assert known[str(SHOP.path)].since == "2026-11-26T14:00:00+00:00"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_changed_file_is_trusted_anew(tmp_path: Path) -> None:
    file, changed = tmp_path / "trusted.json", RepoFile(SHOP.path, b"two")
    trust(file, SHOP, NOW)
    trust(file, changed, NOW)
    assert is_trusted(load_trusted(file), changed)
    assert not is_trusted(load_trusted(file), SHOP)


def test_a_word_can_be_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "trusted.json"
    assert not distrust(file, SHOP.path)
    trust(file, SHOP, NOW)
    assert distrust(file, SHOP.path)
    assert load_trusted(file) == {}


def test_without_a_file_nothing_is_trusted(tmp_path: Path) -> None:
    assert load_trusted(tmp_path / "trusted.json") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2, "trusted": {}}',
        '{"schema": 1, "trusted": []}',
        '{"schema": 1, "trusted": {"/a": 3}}',
        '{"schema": 1, "trusted": {"/a": {"sha256": 3, "since": ""}}}',
        '{"schema": 1, "trusted": {"/a": {"sha256": ""}}}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_not_ours_is_an_error_and_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trusted.json"
    file.write_text(text)
    for change in (lambda: load_trusted(file), lambda: trust(file, SHOP, NOW)):
        with pytest.raises(ConfigError, match="cannot read"):
            change()
    assert file.read_text() == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["schema", "trusted", "/a", "sha256", "since"]), inner)
    ),
    max_leaves=6,
)


@given(json_values)
def test_any_json_is_words_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, said: object
) -> None:
    file = tmp_path_factory.getbasetemp() / "trusted-any.json"
    file.write_text(json.dumps(said))
    try:
        found = load_trusted(file)
    except ConfigError:
        return
    assert all(isinstance(word.digest, str) for word in found.values())
