"""What clients said: the newest word of each session, until that very word is recorded."""

from dataclasses import replace
from datetime import UTC, datetime

from aicost.core.facts import ClientTotal, LimitsSeen
from aicost.core.limits import RateLimits
from aicost.core.usage import TokenCounts
from aicost.daemon.told import Told

TOTAL = ClientTotal(
    session_id="s-1", model="", tokens=TokenCounts(), web_searches=0, cost_nusd=1_000
)
OTHER = replace(TOTAL, session_id="s-2")
LIMITS = LimitsSeen(at=datetime(2026, 11, 22, tzinfo=UTC), limits=RateLimits())


def test_the_newest_word_of_each_session_is_kept() -> None:
    told = Told()
    assert not told
    newer = replace(TOTAL, cost_nusd=2_000)
    told.note(TOTAL, LIMITS)
    told.note(OTHER, None)
    told.note(newer, None)
    assert told
    assert told.all() == ({"s-1": newer, "s-2": OTHER}, {"s-1": LIMITS})


def test_what_was_recorded_is_forgotten_but_for_newer_words() -> None:
    told = Told()
    told.note(TOTAL, LIMITS)
    told.note(OTHER, LIMITS)
    recorded = told.all()
    newer, later = replace(TOTAL, cost_nusd=2_000), replace(LIMITS, at=datetime.now(UTC))
    told.note(newer, later)
    told.forget(*recorded)
    assert told.all() == ({"s-1": newer}, {"s-1": later})
    told.forget(*told.all())
    assert not told
    assert told.all() == ({}, {})
