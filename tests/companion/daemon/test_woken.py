"""Written logs: together after a rest, at once where somebody waits, none forgotten."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.rests import Rest
from aicost.daemon.woken import Woken

REST = Rest(times=4, least_s=0.01, most_s=0.2)


class Clock:
    """A clock that stands until it is set on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def woken(clock: Clock) -> Woken:
    return Woken(REST, clock)


def test_at_first_all_is_taken_after_the_least_rest(woken: Woken, clock: Clock) -> None:
    assert not woken
    assert woken.take() == {}
    woken.note("a", "home")
    clock.now_s += 1
    woken.note("a", "other")
    woken.note("b", "home")
    assert woken
    assert "a" in woken
    assert "c" not in woken
    assert woken.rest_s() == 0.01
    assert woken.take() == {"a": ("home", 100.0), "b": ("home", 101.0)}
    assert not woken
    assert woken.take() == {}


@pytest.mark.parametrize(
    ("work_s", "later_s", "rest_s", "is_taken"),
    [
        (0.001, 0.0, 0.01, False),
        (0.001, 0.011, 0.01, True),  # the least rest is for what follows closely
        (0.02, 0.0, 0.08, False),
        (0.02, 0.05, 0.03, False),
        (0.02, 0.079, 0.01, False),
        (0.02, 0.081, 0.01, True),
        (3.0, 0.199, 0.01, False),
        (3.0, 0.201, 0.01, True),
    ],
)
def test_the_longer_a_reading_took_the_longer_the_next_one_waits(
    work_s: float, later_s: float, rest_s: float, *, is_taken: bool
) -> None:
    clock = Clock()
    woken = Woken(REST, clock)
    woken.note_work(work_s)
    woken.note("a", "home")
    clock.now_s += later_s
    assert woken.rest_s() == pytest.approx(rest_s)
    assert bool(woken.take()) is is_taken
    assert bool(woken) is not is_taken


def test_who_is_waited_for_is_taken_at_once_and_alone(woken: Woken, clock: Clock) -> None:
    woken.note_work(1)
    woken.note("a", "home")
    woken.note("b", "home")
    woken.note("b", "home", is_urgent=True)
    assert woken.rest_s() == 0
    assert woken.take() == {"b": ("home", 100.0)}
    woken.note_work(0.001)
    assert woken.rest_s() == pytest.approx(0.2)  # short work ends no longer rest
    assert woken.take() == {}
    clock.now_s += 0.21
    assert woken.take() == {"a": ("home", 100.0)}


def test_after_a_rest_who_is_waited_for_is_taken_with_all(woken: Woken) -> None:
    woken.note("a", "home")
    woken.note("b", "home", is_urgent=True)
    assert woken.take().keys() == {"a", "b"}
    assert woken.rest_s() == 0.01


def test_a_look_at_all_takes_what_rests(woken: Woken) -> None:
    woken.note_work(1)
    woken.note("a", "home")
    woken.note("b", "home", is_urgent=True)
    assert woken.take_all().keys() == {"a", "b"}
    assert woken.rest_s() == pytest.approx(0.2)
    assert woken.take() == {}


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("by_a_log", [True, False])
async def test_who_waits_ends_a_rest(*, is_before: bool, by_a_log: bool) -> None:
    woken = Woken(Rest(times=1, least_s=1000, most_s=1000))

    def hurry() -> None:
        if by_a_log:
            woken.note("a", "home", is_urgent=True)
        else:
            woken.hurry()

    if is_before:
        hurry()
    else:
        asyncio.get_running_loop().call_later(0.01, hurry)
    async with asyncio.timeout(30):
        await woken.rest()


async def test_once_ended_the_next_rest_is_whole() -> None:
    woken = Woken(Rest(times=1, least_s=0.05, most_s=1))
    woken.hurry()
    await woken.rest()
    begin = asyncio.get_running_loop().time()
    await woken.rest()
    assert asyncio.get_running_loop().time() - begin >= 0.05


STEPS = st.one_of(
    st.tuples(st.just("note"), st.sampled_from("abc"), st.booleans()),
    st.tuples(st.just("work"), st.floats(0, 1), st.just(0)),
    st.tuples(st.just("pass"), st.floats(0, 1), st.just(0)),
    st.tuples(st.just("take"), st.just(0), st.just(0)),
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_each_written_log_is_taken_after_the_most_rest(
    steps: list[tuple[str, object, object]],
) -> None:
    clock = Clock()
    woken, open_ = Woken(REST, clock), set[str]()
    for kind, value, is_urgent in steps:
        if kind == "note":
            assert isinstance(value, str)
            woken.note(value, "home", is_urgent=bool(is_urgent))
            open_.add(value)
        elif kind == "take":
            open_ -= woken.take().keys()
        else:
            assert isinstance(value, float)
            if kind == "work":
                woken.note_work(value)
            clock.now_s += value
    assert {path for path in "abc" if path in woken} == open_
    clock.now_s += REST.most_s + 1e-6
    assert woken.take().keys() == open_
    assert not woken
