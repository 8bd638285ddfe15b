"""`aicost config`: stdout is the setting, stderr is talk, errors have a code of their own."""

import os
from argparse import Namespace
from pathlib import Path

import pytest
from commands import aicost

from aicost.cli import config
from aicost.core.errors import ConfigError
from aicost.daemon import otlp

RESTART = "a daemon that runs takes it on after: aicost daemon restart\n"


def test_a_setting_is_set_told_and_taken_away(home: Path) -> None:
    path = home / ".aicost" / "config.toml"
    assert aicost("config", "path").stdout == f"{path}\n"
    assert not path.exists()
    ended = aicost("config", "set", "timezone", "Europe/Berlin")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", RESTART)
    assert path.read_text() == 'timezone = "Europe/Berlin"\n'
    assert aicost("config", "get", "timezone").stdout == "Europe/Berlin\n"
    assert aicost("config", "unset", "timezone").stderr == RESTART
    for action in ("get", "unset"):
        ended = aicost("config", action, "timezone")
        assert (ended.returncode, ended.stdout) == (0, "")
        assert ended.stderr == "timezone is not set\n"


def test_all_settings_are_lines_of_toml(home: Path) -> None:
    assert aicost("config", "get").stdout == ""
    aicost("config", "set", "sources.claude.homes", "~/a", "~/b")
    aicost("config", "set", "projectmap.github.com/acme/*", "Acme")
    aicost("config", "set", "projectmap.shop", "Shop")
    homes = '["~/a", "~/b"]'
    projects = ['"github.com/acme/*" = "Acme"', '"shop" = "Shop"']
    assert aicost("config", "get").stdout.splitlines() == [
        f"sources.claude.homes = {homes}",
        *(f"projectmap.{line}" for line in projects),
    ]
    assert aicost("config", "get", "sources.claude.homes").stdout == "~/a\n~/b\n"
    assert aicost("config", "get", "projectmap").stdout.splitlines() == projects
    assert aicost("config", "get", "projectmap.shop").stdout == "Shop\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["get", "timezon"], "aicost: unknown setting timezon\n"),
        (["set", "timezone", "Europe/Berln"], "aicost: there is no time zone 'Europe/Berln'\n"),
    ],
)
def test_what_cannot_be_used_is_an_error_of_the_config(argv: list[str], said: str) -> None:
    ended = aicost("config", *argv)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(said)
    assert "try: " in ended.stderr


@pytest.mark.parametrize("argv", [[], ["dance"], ["set", "timezone"], ["unset"], ["path", "x"]])
def test_wrong_words_are_usage_errors(argv: list[str]) -> None:
    ended = aicost("config", *argv)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "\n   try: aicost config" in ended.stderr


def test_the_editor_is_opened_on_the_file(home: Path) -> None:
    ended = aicost("config", "edit", env={"EDITOR": "cat"})
    assert ended.returncode == 0
    assert ended.stdout == (home / ".aicost" / "config.toml").read_text()
    assert "# [projectmap]" in ended.stdout


def test_what_counts_at_once_needs_no_restart(home: Path) -> None:
    ended = aicost("config", "set", "gate.grace_percent", "7")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    aicost("config", "set", "nudges.desktop", "on")
    path = home / ".aicost" / "config.toml"
    assert path.read_text() == "[gate]\ngrace_percent = 7\n\n[nudges]\ndesktop = true\n"
    assert aicost("config", "get", "nudges.desktop").stdout == "true\n"
    assert aicost("config", "unset", "nudges.desktop").stderr == ""
    assert "gate.grace_percent = 7" in aicost("config", "get").stdout.splitlines()


@pytest.mark.parametrize(
    "words", ["set gate.fail open", "set gate.grace_percent 0", "unset gate.fail", "edit"]
)
def test_an_agent_cannot_change_what_stops_it(home: Path, words: str) -> None:
    aicost("config", "set", "gate.fail", "closed")
    agent = {"CLAUDECODE": "1", "EDITOR": "rm"}
    ended = aicost("config", *words.split(), env=agent)
    assert ended.returncode == 3
    assert ended.stderr.startswith("aicost: an agent cannot change what stops it\n")
    assert aicost("config", "get", "gate.fail", env=agent).stdout == "closed\n"
    assert aicost("config", "set", "timezone", "UTC", env=agent).returncode == 0


def test_a_receiver_of_live_counters_is_set(home: Path) -> None:
    ended = aicost("config", "set", "otlp.endpoint", "http://127.0.0.1:4318")
    assert (ended.returncode, ended.stderr) == (0, RESTART)
    ended = aicost("config", "set", "otlp.temporality", "delta")
    assert (ended.returncode, ended.stderr) == (0, RESTART)
    assert aicost("config", "get").stdout.splitlines() == [
        'otlp.endpoint = "http://127.0.0.1:4318"',
        'otlp.temporality = "delta"',
    ]


def test_without_the_packages_no_receiver_can_be_set(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "find_spec", lambda _name: None)
    asked = Namespace(action="set", key="otlp.endpoint", value=["http://127.0.0.1:4318"])
    with pytest.raises(ConfigError, match="packages for live counters") as caught:
        config.run(asked, os.environ)
    assert caught.value.hint == "pipx install --force 'aicost[otlp]'"
    assert not (home / ".aicost" / "config.toml").exists()
