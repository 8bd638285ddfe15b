"""Choices survive the dashboard; whatever stands in their file, there are some."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost_tui.choices import ChoiceFile, Choices, read_choices, written
from aicost_tui.columns import CHOICES

SOME = frozenset({"cost", "context"})


def test_choices_are_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "data" / "dashboard.json"
    ChoiceFile(path).choose_columns(SOME)
    ChoiceFile(path).choose_theme("aicost-light")
    assert ChoiceFile(path).choices == Choices(SOME, "aicost-light")
    ChoiceFile(path).choose_columns(None)
    assert ChoiceFile(path).choices == Choices(None, "aicost-light")
    assert [one.name for one in path.parent.iterdir()] == ["dashboard.json"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_chosen_already_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.json"
    file = ChoiceFile(path)
    file.choose_columns(None)
    file.choose_theme("")
    assert not path.exists()


def test_without_a_file_choices_last_as_long_as_the_dashboard() -> None:
    file = ChoiceFile()
    file.choose_columns(SOME)
    assert file.choices.columns == SOME


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file where a folder should be")
    with pytest.raises(OSError, match="here"):
        ChoiceFile(tmp_path / "here" / "dashboard.json").choose_columns(SOME)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", Choices()),
        ("[]", Choices()),
        ("{", Choices()),
        ('{"columns": "cost"}', Choices()),
        ('{"columns": ["cost", "weather", 7, "context"]}', Choices(SOME)),
        ('{"columns": ["weather"]}', Choices()),
        ('{"columns": []}', Choices()),
        ('{"theme": 7}', Choices()),
        ('{"theme": "nord", "sort": "cost"}', Choices(None, "nord")),
    ],
)
def test_names_that_are_not_known_are_left_out(content: str, expected: Choices) -> None:
    assert read_choices(content.encode()) == expected


@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: json.dumps(text).encode()))
def test_any_file_gives_choices(content: bytes) -> None:
    assert isinstance(read_choices(content), Choices)


@given(st.none() | st.sets(st.sampled_from([name for name, _ in CHOICES]), min_size=1))
def test_what_is_written_is_what_is_read(columns: set[str] | None) -> None:
    choices = Choices(None if columns is None else frozenset(columns), "x")
    assert read_choices(written(choices)) == choices
