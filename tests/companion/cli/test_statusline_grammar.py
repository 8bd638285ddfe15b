"""The words after `aicost statusline`: what they mean, and which are no words at all."""

import argparse

import pytest

from aicost.cli.parser import build_command


def parsed(*words: str) -> argparse.Namespace:
    return build_command("statusline").parse_args(words)


def test_without_options_the_users_settings_are_meant_and_the_user_is_asked() -> None:
    found = parsed("install")
    assert (found.action, found.scope, found.yes, found.print) == ("install", None, False, False)
    assert parsed("status") == argparse.Namespace(action="status", json=False)


def test_every_option_is_read() -> None:
    found = parsed("install", "--project", "--yes", "--print")
    assert (found.scope, found.yes, found.print) == ("project", True, True)
    assert parsed("uninstall", "--project-local").scope == "local"
    assert parsed("status", "--json").json


@pytest.mark.parametrize(
    "words", ["", "dance", "install claude", "install --project --project-local", "status --yes"]
)
def test_what_is_no_word_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(*words.split())
    assert "aicost statusline" in capsys.readouterr().err
