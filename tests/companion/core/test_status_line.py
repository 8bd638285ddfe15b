"""A session's two lines: what they say, in every width, and that nothing else gets into them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, budget_status, nudge, plan_status, status_line, usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.budget import BudgetFilter
from aicost.core.status_line import (
    ALPHABET,
    MOST_CELLS,
    MOST_CHARS,
    MOST_VARIANTS,
    Variant,
    cells_of,
    coded,
    lines_for,
    prepared,
)

BARE: dict[str, Any] = {
    "used": None,
    "plans": (),
    "context_share": None,
    "next_prompt_nusd": None,
    "nusd_per_hour": 0,
    "cache_ends_at": None,
    "nudge": None,
}


def first(cells: int = MOST_CELLS, **changes: Any) -> str:
    return lines_for(status_line(**changes), cells)[0]


def bare(cells: int = MOST_CELLS, **changes: Any) -> str:
    return first(cells, **(BARE | changes))


def test_all_is_said_where_there_is_room() -> None:
    assert lines_for(status_line(), MOST_CELLS) == (
        "session $3.20 ~m today $20.42 of $25.00 ~y~w81%~0 ~m context 62%, next prompt $0.41"
        " ~m burn $6.10/h ~m cache 4m",
        "5h 42% until 14:51 ~m week ~y~w83%~0 until Wed 07:21 ~m ~y~w~0 'npm test' failed 5 times"
        " the same way, $0.40, since 12:31 ~a stop it, or narrow the task: name the error or the"
        " file",
    )


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (102, "session $3.20 ~m today $20.42 of $25.00 ~y~w81%~0 ~m context 62%,"),
        (101, "$3.20 ~m today $20.42/$25.00 ~y~w81%~0 ~m ctx 62% next $0.41 ~m $6.10/h ~m cache"),
        (74, "$3.20 ~m today $20.42/$25.00 ~y~w81%~0 ~m ctx 62% next $0.41 ~m $6.10/h ~m cache"),
        (73, "$3.20 ~m today $20.42/$25.00 ~y~w81%~0 ~m ctx 62% next $0.41 ~m cache 4m"),
        (63, "$3.20 ~m today $20.42/$25.00 ~y~w81%~0 ~m ctx 62% next $0.41"),
        (52, "$3.20 ~m today $20.42/$25.00 ~y~w81%~0 ~m ctx 62%"),
        (41, "$3.20 ~m ~y~w81%~0 ~m ctx 62%"),
        (21, "$3.20 ~m ~y~w81%~0"),
        (11, "$3.20"),
        (5, "$3.20"),
    ],
)
def test_with_less_room_the_least_goes_first(cells: int, shown: str) -> None:
    assert first(cells).startswith(shown)
    assert cells_of(first(cells)) <= cells


def test_in_no_room_nothing_is_said() -> None:
    assert lines_for(status_line(plans=(), nudge=None), 4) == ()
    assert lines_for(status_line(), 9) == ("$3.20", "week ~y~w83%~0")


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (
            81,
            "5h 42% ~m week ~y~w83%~0 ~m ~y~w~0 'npm test' failed 5 times the same way, $0.40,"
            " since 12:31",
        ),
        (60, "5h 42% ~m week ~y~w83%~0 ~m ~y~w~0 'npm test' failed 5 times the same w~e"),
        (46, "5h 42% until 14:51 ~m week ~y~w83%~0 until Wed 07:21"),
        (45, "5h 42% ~m week ~y~w83%~0"),
        (17, "week ~y~w83%~0"),
    ],
)
def test_advice_is_cut_before_the_plan_is(cells: int, shown: str) -> None:
    assert lines_for(status_line(), cells)[1] == shown


# Parts


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "session $3.20 ~m today $18.42"),
        ({"cost_nusd": 0}, "session $0.00 ~m today $18.42"),
        ({"cost_nusd": usd("0.001")}, "session <$0.01 ~m today $18.42"),
        ({"unpriced_tokens": 9}, "session ~g$3.20 ~m today $18.42"),
        ({"cost_nusd": None, "unpriced_tokens": 9}, "session unpriced ~m today $18.42"),
        ({"cost_nusd": None}, "session - ~m today $18.42"),
        ({"today_unpriced_tokens": 9}, "session $3.20 ~m today ~g$18.42"),
        ({"cost_nusd": usd(12345)}, "session $12,345 ~m today $18.42"),
    ],
)
def test_money_says_what_it_does_not_know(changes: dict[str, Any], shown: str) -> None:
    assert bare(**changes) == shown


@pytest.mark.parametrize(
    ("used", "long", "short"),
    [
        (budget_status(5, 25), "today $5.00 of $25.00 20%", "today $5.00/$25.00 20%"),
        (
            budget_status(30, 25),
            "today $30.00 of $25.00 ~r~s120%~0",
            "today $30.00/$25.00 ~r~s120%~0",
        ),
        (
            budget_status(5, 25, filter=BudgetFilter(repo="shop")),
            "today $18.42 ~m day $5.00 of $25.00 20%",
            "today $18.42 ~m day 20%",
        ),
        (
            budget_status(290_000, 300_000, "session", "tokens"),
            "today $18.42 ~m session 290,000 of 300,000 tokens ~r~s96%~0",
            "today $18.42 ~m session ~r~s96%~0",
        ),
        (
            budget_status(1, 2, "turn", "requests"),
            "today $18.42 ~m turn 1 request of 2 requests 50%",
            "today $18.42 ~m turn 50%",
        ),
        (
            budget_status(4, 5, "5h"),
            "today $18.42 ~m 5 hours $4.00 of $5.00 ~y~w80%~0",
            "today $18.42 ~m 5 hours ~y~w80%~0",
        ),
    ],
)
def test_the_strictest_budget_is_named_by_what_it_is_of(used: Any, long: str, short: str) -> None:
    assert bare(used=used) == f"session $3.20 ~m {long}"
    text = bare(cells_of(f"session $3.20 ~m {long}") - 1, used=used)
    assert text == f"$3.20 ~m {short}"


def test_a_guards_budget_is_that_of_a_run() -> None:
    used = budget_status(1, 5, "session")
    used = replace(used, budget=replace(used.budget, origin="guard"))
    assert bare(used=used) == "session $3.20 ~m today $18.42 ~m run $1.00 of $5.00 20%"


@pytest.mark.parametrize(
    ("share", "price", "shown"),
    [
        (0.0, None, "context 0%"),
        (0.799, None, "context 79%"),
        (0.8, None, "context ~y~w80%~0"),
        (0.95, usd(1), "context ~r~s95%~0, next prompt $1.00"),
        (1.2, None, "context ~r~s120%~0"),
        (99.0, None, "context ~r~s999%~0"),
        (None, usd("0.41"), "next prompt $0.41"),
        (0.0, 0, "context 0%"),
    ],
)
def test_the_context_has_a_level_and_a_price(
    share: float | None, price: int | None, shown: str
) -> None:
    text = bare(context_share=share, next_prompt_nusd=price)
    assert text == f"session $3.20 ~m today $18.42 ~m {shown}"


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(seconds=-1), "cache cold"),
        (timedelta(0), "cache cold"),
        (timedelta(seconds=1), "cache <1m"),
        (timedelta(seconds=59), "cache <1m"),
        (timedelta(seconds=60), "cache 1m"),
        (timedelta(minutes=119), "cache 119m"),
        (timedelta(hours=2), "cache 2h"),
    ],
)
def test_a_cache_says_how_long_it_lasts(left: timedelta, shown: str) -> None:
    text = bare(cache_ends_at=NOW + left)
    assert text == f"session $3.20 ~m today $18.42 ~m {shown}"


def test_a_plan_that_says_no_end_is_shown_without() -> None:
    plan = plan_status(99.9, minutes=-5)
    lines = lines_for(status_line(**(BARE | {"plans": (plan,)})), MOST_CELLS)
    assert lines[1] == "5h ~r~s99%~0"


# The alphabet


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain 1.5 (x)", "plain 1.5 (x)"),
        ("`npm test` “x” ~ \\ | [y]", "'npm test' ?x? - / / ?y?"),
        ("\x1b[31mred\x1b]0;t\x07 \x9b bell\x07", "red bell"),
        ("▲ ■ ○ · ≥ → …", "~w ~s ~i ~m ~g ~a ~e"),
        ("~w~r", "-w-r"),
        ("caf\u0301e é 漢字 \u202e", "caf?e ? ??"),
        ("a\nb\tc", "a b c"),
    ],
)
def test_any_text_becomes_plain_letters(text: str, safe: str) -> None:
    assert coded(text) == safe


def test_cells_are_those_of_a_terminal() -> None:
    assert Variant(1, "~y~w82%~0 ~m a~e").cells == len("▲82% · a…")


@given(
    sentence=st.text(max_size=500),
    action=st.text(max_size=100),
    share=st.none() | st.floats(0, 1e6),
    money=st.tuples(st.integers(0, 10**15), st.none() | st.integers(0, 10**18)),
    cells=st.integers(0, 500),
)
def test_whatever_is_told_the_file_holds_what_a_shell_takes(
    sentence: str, action: str, share: float | None, money: tuple[int, int | None], cells: int
) -> None:
    status = status_line(
        nudge=nudge("loop", sentence=sentence, action=action),
        context_share=share,
        cost_nusd=money[1],
        used=budget_status(money[0] / 10**9, 25),
    )
    rows = prepared(status).splitlines()
    assert 1 <= len(rows) <= MOST_VARIANTS
    widths: dict[str, int] = {"1": 1000, "2": 1000}
    for row in rows:
        number, need, text = row.split(" ", 2)
        assert ALPHABET.fullmatch(text)
        assert text == text.strip()
        assert len(text) <= MOST_CHARS
        assert int(need) == cells_of(text) < widths[number]
        widths[number] = int(need)
    for text in lines_for(status, cells):
        assert cells_of(text) <= cells
