"""Which sessions have a status line; what it says, its component's tests ask."""

import pytest

from aicost.daemon.status_line_answers import is_plain


@pytest.mark.parametrize(
    ("session_id", "is_name"),
    [
        ("808a1f9b-a028-42a8-8063-3b1d120f7fec", True),
        ("a_b-C9", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("", False),
        ("-", False),
        ("..", False),
        ("a/b", False),
        ("a b", False),
        ("é", False),
        ("²", False),
    ],
)
def test_an_id_is_a_files_name_if_the_shell_takes_it_too(session_id: str, is_name: bool) -> None:
    assert is_plain(session_id) is is_name
