"""Prompts that were kept: they go after a while, and nothing else does."""

import os
from pathlib import Path

import pytest

from aicost.platform.kept_prompts import KEPT_FILES, KEPT_S, tidy

NOW_S = 1_795_702_740.125


def kept(folder: Path, name: str, age_s: float) -> Path:
    path = folder / name
    path.write_text("x")
    os.utime(path, (NOW_S - age_s,) * 2)
    return path


def prompt(folder: Path, number: int, age_s: float) -> Path:
    return kept(folder, f"s-{number}-20261126T141900.{number:06}Z.txt", age_s)


def test_old_prompts_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    old, young = prompt(tmp_path, 1, KEPT_S + 1), prompt(tmp_path, 2, KEPT_S - 1)
    foreign = kept(tmp_path, "notes.txt", NOW_S)
    link = tmp_path / "s-20260101T000000.000000Z.txt"
    link.symlink_to(foreign)
    os.utime(link, (0, 0), follow_symlinks=False)
    tidy(str(tmp_path), NOW_S)
    assert set(tmp_path.iterdir()) == {young, foreign, link}
    assert not old.exists()


def test_of_too_many_prompts_the_oldest_go(tmp_path: Path) -> None:
    prompts = [prompt(tmp_path, number, number) for number in range(KEPT_FILES + 5)]
    tidy(str(tmp_path), NOW_S)
    assert set(tmp_path.iterdir()) == set(prompts[:KEPT_FILES])
    tidy(str(tmp_path), NOW_S, keep=str(prompts[KEPT_FILES - 1]))
    assert set(tmp_path.iterdir()) == set(prompts[:KEPT_FILES])


def test_one_that_is_to_stay_stays_and_counts(tmp_path: Path) -> None:
    prompts = [prompt(tmp_path, number, number) for number in range(KEPT_FILES + 1)]
    tidy(str(tmp_path), NOW_S, keep=str(prompts[-1]))
    assert set(tmp_path.iterdir()) == {*prompts[: KEPT_FILES - 1], prompts[-1]}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tidy(str(tmp_path / "none"), NOW_S)
