"""What fills a context: parts that always add up to the prompt that the provider counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waste_builders import call, compacted, step, work

from aicost.core.context_parts import (
    BYTES_PER_TOKEN,
    LEAST_BYTES,
    LEAST_PAIRS,
    MOST_RATIO,
    context_of,
    measured,
)
from aicost.core.waste.work import Call, Step, Work

START = 20_000


def grown(minutes: float, context: int, **changes: Any) -> Call:
    """A call with so large a prompt, that answers with 100 tokens."""
    return call(minutes, **({"context_tokens": context} | changes))


def parts(found: Work, **prompts: int) -> dict[str, int]:
    return {part.source: part.tokens for part in context_of(found, prompts).parts}


def test_the_first_prompt_is_what_every_prompt_begins_with() -> None:
    only = work(calls=[grown(1, START)])
    assert parts(only) == {"start": START}
    assert [part.is_estimated for part in context_of(only, {}).parts] == [False]


def test_the_words_of_the_first_prompt_are_no_instructions() -> None:
    only = work(calls=[grown(1, START, turn_id="t")])
    assert parts(only, t=3_000) == {"start": START - 1_000, "prompts": 1_000}
    assert parts(only, t=90_000_000) == {"prompts": START}


def test_answers_and_results_are_told_apart_by_what_grew() -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 1_100), grown(3, START + 1_500)],
        steps=[step(1, "read", size_bytes=2_000), step(2, "test", size_bytes=900)],
    )
    assert parts(found) == {"start": START, "files": 1_000, "commands": 300, "answers": 200}
    assert {part.is_estimated for part in context_of(found, {}).parts} == {True}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("read", "files"), ("edit", "files"), ("search", "searches"), ("look", "commands"),
        ("run", "commands"), ("build", "commands"), ("commit", "commands"), ("agent", "agents"),
        ("other", "other"),
    ],
)  # fmt: skip
def test_every_kind_of_step_has_a_source(kind: str, source: str) -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 400)], steps=[step(1, kind, size_bytes=900)]
    )
    assert parts(found) == {"start": START, source: 300, "answers": 100}


def test_results_of_one_call_share_by_their_size() -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 1_300)],
        steps=[step(1, "read", size_bytes=3_000), step(1, "test", size_bytes=600)],
    )
    assert parts(found) == {"start": START, "files": 1_000, "commands": 200, "answers": 100}


def test_what_grew_far_more_than_its_results_had_something_else_in_it() -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 5_100)], steps=[step(1, size_bytes=3_000)]
    )
    assert parts(found) == {"start": START, "files": 2_000, "other": 3_000, "answers": 100}


def test_a_picture_has_what_the_others_leave() -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 2_600)],
        steps=[step(1, "read", size_bytes=None), step(1, "test", size_bytes=1_500)],
    )
    assert parts(found) == {"start": START, "files": 2_000, "commands": 500, "answers": 100}


def test_a_new_prompt_is_what_results_leave() -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 800, turn_id="t-2")],
        steps=[step(1, size_bytes=900)],
    )
    assert parts(found) == {"start": START, "files": 300, "prompts": 400, "answers": 100}


def test_what_grew_without_a_result_or_prompt_is_not_known() -> None:
    found = work(calls=[grown(1, START), grown(2, START + 800)])
    assert parts(found) == {"start": START, "other": 700, "answers": 100}


def test_after_a_compaction_there_are_the_beginning_and_a_summary() -> None:
    found = work(
        calls=[grown(1, START), grown(2, 150_000), grown(4, START + 3_000), grown(5, 23_600)],
        steps=[step(1, size_bytes=300_000), step(4, size_bytes=1_500)],
        compactions=[compacted(3)],
    )
    assert parts(found) == {"start": START, "summary": 3_000, "files": 500, "answers": 100}
    points = context_of(found, {}).points
    assert [point.is_compacted for point in points] == [False, False, True, False]
    assert [point.tokens for point in points] == [START, 150_000, START + 3_000, 23_600]


def test_a_subagents_compaction_leaves_the_main_thread_alone() -> None:
    found = work(calls=[grown(1, START), grown(4, 30_000)], compactions=[compacted(3, "a1")])
    assert not any(point.is_compacted for point in context_of(found, {}).points)


def test_a_conversation_that_was_cleared_begins_anew() -> None:
    found = work(calls=[grown(1, START), grown(2, 150_000), grown(3, START + 500)])
    assert parts(found) == {"start": START, "summary": 500}
    assert not any(point.is_compacted for point in context_of(found, {}).points)


def test_what_shrinks_a_little_lost_of_everything_but_its_beginning() -> None:
    found = work(
        calls=[grown(1, START), grown(2, START + 8_000, output_tokens=0), grown(3, START + 4_000)],
        steps=[step(1, size_bytes=23_700)],
    )
    assert parts(found) == {"start": START, "files": 3_950, "answers": 50}


def test_only_the_main_threads_prompts_are_its_context() -> None:
    found = work(calls=[grown(1, START), grown(2, 90_000, thread="a1")])
    assert parts(found) == {"start": START}
    nothing = context_of(work(calls=[grown(2, 90_000, thread="a1")]), {})
    assert (nothing.points, nothing.parts) == ((), ())


# The session's own measure


def pairs(*grew: tuple[str, int, int]) -> Work:
    """Calls with one result each: (kind, bytes, tokens that the context grew by)."""
    calls, steps, context = [grown(0, START)], list[Step](), START
    for number, (kind, size_bytes, tokens) in enumerate(grew):
        context += tokens + 100
        calls.append(grown(number + 1, context))
        steps.append(step(number, kind, size_bytes=size_bytes, key=900 + number))
    return work(calls=calls, steps=steps)


def test_a_session_measures_its_own_bytes_for_a_token() -> None:
    files = [("read", 4_000, 1_000)] * LEAST_PAIRS
    logs = [("test", 4_000, 2_000)] * LEAST_PAIRS
    found = pairs(*files, *logs)
    measure = measured(found, found.calls)
    assert measure.by_source == {"files": 4.0, "commands": 2.0}
    assert measure.whole == pytest.approx(24_000 / 9_000)
    assert context_of(found, {}).bytes_per_token == measure.whole


@pytest.mark.parametrize(
    "grew",
    [
        [("read", 4_000, 1_000)] * (LEAST_PAIRS - 1),
        [("read", LEAST_BYTES // LEAST_PAIRS - 1, 300)] * LEAST_PAIRS,
    ],
)
def test_too_few_results_measure_nothing(grew: list[tuple[str, int, int]]) -> None:
    found = pairs(*grew)
    measure = measured(found, found.calls)
    assert (measure.by_source, measure.whole) == ({}, None)
    assert measure.tokens("files", 900) == 900 / BYTES_PER_TOKEN


def test_a_measure_stays_within_what_text_can_be() -> None:
    found = pairs(*[("read", 400_000, 1_000)] * LEAST_PAIRS)
    assert measured(found, found.calls).whole == MOST_RATIO


# The largest results


def test_the_largest_results_are_told_and_whether_the_context_holds_them() -> None:
    calls = [grown(1, START), grown(2, 150_000), grown(4, 21_000), grown(5, 30_000)]
    found = work(
        calls=[*calls, grown(6, 9_000, thread="a1")],
        steps=[
            step(1, "read", size_bytes=390_000, label="big.log"),
            step(4, "test", size_bytes=27_000, label="npm test"),
            step(6, "read", size_bytes=600, thread="a1", call=600),
            step(4, "other", size_bytes=None, key=77),
        ],
        compactions=[compacted(3)],
    )
    results = context_of(found, {}).results
    assert [(one.label, one.tokens, one.is_in_context) for one in results] == [
        ("big.log", 130_000, False),
        ("npm test", 9_000, True),
        ("pay.py", 200, False),
    ]


def test_a_result_whose_bytes_make_more_tokens_comes_before_a_larger_one() -> None:
    files = [("read", 5_000, 1_000)] * LEAST_PAIRS
    logs = [("test", 4_000, 2_000)] * LEAST_PAIRS
    results = context_of(pairs(*files, *logs), {}).results
    assert [one.tokens for one in results] == [2_000] * LEAST_PAIRS + [1_000] * LEAST_PAIRS
    assert results[0].size_bytes < results[-1].size_bytes


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**6), st.integers(0, 10**5), st.sampled_from(["t-1", "t-2"]),
            st.sampled_from(["read", "test", "other", "agent"]),
            st.none() | st.integers(0, 10**6), st.booleans(),
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_parts_are_always_the_last_prompt(rows: list[tuple[int, int, str, str, Any, bool]]) -> None:
    calls = [
        call(n + 1, context_tokens=context, output_tokens=output, turn_id=turn)
        for n, (context, output, turn, *_) in enumerate(rows)
    ]
    steps = [step(n + 1, kind, size_bytes=size) for n, (*_, kind, size, _) in enumerate(rows)]
    summaries = [compacted(n + 0.5) for n, row in enumerate(rows) if row[-1]]
    found = context_of(work(calls=calls, steps=steps, compactions=summaries), {"t-1": 500})
    assert sum(part.tokens for part in found.parts) == rows[-1][0]
    assert all(part.tokens > 0 for part in found.parts)
