"""Which hits are loops."""

from aicost.core.waste.hits import KINDS, LOOPS


def test_a_loop_is_motion_without_progress() -> None:
    assert set(KINDS) - LOOPS == {"dump", "thrash", "cache", "subagent"}
    assert len(KINDS) == len(set(KINDS))
