"""The words after `aicost hooks`: what they mean, and which are no words at all."""

import argparse

import pytest

from aicost.cli.parser import build_command


def parsed(*words: str) -> argparse.Namespace:
    return build_command("hooks").parse_args(words)


def test_without_options_both_agents_are_meant_and_the_user_is_asked() -> None:
    found = parsed("install")
    assert (found.action, found.agent, found.scope) == ("install", None, None)
    assert (found.yes, found.print, found.trust) == (False, False, False)
    assert parsed("status") == argparse.Namespace(action="status", agent=None, json=False)
    assert parsed("uninstall").agent is None


def test_every_option_is_read() -> None:
    found = parsed("install", "codex", "--project", "--yes", "--print", "--trust")
    assert (found.agent, found.scope) == ("codex", "project")
    assert (found.yes, found.print, found.trust) == (True, True, True)
    assert parsed("uninstall", "claude", "--project-local").scope == "local"
    assert parsed("status", "claude", "--json").json


@pytest.mark.parametrize(
    "words",
    ["", "dance", "install gemini", "install --project --project-local", "status --yes"],
)
def test_what_is_no_word_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(*words.split())
    assert "aicost hooks" in capsys.readouterr().err
