"""Which folders an environment names, each once, absolute."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aicost
from aicost.sources.claude.homes import home_folders


def homes(configured: tuple[str, ...] = (), **env: str) -> list[str]:
    return home_folders({"HOME": "/home/ada"} | env, configured)


DEFAULT = ["/home/ada/.claude", "/home/ada/.config/claude"]


@pytest.mark.parametrize(
    ("env", "configured", "expected"),
    [
        pytest.param({}, (), DEFAULT, id="the two default folders"),
        pytest.param({"CLAUDE_CONFIG_DIR": " , "}, (), DEFAULT, id="a variable that names none"),
        pytest.param(
            {"XDG_CONFIG_HOME": "/xdg"}, (), [*DEFAULT, "/xdg/claude"], id="and the one for tools"
        ),
        pytest.param(
            {"CLAUDE_CONFIG_DIR": "/a, ~/b ,/a,~", "XDG_CONFIG_HOME": "/xdg"},
            (),
            ["/a", "/home/ada/b", "/home/ada"],
            id="the variable replaces them all",
        ),
        pytest.param({}, ("~/work",), [*DEFAULT, "/home/ada/work"], id="settings add to them"),
        pytest.param(
            {"CLAUDE_CONFIG_DIR": "/a"}, ("/b", "/a"), ["/a", "/b"], id="or to the variable's"
        ),
        pytest.param({"CLAUDE_CONFIG_DIR": "/a/../b/./c/"}, (), ["/b/c"], id="written plainly"),
        pytest.param(
            {"CLAUDE_CONFIG_DIR": "/~x,/a/~"}, (), ["/~x", "/a/~"], id="a tilde inside is a name"
        ),
    ],
)
def test_the_homes_of_an_environment(
    env: dict[str, str], configured: tuple[str, ...], expected: list[str]
) -> None:
    assert homes(configured, **env) == expected


def test_two_homes_that_are_links_to_one_stay_two(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    both = f"{tmp_path}/real,{tmp_path}/link"
    assert homes(CLAUDE_CONFIG_DIR=both) == both.split(",")


folders = st.sampled_from(["~", "~/b", "/a", "a/../b", " /c ", "", "~x", "/a/~", "/a//b/"])


@given(
    env=st.fixed_dictionaries(
        {"HOME": st.sampled_from(["/home/ada", "/"])},
        optional={
            "CLAUDE_CONFIG_DIR": st.lists(folders, max_size=3).map(",".join),
            "XDG_CONFIG_HOME": st.sampled_from(["", "/xdg"]),
        },
    ),
    configured=st.lists(folders.filter(str.strip), max_size=2).map(tuple),
)
def test_each_folder_is_absolute_and_named_once(
    env: dict[str, str], configured: tuple[str, ...]
) -> None:
    named = home_folders(env, configured)
    assert len(set(named)) == len(named) > 0
    assert all(os.path.isabs(folder) and os.path.normpath(folder) == folder for folder in named)  # noqa: PTH117 - it is text that is checked


def test_it_loads_nothing_that_is_slow() -> None:
    heavy = "('pathlib', 'dataclasses', 'msgspec')"
    code = (
        f"import sys, aicost.sources.claude.homes; sys.exit(any(m in sys.modules for m in {heavy}))"
    )
    root = Path(aicost.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=True)
