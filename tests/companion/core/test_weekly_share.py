"""What others may read: no name of the user's own, and amounts that are rounded."""

import pytest
from weekly_builders import NUSD, OPUS, busy_week, day_use, loss, mismatch, report, use

from aicost.core.waste.hits import KINDS
from aicost.core.weekly import WeeklyReport
from aicost.core.weekly_share import OTHER_MODEL, shared

CANARY = "canary"


def is_public(model: str) -> bool:
    return model.startswith("claude-")


def with_canaries() -> WeeklyReport:
    """A report in which everything that a log can name is a canary."""
    named = {name: CANARY for name in ("session_id", "repo", "branch", "label", "turn_id")}
    losses = [
        loss(kind, 1 + at, **named, thread=CANARY, cause=CANARY if kind == "edit-test" else "")
        for at, kind in enumerate(KINDS)
    ]
    return busy_week(
        losses=tuple(losses),
        mismatches=(mismatch(model=CANARY, cheaper_model=f"{CANARY}-mini"),),
        unpriced_models=(CANARY,),
        timezone=f"Europe/{CANARY}",
    )


@pytest.mark.parametrize("count", range(1, 6))
def test_no_name_gets_out(count: int) -> None:
    found = with_canaries()
    assert CANARY in repr(found)
    assert CANARY not in repr(shared(found, is_public))
    own = [day_use(1, category=CANARY, model=f"{CANARY}-{n}", spent=use(9)) for n in range(count)]
    before = [day_use(1, ago=1, category=CANARY, model=CANARY, spent=use(1))]
    assert CANARY not in repr(shared(report(*own, *before), is_public))


def test_models_that_no_list_knows_are_one() -> None:
    found = shared(
        report(
            day_use(spent=use(5)),
            day_use(model="acme-a", spent=use(2)),
            day_use(model="acme-b", spent=use(1.4)),
        ),
        is_public,
    )
    assert [(one.name, one.use.cost_nusd) for one in found.models] == [
        (OPUS, 5 * NUSD),
        (OTHER_MODEL, 3 * NUSD),
    ]


@pytest.mark.parametrize(
    ("dollars", "nusd"),
    [(0, 0), (0.001, 1), (0.49, 1), (0.5, NUSD), (1.49, NUSD), (1.5, 2 * NUSD), (None, None)],
)
def test_money_is_whole_dollars_and_never_made_nothing(
    dollars: float | None, nusd: int | None
) -> None:
    found = shared(report(day_use(spent=use(dollars))), is_public)
    assert found.use.cost_nusd == found.days[0].use.cost_nusd == nusd


@pytest.mark.parametrize(
    ("dollars", "nusd"), [(0.9, 0), (1, NUSD), (48.7, 48 * NUSD), (None, None)]
)
def test_what_is_at_least_so_much_still_is(dollars: float | None, nusd: int | None) -> None:
    found = shared(report(day_use(spent=use(dollars, unpriced_tokens=1))), is_public)
    assert found.use.cost_nusd == nusd


def test_tokens_are_thousands_and_what_is_unpriced_stays_said() -> None:
    found = shared(report(day_use(spent=use(1, 3, a_call=833, unpriced_tokens=1))), is_public)
    assert found.use.tokens.cache_read_tokens == 2000
    assert found.use.unpriced_tokens == 1000


def test_counts_and_closed_words_stay() -> None:
    found = busy_week()
    told = shared(found, is_public)
    assert told.is_shared
    assert (told.sessions, told.turns, told.events) == (found.sessions, found.turns, found.events)
    assert [one.kind for one in told.suggestions] == [one.kind for one in found.suggestions]
    assert [one.name for one in told.categories] == [one.name for one in found.categories]
    assert [one.hit.count for one in told.losses] == [one.hit.count for one in found.losses]
