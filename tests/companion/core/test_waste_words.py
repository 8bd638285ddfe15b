"""What each kind of hit says."""

from typing import Any

import pytest
from waste_builders import hit

from aicost.core.waste.hits import KINDS
from aicost.core.waste.progress import Progress
from aicost.core.waste_words import ACTIONS, evidence_of, progress_text


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("repeat", {"label": "npm test"}, "`npm test` failed 4 times the same way"),
        (
            "edit-test",
            {"label": "npm test", "cause": "pay.py"},
            "`npm test` fails as before after 4 rounds of edits of pay.py",
        ),
        ("reread", {"label": "pay.py"}, "pay.py was read 4 times, unchanged"),
        ("search", {}, "4 searches in a row found nothing"),
        (
            "retry-storm",
            {"cause": "529", "size": 119},
            "4 requests in a row refused (529), 119 s lost",
        ),
        (
            "stalled",
            {"count": 1200, "size": 7200},
            "1,200 calls in 120 min: no edit, nothing that passed, no answer",
        ),
        (
            "dump",
            {"label": "WebFetch", "size": 20_134, "cause": "10", "count": 1},
            "one result (WebFetch) put about 20,134 tokens (10 % of the window) into the context"
            " of 1 call",
        ),
        ("thrash", {}, "compacted 4 times with hardly a call in between"),
        (
            "cache",
            {"cause": "pause"},
            "the cache was written anew 4 times, mostly after a pause",
        ),
        (
            "cache",
            {"cause": "model switch"},
            "the cache was written anew 4 times, mostly after a switch of models",
        ),
        (
            "subagent",
            {"label": "Explore", "size": 120},
            "the subagent Explore made 4 calls, and returned 120 bytes",
        ),
        ("subagent", {}, "a subagent made 4 calls, and returned 0 bytes"),
        ("reread", {"label": "\x1b[2Jpay.py"}, "pay.py was read 4 times, unchanged"),
    ],
)
def test_a_hit_says_what_happened_and_how_often(
    kind: Any, fields: dict[str, Any], sentence: str
) -> None:
    assert evidence_of(hit(kind, **fields)) == sentence


def test_each_kind_has_one_thing_to_do() -> None:
    assert set(ACTIONS) == set(KINDS)
    assert all(text and "!" not in text for text in ACTIONS.values())


def test_progress_is_told_with_its_parts() -> None:
    one = Progress(edits=5, kept_edits=4, files=1, turned_green=1, commits=2, answers=1)
    assert progress_text(one) == (
        "progress 12: 4 of 5 edits kept, in 1 file, 1 test or build turned green, 2 commits,"
        " 1 answer"
    )
    assert progress_text(Progress()).startswith("progress 0: 0 of 0 edits kept, in 0 files")
