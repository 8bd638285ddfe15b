"""Paths in code for shells: each shell reads back just the path, and runs nothing."""

import json
import shutil
import subprocess
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.core.shell_code import (
    FILES,
    SHELLS,
    advice,
    filled,
    fish_word,
    sh_word,
    shell_of,
    tmux_word,
)

HOSTILE = "/it's/$HOME/`id`/$(id)/\"x\"/\\/\\'/*?[a]/%/#{x}/{a,b}/~/!!/é文/;&|<>"
PATHS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40
)


def said_by(shell: str, word: str) -> str:
    """Return what a shell takes a word of code for."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    run = subprocess.run(
        [shell, "-c", f"printf '%s' {word}"], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
@given(path=PATHS)
@settings(max_examples=25)
def test_sh_reads_back_the_path(shell: str, path: str) -> None:
    assert said_by(shell, sh_word(path)) == path


@given(path=PATHS)
@settings(max_examples=25)
def test_fish_reads_back_the_path(path: str) -> None:
    assert said_by("fish", fish_word(path)) == path


@pytest.mark.parametrize(
    ("word", "shell"), [(sh_word, "bash"), (sh_word, "zsh"), (fish_word, "fish")]
)
def test_a_path_with_every_sign_that_means_something(word: object, shell: str) -> None:
    assert callable(word)
    assert said_by(shell, word(HOSTILE)) == HOSTILE


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("path", ["/a\nb", "/a\tb", "/\x1b[31m", "/\x7f", "/\udcff"])
def test_a_path_that_no_line_can_hold_is_refused(name: str, path: str) -> None:
    with pytest.raises(ConfigError) as refused:
        filled("@DIR@ @READER@ @COMMAND@", name, badge_dir=path, reader="/r")
    assert "AICOST_HOME" in refused.value.hint


@pytest.mark.parametrize("path", ["/it's", "/#{pane_id}", "/%H", "/a)b", '/"', "/$HOME", "/é"])
def test_what_tmux_would_read_is_refused(path: str) -> None:
    with pytest.raises(ConfigError):
        tmux_word(path)


def test_a_plain_path_is_fine_in_tmux() -> None:
    assert tmux_word("/home/dev/my run/badge-1.2_x") == "'/home/dev/my run/badge-1.2_x'"


def test_starship_reads_back_the_command() -> None:
    toml = tomllib.loads(filled("command = @COMMAND@", "starship", badge_dir=HOSTILE, reader="/r"))
    assert toml["command"] == f"sh '/r' {sh_word(HOSTILE)} plain \"$AICOST_SHELL\""
    assert json.dumps(toml)


@pytest.mark.parametrize(
    ("value", "shell"),
    [("/bin/bash", "bash"), ("/usr/local/bin/fish", "fish"), ("-zsh", "zsh"), ("zsh", "zsh")],
)
def test_the_login_shell_is_told_by_its_name(value: str, shell: str) -> None:
    assert shell_of(value) == shell


@pytest.mark.parametrize("value", ["", "/bin/tcsh", "/bin/bash/x", "bash5"])
def test_any_other_shell_is_not_guessed(value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        shell_of(value)
    assert "bash, zsh, fish" in refused.value.why


@pytest.mark.parametrize("shell", SHELLS)
def test_advice_names_the_line_and_the_file(shell: str) -> None:
    text = advice(shell, {})
    assert {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/config.fish"}[
        shell
    ] in text
    assert f"aicost init {shell}" in text


def test_advice_goes_where_the_users_files_are() -> None:
    assert "/z/.zshrc" in advice("zsh", {"ZDOTDIR": "/z"})
    assert "/c/fish/config.fish" in advice("fish", {"XDG_CONFIG_HOME": "/c"})
