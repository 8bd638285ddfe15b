"""The prompts in a rollout, of every client that logs them as such."""

from collections.abc import Mapping

import pytest
from codex_logs import TURN, context, event_row, meta, parsed, started
from corpora import Scenario
from hypothesis import given
from hypothesis import strategies as st

from aicost.sources.codex.prompts import CodexPrompts


def said(text: str) -> bytes:
    return event_row("user_message", {"message": text})


def item(text: str, turn: str = TURN) -> bytes:
    content = [{"type": "text", "text": text}]
    told = {"turn_id": turn, "item": {"type": "UserMessage", "id": "i", "content": content}}
    return event_row("item_completed", told)


def lines_of(*lines: bytes) -> dict[str, str]:
    reader = CodexPrompts()
    for one in lines:
        reader.take(one)
    return {turn: prompt.line for turn, prompt in reader.found.items()}


@pytest.mark.parametrize("prompt", [said("fix it\nnow"), item("fix it\nnow")])
def test_a_prompt_belongs_to_the_turn_in_force(prompt: bytes) -> None:
    assert lines_of(meta(), started(), context(), prompt) == {TURN: "fix it"}


def test_what_is_said_meanwhile_is_no_prompt() -> None:
    assert lines_of(meta(), started(), said("fix it"), said("wait")) == {TURN: "fix it"}


def test_a_message_without_a_turn_is_nobodys() -> None:
    assert lines_of(item("fix it", "")) == {}


@pytest.mark.parametrize("broken", [b'{"type":\n', b"[]\n", b"\xff\n"])
def test_a_broken_line_costs_only_itself(broken: bytes) -> None:
    assert lines_of(meta(), started(), broken + said("go")) == {TURN: "go"}


@given(st.binary(max_size=300))
def test_no_bytes_break_it(noise: bytes) -> None:
    reader = CodexPrompts()
    reader.take(noise + b"\n")


def test_the_turns_of_real_clients_have_their_prompts(codex_lab: Mapping[str, Scenario]) -> None:
    found = 0
    for scenario in codex_lab.values():
        for log in sorted(scenario.home.glob("sessions/**/rollout-*.jsonl")):
            text = log.read_bytes()
            reader = CodexPrompts()
            reader.take(text)
            turns = {prompt.turn_id for prompt in parsed(text).prompts}
            told = turns & set(reader.found)
            assert all(reader.found[turn].line for turn in told), log
            found += len(told)
            if b'"user_message"' in text and turns:
                assert told, log
    assert found > 40
