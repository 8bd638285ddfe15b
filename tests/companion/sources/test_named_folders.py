"""Folders are absolute and each once, whoever named them."""

import pytest

from aicost.sources.named_folders import absolute_folders


@pytest.mark.parametrize(
    ("home", "named", "expected"),
    [
        ("/home/ada", ["~/a", "/b", "/home/ada/a"], ["/home/ada/a", "/b"]),
        ("/home/ada/", ["~"], ["/home/ada"]),
        ("/", ["~/a"], ["/a"]),
        ("/home/ada", ["/a/../b/./c/"], ["/b/c"]),
        ("/home/ada", ["/~x", "/a/~"], ["/~x", "/a/~"]),
        ("/home/ada", [], []),
    ],
)
def test_names_are_made_absolute(home: str, named: list[str], expected: list[str]) -> None:
    assert absolute_folders({"HOME": home}, named) == expected
