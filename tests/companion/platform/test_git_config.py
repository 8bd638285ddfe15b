"""Remotes in git's own config files: as git reads them, and never an exception."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.platform.git_config import remote_addresses

CASES = [
    ('[remote "origin"]\n\turl = git@h:a/b.git\n\tfetch = +refs/*\n', {"origin": "git@h:a/b.git"}),
    ('[remote "origin"] url = git@h:a/b', {"origin": "git@h:a/b"}),
    ('[REMOTE "Origin"]\nURL=x/y', {"Origin": "x/y"}),
    ("[remote.origin]\nurl = x", {"origin": "x"}),
    ('[remote "a"]\nurl = x\n[core]\nurl = y\n[remote "b"]\nurl = z', {"a": "x", "b": "z"}),
    ('[remote "o"]\nurl = first\nurl = second', {"o": "first"}),
    ('[remote "o"]\nurl = a b  ; comment', {"o": "a b"}),
    ('[remote "o"]\nurl = "a # b" # comment', {"o": "a # b"}),
    ('[remote "o"]\nurl = a\\\nb', {"o": "ab"}),
    ('[remote "o"]\n# ends in a backslash \\\nurl = a', {"o": "a"}),
    ('[remote "o"]\nurl = "C:\\\\git\\\\x"', {"o": "C:\\git\\x"}),
    ('[remote "o\\"#]x"]\nurl = a', {'o"#]x': "a"}),
    ('[remote "o"]\r\nurl = a\r\n', {"o": "a"}),
    ('[remote "o"]\npushurl = p\nurl = a', {"o": "a"}),
    ('[include]\npath = /etc/x\n[url "https://h/"]\ninsteadOf = g:', {}),
    ('; [remote "o"]\n# url = a', {}),
    ('[remote "o"]\nurl', {}),
    ("url = a", {}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "addresses"), CASES)
def test_remotes_are_named_with_their_first_address(text: str, addresses: dict[str, str]) -> None:
    assert remote_addresses(text) == addresses


@pytest.mark.parametrize(("text", "addresses"), CASES)
def test_git_reads_the_same(text: str, addresses: dict[str, str], home: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("no git")
    path = home / "config"
    path.write_bytes(text.encode())
    for name, address in addresses.items():
        command = ("git", "config", "-f", str(path), "--get-all", f"remote.{name}.url")
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        assert run.stdout.splitlines()[0] == address


def test_an_empty_address_takes_back_those_before_it() -> None:
    assert remote_addresses('[remote "o"]\nurl = a\nurl =\nurl = b') == {"o": "b"}


def test_a_file_cut_off_in_the_middle_gives_what_is_whole() -> None:
    text = '[remote "o"]\nurl = git@h:a/b\n[remote "p'
    assert remote_addresses(text) == {"o": "git@h:a/b"}


parts = st.sampled_from(
    ['[remote "o"]', "[remote.o]", "url", " = ", "a", "\\", '"', "\n", "#", ";", "]", "[", " "]
)


@given(st.one_of(st.text(max_size=200), st.lists(parts, max_size=30).map("".join)))
def test_any_text_ends_in_names_with_addresses(text: str) -> None:
    assert all(remote_addresses(text).values())


@given(st.text(min_size=1, max_size=60))
def test_what_git_would_write_is_read_back(address: str) -> None:
    quoted = address.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    text = f'[remote "o"]\n\turl = "{quoted}"\n'
    if "\r" not in address and "\0" not in address:
        assert remote_addresses(text) == {"o": address}
