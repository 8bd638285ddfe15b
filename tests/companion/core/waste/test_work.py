"""What detectors are given: costs are known or not, never guessed."""

from waste_builders import CENT, call, step, us, work

from aicost.core.waste.work import sum_of


def test_a_sum_is_that_of_what_is_known() -> None:
    assert sum_of(iter([1, None, 2])) == 3
    assert sum_of(iter([None])) is None
    assert sum_of(iter([])) is None


def test_a_cost_is_that_of_the_threads_calls_between_two_moments() -> None:
    calls = [call(1), call(2), call(2.5, thread="a"), call(3, turn_id="t-2"), call(4)]
    found = work(calls=calls)
    assert found.cost_between("t-1", "", us(2), us(4)) == 2 * CENT
    assert found.cost_between("t-1", "a", us(0), us(9)) == CENT
    assert found.cost_between("t-1", "b", us(0), us(9)) is None


def test_a_step_costs_its_share_of_the_call_that_asked() -> None:
    steps = [step(1), step(1, key=2), step(2)]
    calls = [call(1, tools=2), call(2, cost_nusd=None, tools=1)]
    assert work(calls=calls, steps=steps).cost_of_steps(steps) == CENT
    assert work(calls=[], steps=steps).cost_of_steps(steps) is None
