"""The hooks' log: private, bounded, one line a fault, and nothing of anybody's in it."""

import stat
from pathlib import Path

import pytest

from aicost.core.errors import AicostError, ConfigError, DaemonDown
from aicost_hooks.events import NotAnEvent
from aicost_hooks.log import MAX_LOG_BYTES, note, words_of


def lines(folder: Path) -> list[str]:
    path = folder / "hook.log"
    return path.read_text().splitlines() if path.exists() else []


def test_the_log_is_private_bounded_and_one_line_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "hook.log"
    note(str(tmp_path), "two\nlines and \udcff")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(lines(tmp_path)) == 1
    path.write_bytes(b"x" * MAX_LOG_BYTES)
    note(str(tmp_path), "still fits")
    assert path.stat().st_size > MAX_LOG_BYTES
    note(str(tmp_path), "starts anew")
    (line,) = lines(tmp_path)
    assert line.endswith("starts anew")


def test_a_link_in_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "run" / "hook.log").symlink_to(tmp_path / "victim")
    note(str(tmp_path / "run"), "no")
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_log_that_cannot_be_written_is_swallowed(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    note(str(tmp_path / "run"), "no")
    note("", "no")
    assert (tmp_path / "run").read_text() == "in the way"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotAnEvent("the event is no JSON"), "the event is no JSON"),
        (DaemonDown("no daemon is running"), "no daemon is running"),
        (AicostError("it broke", why="the disk"), "it broke: the disk"),
        (
            ConfigError("cannot use the folder /home/me", why="a link"),
            "a folder cannot be used: a link",
        ),
        (
            FileNotFoundError(2, "No such file", "/home/me/secret"),
            "FileNotFoundError: No such file",
        ),
        (ValueError("sk-secret"), "ValueError"),
    ],
    ids=range(6),
)
def test_an_error_is_named_without_what_it_quotes(error: Exception, words: str) -> None:
    assert words_of(error) == words


def test_a_bug_is_named_with_its_place() -> None:
    def broken() -> None:
        raise KeyError("sk-secret")

    with pytest.raises(KeyError) as caught:
        broken()
    assert words_of(caught.value).startswith("KeyError in broken, line ")
