"""What a prompt looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.categories import TaskCategory
from aicost.core.prompt_signs import prompt_signs, prompt_text, tagged_in, title_of
from aicost.core.turn_features import COUNTS

EXIT = "<command-name>/exit</command-name>\n<command-args></command-args>"
REVIEW = "<command-name>/code-review</command-name><command-args>the last commit</command-args>"


@pytest.mark.parametrize(
    ("prompt", "sign"),
    [
        ("Does it work? Look.", "prompt_question"),
        ("Does it work?", "prompt_ends_question"),
        ("--- FAIL: TestPay (0.00s)", "prompt_trace"),
        ("pay.go:12:4: undefined: x", "prompt_trace"),
        ("see line 12", "prompt_place"),
        ("edit main.go", "prompt_path"),
        ("Implement the following plan:\n# Plan: Do it", "prompt_plan"),
        ("<task-notification> done", "prompt_notice"),
        ("Dead code. Low Severity.", "prompt_severity"),
        ("yes please", "prompt_yes"),
        ("go", "prompt_short"),
        ("```\nx\n```", "prompt_code"),
        ("https://example.org", "prompt_link"),
        (EXIT, "prompt_local_command"),
        (REVIEW, "prompt_review_command"),
    ],
)
def test_a_sign_is_seen(prompt: str, sign: str) -> None:
    assert prompt_signs(prompt).get(sign) == 1
    assert not prompt_signs("Make the page wider than it is").get(sign)


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        ("#bugfix it crashes", TaskCategory.BUGFIX),
        ("it crashes #test-repair", TaskCategory.TEST_REPAIR),
        ("#docs or rather #ops", TaskCategory.OPS),
    ],
)
def test_a_hash_tag_names_the_category(prompt: str, category: TaskCategory) -> None:
    assert list(TaskCategory)[tagged_in(prompt) - 1] is category


@pytest.mark.parametrize("prompt", ["# bugfix", "x#bugfix", "#bugfixes", "#Bugfix", "#123", ""])
def test_what_only_looks_like_a_tag_is_none(prompt: str) -> None:
    assert tagged_in(prompt) == 0


def test_commands_and_plans_are_known_by_what_they_say() -> None:
    assert prompt_text(REVIEW) == "the last commit"
    assert prompt_text(EXIT) == ""
    assert title_of("Implement the following plan:\n\n# Plan: Rename it").startswith("Rename it")
    assert title_of("Rename it") == "Rename it"


@given(st.text())
def test_any_prompt_has_counts_that_are_kept(prompt: str) -> None:
    signs = prompt_signs(prompt) | prompt_signs(f"<command-name>/{prompt}")
    assert set(signs) <= set(COUNTS)
    assert all(count >= 0 for count in signs.values())
