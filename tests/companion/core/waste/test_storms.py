"""Requests that were refused one after another, and what the wait cost."""

import pytest
from waste_builders import READ_NUSD, WRITE_NUSD, brief, call, refused, work

from aicost.core.waste.storms import LEAST_REFUSALS, rewritten_nusd, storms
from aicost.core.waste.work import Refusal


def found(*refusals: Refusal, **parts: object) -> list[tuple[str, str, int]]:
    return brief(storms(work(refusals=refusals, **parts)))


STORM = [refused(1 + n / 10) for n in range(LEAST_REFUSALS)]


def test_five_refusals_in_a_row_are_a_storm() -> None:
    assert found(*STORM[:-1]) == []
    (hit,) = storms(work(refusals=STORM))
    assert (hit.kind, hit.count, hit.cause, hit.size) == ("retry-storm", 5, "529", 24)
    assert hit.cost_nusd == 0


def test_waiting_counts_where_it_was_longer_than_the_log_shows() -> None:
    (hit,) = storms(work(refusals=[refused(1, wait_us=60_000_000)] * LEAST_REFUSALS))
    assert hit.size == 300


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_it_is_the_server_that_refuses(status: int) -> None:
    assert found(*[one._replace(status=status) for one in STORM]) == [("retry-storm", "", 5)]


@pytest.mark.parametrize("status", [0, 400, 401, 404, 413])
def test_what_is_wrong_with_the_request_itself_is_no_storm(status: int) -> None:
    assert found(*[one._replace(status=status) for one in STORM]) == []


def test_an_answer_or_another_turn_in_between_ends_a_storm() -> None:
    assert found(*STORM, calls=[call(1.25)]) == []
    assert found(*STORM, calls=[call(1.25, thread="a")]) == [("retry-storm", "", 5)]
    assert found(*STORM[:2], *[one._replace(turn_id="t-2") for one in STORM[2:]]) == []
    assert found(*STORM[:2], *[one._replace(thread="a") for one in STORM[2:]]) == []


def test_a_storm_that_outlived_the_cache_cost_what_was_written_again() -> None:
    before = call(0.5)
    after = call(9, cache_read_tokens=10_000, cache_write_tokens=41_000, context_tokens=51_000)
    (hit,) = storms(work(refusals=STORM, calls=[before, after]))
    assert hit.cost_nusd == 31_000 * (WRITE_NUSD - READ_NUSD)
    (hit,) = storms(work(refusals=STORM, calls=[before, call(9)]))
    assert hit.cost_nusd == 0


def test_writing_anew_is_priced_as_it_was_written() -> None:
    one = work()
    assert rewritten_nusd(one, call(1), 10) == 10 * 11
    assert rewritten_nusd(one, call(1, is_long_cached=True), 10) == 10 * 19
    assert rewritten_nusd(one, call(1, cache_write_tokens=0), 10) == 10 * 9
    assert rewritten_nusd(work(price=lambda *_: None), call(1), 10) is None
