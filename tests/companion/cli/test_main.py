"""Ends of a command: words on stderr, the right exit code, no traceback for a user's error."""

import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import NoReturn

import pytest

from aicost.cli.main import run
from aicost.core.errors import AicostError, ConfigError, DaemonDown, StoreError


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(_args: object, _env: Mapping[str, str]) -> NoReturn:
        raise error

    monkeypatch.setitem(sys.modules, "aicost.cli.sessions", SimpleNamespace(run=broken))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AicostError("x"), 1),
        (ConfigError("x", why="y", hint="z"), 3),
        (DaemonDown("x"), 4),
        (StoreError("x"), 5),
    ],
)
def test_a_users_error_is_its_words_and_its_code(
    error: AicostError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fail_with(monkeypatch, error)
    assert run(["sessions"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == error.render() + "\n"


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyError("oops"))
    with pytest.raises(KeyError):
        run(["sessions"])


def test_ctrl_c_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    assert run(["sessions"]) == 130
    assert capsys.readouterr().err == ""


def test_no_words_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "everyday:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "hint"),
    [("repot", "aicost report"), ("price", "aicost prices"), ("help", "aicost --help")],
)
def test_a_word_that_is_no_command_is_met_with_the_nearest(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"aicost: there is no command {word!r}\n   why: commands are top, ")
    assert said.err.endswith(f"\n   try: {hint}\n")
