"""The homes as text are the homes as paths."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import aicost
from aicost.sources.claude.homes import home_folders
from aicost.sources.claude.paths import claude_homes

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
def test_text_and_paths_agree(env: dict[str, str], configured: tuple[str, ...]) -> None:
    assert home_folders(env, configured) == [str(home) for home in claude_homes(env, configured)]


def test_it_loads_nothing_that_is_slow() -> None:
    heavy = "('pathlib', 'dataclasses', 'msgspec')"
    code = (
        f"import sys, aicost.sources.claude.homes; sys.exit(any(m in sys.modules for m in {heavy}))"
    )
    root = Path(aicost.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=True)
