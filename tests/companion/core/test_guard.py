"""Which guard is within which, when an agent is interrupted, and what code a run ends with."""

from typing import Any

import pytest

from aicost.core.guard import (
    GRACE_S,
    MOST_REFUSALS,
    STOPPED,
    WARNED,
    GuardedAgent,
    exit_code,
    guard_id_within,
    innermost,
    is_guard_id,
    is_to_interrupt,
    is_within,
    lacks_hooks,
)

A, B, C = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"


def agent(**changes: Any) -> GuardedAgent:
    plain: dict[str, Any] = {
        "session_id": "s-1",
        "agent": "claude",
        "pid": 1,
        "is_busy": True,
        "has_hooks": True,
    }
    return GuardedAgent(**(plain | changes))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (A, True),
        (f"{A}.{B}", True),
        ("a" * 8, True),
        ("a" * 32, True),
        ("", False),
        ("a" * 7, False),
        ("a" * 33, False),
        (f"{A}.", False),
        (f".{A}", False),
        (f"{A}..{B}", False),
        (A.upper(), False),
        (f"{A}\n", False),
        ("../../etc/passwd", False),
        (".".join([A] * 8), True),
        (".".join([A] * 9), False),
    ],
)
def test_what_names_a_guard(text: str, is_one: bool) -> None:
    assert is_guard_id(text) is is_one


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        (A, f"{A}.{B}"),
        (f"{C}.{A}", f"{C}.{A}.{B}"),
        ("", B),
        ("no guard", B),
        (".".join([A] * 8), B),  # too deep to be told: it stands alone
    ],
)
def test_a_guard_within_a_guard_is_named_after_it(outer: str, expected: str) -> None:
    assert guard_id_within(outer, B) == expected


@pytest.mark.parametrize(
    ("guard_id", "outer", "expected"),
    [
        (A, A, True),
        (f"{A}.{B}", A, True),
        (f"{A}.{B}.{C}", A, True),
        (f"{A}.{B}", B, False),
        (A, f"{A}.{B}", False),
        (f"{A}aa", A, False),
        ("", "", False),
        (A, "", False),
        ("", A, False),
    ],
)
def test_what_one_guard_sees_those_around_it_see(guard_id: str, outer: str, expected: bool) -> None:
    assert is_within(guard_id, outer) is expected


def test_the_innermost_guard_is_the_one_within_all_others() -> None:
    assert innermost([A, f"{A}.{B}.{C}", f"{A}.{B}"]) == f"{A}.{B}.{C}"
    assert innermost([]) == ""


@pytest.mark.parametrize(
    ("changes", "over_s", "expected"),
    [
        # Claude Code ends by itself, if its hooks work.
        ({}, 0.0, False),
        ({}, GRACE_S - 0.1, False),
        ({}, GRACE_S, True),
        ({"has_hooks": False, "has_called": True}, 0.0, True),
        ({"has_hooks": False}, 0.0, False),  # it only starts: its hooks may come yet
        ({"has_hooks": False}, GRACE_S, True),
        ({"refusals": MOST_REFUSALS}, 0.0, False),
        # Codex is refused its tools only.
        ({"agent": "codex"}, 0.0, False),
        ({"agent": "codex", "refusals": MOST_REFUSALS - 1}, 0.0, False),
        ({"agent": "codex", "refusals": MOST_REFUSALS}, 0.0, True),
        ({"agent": "codex"}, GRACE_S, True),
        ({"agent": "codex", "has_hooks": False, "has_called": True}, 0.0, True),
        # Who waits for the user spends nothing.
        ({"is_busy": False, "has_hooks": False, "has_called": True}, 1000.0, False),
        ({"is_busy": False, "agent": "codex", "refusals": MOST_REFUSALS}, 1000.0, False),
    ],
)
def test_who_is_interrupted_over_a_spent_budget(
    changes: dict[str, Any], over_s: float, expected: bool
) -> None:
    assert is_to_interrupt(agent(**changes), over_s) is expected


@pytest.mark.parametrize(
    ("has_called", "has_hooks", "expected"),
    [(True, False, True), (False, False, False), (True, True, False), (False, True, False)],
)
def test_hooks_are_missed_once_a_call_came_without_them(
    has_called: bool, has_hooks: bool, expected: bool
) -> None:
    assert lacks_hooks(agent(has_called=has_called, has_hooks=has_hooks)) is expected


@pytest.mark.parametrize(
    ("command", "is_stopped", "is_warned", "fails_on_warning", "expected"),
    [
        (0, False, False, False, 0),
        (0, False, True, False, 0),
        (0, False, False, True, 0),
        (0, False, True, True, WARNED),
        (3, False, True, True, 3),  # the command's own failure says more
        (3, True, False, False, STOPPED),
        (0, True, True, True, STOPPED),
        (130, False, False, False, 130),
    ],
)
def test_how_a_run_ends(
    command: int, is_stopped: bool, is_warned: bool, fails_on_warning: bool, expected: int
) -> None:
    found = exit_code(
        command, is_stopped=is_stopped, is_warned=is_warned, fails_on_warning=fails_on_warning
    )
    assert found == expected
