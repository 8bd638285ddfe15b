"""How a command ended, by what the client gave the model as its result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.endings import PASSED, Speaks, ended
from aicost.sources.claude.results import ending_in


@pytest.mark.parametrize("code", [1, 2, 127, 143])
def test_an_exit_code_in_front_is_no_part_of_the_output(code: int) -> None:
    said = ending_in(f"Exit code {code}\nerror: a", "code", is_error=True)
    assert said == ended("code", code, "error: a")
    assert ending_in(f"Exit code {code}", "code", is_error=True) == ended("code", code, "")


def test_an_answer_of_no_is_no_failure() -> None:
    assert ending_in("Exit code 1", "answer", is_error=True) == PASSED


@pytest.mark.parametrize(
    "text",
    [
        "exit code 1",
        "Exit code 1234",
        "Exit code 1 or so",
        "Exit code one",
        " Exit code 1",
        "PreToolUse:Bash hook error: no",
        "The user doesn't want to proceed",
        "Exit code 1\n[Request interrupted by user]",
    ],
)
def test_an_error_without_an_exit_code_is_no_end(text: str) -> None:
    assert ending_in(text, "code", is_error=True) is None


def test_what_a_command_printed_about_exit_codes_is_only_text() -> None:
    assert ending_in("Exit code 1\nerror: a", "code", is_error=False) == PASSED
    about = "to the background" + " was moved to the background (ID: b1)" + " " * 3_000
    assert ending_in(about, "code", is_error=False) == PASSED


@given(st.text(), st.sampled_from(["code", "answer", "summary"]), st.booleans())
def test_any_text_has_an_ending_or_none(text: str, speaks: Speaks, is_error: bool) -> None:
    end = ending_in(text, speaks, is_error=is_error)
    assert end is None or end.failed is bool(end.error)
