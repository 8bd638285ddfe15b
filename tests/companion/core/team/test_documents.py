"""A day has one spelling, and its revision has to grow when anything else changes."""

import json
from dataclasses import replace
from itertools import permutations

from team_documents import document, row

from aicost.core.team.documents import (
    DayDocument,
    TokenSums,
    body_hash,
    canonical_bytes,
    content_hash,
)

ROWS = (row(), row(model="claude-haiku-4-5"), row(category="docs", project="shop"))


def test_rows_have_one_order_whatever_order_they_came_in() -> None:
    spelled = {canonical_bytes(document(*rows)) for rows in permutations(ROWS)}
    assert len(spelled) == 1
    assert len({content_hash(document(*rows)) for rows in permutations(ROWS)}) == 1


def test_the_spelling_is_sorted_json_without_spaces() -> None:
    body = canonical_bytes(document(row(project="kö")))
    assert b" " not in body
    assert "kö".encode() in body
    assert list(json.loads(body)) == sorted(json.loads(body))


def test_all_but_the_revision_changes_the_content() -> None:
    day = document()
    assert content_hash(day.at_revision(9)) == content_hash(day)
    assert body_hash(canonical_bytes(day.at_revision(9))) != body_hash(canonical_bytes(day))
    others: list[DayDocument] = [
        replace(day, final=True),
        replace(day, day="2026-11-21"),
        replace(day, cohort="pilot"),
        replace(day, rows=()),
        replace(day, rows=(row(tokens=TokenSums(input=1_001)),)),
    ]
    assert len({content_hash(one) for one in (day, *others)}) == 6


def test_the_same_content_always_has_the_same_hash() -> None:
    """Revisions of days that were sent long ago hang on this spelling: it never changes."""
    assert content_hash(document()) == HASH_OF_A_DAY


HASH_OF_A_DAY = "e9f019a754f312c886a0b294adefc926a6cf2bd6a0f4806e079454528338d8ad"
