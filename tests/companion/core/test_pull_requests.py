"""What gh lists is read as it is; whatever else it prints is no list."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.pull_requests import PullRequest, merged_of, parse_pull_requests


def entry(number: int = 7, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "number": number,
        "mergedAt": "2026-11-22T12:00:00Z",
        "headRefName": "fix/PAY-7",
        "closingIssuesReferences": [{"number": 3, "url": "https://…"}, {"number": "4"}, 5],
    }
    return plain | changes


MERGED = PullRequest(7, 1_795_348_800, "fix/PAY-7", (3,))


def parsed(*entries: Any) -> list[PullRequest] | None:
    return parse_pull_requests(json.dumps(entries).encode())


def test_merged_ones_are_listed() -> None:
    assert parsed(entry()) == [MERGED]
    assert parsed(entry(closingIssuesReferences=None)) == [MERGED._replace(closes=())]


@pytest.mark.parametrize(
    "changes",
    [
        {"mergedAt": None},
        {"mergedAt": ""},
        {"mergedAt": "2026-11-22T12:00:00"},
        {"mergedAt": 5},
        {"number": True},
        {"number": 0},
        {"headRefName": None},
    ],
)
def test_what_is_not_merged_or_not_whole_is_left_out(changes: dict[str, Any]) -> None:
    assert parsed(entry(**changes), entry()) == [MERGED]


@pytest.mark.parametrize("output", [b"", b"no pull requests", b"{}", b"[" * 100_000, b"\xff"])
def test_what_is_no_list_is_none(output: bytes) -> None:
    assert parse_pull_requests(output) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(entry())), inner),
    )
)
def test_any_json_is_read(value: Any) -> None:
    found = parse_pull_requests(json.dumps([value]).encode())
    assert found is not None
    assert all(one.number > 0 for one in found)


@pytest.mark.parametrize(
    ("asked", "is_its"),
    [
        ({"numbers": {7}, "branches": set()}, True),
        ({"numbers": set(), "branches": {"fix/PAY-7"}}, True),
        ({"numbers": {8}, "branches": {"main"}}, False),
        ({"numbers": {7}, "branches": set(), "since_s": MERGED.merged_s + 1}, False),
    ],
)
def test_a_session_has_those_it_links_or_that_are_of_its_branch(
    asked: dict[str, Any], is_its: bool
) -> None:
    found = merged_of([MERGED], **({"since_s": MERGED.merged_s} | asked))
    assert found == ((MERGED,) if is_its else ())
