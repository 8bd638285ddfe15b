"""What stands around the tables: the way, the sums, the choices, what to know, and why none."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import usd
from history_builders import group, history

from aicost.core.history import History
from aicost.core.reports import HiddenSpend
from aicost_tui.history_place import Place, Range, opened, opened_days, regrouped, with_range
from aicost_tui.history_words import blank_history, header_lines, note_lines
from aicost_tui.spans import Span, plain, width_of

START = Place()
SHOP = history(group("github.com/acme/shop", 1.5))
PARTLY = history(group("a", 3.0), group("b", None), unpriced_models=("gpt-mystery",))


def way(place: Place, answer: History | None, width: int = 120) -> str:
    return plain(header_lines(place, answer, width)[0])


def choices(place: Place, width: int = 120) -> str:
    return plain(header_lines(place, None, width)[1])


def spans(place: Place, width: int = 120) -> list[Span]:
    return [span for line in header_lines(place, SHOP, width) for span in line]


def notes(answer: History, place: Place = START, width: int = 160) -> str:
    return "\n".join(plain(line) for line in note_lines(place, answer, width))


def below(*keys: str) -> Place:
    place = START
    for key in keys:
        found = opened(place, key, key, SHOP)
        assert found is not None
        place = found
    return place


def test_the_sums_say_how_much_and_on_how_many_days() -> None:
    text = way(START, SHOP)
    for words in ("History", "$1.50", "1.0M tokens", "30 calls", "3 sessions", "4 days at $0.38"):
        assert words in text


def test_sums_without_all_prices_are_at_least_so_much() -> None:
    assert "≥$3.00" in way(START, PARTLY)
    assert "4 days at ≥$0.75" in way(START, PARTLY)
    nothing = way(START, history(group("b", None)))
    assert "unpriced" in nothing
    assert "$" not in nothing


def test_the_way_names_each_step_and_leads_back() -> None:
    place = below("github.com/acme/shop", "2026-11-20")
    assert way(place, None).startswith("History › github.com/acme/shop › 2026-11-20")
    actions = [span.action for span in spans(place) if span.action.startswith("up")]
    assert actions == ["up(0)", "up(1)", "up(2)"]


def test_a_long_way_leaves_out_its_middle() -> None:
    deep = below("github.com/acme/shop", "2026-11-20")
    text = way(deep, SHOP, 48)
    assert text.startswith("History › … › 2026-11-20")
    assert "$1.50" in text


def test_what_is_chosen_stands_in_brackets() -> None:
    assert "7 d [30 d] 90 d year all" in choices(START)
    assert "[days] weeks months" in choices(START)
    assert "[dollars] tokens" in choices(START)
    assert "by [repo] branch model category agent environment day" in choices(START, 140)
    year = replace(regrouped(with_range(START, Range.YEAR)), unit="tokens")
    assert "90 d [year] all" in choices(year)
    assert "days [weeks] months" in choices(year)
    assert "dollars [tokens]" in choices(year)
    assert "by [branch]" in choices(year, 80)


def test_a_click_on_a_choice_takes_it() -> None:
    actions = {span.text: span.action for span in spans(START, 160) if span.action}
    assert actions["90 d"] == "range('90 d')"
    assert actions["weeks"] == "grain('week')"
    assert actions["tokens"] == "unit('tokens')"
    assert actions["model"] == "group('model')"


def test_open_days_offer_those_beside_instead_of_ranges() -> None:
    day = opened_days(START, date(2026, 11, 20), date(2026, 11, 20))
    assert "← before  after →" in choices(day)
    assert "30 d" not in choices(day)


@pytest.mark.parametrize("width", [40, 48, 80, 140, 200])
def test_both_lines_fit(width: int) -> None:
    for place in (START, below("x" * 300, "2026-11-20"), with_range(START, Range.ALL)):
        for answer in (None, SHOP, PARTLY):
            assert all(width_of(line) <= width for line in header_lines(place, answer, width))
            if answer:
                assert all(width_of(line) <= width for line in note_lines(place, answer, width))


def test_the_money_stays_where_there_is_little_room() -> None:
    assert "$1.50" in way(START, SHOP, 40)
    assert "[30 d]" in choices(START, 40)


def test_names_on_the_way_are_text() -> None:
    text = way(below("[red]\x1b[2Jx"), None)
    assert "[red]x" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"complete": False, "pending_bytes": 1_700_000_000}, "old logs are being read, 1.7 GB"),
        ({"unpriced_models": ("gpt-mystery",)}, "no price known for gpt-mystery"),
        ({"unpriced_models": tuple("abcde")}, "a, b, c and 2 more"),
        ({"hidden": HiddenSpend(cost_nusd=usd(3.1), why=("searches",))}, "$3.10 more that no log"),
        ({"hidden": HiddenSpend(cost_nusd=None, why=("searches",))}, "price that is not known"),
    ],
)
def test_what_to_know_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in notes(replace(SHOP, **changes))


def test_nothing_to_know_is_no_line() -> None:
    assert note_lines(START, SHOP, 80) == ()
    assert note_lines(START, None, 80) == ()
    assert notes(replace(SHOP, hidden=HiddenSpend(cost_nusd=0))) == ""
    assert notes(PARTLY, replace(START, unit="tokens")) == ""


def test_only_what_needs_evidence_waits_for_it() -> None:
    unread = replace(SHOP, has_evidence=False)
    assert notes(unread) == ""
    by_task = START.at(replace(START.level, by="category"))
    assert "what the work was for is being read" in notes(unread, by_task)
    within = below("x").at(replace(below("x").level, by="environment"))
    assert "is being read" in notes(unread, within)


def blank(place: Place, answer: History | None, *, failed: bool = False, shown: int = 0) -> str:
    return "\n".join(map(plain, blank_history(place, answer, failed=failed, shown=shown)))


def test_an_empty_table_says_why() -> None:
    empty = replace(SHOP, rows=())
    never = replace(empty, first_day=None)
    day = opened_days(START, date(2026, 11, 20), date(2026, 11, 20))
    filtered = START.at(replace(START.level, needle="[x]\x1b[2J"))
    assert blank(START, SHOP, shown=1) == ""
    assert "Looking into the ledger" in blank(START, None)
    assert "No numbers yet" in blank(START, None, failed=True)
    assert "Nothing was used in the last 30 days" in blank(START, empty)
    assert empty.first_day is not None
    since = f"since {empty.first_day.day} {empty.first_day:%b %Y}."
    assert f"→ looks further back; 5 at all there is, {since}" in blank(START, empty)
    assert "Nothing was used ever" in blank(with_range(START, Range.ALL), empty)
    assert "Nothing was used: Fri 20 Nov 2026" in blank(day, empty)
    assert "Nothing was used yet" in blank(START, never)
    assert "Reading the logs" in blank(START, replace(never, complete=False))
    assert "Nothing matches [x]\n" in blank(filtered, SHOP)
