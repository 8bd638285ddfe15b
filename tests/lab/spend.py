"""What served responses cost by the shipped price book: the other side of every budget."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

from lab import fake_anthropic, fake_openai

from aicost.core.prices import PriceBook
from aicost.core.usage import Agent, TokenCounts, UsageEvent
from aicost.prices.book import load_price_book

NUSD = 10**9  # nano-dollars of a dollar
S = TypeVar("S")


@cache
def _book() -> PriceBook:
    return load_price_book(None)


def claude_nusd(served: fake_anthropic.Served) -> int:
    """Return the nano-dollars of one response, 0 of one that was cut or failed."""
    usage = served.usage
    if not served.complete:
        return 0
    tokens = TokenCounts(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read_input_tokens,
        cache_write_5m_tokens=usage.cache_5m,
        cache_write_1h_tokens=usage.cache_1h,
        output_tokens=usage.output_tokens,
    )
    return _nusd("claude", served.model, tokens, usage.web_search_requests)


def codex_nusd(served: fake_openai.Served) -> int:
    """Return the nano-dollars of one response."""
    used = served.tokens
    tokens = TokenCounts(
        input_tokens=used.input - used.cached - used.cache_write,
        cache_read_tokens=used.cached,
        cache_write_5m_tokens=used.cache_write,
        output_tokens=used.output,
    )
    return _nusd("codex", served.model, tokens, 0)


def _nusd(agent: Agent, model: str, tokens: TokenCounts, web_searches: int) -> int:
    event = UsageEvent(
        event_key="",
        agent=agent,
        session_id="",
        turn_id="",
        model=model,
        at=datetime.now(UTC),
        tokens=tokens,
        web_searches=web_searches,
    )
    nusd = _book().nusd_of(event)
    assert nusd is not None, f"no price of {model}"
    return nusd


def last_of_each(served: Iterable[S], thread_of: Callable[[S], object]) -> list[S]:
    """Return the last response of each thread: what may lie above a budget."""
    return list({thread_of(one): one for one in served}.values())
