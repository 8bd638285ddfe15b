"""The filter language: every term on both sides of its boundary; what is no term is said."""

import pytest
from builders import burn, session_row, usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.view import SessionRow
from aicost_tui.filters import FIELDS, Filter, matching, parse_filter

ROW = session_row(
    repo="github.com/acme/Shop",
    branch="fix/Dedup",
    model="claude-opus-5-5-20261001",
    agent="claude",
    state="busy",
    task="bugfix",
    cost_nusd=usd(5),
    burn=burn(2),
    context_tokens=100_000,
    context_window_tokens=200_000,
)


def holds(text: str, row: SessionRow = ROW) -> bool:
    found = parse_filter(text)
    assert found.wrong == ()
    return found.holds(row)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", True),
        ("   ", True),
        ("shop", True),
        ("SHOP dedup", True),
        ("dedup shop", True),
        ("shop main", False),
        ("repo:shop", True),
        ("REPO:Shop", True),
        ("repo:dedup", False),
        ("branch:dedup", True),
        ("model:opus", True),
        ("model:sonnet", False),
        ("agent:codex", False),
        ("task:bug", True),
        ("task:docs", False),
        ("state:busy", True),
        ("state:idle", False),
        ("repo:shop state:busy >$4", True),
        ("repo:shop state:busy >$6", False),
        ("3f2a91c4", True),
        (">$4.99", True),
        (">$5", False),
        (">=$5", True),
        ("<$5", False),
        ("<=$5", True),
        ("<$5.01", True),
        (">$.5", True),
        (">$5.", False),
        (">$1.99/h", True),
        (">$2/h", False),
        ("<=$2/h", True),
        (">49.9%", True),
        (">50%", False),
        (">=50%", True),
        ("<51%", True),
    ],
)
def test_a_term_holds_or_not(text: str, *, shown: bool) -> None:
    assert holds(text) is shown


@pytest.mark.parametrize("text", [">$0", "<$9", ">=$0", "<=$9"])
def test_a_cost_that_is_not_known_is_neither_over_nor_under(text: str) -> None:
    assert not holds(text, session_row(cost_nusd=None))


@pytest.mark.parametrize("text", [">0%", "<100%"])
def test_a_context_that_is_not_known_is_neither_over_nor_under(text: str) -> None:
    assert not holds(text, session_row(context_tokens=None))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour:red", "no field “colour”; repo, branch, model"),
        ("repo:", "repo: needs a word"),
        (">5", "write >$5"),
        (">", "write >$5"),
        ("<>$5", "write >$5"),
        (">$", "write >$5"),
        (">$5x", "write >$5"),
        ("<$5/d", "write >$5"),
        (">5%%", "write >$5"),
        ("=>$5", None),
    ],
)
def test_what_is_no_term_is_said_and_filters_nothing(text: str, said: str | None) -> None:
    found = parse_filter(f"{text} shop")
    if said is None:  # a word like another
        assert found.wrong == ()
        return
    (told,) = found.wrong
    assert said in told
    assert found.holds(ROW)


def test_rows_keep_their_order() -> None:
    other = session_row("other", repo="api")
    assert matching((other, ROW), parse_filter("")) == (other, ROW)
    assert matching((other, ROW), parse_filter("repo:shop")) == (ROW,)
    assert matching((ROW,), Filter()) == (ROW,)


@given(st.text(max_size=80))
def test_any_text_is_a_filter_and_what_is_said_of_it_is_safe_to_print(text: str) -> None:
    found = parse_filter(text)
    assert found.holds(ROW) in (True, False)
    assert all(said.isprintable() for said in found.wrong)
    assert len(found.tests) + len(found.wrong) == len(text.split())


@given(st.sampled_from(sorted(FIELDS)), st.text(min_size=1, max_size=20))
def test_a_field_is_found_by_any_part_of_its_text(name: str, text: str) -> None:
    value = "".join(text.split())
    if value:
        row = session_row(**{name: f"a{value.casefold()}b"})
        assert holds(f"{name}:{value}", row)
