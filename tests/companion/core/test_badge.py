"""The badge's line: fields between tabs, of a closed alphabet; and what formats make of it."""

from typing import Any

import pytest
from builders import budget_status, usd
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.badge import (
    ALPHABET,
    ASCII_FORMAT,
    DEFAULT_FORMAT,
    FIELDS,
    MAX_NAME_BYTES,
    PLACEHOLDERS,
    Badge,
    BadgeLevel,
    alive_line,
    badge_fields,
    badge_line,
    check_format,
    level_of,
    repo_file,
    state_of,
    strictest,
    tokens_short,
    written,
)
from aicost.core.budget import BudgetStatus
from aicost.core.errors import ConfigError
from aicost.core.view import SessionState


def badge(**changes: Any) -> Badge:
    """Two busy sessions that used 82 % of a budget."""
    fields: dict[str, Any] = {
        "cost_nusd": usd(3.20),
        "tokens": 1_234_567,
        "used": budget_status(20.5, 25),
        "state": "busy",
        "sessions": 2,
        "nusd_per_hour": usd(6.10),
        "context_share": 0.629,
    }
    return Badge(**(fields | changes))


# The line


def test_a_line_is_eight_fields_between_tabs() -> None:
    assert badge_line(badge()) == "warn\t$3.20\t82\tbusy 2\t1.2M\t$6.10/h\t62\t\n"


def test_what_is_not_known_is_an_empty_field() -> None:
    line = badge_line(Badge(cost_nusd=usd(0.5), tokens=900))
    assert line == "ok\t$0.50\t\tended\t900\t\t\t\n"


@pytest.mark.parametrize(
    ("cost_nusd", "unpriced_tokens", "text"),
    [
        (usd(0), 0, "$0.00"),
        (usd("0.001"), 0, "<$0.01"),
        (usd(3.209), 10, "≥$3.20"),
        (usd(1234), 0, "$1,234"),
        (None, 10, "unpriced"),
        (None, 0, ""),
    ],
)
def test_a_cost_says_what_it_does_not_know(
    cost_nusd: int | None, unpriced_tokens: int, text: str
) -> None:
    found = badge(cost_nusd=cost_nusd, unpriced_tokens=unpriced_tokens)
    assert badge_fields(found)["cost"] == text


@pytest.mark.parametrize(
    ("spent", "percent", "level"),
    [
        ("0", "0", "ok"),
        ("19.999", "79", "ok"),
        ("20", "80", "warn"),
        ("23.749999999", "94", "warn"),
        ("23.75", "95", "serious"),
        ("24.999999999", "99", "serious"),
        ("25", "100", "over"),
        ("300", "999", "over"),
    ],
)
def test_the_level_is_that_of_the_budget_and_never_of_a_rounded_figure(
    spent: str, percent: str, level: BadgeLevel
) -> None:
    fields = badge_fields(badge(used=budget_status(spent, 25)))
    assert (fields["percent"], fields["level"]) == (percent, level)


def test_no_budget_is_no_worry() -> None:
    assert (level_of(None), badge_fields(badge(used=None))["percent"]) == ("ok", "")


soft, hard = budget_status(20, 25), budget_status(40, 50, is_hard=True)
over = budget_status(3, 2, "session")


@pytest.mark.parametrize(
    ("statuses", "wanted"),
    [([], None), ([soft], soft), ([soft, hard], hard), ([hard, soft], hard), ([soft, over], over)],
)
def test_the_strictest_budget_is_the_one_most_used_and_the_hard_one_of_two(
    statuses: list[BudgetStatus], wanted: BudgetStatus | None
) -> None:
    assert strictest(statuses) == wanted


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], ("ended", 0)),
        (["ended", "ended"], ("ended", 2)),
        (["idle", "ended"], ("idle", 1)),
        (["idle", "waiting", "idle"], ("waiting", 1)),
        (["idle", "busy", "waiting", "busy"], ("busy", 2)),
    ],
)
def test_the_state_is_the_liveliest_and_says_how_many(
    states: list[SessionState], told: tuple[SessionState, int]
) -> None:
    assert state_of(states) == told


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (99_949, "99.9k"),
        (99_950, "100k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (1_234_567, "1.2M"),
        (999_500_000, "1.0B"),
        (99_950_000_000, "100B"),
    ],
)
def test_tokens_are_short(count: int, text: str) -> None:
    assert tokens_short(count) == text


