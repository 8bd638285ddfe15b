"""So many at once, as many in each minute, and each name by itself."""

from aicost.team.pace import Pace


def test_a_burst_is_allowed_and_then_one_at_a_time() -> None:
    pace = Pace(60)
    assert [pace.wait_s("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert pace.wait_s("a", 0.0) == 1.0
    assert pace.wait_s("a", 0.5) == 0.5
    assert pace.wait_s("a", 1.0) == 0.0
    assert pace.wait_s("a", 1.0) == 1.0


def test_names_do_not_share() -> None:
    pace = Pace(1)
    assert pace.wait_s("a", 0.0) == 0.0
    assert pace.wait_s("b", 0.0) == 0.0
    assert pace.wait_s("a", 0.0) == 60.0


def test_rest_gives_no_more_than_a_minute() -> None:
    pace = Pace(2)
    assert [pace.wait_s("a", 1e6) > 0 for _ in range(3)] == [False, False, True]


def test_it_does_not_grow_for_ever() -> None:
    pace = Pace(1)
    for number in range(20_000):
        pace.wait_s(str(number), 0.0)
    assert len(pace._left) == 10_000
