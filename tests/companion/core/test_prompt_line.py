"""A prompt in one line, whatever stands in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.prompt_line import MAX_CHARS, prompt_line


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("fix the cart", "fix the cart"),
        ("\n\n  fix the cart  \nand more", "fix the cart"),
        ("---\n===\nfix it", "fix it"),
        ("<note>\nfix <b>it</b>\n</note>", "fix it"),
        ("", ""),
        ("!!!", ""),
        ("a" * 500, "a" * MAX_CHARS),
        ("\x1b]0;title\x07red \x1b[31mlight\x1b[0m\u202egnp", "red lightgnp"),
        (
            "<command-message>review</command-message>\n<command-name>/review</command-name>\n"
            "<command-args>the cart\nnow</command-args>",
            "/review the cart now",
        ),
        ("<command-name>compact</command-name>", "/compact"),
        ("<bash-input>ls -l\n</bash-input>", "! ls -l"),
        ("übel 日本", "übel 日本"),
    ],
)
def test_the_first_line_with_a_word_is_told(prompt: str, line: str) -> None:
    assert prompt_line(prompt).line == line


def test_its_size_is_that_of_all_of_it() -> None:
    assert prompt_line("").size_bytes == 0
    assert prompt_line("ü\nzwei").size_bytes == 7
    assert prompt_line("\ud800").size_bytes == 1


@given(st.text(max_size=300))
def test_no_prompt_can_act_on_a_terminal(prompt: str) -> None:
    line = prompt_line(prompt).line
    assert len(line) <= MAX_CHARS
    assert line.isprintable() or not line
