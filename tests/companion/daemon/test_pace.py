"""The daemon's pace keeps its word: a call is known within half a second."""

from aicost.daemon.pace import USUAL_PACE
from aicost.platform import observing

KNOWN_WITHIN_S = 0.5


def test_the_longest_rests_together_leave_time_to_read() -> None:
    pace = USUAL_PACE
    assert observing.REST.most_s + pace.gather.most_s <= 0.8 * KNOWN_WITHIN_S


def test_one_call_is_not_kept_waiting_by_the_one_before() -> None:
    """Word of a change or two, and a reading of some milliseconds."""
    pace = USUAL_PACE
    assert observing.REST.after(2 * observing.WORD_S) <= 0.01
    assert pace.gather.after(0.004) <= 0.02


def test_a_folder_is_looked_for_and_a_log_polled_within_the_same_time_unless_told() -> None:
    pace = USUAL_PACE
    assert pace.folders_s < KNOWN_WITHIN_S < pace.bare_poll_s < pace.poll_s < pace.survey_s
