"""Failures of one command: the same error, and edits that make nothing better."""

import pytest
from waste_builders import CENT, brief, edit, ran, step, us, work

from aicost.core.waste.failing import LEAST_FAILURES, LEAST_ROUNDS, failing
from aicost.core.waste.work import Step


def found(*steps: Step) -> list[tuple[str, str, int]]:
    return brief(failing(work(steps=steps)))


def test_the_same_error_again_and_again_is_a_hit_from_the_third_time_on() -> None:
    runs = [ran(minute, error=1) for minute in range(1, 5)]
    assert found(*runs[: LEAST_FAILURES - 1]) == []
    assert found(*runs[:LEAST_FAILURES]) == [("repeat", "npm test", 3)]
    (hit,) = failing(work(steps=runs))
    assert (hit.count, hit.since_us, hit.until_us) == (4, us(1), us(4))
    assert hit.cost_nusd == 4 * CENT


@pytest.mark.parametrize(
    "between",
    [
        ran(2.5),  # it passed
        ran(2.5, error=9),  # another error: it got on
    ],
)
def test_what_passes_or_fails_otherwise_begins_anew(between: Step) -> None:
    assert found(ran(1, 1), ran(2, 1), between, ran(3, 1), ran(4, 1)) == []


@pytest.mark.parametrize(
    "between",
    [
        ran(2.5, failed=True),  # it was refused: that says nothing
        ran(2.5, error=1, target=6, label="make"),
        step(2.5),
        ran(2.5, error=2, thread="a"),
        ran(2.5, turn_id="t-2"),
    ],
)
def test_other_steps_in_between_do_not_matter(between: Step) -> None:
    assert found(ran(1, 1), ran(2, 1), between, ran(3, 1)) == [("repeat", "npm test", 3)]


def test_each_thread_and_turn_counts_for_itself() -> None:
    assert found(ran(1, 1), ran(2, 1), ran(3, 1, thread="a"), ran(4, 1, turn_id="t-2")) == []


def test_edits_of_one_file_that_make_nothing_better_are_a_hit_of_their_own() -> None:
    rounds = [one for n in range(1, 5) for one in (ran(n, error=1), edit(n + 0.5))]
    assert found(*rounds[:-3]) == [("repeat", "npm test", 3)]  # two rounds are tried out
    (hit,) = failing(work(steps=rounds))
    assert (hit.kind, hit.label, hit.cause) == ("edit-test", "npm test", "pay.py")
    assert hit.count == LEAST_ROUNDS


def test_errors_that_take_turns_are_no_progress_either() -> None:
    rounds = [one for n in range(1, 7) for one in (ran(n, error=n % 2), edit(n + 0.5))]
    assert found(*rounds) == [("edit-test", "npm test", 4)]


def test_new_errors_after_edits_are_progress() -> None:
    rounds = [one for n in range(1, 9) for one in (ran(n, error=n), edit(n + 0.5))]
    assert found(*rounds) == []


def test_edits_of_many_files_are_a_repeat_only() -> None:
    rounds = [one for n in range(1, 5) for one in (ran(n, error=1), edit(n + 0.5, target=n))]
    assert found(*rounds) == [("repeat", "npm test", 4)]


def test_an_edit_that_failed_changed_nothing() -> None:
    rounds = [one for n in range(1, 5) for one in (ran(n, error=1), edit(n + 0.5, failed=True))]
    assert found(*rounds) == [("repeat", "npm test", 4)]


def test_a_loop_stays_one_though_another_error_follows() -> None:
    runs = [ran(1, 1), ran(2, 1), ran(3, 1), ran(4, 2), ran(5, 2), ran(6, 2)]
    assert found(*runs) == [("repeat", "npm test", 3), ("repeat", "npm test", 3)]
