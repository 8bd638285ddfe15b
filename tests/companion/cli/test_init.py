"""`aicost init`: code for a shell on stdout, or what to add where."""

import os
from pathlib import Path

import pytest
from commands import aicost

from aicost.core.shell_code import FILES


@pytest.mark.parametrize("name", FILES)
def test_it_prints_the_file_with_this_users_places(name: str, home: Path) -> None:
    ended = aicost("init", name)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"'{home}/.aicost/run/badge'" in ended.stdout
    assert "@DIR@" not in ended.stdout
    assert "@READER@" not in ended.stdout
    assert "@COMMAND@" not in ended.stdout


def test_it_makes_nothing(home: Path) -> None:
    aicost("init", "bash")
    assert list(home.iterdir()) == []


def test_it_prints_utf_8_whatever_the_locale() -> None:
    ended = aicost(
        "init", "zsh", env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "⬡" in ended.stdout


def test_without_a_shell_it_says_what_to_add_where() -> None:
    ended = aicost("init", env={"SHELL": "/usr/bin/zsh"})
    assert ended.returncode == 0
    assert ended.stdout == (
        "To have the badge in the prompt of zsh, add this at the end of ~/.zshrc:\n\n"
        '    eval "$(aicost init zsh)"\n'
    )


def test_a_login_shell_without_a_badge_is_told_of() -> None:
    ended = aicost("init", env={"SHELL": "/bin/tcsh"})
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == (
        "aicost: cannot tell which shell this is for\n"
        "   why: SHELL is /bin/tcsh, and there is a badge for bash, zsh, fish\n"
        "   try: aicost init bash\n"
    )


def test_a_shell_without_a_badge_is_told_of() -> None:
    ended = aicost("init", "tcsh")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "invalid choice: 'tcsh'" in ended.stderr
    assert "'bash', 'zsh', 'fish', 'starship', 'tmux'" in ended.stderr


def test_a_run_folder_that_no_line_can_hold_is_told_of(home: Path) -> None:
    ended = aicost("init", "bash", env={"AICOST_HOME": f"{home}/a{os.linesep}b"})
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "AICOST_HOME" in ended.stderr
