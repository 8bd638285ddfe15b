"""The prompts in a transcript: those that turns begin with, in the user's own words."""

from collections.abc import Mapping
from typing import Any

import pytest
from corpora import Excerpt, Scenario
from hypothesis import given
from hypothesis import strategies as st
from log_builders import assistant_line, in_subagent, parsed, user_line

from aicost.sources.claude.prompts import ClaudePrompts


def lines_of(*lines: bytes) -> dict[str, str]:
    reader = ClaudePrompts()
    for one in lines:
        reader.take(one)
    return {turn: prompt.line for turn, prompt in reader.found.items()}


def test_prompts_are_found_by_turn() -> None:
    found = lines_of(
        user_line("t-1", text="first\nmore"), assistant_line(1), user_line("t-2", text="second")
    )
    assert found == {"t-1": "first", "t-2": "second"}


@pytest.mark.parametrize(
    "changes",
    [
        {"isMeta": True},
        {"isCompactSummary": True},
        in_subagent("a1"),
        {"text": [{"type": "tool_result", "tool_use_id": "x", "content": "ok"}]},
        {"text": "<local-command-stdout>bye</local-command-stdout>"},
        {"uuid": None},
    ],
)
def test_what_starts_no_turn_is_no_prompt(changes: dict[str, Any]) -> None:
    assert lines_of(user_line(**({"uuid": "t-1"} | changes))) == {}


def test_what_an_editor_puts_before_the_words_is_passed_over() -> None:
    blocks = [
        {"type": "text", "text": "<ide_opened_file>The user opened x.py</ide_opened_file>"},
        {"type": "image", "source": {"data": "AAAA"}},
        {"type": "text", "text": "fix it"},
    ]
    assert lines_of(user_line("t-1", text=blocks)) == {"t-1": "fix it"}
    assert lines_of(user_line("t-1", text=blocks[:1])) == {"t-1": "The user opened x.py"}


@pytest.mark.parametrize(
    "broken", [b'{"type":"user"\n', b'[1,"user"]\n', b'{"type":"user","message":7}\n', b"\xff\n"]
)
def test_a_broken_line_costs_only_itself(broken: bytes) -> None:
    assert lines_of(broken + user_line("t-1", text="go")) == {"t-1": "go"}


@given(st.binary(max_size=300))
def test_no_bytes_break_it(noise: bytes) -> None:
    reader = ClaudePrompts()
    reader.take(noise.replace(b"\n", b"") + b"\n" + user_line("t-1", text="go"))
    assert reader.found["t-1"].line == "go"


def test_every_turn_that_the_usage_reading_finds_has_its_prompt(
    real_excerpt: Excerpt, claude_lab: Mapping[str, Scenario]
) -> None:
    homes = [real_excerpt.home, *(scenario.home for scenario in claude_lab.values())]
    logs = [log for home in homes for log in sorted(home.glob("projects/*/*.jsonl"))]
    assert len(logs) > 20
    for log in logs:
        text = log.read_bytes()
        reader = ClaudePrompts()
        reader.take(text)
        assert set(reader.found) == {prompt.turn_id for prompt in parsed(text).prompts}
