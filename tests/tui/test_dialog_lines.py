"""The text of dialogs: whom, what it does, what came of it; in any width, whatever is in a log."""

from datetime import UTC
from typing import get_args

import pytest
from action_answers import CONFIG, HAND, TURN
from builders import session_row, usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.at_hand import SessionAtHand
from aicost.core.budget_page import BudgetChange
from aicost.core.errors import AicostError
from aicost.core.text import cells_of, clean
from aicost.core.usage import Agent
from aicost_tui.dialog_lines import (
    Phase,
    change_lines,
    error_lines,
    fact,
    interrupt_lines,
    said,
    tag_lines,
    wrapped_hard,
)
from aicost_tui.spans import plain, width_of

PHASES: tuple[Phase, ...] = get_args(Phase)
HOSTILE = "\x1b]0;gone\x07[red]x[/]\n\x1b[2J" + "w" * 300


def words(lines: object) -> str:
    assert isinstance(lines, list | tuple)
    return "\n".join(map(plain, lines))


def test_an_interruption_names_process_session_repository_and_cost() -> None:
    text = words(interrupt_lines(session_row(), HAND, "asking", UTC, 72))
    assert "shop · fix/dedup" in text
    assert "3f2a91c4-5b6d-4e0e-9d1f-1234567890ab" in text
    assert "pid 4411, since 10:02:07" in text
    assert "claude --permission-mode acceptEdits" in text
    assert "$3.20" in text
    assert "SIGINT" in text


@pytest.mark.parametrize(
    ("agent", "expected"), [("claude", "saves its log, ends"), ("codex", "Codex ends at once")]
)
def test_it_says_before_what_each_agent_does_of_a_signal(agent: Agent, expected: str) -> None:
    row = session_row(agent=agent)
    assert expected in words(interrupt_lines(row, HAND, "asking", UTC, 90))


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("looking", "Looking at its process"),
        ("gone", "nothing to interrupt"),
        ("sent", "Waiting for the turn to end"),
        ("still", "SIGTERM ends the process"),
        ("ending", "SIGTERM is sent"),
        ("stopped", "the agent waits for you"),
        ("ended", "claude --resume"),
    ],
)
def test_each_state_of_it_is_said(phase: Phase, expected: str) -> None:
    hand = None if phase in ("looking", "gone") else HAND
    assert expected in words(interrupt_lines(session_row(), hand, phase, UTC, 90))


def test_a_cost_that_is_not_known_is_not_nothing() -> None:
    row = session_row(cost_nusd=None, unpriced_tokens=12)
    assert "unpriced" in words(interrupt_lines(row, HAND, "asking", UTC, 72))


def test_a_turn_is_named_with_what_is_thought_of_it() -> None:
    text = words(tag_lines(session_row(), TURN, UTC, 90, is_whole=False))
    assert "the turn 6f93eca8, begun 11:12, $0.84" in text
    assert "bugfix: it edited code (3)" in text
    assert "all its turns" in words(tag_lines(session_row(), TURN, UTC, 90, is_whole=True))
    assert "not known yet" in words(tag_lines(session_row(), None, UTC, 90, is_whole=False))


def test_a_change_is_shown_as_it_is_typed() -> None:
    change = BudgetChange(text="t", file=CONFIG, lines=("-a = 1", '+b = "[red]\x1b"', " c"))
    lines = change_lines(change, 72)
    assert [plain(line) for line in lines][2:] == ["- a = 1", '+ b = "[red]�"', "  c"]
    assert [line[0].role for line in lines][2:] == ["bad", "good", "label"]
    assert "so already" in words(change_lines(BudgetChange(text="t", file=CONFIG), 72))


def test_a_long_change_says_how_much_more_there_is() -> None:
    change = BudgetChange(text="t", file=CONFIG, lines=tuple(f"+{n}" for n in range(20)))
    assert words(change_lines(change, 72)).endswith("… 8 more lines")


def test_an_error_says_what_why_and_what_to_try() -> None:
    text = words(error_lines(AicostError("it broke", why="of age", hint="aicost status"), 72))
    assert text == "✕ it broke\nof age\ntry: aicost status"


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_no_word_is_lost_and_no_line_too_long(text: str, width: int) -> None:
    lines = list(wrapped_hard(clean(text), width))
    assert "".join("".join(lines).split()) == "".join(clean(text).split())
    if width > 1:
        assert all(cells_of(line) <= width for line in lines)


@pytest.mark.parametrize("width", [1, 8, 20, 44, 72])
@pytest.mark.parametrize("phase", PHASES)
def test_nothing_of_a_log_acts_on_a_terminal(width: int, phase: Phase) -> None:
    row = session_row(HOSTILE, repo=HOSTILE, branch=HOSTILE, cwd=HOSTILE, cost_nusd=usd(1))
    assert HAND.process is not None
    hand = SessionAtHand(process=HAND.process, transcript=HOSTILE, resume=HOSTILE)
    for lines in (
        interrupt_lines(row, hand, phase, UTC, width),
        tag_lines(row, TURN, UTC, width, is_whole=False),
        error_lines(AicostError(HOSTILE, why=HOSTILE, hint=HOSTILE), width),
        change_lines(BudgetChange(text=HOSTILE, file=HOSTILE, lines=(HOSTILE,)), width),
    ):
        assert all(char.isprintable() for char in words(lines).replace("\n", ""))
        assert all(width_of(line) <= max(width, 1) for line in lines)


def test_a_fact_goes_on_below_itself_and_not_for_ever() -> None:
    lines = fact("command", "one two three four", 18, most=2)
    assert [plain(line).rstrip() for line in lines] == ["command   one two", "          three …"]
    assert [plain(line) for line in said("", 10)] == []


@pytest.mark.parametrize(
    ("pid", "said"), [(None, "No process has it open"), (453, "Its process, pid 453, is gone")]
)
def test_who_cannot_be_interrupted_reads_why(pid: int | None, said: str) -> None:
    assert said in words(interrupt_lines(session_row(pid=pid), None, "gone", UTC, 70))
