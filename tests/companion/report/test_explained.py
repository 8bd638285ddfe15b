"""An explanation as text: products that add up, one line a call, every doubt."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from explained_examples import BOOK, TOKENS, explained
from price_examples import book, call, model_price, rates

from aicost.core.prices import PriceBook
from aicost.core.tariffs import PriceEntry, Tariff
from aicost.core.usage import TokenCounts, UsageEvent
from aicost.prices.book import load_price_book
from aicost.report.explained import explained_table
from aicost.report.tables import Style

WIDE, BERLIN = Style(220), ZoneInfo("Europe/Berlin")
SHIPPED = load_price_book(None)


def one(event: UsageEvent, of: PriceBook = BOOK, **changes: Any) -> str:
    found = explained(event, kind="call", of=of)
    calls = tuple(replace(each, **changes) for each in found.calls)
    return explained_table(replace(found, calls=calls), WIDE, BERLIN)


# One call


def test_a_call_is_its_price_row_and_its_products() -> None:
    assert one(call("claude-test-1", TOKENS, web_searches=2)) == (
        "claude:msg_1\n"
        "2026-11-22 13:00:00 · claude-test-1 · session s-1 · turn t-1\n"
        "\n"
        "price row    claude-test-1, from 2026-09-01\n"
        "source       a list, checked 2026-11-22\n"
        "tier         standard\n"
        "\n"
        "Kind           Count  USD per          Cost\n"
        "input          1,000    4 / M  $0.004000000\n"
        "cache read    20,000  0.2 / M  $0.004000000\n"
        "output            50   20 / M  $0.001000000\n"
        "web searches       2   10 / k  $0.020000000\n"
        "───────────────────────────────────────────\n"
        "Total                          $0.029000000\n"
    )


def test_parts_of_a_nano_dollar_are_shown_and_only_the_sum_is_rounded() -> None:
    fine = Tariff(rates=rates(*["0.0005"] * 5))
    of = book(model_price(entries=(PriceEntry(standard=fine),)))
    text = one(call("claude-test-1", TokenCounts(input_tokens=1, output_tokens=2)), of)
    assert [line.split()[-1] for line in text.splitlines()[-4:] if "─" not in line] == [
        "$0.0000000005",
        "$0.0000000010",
        "$0.0000000020",
    ]


@pytest.mark.parametrize(
    ("served", "said"),
    [
        ({"speed": "fast"}, "tier         fast, ×2 the standard rates"),
        ({"inference_geo": "us"}, "place        ×1.1, in the rates below"),
        (
            {"service_tier": "turbo"},
            "tier         standard, because turbo has no price that day",
        ),
        ({"subagent_id": "a1"}, " · turn t-1 · subagent a1"),
    ],
)
def test_what_makes_a_price_special_is_said(served: dict[str, Any], said: str) -> None:
    text = one(call("claude-opus-5-5", **served), SHIPPED)
    assert said in text
    assert said not in one(call("claude-opus-5-5"), SHIPPED)


def test_a_long_prompt_is_said_and_charged_apart() -> None:
    over = one(call("claude-haiku-5-5", TokenCounts(input_tokens=100_001)), SHIPPED)
    assert "long prompt  it was over 100,000 tokens" in over
    assert "input, long prompt  100,001  0.5 / M  $0.050000500" in over
    under = one(call("claude-haiku-5-5", TokenCounts(input_tokens=100_000)), SHIPPED)
    assert "long prompt  it was not over 100,000 tokens" in under


def test_a_call_without_a_price_says_why_and_shows_no_sum() -> None:
    text = one(call("claude-zzz-9"))
    assert "unpriced     no price is known" in text
    assert "$" not in text


def test_a_gap_in_the_rates_leaves_the_sum_open() -> None:
    gap = Tariff(rates=rates("4", None, None, None, "20"))
    of = book(model_price(entries=(PriceEntry(standard=gap),)))
    lines = one(call("claude-test-1", TOKENS), of).splitlines()
    assert "unpriced     no price of standard cache read tokens" in lines
    assert [line.split()[-1] for line in lines if line.startswith(("input", "cache", "Total"))] == [
        "$0.004000000",
        "—",
        "—",
    ]


def test_another_price_in_the_ledger_is_said() -> None:
    event = call("claude-test-1", TOKENS)
    text = one(event, ledger_nusd=7_000_000, ledger_book="0123456789ab")
    assert "ledger       $0.007000000 by price book 0123456789ab" in text
    assert "ledger       — by price book 0123456789ab" in one(
        event, ledger_nusd=None, ledger_book="0123456789ab"
    )
    assert "ledger" not in one(event)


def test_credits_are_explained_below() -> None:
    text = one(call("gpt-test-1", TOKENS, agent="codex"))
    assert text.endswith(
        "\nCodex credits: 0.412500000\n"
        "  per million tokens: input 125, cached 12.5, output 750\n"
        "  from 2026-01-01, source: a card\n"
    )
    fast = one(call("gpt-5.4", TOKENS, agent="codex", service_tier="fast"), SHIPPED)
    assert "output 375 ×2\n" in fast
    unsure = one(call("gpt-6-sol", TOKENS, agent="codex"), SHIPPED)
    assert "Codex credits: ~" in unsure
    assert unsure.endswith("  uncertain: the default tier, priority, may cost more\n")


def test_foreign_text_cannot_steer_the_terminal() -> None:
    odd = "a\x1b[2Jb\nc"
    event = call(odd, TOKENS, session_id=odd, subagent_id=odd, service_tier=odd, event_key=odd)
    shown = [
        explained_table(explained(event, kind=kind, id=odd), WIDE, BERLIN)
        for kind in ("call", "session")
    ]
    tiers = explained_table(explained(call("claude-test-1", service_tier=odd)), WIDE, BERLIN)
    for text in (*shown, tiers):
        assert "\x1b" not in text
        assert "\nc" not in text


# More of them


def test_a_session_is_a_line_a_call_and_their_sum() -> None:
    found = explained(call("claude-test-1", TOKENS), call("claude-test-1", TOKENS, speed="fast"))
    assert explained_table(found, WIDE, BERLIN) == (
        f"session s-1: 2 calls, price book {BOOK.book_id}\n"
        "Time                 Call   Model          Tier      Input  Cache read  Write 5m  Write 1h"
        "  Output  Price from       Source          Cost\n"
        "2026-11-22 13:00:00  msg_1  claude-test-1  standard  1,000      20,000         0         0"
        "      50  from 2026-09-01  a list  $0.009000000\n"
        "2026-11-22 13:00:00  msg_1  claude-test-1  fast?     1,000      20,000         0         0"
        "      50  from 2026-09-01  a list  $0.009000000\n" + "─" * 137 + "\n"
        "Total                                                2,000      40,000         0         0"
        "     100                           $0.018000000\n"
        "uncertain: fast of claude-test-1 has no price then (1 call)\n"
    )


def test_what_is_not_known_is_told_once_and_counted() -> None:
    unknown = call("claude-zzz-9", TOKENS)
    text = explained_table(explained(call("claude-test-1", TOKENS), *[unknown] * 2), WIDE, BERLIN)
    assert "unpriced: claude-zzz-9, no price is known (2 calls)\n" in text
    assert text.count("unpriced:") == 1
    total = next(line for line in text.splitlines() if line.startswith("Total"))
    assert total.endswith("≥$0.009000000")
    nothing = explained_table(explained(unknown), WIDE, BERLIN)
    assert next(n for n in nothing.splitlines() if n.startswith("Total")).endswith("unpriced")


def test_credits_are_a_column_where_there_are_some() -> None:
    sure = call("gpt-6-astra", TOKENS, agent="codex")
    unsure = call("gpt-6-sol", TOKENS, agent="codex")
    text = explained_table(explained(sure, unsure, call("o3", TOKENS), of=SHIPPED), WIDE, BERLIN)
    cells = [line.split()[-1] for line in text.splitlines()[1:] if line[:1] in "TG2"]
    assert cells == ["Credits", "0.812500000", "~0.162500000", "—", "~0.975000000"]
    assert (
        "credits uncertain: gpt-6-sol, the default tier, priority, may cost more (1 call)" in text
    )
    assert "Credits" not in explained_table(explained(call("o3"), of=SHIPPED), WIDE, BERLIN)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_narrow_table_keeps_the_cost(width: int) -> None:
    found = explained(call("claude-test-1", TOKENS))
    lines = explained_table(found, Style(width), BERLIN).splitlines()
    assert max(map(len, lines)) <= width
    first = next(line for line in lines if line.startswith("2026-"))
    assert first.endswith("$0.009000000")


def test_a_prompt_without_calls_says_so() -> None:
    text = explained_table(explained(kind="turn"), WIDE, BERLIN)
    assert text == f"turn s-1: 0 calls, price book {BOOK.book_id}\n"


def test_an_answer_before_all_is_read_says_so() -> None:
    for kind in ("call", "session"):
        found = explained(
            call("claude-test-1", TOKENS), kind=kind, complete=False, pending_bytes=1234
        )
        text = explained_table(found, WIDE, BERLIN)
        assert text.endswith("not all is read yet: 1,234 bytes of logs are left\n")
