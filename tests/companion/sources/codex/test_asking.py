"""Which response asked for a tool, in the order of lines of each generation of clients."""

from collections.abc import Callable, Iterable
from typing import Literal

import pytest

from aicost.sources.codex.asking import MOST_PENDING, Asking, AskingState, Counted
from aicost.sources.codex.tools import Asked

Step = tuple[Literal["ask", "call", "script", "use", "run", "answer"], str]


def counted(*steps: Step, has_turn_ids: bool = True, name: str = "Bash") -> list[str]:
    """Take the steps; return "response:call" of each call that counts, in order."""
    asking = Asking(AskingState())
    found: list[Counted] = []
    for step, text in steps:
        match step:
            case "ask":
                asking.begin()
            case "call":
                found += asking.call(Asked(text, name), has_turn_ids=has_turn_ids)
            case "script":
                script = Asked(text, "exec", is_script=True)
                found += asking.call(script, has_turn_ids=has_turn_ids)
            case "use":
                found += asking.respond(text)
            case "run":
                found += asking.run(Asked(text, name))
            case "answer":
                found += asking.answer(text)
    return [f"{one.event_key}:{one.id}" for one in found]


def test_usage_before_the_calls() -> None:
    """0.39, 0.50: each request begins with its context."""
    steps: list[Step] = [("ask", ""), ("use", "r1"), ("call", "a"), ("call", "b"), ("ask", "")]
    steps += [("use", "r2"), ("call", "c")]
    assert counted(*steps, has_turn_ids=False) == ["r1:a", "r1:b", "r2:c"]


@pytest.mark.parametrize("has_turn_ids", [False, True])
def test_usage_after_the_calls(has_turn_ids: bool) -> None:
    """0.87 to 0.125, and since 0.153."""
    steps: list[Step] = [("ask", ""), ("call", "a"), ("call", "b"), ("use", "r1")]
    if has_turn_ids:
        steps += [("run", "a"), ("answer", "a"), ("run", "b"), ("answer", "b")]
    else:
        steps += [("ask", "")]
    steps += [("call", "c"), ("use", "r2")]
    assert counted(*steps, has_turn_ids=has_turn_ids) == ["r1:a", "r1:b", "r2:c"]


def test_usage_after_the_answers() -> None:
    """0.133 to 0.152."""
    steps: list[Step] = [("ask", ""), ("call", "a"), ("run", "a"), ("answer", "a"), ("use", "r1")]
    steps += [("call", "b"), ("answer", "b"), ("use", "r2")]
    assert counted(*steps) == ["r1:a", "r2:b"]


def test_what_was_asked_for_before_the_turn_ended_without_usage_is_dropped() -> None:
    assert counted(("ask", ""), ("call", "a"), ("ask", ""), ("call", "b"), ("use", "r1")) == [
        "r1:b"
    ]


def test_without_any_response_nothing_counts() -> None:
    assert counted(("call", "a"), ("answer", "a"), ("script", "s"), ("run", "x")) == []


# Code mode


def test_a_script_counts_as_what_it_ran() -> None:
    steps: list[Step] = [
        ("script", "s"),
        ("use", "r1"),
        ("run", "x"),
        ("run", "y"),
        ("answer", "s"),
    ]
    assert counted(*steps) == ["r1:x", "r1:y"]


def test_a_script_that_ran_nothing_counts_itself() -> None:
    assert counted(("script", "s"), ("use", "r1"), ("answer", "s")) == ["r1:s"]


def test_scripts_are_paired_with_usage_that_comes_after_the_answer_too() -> None:
    ran: list[Step] = [("script", "s"), ("run", "x"), ("answer", "s"), ("use", "r1")]
    empty: list[Step] = [("script", "t"), ("answer", "t"), ("use", "r2")]
    assert counted(*ran, *empty) == ["r1:x", "r2:t"]


def test_what_goes_on_in_the_background_belongs_to_the_last_response() -> None:
    steps: list[Step] = [
        ("script", "s"),
        ("use", "r1"),
        ("answer", "s"),
        ("use", "r2"),
        ("run", "x"),
    ]
    assert counted(*steps) == ["r1:s", "r2:x"]


def test_in_direct_mode_what_was_run_is_the_call_itself() -> None:
    assert counted(("call", "a"), ("use", "r1"), ("run", "a"), ("run", "z")) == ["r1:a"]


def test_a_thread_that_changes_its_mode_counts_each_call_once() -> None:
    script: list[Step] = [
        ("script", "s"),
        ("use", "r1"),
        ("run", "x"),
        ("run", "x"),
        ("answer", "s"),
    ]
    direct: list[Step] = [("call", "a"), ("use", "r2"), ("run", "a"), ("answer", "a"), ("run", "a")]
    assert counted(*script, *direct) == ["r1:x", "r2:a"]


# Ids


def test_calls_without_id_are_numbered_within_their_response() -> None:
    steps: list[Step] = [("call", ""), ("call", ""), ("use", "r1"), ("call", ""), ("use", "r2")]
    assert counted(*steps) == ["r1:#1", "r1:#2", "r2:#1"]


def test_what_is_left_open_is_bounded() -> None:
    many: list[Step] = [("call", str(number)) for number in range(MOST_PENDING + 5)]
    scripts: list[Step] = [("script", str(number)) for number in range(MOST_PENDING + 5)]
    assert len(counted(*many, ("use", "r1"))) == MOST_PENDING
    asking = Asking(AskingState())
    for step, text in scripts:
        list(asking.call(Asked(text, step, is_script=True), has_turn_ids=True))
    assert len(asking.state.scripts) == MOST_PENDING


# Whether the request in force has its usage: a compaction without is hidden


def answered(*steps: Callable[[Asking], Iterable[Counted] | None]) -> bool:
    asking = Asking(AskingState())
    for step in steps:
        list(step(asking) or ())
    return asking.state.is_answered


def ask(asking: Asking) -> None:
    asking.begin()


def use(asking: Asking) -> Iterable[Counted]:
    return asking.respond("r")


def call(asking: Asking) -> Iterable[Counted]:
    return asking.call(Asked("a", "Bash"), has_turn_ids=True)


def answer(asking: Asking) -> Iterable[Counted]:
    return asking.answer("a")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), False),
        ((ask,), False),
        ((ask, use), True),
        ((use, ask), False),
        ((call, use, answer), False),  # the answer is sent with the next request
        ((call, use, answer, use), True),
        ((call, answer, use), False),  # that was the usage of the call's own response
        ((call, answer, use, use), True),
    ],
)
def test_a_request_is_answered_by_the_usage_that_follows_it(
    steps: tuple[Callable[[Asking], Iterable[Counted] | None], ...], expected: bool
) -> None:
    assert answered(*steps) is expected
