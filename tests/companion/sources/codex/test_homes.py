"""Which folders an environment names, each once, absolute."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aicost
from aicost.sources.codex.homes import home_folders


def homes(configured: tuple[str, ...] = (), **env: str) -> list[str]:
    return home_folders({"HOME": "/home/ada"} | env, configured)


DEFAULT = ["/home/ada/.codex"]


@pytest.mark.parametrize(
    ("env", "configured", "expected"),
    [
        pytest.param({}, (), DEFAULT, id="the default folder"),
        pytest.param({"CODEX_HOME": " "}, (), DEFAULT, id="a variable that names none"),
        pytest.param({"CODEX_HOME": "/a"}, (), ["/a"], id="the variable replaces it"),
        pytest.param({"CODEX_HOME": "~/b"}, (), ["/home/ada/b"], id="a tilde the shell left"),
        pytest.param({"CODEX_HOME": "/a,/b"}, (), ["/a,/b"], id="it names one folder only"),
        pytest.param({}, ("~/work",), [*DEFAULT, "/home/ada/work"], id="settings add to it"),
        pytest.param({"CODEX_HOME": "/a"}, ("/b", "/a"), ["/a", "/b"], id="or to the variable's"),
        pytest.param({"CODEX_HOME": "/a/../b/./c/"}, (), ["/b/c"], id="written plainly"),
        pytest.param({"CODEX_HOME": "/a/~"}, (), ["/a/~"], id="a tilde inside is a name"),
    ],
)
def test_the_homes_of_an_environment(
    env: dict[str, str], configured: tuple[str, ...], expected: list[str]
) -> None:
    assert homes(configured, **env) == expected


folders = st.sampled_from(["~", "~/b", "/a", "a/../b", " /c ", "", "~x", "/a/~", "/a//b/"])


@given(
    env=st.fixed_dictionaries(
        {"HOME": st.sampled_from(["/home/ada", "/"])}, optional={"CODEX_HOME": folders}
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
        f"import sys, aicost.sources.codex.homes; sys.exit(any(m in sys.modules for m in {heavy}))"
    )
    root = Path(aicost.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=True)