texts = st.text(st.sampled_from("$(`)\\\x1b\x07\n\t;%{}'\"abc "))
badges = st.builds(
    Badge,
    cost_nusd=st.none() | st.integers(0, 10**20),
    unpriced_tokens=st.integers(0, 10**12),
    tokens=st.integers(0, 10**15),
    used=st.none() | st.builds(lambda n: budget_status(n, 25), st.integers(0, 10**6)),
    state=st.sampled_from(["busy", "waiting", "idle", "ended"]),
    sessions=st.integers(0, 200),
    nusd_per_hour=st.integers(-10, 10**16),
    context_share=st.none() | st.floats(0, 50),
    task=texts,
)


@given(badges)
def test_a_line_is_one_line_of_the_alphabet_whatever_it_shows(one: Badge) -> None:
    line = badge_line(one)
    fields = line.removesuffix("\n").split("\t")
    assert line.endswith("\n")
    assert len(fields) == len(FIELDS)
    assert all(ALPHABET.fullmatch(field) for field in fields)
    assert not set("".join(fields)) & set("`(){}\\\x1b\n\r'\"")
    assert len(line.encode()) < 100


# Files


def test_alive_says_who_and_when() -> None:
    assert alive_line(4411, 1_795_000_000.9) == "4411 1795000000\n"


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ("/", "%2F"),
        ("/home/ada/src/shop", "%2Fhome%2Fada%2Fsrc%2Fshop"),
        ("/a%2Fb", "%2Fa%252Fb"),
        ("/é", "%2Fé"),
        ("/\udcff", "%2F\udcff"),
        ("/" + "x" * (MAX_NAME_BYTES - 3), "%2F" + "x" * (MAX_NAME_BYTES - 3)),
        ("/" + "x" * (MAX_NAME_BYTES - 2), None),
        ("/" + "é" * 99, None),
    ],
)
def test_a_checkout_s_file_is_named_by_its_path(root: str, name: str | None) -> None:
    assert repo_file(root) == name


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_two_checkouts_share_a_file_and_none_is_in_a_folder(one: str, other: str) -> None:
    names = repo_file(one), repo_file(other)
    assert names[0] is None or "/" not in names[0]
    assert (one == other) == (names[0] == names[1]) or None in names


# Formats


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (DEFAULT_FORMAT, "⬡ $3.20 ▲82%"),
        ("{cost}", "$3.20"),
        ("{level} {state} {tokens} {burn} {context}", "warn busy 2 1.2M $6.10/h 62%"),
        ("{{{cost}}}", "{$3.20}"),
        ("no figure", "no figure"),
        ("", ""),
    ],
)
def test_a_format_is_filled_in(template: str, text: str) -> None:
    check_format(template)
    assert written(badge(), template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (DEFAULT_FORMAT, "⬡ $3.20"),
        ("{cost} {task} {state}", "$3.20 busy 2"),
        ("{task} {cost}", "$3.20"),
        ("[{task}] {cost}", "[] $3.20"),
        ("{cost}  {state}", "$3.20  busy 2"),
        ("{cost} ", "$3.20 "),
        ("{task}{percent}{sign}", ""),
    ],
)
def test_an_empty_field_takes_one_space_along(template: str, text: str) -> None:
    assert written(badge(used=None), template) == text


@pytest.mark.parametrize(
    ("spent", "sign", "ascii_sign"),
    [(19, "", ""), (20, "▲", "!"), (24, "■", "!!"), (25, "■", "!!!")],
)
def test_a_level_has_a_sign_beside_its_colour(spent: int, sign: str, ascii_sign: str) -> None:
    found = badge(used=budget_status(spent, 25))
    assert written(found, "{sign}") == sign
    assert written(found, "{sign}", is_ascii=True) == ascii_sign


def test_an_ascii_badge_is_ascii() -> None:
    found = badge(unpriced_tokens=5, used=budget_status(24, 25))
    assert written(found, ASCII_FORMAT, is_ascii=True) == ">=$3.20 !!96%"


@pytest.mark.parametrize("wrong", ["{costs}", "{}", "{", "}", "{cost", "{cost!r}", "{0}"])
def test_a_wrong_placeholder_is_a_clear_error(wrong: str) -> None:
    with pytest.raises(ConfigError) as raised:
        written(badge(), f"{{cost}} {wrong}")
    with pytest.raises(ConfigError):
        check_format(f"{{cost}} {wrong}")
    text = raised.value.render()
    assert "a badge's format cannot have" in text
    assert all(f"{{{name}}}" in text for name in PLACEHOLDERS)
    assert "try: aicost badge --format" in text


@given(badges, st.text(st.sampled_from("{} costpern")))
def test_any_format_is_filled_in_or_refused(one: Badge, template: str) -> None:
    try:
        text = written(one, template)
    except ConfigError:
        return
    assert "\n" not in text
