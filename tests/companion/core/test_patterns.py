"""Patterns of the user's: what is useful passes, what could take minutes does not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.attribution import DEFAULT_TICKET_PATTERN, MAX_BRANCH_CHARS, ticket_of
from aicost.core.patterns import check_ticket_pattern

GOOD = [
    DEFAULT_TICKET_PATTERN,
    r"(?i)[a-z]{2,10}-\d{1,6}",
    r"(?:feature|fix|chore|docs|test|refactor|perf|build|ci)/([A-Z]+-\d+)",
    r"^[a-z]+/([A-Z]+-\d+)-.*",
    r"^.*?([A-Z]+-\d+)",
    r"^(?:[a-z]{1,9}/)?(\d+)",
    r"(?P<id>GH-\d+)",
    r"(?<![A-Z])[A-Z]+-[0-9]+(?![0-9])",
    r"#(\d+)\b",
    r"\[(\w+)\]",
    r"[]x]y",
    r"(?:ab)+c",
    r"a{2}{",
    r"x++y",
    r"a{,}b",
    r"(?#a \) comment)x",
    r"(x)(?(1)y|z)",
    r"(?P<q>['_])\d+(?P=q)",
]


@pytest.mark.parametrize("pattern", GOOD)
def test_what_people_write_passes(pattern: str) -> None:
    check_ticket_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("(?:a*)*x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("(?:(a+)b)+x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("a{٣}+.*.*.*x", None),
        ("(?:a|a)*x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("(?:a?){30}x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("(?:a{1,2}){9}x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("(?=(a+))*x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("(?:a+)(?#\\))+x", "it repeats what already varies, as in (a+)+ or (a|b)*"),
        ("([(](a+))+x", None),
        (
            ".*.*.*.*x",
            "it repeats too often, and could take minutes on a long branch name",
        ),
        ("a?" * 24 + "x", "it repeats too often, and could take minutes on a long branch name"),
        ("(?:a|a)" * 24, "it repeats too often, and could take minutes on a long branch name"),
        ("a|^.*.*.*.*x", "it repeats too often, and could take minutes on a long branch name"),
        ("", "it also matches nothing, so every branch would have that ticket"),
        ("[A-Z]*", "it also matches nothing, so every branch would have that ticket"),
        (
            r"([A-Z]+)-(\d+)",
            "it has more than one group; write (?:…) for those that are not the id",
        ),
        ("(?x)a # b", "the flag x is not supported"),
        ("(a", None),
        ("[z-a]", None),
        ("a{99999999999999999999}", None),
        ("[[a]", None),
        ("x" * 201, "it is longer than 200 characters"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(pattern: str, why: str | None) -> None:
    with pytest.raises(ValueError, match=r"^it |^the flag") as caught:
        check_ticket_pattern(pattern)
    if why is not None:
        assert str(caught.value) == why


def test_the_longest_pattern_allowed_has_200_characters() -> None:
    check_ticket_pattern("x" * 200)


def accepted(pattern: str) -> bool:
    try:
        check_ticket_pattern(pattern)
    except ValueError:
        return False
    return True


pieces = st.sampled_from(
    [*"ab.-/()[]{}|*+?^$\\", "(?:", "(?=", "a+", "[ab]*", ".*", "{2}", "{1,9}", "{3,}", ")+", "|a"]
)
hostile = st.sampled_from(["a", "ab", "a-", "b"]).map(lambda text: text * MAX_BRANCH_CHARS)


@given(st.one_of(st.text(max_size=30), st.lists(pieces, max_size=14).map("".join)), hostile)
def test_whatever_passes_ends_soon_on_any_branch(pattern: str, branch: str) -> None:
    if accepted(pattern):
        started = time.process_time()
        ticket_of(branch, pattern)
        assert time.process_time() - started < 10  # what must be refused takes ages


@pytest.mark.parametrize("pattern", [r".*.*.*x", r"^.*.*.*.*x", "a?" * 14 + "x"])
def test_the_worst_that_passes_ends_soon(pattern: str) -> None:
    check_ticket_pattern(pattern)
    started = time.process_time()
    assert ticket_of("a" * MAX_BRANCH_CHARS, pattern) == ""
    assert time.process_time() - started < 10
