"""What is kept free for calls under way, and when it is given free again."""

from datetime import timedelta

import pytest
from builders import NOW

from aicost.core.reservation import (
    EXPIRES,
    UNKNOWN_CALL,
    Called,
    InFlight,
    Thread,
    call_size,
    reserved,
)
from aicost.core.spending import CallSize, Reserved

MAIN, OTHER, SUB = Thread("s-1"), Thread("s-2"), Thread("s-1", "a1")
DEAR = CallSize(nusd=30, tokens=300, ncredits=3, known_calls=3)
CHEAP = CallSize(nusd=10, tokens=100, ncredits=1, known_calls=20)
SECOND = timedelta(seconds=1)
MODELS = {"s-1": "opus", "s-2": "opus", "s-3": "haiku"}


def called(first_s: float, last_s: float) -> Called:
    return Called(NOW + timedelta(seconds=first_s), NOW + timedelta(seconds=last_s))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param({"s-1": CHEAP, "s-2": DEAR}, CHEAP, id="its own, where enough are known"),
        pytest.param({"s-2": DEAR}, CallSize(nusd=30, tokens=300, ncredits=3), id="its model's"),
        pytest.param(
            {"s-1": CallSize(nusd=50, tokens=5, known_calls=2), "s-2": DEAR},
            CallSize(nusd=50, tokens=300, ncredits=3, known_calls=2),
            id="the dearer, while two are known",
        ),
        pytest.param({"s-3": DEAR}, UNKNOWN_CALL, id="no other model's"),
        pytest.param(
            {"s-2": CallSize(nusd=9, known_calls=2)}, UNKNOWN_CALL, id="none of too few calls"
        ),
        pytest.param({}, UNKNOWN_CALL, id="none known"),
    ],
)
def test_a_call_is_taken_to_cost_what_is_known_best(
    sizes: dict[str, CallSize], expected: CallSize
) -> None:
    assert call_size("s-1", sizes, MODELS) == expected


def test_a_session_of_no_known_model_is_like_no_other() -> None:
    assert call_size("s-9", {"s-8": DEAR}, {}) == UNKNOWN_CALL


def test_a_thread_that_passed_has_one_call_under_way_until_it_is_in_the_ledger() -> None:
    flights = InFlight()
    flights.passes(MAIN, NOW)
    flights.passes(MAIN, NOW)
    assert flights.calls() == {"s-1": 1}

    flights.settle({MAIN: called(-60, -0.001), SUB: called(1, 1), OTHER: called(1, 1)}, NOW)
    assert flights.calls() == {"s-1": 1}  # an older call, and others' calls, settle nothing

    flights.settle({MAIN: called(-60, 0)}, NOW)
    assert flights.calls() == {}


def test_a_thread_that_asks_again_has_none_under_way() -> None:
    flights = InFlight()
    flights.passes(MAIN, NOW)
    flights.passes(SUB, NOW)
    flights.asks(MAIN)
    assert flights.calls() == {"s-1": 1}
    flights.asks(MAIN)  # nothing of it is left
    assert flights.sessions == {"s-1"}


def test_what_never_came_expires() -> None:
    flights = InFlight()
    flights.passes(MAIN, NOW)
    flights.starts("s-2", "toolu_1", NOW)
    flights.settle({}, NOW + EXPIRES - SECOND)
    assert flights.calls() == {"s-1": 1, "s-2": 1}
    flights.settle({}, NOW + EXPIRES)
    assert flights.calls() == {}


def test_a_session_that_ends_has_no_call_under_way() -> None:
    flights = InFlight()
    flights.passes(MAIN, NOW)
    flights.passes(SUB, NOW)
    flights.starts("s-1", "toolu_1", NOW)
    flights.passes(OTHER, NOW)
    flights.ends("s-1")
    assert flights.calls() == {"s-2": 1}


def test_each_subagent_that_begins_accounts_for_one_start() -> None:
    flights = InFlight()
    flights.starts("s-1", "toolu_1", NOW)
    flights.starts("s-1", "toolu_2", NOW + SECOND)
    assert flights.calls() == {"s-1": 2}

    one_began = {SUB: called(2, 9), MAIN: called(-9, 9)}
    flights.settle(one_began, NOW)
    assert flights.calls() == {"s-1": 1}
    flights.settle(one_began, NOW)  # the same subagent does not account for the other start
    assert flights.calls() == {"s-1": 1}

    flights.settle({**one_began, Thread("s-1", "a2"): called(3, 3)}, NOW)
    assert flights.calls() == {}


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param({SUB: called(-5, 5)}, id="a subagent that was there before"),
        pytest.param({MAIN: called(5, 5)}, id="the main thread"),
        pytest.param({Thread("s-2", "a1"): called(5, 5)}, id="another session's subagent"),
    ],
)
def test_a_start_waits_for_a_subagent_of_its_own(calls: dict[Thread, Called]) -> None:
    flights = InFlight()
    flights.starts("s-1", "toolu_1", NOW)
    flights.settle(calls, NOW)
    assert flights.calls() == {"s-1": 1}


def test_nothing_is_reserved_against_the_thread_that_asks() -> None:
    flights = InFlight()
    for thread in (MAIN, SUB, OTHER):
        flights.passes(thread, NOW)
    sizes = {"s-1": DEAR, "s-2": CHEAP}
    assert reserved(flights, MAIN, (), sizes, MODELS) == {
        "s-1": Reserved(calls=1, nusd=30, tokens=300, ncredits=3),  # the subagent's
        "s-2": Reserved(calls=1, nusd=10, tokens=100, ncredits=1),
    }


def test_sessions_that_work_without_asking_count_as_one_call_each() -> None:
    flights = InFlight()
    flights.passes(OTHER, NOW)
    flights.passes(Thread("s-2", "a1"), NOW)
    found = reserved(flights, MAIN, ("s-1", "s-2", "s-3"), {"s-3": CHEAP}, MODELS)
    assert {name: one.calls for name, one in found.items()} == {"s-2": 2, "s-3": 1}
    assert found["s-2"].nusd == 2 * UNKNOWN_CALL.nusd
