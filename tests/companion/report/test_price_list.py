"""The price list: what is in force on a day, all rows of a model, and what is not known."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from price_examples import FLAT, book, credit_rates, day, model_price, rates

from aicost.core.price_json import Recipe
from aicost.core.prices import PriceBook
from aicost.core.tariffs import PriceEntry, Tariff
from aicost.report.price_list import model_table, price_document, price_table
from aicost.report.tables import Style

WIDE = Style(200)
TIERED = replace(FLAT, threshold_tokens=200_000, long_rates=rates("8", "0.4", "10", "16", "30"))
DEAR = Tariff(rates=rates("8", None, "10", "16", "40"))
OLD = PriceEntry(standard=FLAT, variants={"fast": FLAT.times(Decimal(2))}, source="a list")
NEW = PriceEntry(
    start=day("2026-09-01"),
    standard=TIERED,
    variants={"batch": FLAT.times(Decimal("0.5"))},
    source="a list; batch: a page",
    checked="2026-11-22",
)
LAST = replace(NEW, start=datetime(2026, 10, 1, 17, 30, tzinfo=UTC), variants={})
MODEL = model_price(entries=(OLD, NEW, LAST), aliases=("claude-first",))
CREDITS = {
    "gpt-test-1": (
        credit_rates("125", "12.5", "750", fast_multiplier=Decimal("2.5"), source="a card"),
        credit_rates("5", "0.5", "30", start=day("2026-07-30"), is_confirmed=False),
    )
}
BOOK = book(
    MODEL,
    model_price("gpt-test-1", provider="openai", entries=(PriceEntry(standard=DEAR),)),
    model_price("a-test-1", provider="other"),
    unpriced={"codex-auto-review": "no price"},
    recipe=Recipe(genai_prices="0.2.3"),
    credits=CREDITS,
)


def model(name: str, of: PriceBook = BOOK) -> Any:
    return of.model_price(name)


def test_the_list_is_one_line_a_model_with_the_rates_of_the_day() -> None:
    heading, *lines = price_table(BOOK, list(BOOK.models), day("2026-09-15"), WIDE).splitlines()
    assert heading == f"Price book {BOOK.book_id} (genai-prices 0.2.3) on 2026-09-15"
    assert [line[:68].rstrip() for line in lines[:4]] == [
        "Model          Input  Cache read  Write 5m  Write 1h  Output  Fast",
        "claude-test-1      4         0.2         5         8      20     —",
        "gpt-test-1         8           —        10        16      40     —",
        "a-test-1           4         0.2         5         8      20     —",
    ]
    assert [line[68:].strip() for line in lines[:4]] == [
        "Long prompts  Tiers  From        Source",
        ">200k: 8 / 30  batch  2026-09-01  a list",
        "since ever",
        "since ever",
    ]
    assert lines[4:] == [
        "US dollars per million tokens."
        " OpenAI keeps a cache for 30 minutes and 12 hours, not 5m and 1h.",
        "without a price: codex-auto-review",
    ]


def test_before_a_change_the_list_has_what_was_then() -> None:
    text = price_table(BOOK, [MODEL], day("2026-08-31"), WIDE)
    (line,) = [line for line in text.splitlines() if line.startswith("claude-test-1")]
    assert line.split() == [
        *["claude-test-1", "4", "0.2", "5", "8", "20", "8", "/", "40", "fast", "since", "ever"],
        *["a", "list"],
    ]


def test_a_price_is_as_old_as_the_standard_rates_are() -> None:
    """On October 1 only the batch price went."""
    text = price_table(BOOK, [MODEL], day("2026-11-26"), WIDE)
    assert "2026-09-01" in text
    assert "2026-10-01" not in text


def test_a_model_without_a_price_by_then_has_no_line() -> None:
    late = model_price(entries=(PriceEntry(start=day("2026-09-01"), standard=FLAT),))
    of = book(late)
    assert "claude-test-1" not in price_table(of, [late], day("2026-08-31"), WIDE)
    assert "claude-test-1" in price_table(of, [late], day("2026-09-01"), WIDE)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_in_a_narrow_terminal_the_price_stays(width: int) -> None:
    for line in price_table(BOOK, list(BOOK.models), day("2026-09-15"), Style(width)).splitlines():
        if line.startswith("claude-test-1"):
            assert len(line) <= width
            assert {"4", "20"} <= set(line.split())


def test_a_model_has_a_line_for_every_change_of_every_tier_and_length() -> None:
    text = model_table(BOOK, MODEL, None, WIDE)
    lines = [line.split() for line in text.splitlines()[2:8]]
    assert [line[:7] for line in lines] == [
        ["since", "ever", "standard", "any", "4", "0.2", "5"],
        ["2026-09-01", "standard", "≤200,000", "4", "0.2", "5", "8"],
        ["2026-09-01", "standard", ">200,000", "8", "0.4", "10", "16"],
        ["2026-09-01", "batch", "any", "2", "0.1", "2.5", "4"],
        ["2026-10-01T17:30:00Z", "batch", "ends", "—", "—", "—", "—"],
        ["since", "ever", "fast", "any", "8", "0.4", "10"],
    ]
    assert lines[3][-2:] == ["a", "page"]
    assert lines[1][-3:] == ["2026-11-22", "a", "list"]
    assert text.splitlines()[8].split()[:3] == ["2026-09-01", "fast", "ends"]
    assert text.endswith(
        "web search: 10 US dollars per 1,000\ncontext window: 200,000 tokens\n"
        "also logged as: claude-first\n"
    )


def test_a_model_on_a_day_has_the_rows_of_that_day() -> None:
    text = model_table(BOOK, MODEL, day("2026-08-31"), WIDE)
    assert [line.split()[:4] for line in text.splitlines()[2:4]] == [
        ["since", "ever", "standard", "any"],
        ["since", "ever", "fast", "any"],
    ]
    assert "2026-09-01" not in text


def test_codex_credits_are_a_table_of_their_own() -> None:
    text = model_table(BOOK, model("gpt-test-1"), None, WIDE)
    head, _, credits = text.partition("\nCodex credits per million tokens\n")
    assert "Codex" not in head
    assert [line.split() for line in credits.splitlines()[1:]] == [
        ["2026-01-01", "125", "12.5", "750", "×2.5", "yes", "a", "card"],
        ["2026-07-30", "5", "0.5", "30", "not", "known", "derived"],
    ]
    then = model_table(BOOK, model("gpt-test-1"), day("2026-07-29"), WIDE)
    assert "2026-01-01" in then
    assert "2026-07-30" not in then


def test_foreign_text_cannot_steer_the_terminal() -> None:
    odd = model_price("a\x1b[2Jb", entries=(replace(OLD, source="x\x1b]0;y\x07"),))
    of = book(odd)
    for text in (price_table(of, [odd], day("2026-09-15"), WIDE), model_table(of, odd, None, WIDE)):
        assert "\x1b" not in text
        assert "ab" in text


def test_a_fetched_book_says_so() -> None:
    of = book(MODEL, recipe=Recipe(genai_prices="0.2.3", fetched="2026-11-26T11:30:05Z"))
    said = f"Price book {of.book_id} (genai-prices 0.2.3, fetched 2026-11-26T11:30:05Z)"
    assert price_table(of, [MODEL], day("2026-09-15"), WIDE).startswith(said)
    assert price_document(of, [], None)["fetched_at"] == "2026-11-26T11:30:05Z"


# JSON


def test_the_document_has_the_rows_of_a_moment() -> None:
    found = price_document(BOOK, list(BOOK.models), day("2026-09-15"))
    assert (found["schema"], found["price_book"]) == (1, BOOK.book_id)
    assert (found["genai_prices"], found["fetched_at"]) == ("0.2.3", None)
    assert found["at"] == "2026-09-15T00:00:00Z"
    assert found["unpriced_models"] == [{"model": "codex-auto-review", "why": "no price"}]
    assert [m["model"] for m in found["models"]] == ["claude-test-1", "gpt-test-1", "a-test-1"]
    assert found["models"][0] == {
        "model": "claude-test-1",
        "provider": "anthropic",
        "aliases": ["claude-first"],
        "windows_tokens": [200_000],
        "regional_multiplier": 1.0,
        "rows": [
            {
                "from": "2026-09-01",
                "tiers": {
                    "standard": {
                        "input_mtok": 4.0,
                        "cache_read_mtok": 0.2,
                        "cache_write_5m_mtok": 5.0,
                        "cache_write_1h_mtok": 8.0,
                        "output_mtok": 20.0,
                        "above_tokens": 200_000,
                        "long": {
                            "input_mtok": 8.0,
                            "cache_read_mtok": 0.4,
                            "cache_write_5m_mtok": 10.0,
                            "cache_write_1h_mtok": 16.0,
                            "output_mtok": 30.0,
                        },
                    },
                    "batch": {
                        "input_mtok": 2.0,
                        "cache_read_mtok": 0.1,
                        "cache_write_5m_mtok": 2.5,
                        "cache_write_1h_mtok": 4.0,
                        "output_mtok": 10.0,
                        "above_tokens": None,
                        "long": None,
                    },
                },
                "web_search_kcount": 10.0,
                "source": "a list; batch: a page",
                "checked": "2026-11-22",
            }
        ],
        "credits": [],
    }
    assert found["models"][1]["rows"][0]["tiers"]["standard"]["cache_read_mtok"] is None
    assert json.dumps(found)


def test_the_document_of_all_times_has_every_row() -> None:
    found = price_document(BOOK, [MODEL, model("gpt-test-1")], None)
    assert found["at"] is None
    claude, gpt = found["models"]
    starts = [row["from"] for row in claude["rows"]]
    assert starts == [None, "2026-09-01", "2026-10-01T17:30:00Z"]
    assert gpt["credits"][0] == {
        "from": "2026-01-01",
        "input_mtok": 125.0,
        "cached_input_mtok": 12.5,
        "output_mtok": 750.0,
        "fast_multiplier": 2.5,
        "default_tier": None,
        "uncertain_above_tokens": None,
        "is_confirmed": True,
        "source": "a card",
        "checked": None,
    }
    assert (gpt["credits"][1]["is_confirmed"], gpt["credits"][1]["fast_multiplier"]) == (
        False,
        None,
    )


def test_the_credits_of_a_moment_are_one_row_at_most() -> None:
    def starts(at: str) -> list[str]:
        found = price_document(BOOK, [model("gpt-test-1")], day(at))
        return [row["from"] for row in found["models"][0]["credits"]]

    assert starts("2025-12-31") == []
    assert starts("2026-07-29") == ["2026-01-01"]
    assert starts("2026-07-30") == ["2026-07-30"]


def test_what_is_said_below_the_tables_is_no_wider_than_they_may_be() -> None:
    named = model_price(aliases=tuple(f"another-name-{number}" for number in range(9)))
    texts = (
        price_table(BOOK, list(BOOK.models), day("2026-09-15"), Style(60)),
        model_table(BOOK, named, None, Style(60)),
    )
    for text in texts:
        assert max(map(len, text.splitlines())) <= 60
    assert "another-name-8\n" in texts[1]
