"""Reads of what did not change, and searches that find nothing."""

import pytest
from waste_builders import CENT, brief, compacted, edit, step, work

from aicost.core.waste.rereading import (
    LEAST_READS,
    LEAST_SEARCHES,
    NOTHING_BYTES,
    rereading,
    searching,
)
from aicost.core.waste.work import Compaction, Step


def reread(*steps: Step, compactions: tuple[Compaction, ...] = ()) -> list[tuple[str, str, int]]:
    return brief(rereading(work(steps=steps, compactions=compactions)))


def test_the_same_lines_unchanged_are_a_hit_from_the_third_time_on() -> None:
    reads = [step(minute) for minute in range(1, 5)]
    assert reread(*reads[: LEAST_READS - 1]) == []
    assert reread(*reads) == [("reread", "pay.py", 4)]
    (hit,) = rereading(work(steps=reads))
    assert hit.cost_nusd == 3 * CENT  # the first time it had to be read


@pytest.mark.parametrize(
    "other",
    [
        step(2, content=2),
        step(2, part=3),
        step(2, target=8),
        step(2, failed=True),
        step(2, thread="a"),
        step(2, turn_id="t-2"),
        step(2, "look"),
    ],
)
def test_other_reads_do_not_count(other: Step) -> None:
    assert reread(step(1), other, step(3)) == []


def test_what_was_edited_is_read_anew() -> None:
    assert reread(step(1), step(2), edit(2.5), step(3), step(4)) == []
    assert reread(step(1), step(2), edit(2.5, target=9), step(3)) == [("reread", "pay.py", 3)]


def test_what_a_compaction_took_away_is_read_anew() -> None:
    reads = [step(1), step(2), step(3)]
    assert reread(*reads, compactions=(compacted(1.5),)) == []
    assert reread(*reads, compactions=(compacted(1.5, "a"),)) == [("reread", "pay.py", 3)]
    assert reread(*reads, compactions=(compacted(4),)) == [("reread", "pay.py", 3)]


def nothing(minute: float) -> Step:
    return step(minute, "search", label="", target=round(minute), size_bytes=NOTHING_BYTES)


def searched(*steps: Step) -> list[tuple[str, str, int]]:
    return brief(searching(work(steps=steps)))


def test_searches_that_find_nothing_are_a_hit_from_the_sixth_on() -> None:
    searches = [nothing(minute) for minute in range(1, LEAST_SEARCHES + 1)]
    assert searched(*searches[:-1]) == []
    assert searched(*searches) == [("search", "", 6)]


@pytest.mark.parametrize(
    "between",
    [step(3.5), edit(3.5), step(3.5, "search", size_bytes=NOTHING_BYTES + 1)],
)
def test_whatever_else_is_done_ends_a_run_of_searches(between: Step) -> None:
    first, last = [nothing(n) for n in (1, 2, 3)], [nothing(n) for n in (4, 5, 6)]
    assert searched(*first, between, *last) == []


def test_a_search_of_unknown_size_may_have_found_something() -> None:
    searches = [nothing(minute)._replace(size_bytes=None) for minute in range(1, 9)]
    assert searched(*searches) == []
    assert searched(*[one._replace(failed=True) for one in searches]) == [("search", "", 8)]
