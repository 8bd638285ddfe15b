"""How often a command failed in the same way."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.loops import Repeat, Run, merged_runs, repeat_of, run_id
from aicost.store.calls import key_of

SECOND_US = 1_000_000


def run(  # noqa: PLR0913 - a run has as many sides
    at_s: int,
    error: str = "e1",
    *,
    command: str = "c1",
    thread: str = "",
    failed: bool = True,
    number: int | None = None,
) -> Run:
    return Run(
        id=at_s if number is None else number,
        at_us=at_s * SECOND_US,
        thread=thread,
        command=command,
        label=f"run {command}",
        failed=failed,
        error=error if failed else "",
    )


def passed(at_s: int, command: str = "c1", thread: str = "") -> Run:
    return run(at_s, command=command, thread=thread, failed=False)


@pytest.mark.parametrize(
    ("runs", "count", "since_s"),
    [
        ([run(1)], 1, 1),
        ([run(1), run(2), run(3)], 3, 1),
        ([run(1), run(2), passed(3), run(4)], 1, 4),
        ([run(1), run(2, "e2"), run(3, "e2")], 2, 2),
        ([run(1), run(2, "e2"), run(3)], 1, 3),  # back to the first error: it was another between
        ([run(1), run(2, command="c2"), passed(3, "c2"), run(4)], 2, 1),
        ([run(1), passed(2, thread="a"), run(3)], 2, 1),
        ([run(1, thread="a"), run(2, thread="b"), run(3, thread="c")], 1, 3),
        ([run(1), run(2), run(3, command="c2")], 2, 1),
        ([run(1), run(2, command="c2")], 1, 2),
        ([run(1), run(1), run(1)], 1, 1),  # one run, told three times
        ([run(1, number=1), run(1, number=2)], 2, 1),
    ],
)
def test_failures_of_one_command_with_one_error_add_up(
    runs: list[Run], count: int, since_s: int
) -> None:
    found = repeat_of(runs, "turn")
    assert found is not None
    assert (found.count, found.turn_id) == (count, "turn")
    assert found.since == datetime.fromtimestamp(since_s, UTC)


@pytest.mark.parametrize("runs", [[], [passed(1)], [run(1), passed(2)]])
def test_without_a_present_failure_nothing_repeats(runs: list[Run]) -> None:
    assert repeat_of(runs) is None


def test_a_repeat_says_what_fails() -> None:
    assert repeat_of([run(1), run(2)], "t") == Repeat(
        2, "run c1", "c1", "t", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), None
    )


@given(
    st.lists(
        st.builds(
            run,
            st.integers(0, 5),
            st.sampled_from(["e1", "e2"]),
            command=st.sampled_from(["c1", "c2"]),
            thread=st.sampled_from(["", "a"]),
            failed=st.booleans(),
            number=st.integers(0, 9),
        ),
        max_size=4,
        unique_by=lambda one: one.id,
    )
)
def test_the_order_of_arrival_does_not_matter(runs: list[Run]) -> None:
    assert len({repeat_of(order) for order in permutations(runs)}) == 1


def test_what_a_log_says_of_a_run_wins_over_what_a_hook_told() -> None:
    logged, told = [run(2, number=1)], [run(9, number=1), run(3, number=2)]
    assert sorted(merged_runs(logged, told)) == [run(2, number=1), run(3, number=2)]
    assert merged_runs([], []) == ()


@given(st.text())
def test_the_ids_of_runs_are_the_keys_of_the_ledger(key: str) -> None:
    if key.isprintable():
        assert run_id(key) == key_of(key)
    assert -(2**63) <= run_id(key) < 2**63
