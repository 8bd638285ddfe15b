"""Prompts: the words that are for aicost, and those kept for the user."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.platform.kept_prompts import KEPT_S
from aicost_hooks.prompts import allow_words, keep_prompt

NOW_S = 1_795_702_740.125


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ('aicost allow 5 "hotfix release"', '5 "hotfix release"'),
        ("  aicost allow 5  ", "5"),
        ("\naicost  allow\t5 30m\n", "5 30m"),
        ("aicost allow", ""),
        ("aicost allow 5\nand then do this", None),
        ("aicost allow\n5", None),
        ("please aicost allow 5", None),
        ("aicost allowance 5", None),
        ("aicost", None),
        ("AICOST ALLOW 5", None),
        ("`aicost allow 5`", None),
        ("/aicost allow 5", None),
        ("", None),
        (None, None),
        (["aicost allow 5"], None),
        ("aicost allow " + "x" * 987, "x" * 987),
        ("aicost allow " + "x" * 988, None),
    ],
)
def test_a_prompt_of_one_line_may_be_a_word_to_aicost(prompt: object, words: str | None) -> None:
    assert allow_words(prompt) == words


@given(st.text())
def test_other_prompts_are_none(prompt: str) -> None:
    assert allow_words(prompt) is None or prompt.split()[:2] == ["aicost", "allow"]


def test_a_prompt_is_kept_for_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "prompts"
    path = Path(keep_prompt(str(folder), "s-1", "Fix it,\nplease. é\ud800", now_s=NOW_S))
    assert path == folder / "s-1-20261126T141900.125000Z.txt"
    assert path.read_bytes() == "Fix it,\nplease. é\ud800".encode("utf-8", "surrogatepass")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("session_id", "name"), [("../../etc/x", "etcx"), ("", "session"), ("é", "session")]
)
def test_no_session_leads_out_of_the_folder(tmp_path: Path, session_id: str, name: str) -> None:
    path = Path(keep_prompt(str(tmp_path / "p"), session_id, "x", now_s=NOW_S))
    assert path.parent == tmp_path / "p"
    assert path.name.startswith(f"{name}-2026")


def test_two_prompts_at_once_are_two_files(tmp_path: Path) -> None:
    kept = {keep_prompt(str(tmp_path / "p"), "s", f"{n}", now_s=NOW_S) for n in range(10)}
    assert {Path(path).read_text() for path in kept} == set("0123456789")
    with pytest.raises(FileExistsError):
        keep_prompt(str(tmp_path / "p"), "s", "one more", now_s=NOW_S)


def test_what_is_planted_is_neither_followed_nor_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    first = Path(keep_prompt(str(folder), "s", "x", now_s=NOW_S))
    first.unlink()
    (tmp_path / "victim").write_text("precious")
    first.symlink_to(tmp_path / "victim")
    second = keep_prompt(str(folder), "s", "mine", now_s=NOW_S)
    assert second != str(first)
    assert (tmp_path / "victim").read_text() == "precious"
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(ConfigError):
        keep_prompt(str(tmp_path / "link"), "s", "x", now_s=NOW_S)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_keeps_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(ConfigError):
        keep_prompt(str(folder), "s", "x", now_s=NOW_S)
    assert list(folder.iterdir()) == []


def test_the_oldest_make_room(tmp_path: Path) -> None:
    folder = str(tmp_path / "p")
    old = Path(keep_prompt(folder, "old", "x", now_s=NOW_S))
    os.utime(old, (NOW_S - KEPT_S - 1,) * 2)
    new = Path(keep_prompt(folder, "new", "x", now_s=NOW_S))
    assert list((tmp_path / "p").iterdir()) == [new]
