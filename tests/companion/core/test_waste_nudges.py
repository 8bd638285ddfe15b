"""Advice on what leads nowhere: told once, and again as it goes on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from waste_builders import CENT, hit, us

from aicost.core.nudge import Nudge
from aicost.core.waste_nudges import waste_nudge

NOW = datetime(1970, 1, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def nudge(kind: Any, **changes: Any) -> Nudge:
    return waste_nudge("s-1", hit(kind, **changes), NOW, BERLIN)


def test_a_nudge_says_what_how_much_and_since_when() -> None:
    one = nudge("reread", label="pay.py", since_us=us(630), cost_nusd=92 * CENT)
    assert one.sentence == "pay.py was read 4 times, unchanged, $0.92, since 11:30"
    assert one.action == "ask for the change itself; /compact if the context is crowded"
    assert (one.severity, one.session_id, one.cost_nusd) == ("warning", "s-1", 92 * CENT)
    assert one.at == NOW - timedelta(minutes=90)


@pytest.mark.parametrize("cost", [None, 0])
def test_a_cost_that_is_not_known_or_nothing_is_not_told(cost: int | None) -> None:
    assert "$" not in nudge("search", cost_nusd=cost).sentence


@pytest.mark.parametrize(("count", "step"), [(3, 3), (4, 3), (5, 5), (19, 10)])
def test_it_is_told_again_as_it_goes_on(count: int, step: int) -> None:
    assert nudge("reread", count=count, label="x").key == f"reread:s-1:t-1::x:{step}"


def test_a_dump_is_told_once_each() -> None:
    keys = {nudge("dump", count=n, since_us=us(at)).key for at in (1, 2) for n in (1, 30)}
    assert len(keys) == 2


@pytest.mark.parametrize("kind", ["dump", "thrash", "cache", "subagent"])
def test_what_is_no_loop_is_for_information(kind: str) -> None:
    assert nudge(kind).severity == "info"
