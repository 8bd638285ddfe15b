"""An explanation as JSON: every product at full precision, and a total that adds up."""

import json
from typing import Any

from explained_examples import BOOK, TOKENS, explained
from price_examples import call

from aicost.report.explained_document import explained_document


def test_the_document_has_every_product_at_full_precision() -> None:
    event = call("claude-test-1", TOKENS, web_searches=2, subagent_id="a1", speed="fast")
    found = explained_document(explained(event))
    assert (found["schema"], found["kind"], found["id"]) == (1, "session", "s-1")
    assert (found["complete"], found["pending_bytes"]) == (True, 0)
    assert found["price_book"] == BOOK.book_id
    (row,) = found["calls"]
    assert row.pop("price") == {
        "model": "claude-test-1",
        "from": "2026-09-01T00:00:00Z",
        "source": "a list",
        "checked": "2026-11-22",
        "tier": "standard",
        "unknown_tier": "fast",
        "tier_factor": 1.0,
        "place_factor": 1.0,
        "above_tokens": None,
        "is_long_prompt": False,
        "charges": [
            _charge("input", 1000, 4.0, 0.004),
            _charge("cache_read", 20_000, 0.2, 0.004),
            _charge("output", 50, 20.0, 0.001),
            _charge("web_search", 2, 10.0, 0.02) | {"per": 1000},
        ],
    }
    assert row == {
        "event_key": "claude:msg_1",
        "agent": "claude",
        "session_id": "s-1",
        "prompt_uuid": "t-1",
        "subagent_id": "a1",
        "at": "2026-11-22T12:00:00Z",
        "model": "claude-test-1",
        "speed": "fast",
        "service_tier": "",
        "inference_geo": "",
        "input_tokens": 1000,
        "cache_read_tokens": 20_000,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 50,
        "reasoning_tokens": 0,
        "web_searches": 2,
        "cost_usd": 0.029,
        "cost_status": "tier_uncertain",
        "why_unpriced": None,
        "credits": None,
        "ledger_cost_usd": 0.029,
        "ledger_price_book": BOOK.book_id,
    }
    assert json.dumps(found)


def _charge(kind: str, count: int, rate_usd: float, cost_usd: float) -> dict[str, Any]:
    fields = {"kind": kind, "count": count, "rate_usd": rate_usd, "cost_usd": cost_usd}
    return {**fields, "per": 1_000_000, "is_long": False}


def test_the_documents_total_adds_up() -> None:
    unknown = call("claude-zzz-9", TOKENS)
    credited = call("gpt-test-1", TOKENS, agent="codex", service_tier="fast")
    total = explained_document(explained(call("claude-test-1", TOKENS), unknown, credited))["total"]
    assert total == {
        "requests": 3,
        "input_tokens": 3000,
        "cache_read_tokens": 60_000,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 150,
        "reasoning_tokens": 0,
        "web_searches": 0,
        "cost_usd": 0.018,
        "unpriced_tokens": 21_050,
        "tier_uncertain_requests": 1,
        "credits": 0.4125,
        "uncertain_credits": 0.4125,
    }


def test_nothing_known_is_null_in_the_document() -> None:
    found = explained_document(explained(call("claude-zzz-9", TOKENS)))
    (row,) = found["calls"]
    assert (row["price"], row["cost_usd"], row["cost_status"]) == (None, None, "unpriced")
    assert row["why_unpriced"] == "no price is known"
    total = found["total"]
    assert (total["cost_usd"], total["credits"], total["uncertain_credits"]) == (None, None, None)


def test_the_credits_of_the_document_say_where_they_are_from() -> None:
    found = explained_document(explained(call("gpt-test-1", TOKENS, agent="codex")))
    assert found["calls"][0]["credits"] == {
        "credits": 0.4125,
        "is_uncertain": False,
        "doubts": [],
        "from": "2026-01-01T00:00:00Z",
        "multiplier": 1.0,
        "source": "a card",
        "checked": None,
    }
