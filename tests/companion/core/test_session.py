"""A session's row: what the ledger knows and what its process says, put together at a moment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import builders
import pytest
from log_builders import BOOK, MODEL, START, at, tokens
from price_examples import FLAT, book, model_price, rates

from aicost.core.session import (
    WRITING_S,
    LastCall,
    LiveSession,
    LiveState,
    Running,
    SessionFacts,
    session_name,
    session_row,
    starting_row,
)
from aicost.core.tariffs import PriceEntry, Tariff
from aicost.core.usage import TokenCounts
from aicost.core.view import BurnRate, SessionRow

NOW = at(60)


def last_call(**changes: Any) -> LastCall:
    fields: dict[str, Any] = {
        "model": MODEL,
        "at": at(59),
        "tokens": tokens(1_000, 50, cache_read_tokens=48_000, cache_write_5m_tokens=1_000),
        "cwd": "/src/shop",
        "branch": "main",
        "repo": "shop",
    }
    return LastCall(**(fields | changes))


def facts(**changes: Any) -> SessionFacts:
    fields: dict[str, Any] = {
        "session_id": "s-1",
        "agent": "claude",
        "first_at": START,
        "last_at": at(59),
        "requests": 7,
        "subagents": 2,
        "cost_nusd": 5_000,
        "unpriced_tokens": 3,
        "last_call": last_call(),
        "cache_lifetime": "short",
        "cache_share": 0.9,
        "first_context_tokens": 10_000,
        "homes": ("/home/ada/.claude",),
    }
    return SessionFacts(**(fields | changes))


def live(state: LiveState = "idle") -> LiveSession:
    return LiveSession(
        session_id="s-1",
        pid=42,
        state=state,
        cwd="/src/shop/",
        started_at=START,
        version="2.1.330",
        entrypoint="cli",
    )


def row(
    known: SessionFacts,
    process: LiveSession | None = None,
    registries: frozenset[str] = frozenset(),
    unsure: frozenset[str] = frozenset(),
) -> SessionRow:
    running = Running(
        sessions={process.session_id: process} if process else {},
        registries=registries,
        unsure=unsure,
    )
    return session_row(known, running, burn=BurnRate(nusd_per_hour=9), book=BOOK, now=NOW)


@pytest.mark.parametrize(
    ("left", "cost"), [(None, None), (10_000, 40_000_000), (49_999, 199_996_000), (50_000, None)]
)
def test_a_compaction_is_priced_where_it_would_leave_less(
    left: int | None, cost: int | None
) -> None:
    assert row(facts(compacted_context_tokens=left)).after_compact_nusd == cost


def test_a_row_says_what_is_known() -> None:
    assert row(facts(), live("waiting")) == SessionRow(
        session_id="s-1",
        agent="claude",
        repo="shop",
        branch="main",
        cwd="/src/shop",
        model=MODEL,
        state="waiting",
        pid=42,
        started_at=START,
        last_at=at(59),
        requests=7,
        context_tokens=50_000,
        context_window_tokens=200_000,
        burn=BurnRate(nusd_per_hour=9),
        cost_nusd=5_000,
        unpriced_tokens=3,
        next_prompt_nusd=200_000_000,  # 50,000 tokens at $4 a million
        after_clear_nusd=40_000_000,  # 10,000 of them
        rewrite_nusd=200_000_000,  # every token costs the same here
        cache_ends_at=at(64),  # five minutes after the last call
        cache_share=0.9,
        subagents=2,
    )


@pytest.mark.parametrize("state", ["busy", "waiting", "idle"])
def test_a_running_process_says_its_state_itself(state: LiveState) -> None:
    assert row(facts(last_at=START), live(state)).state == state


@pytest.mark.parametrize(
    ("silent_s", "state"),
    [(0, "busy"), (WRITING_S - 0.001, "busy"), (WRITING_S, "ended"), (9999, "ended")],
)
def test_without_a_registry_whoever_logs_calls_is_at_work(silent_s: float, state: str) -> None:
    known = facts(last_at=NOW - timedelta(seconds=silent_s))
    assert row(known).state == state
    assert row(known, registries=frozenset({"/another/.claude"})).state == state


@pytest.mark.parametrize("homes", [("/home/ada/.claude",), ("/another", "/home/ada/.claude")])
def test_where_clients_register_a_session_without_a_process_has_ended(
    homes: tuple[str, ...],
) -> None:
    known = facts(last_at=NOW, homes=homes)
    assert row(known, registries=frozenset({"/home/ada/.claude"})).state == "ended"
    assert row(known, live(), frozenset({"/home/ada/.claude"})).state == "idle"


@pytest.mark.parametrize(("silent_s", "state"), [(WRITING_S - 1, "busy"), (WRITING_S, "ended")])
def test_a_session_that_may_run_unseen_is_judged_by_its_last_call(
    silent_s: float, state: str
) -> None:
    """Its client runs in a container, say: it holds a lock, and no process is seen to."""
    known = facts(last_at=NOW - timedelta(seconds=silent_s))
    homes = frozenset(known.homes)
    assert row(known, registries=homes, unsure=frozenset({"s-1"})).state == state
    assert row(known, registries=homes, unsure=frozenset({"s-2"})).state == "ended"


def test_what_no_call_of_the_main_thread_said_is_unknown_not_zero() -> None:
    shown = row(facts(last_call=None, cost_nusd=None, cache_share=None))
    assert shown.context_tokens is None
    assert shown.context_window_tokens is None
    assert shown.next_prompt_nusd is None
    assert shown.cost_nusd is None
    assert (shown.model, shown.repo, shown.cwd) == ("", "", "")


def test_an_unknown_model_has_neither_window_nor_next_price() -> None:
    shown = row(facts(last_call=last_call(model="claude-mystery-9")))
    assert shown.context_tokens == 50_000
    assert shown.context_window_tokens is None
    assert shown.next_prompt_nusd is None


@pytest.mark.parametrize(
    ("idle_s", "lifetime", "next_usd"),
    [
        (299, "short", 0.01),  # 50,000 tokens read from the cache
        (300, "short", 0.25),  # written to it again
        (300, "long", 0.01),
        (3599, "long", 0.01),
        (3600, "long", 0.40),
        (299, None, 0.01),  # who never wrote is taken for the short lifetime
        (300, None, 0.25),
    ],
)
def test_the_next_prompt_costs_more_once_the_cache_is_cold(
    idle_s: float, lifetime: str | None, next_usd: float
) -> None:
    call = last_call(at=NOW - timedelta(seconds=idle_s), model="claude-test-1")
    known = facts(last_call=call, cache_lifetime=lifetime)
    prices = book(model_price())
    shown = session_row(known, Running(), burn=BurnRate(), book=prices, now=NOW)
    assert shown.next_prompt_nusd == round(next_usd * 10**9)


@pytest.mark.parametrize(
    ("special", "next_usd"),
    [
        ({}, 0.01),
        ({"inference_geo": "us"}, 0.011),
        ({"service_tier": "batch"}, 0.005),
        ({"speed": "fast"}, 0.02),
    ],
)
def test_the_next_prompt_is_priced_like_the_last_call(
    special: dict[str, str], next_usd: float
) -> None:
    call = last_call(model="claude-test-1", **special)
    half = Tariff(rates=rates("2", "0.1", "2.5", "4", "10"))
    double = Tariff(rates=rates("8", "0.4", "10", "16", "40"))
    entry = PriceEntry(standard=FLAT, variants={"batch": half, "fast": double})
    prices = book(model_price(entries=(entry,)))
    shown = session_row(facts(last_call=call), Running(), burn=BurnRate(), book=prices, now=NOW)
    assert shown.next_prompt_nusd == round(next_usd * 10**9)


@pytest.mark.parametrize(
    ("parts", "context"),
    [
        ((), 180_000),
        ((tokens(89_000, 5), tokens(1_000, 5, cache_read_tokens=90_000)), 91_000),
        ((tokens(89_000, 5), tokens(1_000, 5, cache_read_tokens=80_000)), 180_000),  # not the whole
    ],
)
def test_the_context_of_a_call_of_several_requests_is_that_of_the_last(
    parts: tuple[TokenCounts, ...], context: int
) -> None:
    whole = tokens(90_000, 10, cache_read_tokens=90_000)
    shown = row(facts(last_call=last_call(tokens=whole, parts=parts)))
    assert shown.context_tokens == context
    assert shown.context_share == context / 200_000
    assert shown.next_prompt_nusd == context * 4_000


def test_a_process_without_a_call_has_a_row_at_its_folder() -> None:
    shown = starting_row(live("busy"), "shop")
    assert (shown.session_id, shown.state, shown.pid) == ("s-1", "busy", 42)
    assert (shown.repo, shown.cwd) == ("shop", "/src/shop/")
    assert shown.started_at == shown.last_at == START
    assert (shown.requests, shown.cost_nusd, shown.context_tokens) == (0, None, None)
    assert shown.agent == "claude"
    assert starting_row(replace(live(), agent="codex"), "").agent == "codex"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "shop · fix/dedup"),
        ({"branch": ""}, "shop"),
        ({"repo": ""}, "shop · fix/dedup"),
        ({"repo": "github.com/Acme/shop"}, "Acme/shop · fix/dedup"),
        ({"repo": "", "cwd": "/home/ada/notes/"}, "notes · fix/dedup"),
        ({"repo": "", "cwd": "", "branch": ""}, "3f2a91c4"),
        ({"repo": "a\nb", "branch": "\x1b[31mx"}, "a b · x"),
    ],
)
def test_a_session_has_a_name_whatever_is_known(changes: dict[str, str], name: str) -> None:
    assert session_name(builders.session_row(**changes)) == name
