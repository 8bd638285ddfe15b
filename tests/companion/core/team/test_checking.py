"""A body of someone else is a document, or every fault of it is named without its value."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from team_documents import document, row

from aicost.core.team.checking import (
    MOST,
    MOST_FAULTS,
    MOST_ROWS,
    Fault,
    NotADocument,
    parse_document,
)
from aicost.core.team.documents import DayDocument, canonical_bytes


def body(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(canonical_bytes(document()))
    return found | changed


def with_row(**changed: Any) -> dict[str, Any]:
    found = body()
    found["rows"][0] |= changed
    return found


def read(content: bytes) -> DayDocument | Sequence[Fault]:
    try:
        return parse_document(content)
    except NotADocument as error:
        return error.faults


def faults(given: object) -> list[str]:
    with pytest.raises(NotADocument) as raised:
        parse_document(json.dumps(given).encode())
    return [fault.field for fault in raised.value.faults]


def test_what_was_written_is_read_again() -> None:
    day = document(row(), row(project="k_0123456789abcdef0123"), row(category="unknown"))
    again = parse_document(canonical_bytes(day))
    assert canonical_bytes(again) == canonical_bytes(day)
    assert parse_document(canonical_bytes(document(rows=()))).rows == ()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"schema": 2}, "schema"),
        ({"schema": True}, "schema"),
        ({"tz": "Europe/Berlin"}, "tz"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "20261120"}, "day"),
        ({"revision": -1}, "revision"),
        ({"revision": 1.0}, "revision"),
        ({"final": 1}, "final"),
        ({"client": "curl/8"}, "client"),
        ({"cohort": "Pilot group"}, "cohort"),
        ({"sessions": MOST + 1}, "sessions"),
        ({"host": "laptop"}, ""),
        ({"rows": {}}, "rows"),
        ({"rows": [{}] * (MOST_ROWS + 1)}, "rows"),
        ({"rows": [7]}, "rows[0]"),
        ({"outcomes": None}, "outcomes"),
        ({"outcomes": {"commits": 1}}, "outcomes.merged"),
    ],
)
def test_a_fault_of_the_day_is_named(changed: dict[str, Any], field: str) -> None:
    assert field in faults(body(**changed))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"tool": "cursor"}, "rows[0].tool"),
        ({"tool": ["codex"]}, "rows[0].tool"),
        ({"provider": "acme"}, "rows[0].provider"),
        ({"model": "Secret Model"}, "rows[0].model"),
        ({"model": "m" * 65}, "rows[0].model"),
        ({"project": "/home/ada/shop"}, "rows[0].project"),
        ({"project": "a" * 41}, "rows[0].project"),
        ({"category": ""}, "rows[0].category"),
        ({"cost_list_microusd": -1}, "rows[0].cost_list_microusd"),
        ({"tokens": {}}, "rows[0].tokens.input"),
        ({"branch": "main"}, "rows[0]"),
    ],
)
def test_a_fault_of_a_row_is_named(changed: dict[str, Any], field: str) -> None:
    assert field in faults(with_row(**changed))


def test_numbers_at_their_bounds_are_taken() -> None:
    found = parse_document(json.dumps(with_row(requests=MOST, turns=0)).encode())
    assert (found.rows[0].requests, found.rows[0].turns) == (MOST, 0)


def test_a_row_may_not_come_twice() -> None:
    given = body()
    given["rows"] *= 2
    assert faults(given) == ["rows[1]"]


def test_missing_fields_are_named_and_not_all_of_thousands() -> None:
    assert len(faults({})) == len(body())
    assert len(faults(body(rows=[{}] * 500))) == MOST_FAULTS


def test_no_fault_repeats_what_was_sent() -> None:
    with pytest.raises(NotADocument) as raised:
        parse_document(json.dumps(with_row(model="SECRET NAME") | {"SECRET": 1}).encode())
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"NaN", b'"x"', b"[" * 100_000])
def test_what_is_no_object_is_no_document(content: bytes) -> None:
    with pytest.raises(NotADocument):
        parse_document(content)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.sampled_from(sorted(body())), JSON)
def test_any_value_anywhere_is_a_document_or_a_fault(field: str, value: object) -> None:
    content = json.dumps(body(**{field: value})).encode()
    found = read(content)
    if isinstance(found, DayDocument):
        assert parse_document(canonical_bytes(found)) == found
    else:
        assert found


@given(st.sampled_from(sorted(body()["rows"][0])), JSON)
def test_any_value_in_a_row_is_a_document_or_a_fault(field: str, value: object) -> None:
    content = json.dumps(with_row(**{field: value})).encode()
    found = read(content)
    if isinstance(found, DayDocument):
        assert len(found.rows) == 1
    else:
        assert all(fault.field.startswith("rows[0]") for fault in found)
