"""Which hits are loops."""

from waste_builders import hit

from aicost.core.waste.hits import KINDS, LOOPS, dearest_loop


def test_a_loop_is_motion_without_progress() -> None:
    assert set(KINDS) - LOOPS == {"dump", "thrash", "cache", "subagent"}
    assert len(KINDS) == len(set(KINDS))


def test_the_dearest_loop_is_shown_and_of_equals_the_last() -> None:
    cheap, dear = hit(cost_nusd=1), hit("search", cost_nusd=5)
    late = hit("stalled", cost_nusd=5, until_us=10**12)
    assert dearest_loop([dear, cheap]) == dear
    assert dearest_loop([late, dear, cheap]) == late
    assert dearest_loop([hit(cost_nusd=None), hit("dump", cost_nusd=9)]) == hit(cost_nusd=None)
    assert dearest_loop([hit("dump")]) is None
    assert dearest_loop([]) is None
