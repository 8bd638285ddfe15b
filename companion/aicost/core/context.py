"""What a session's context costs to carry on. Pure: sizes and ages in, money out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from aicost.core.prices import Cost, PriceBook
from aicost.core.usage import TokenCounts, UsageEvent

CacheLifetime = Literal["short", "long"]

# Seconds without a call after which a provider forgets a cached prompt: short and long lifetime.
_LIFETIMES_S: dict[str, dict[CacheLifetime, float]] = {
    "anthropic": {"short": 300, "long": 3600},
    "openai": {"short": 1800, "long": 12 * 3600},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedPrompt:
    """A session's context as its last call left it at the provider."""

    model: str  # as logged
    context_tokens: int
    idle_s: float  # since the last call
    lifetime: CacheLifetime = "short"  # of what was last written to the cache
    speed: str = ""
    service_tier: str = ""
    inference_geo: str = ""


def cache_lifetime(tokens: TokenCounts) -> CacheLifetime | None:
    """Return which lifetime a call wrote to the cache, or None when it wrote nothing.

    A call that wrote both is taken as short: the newest part of the prompt expires first.
    """
    if tokens.cache_write_5m_tokens:
        return "short"
    return "long" if tokens.cache_write_1h_tokens else None


def next_prompt_nusd(book: PriceBook, prompt: CachedPrompt, *, at: datetime) -> int | None:
    """Return the price in nano-dollars of sending the present context once more at `at`.

    While the cache lasts all of it is read from there; from the last second of that lifetime on
    all of it is written again. The new prompt and its answer come on top. None when no price
    is known.
    """
    lifetime_s = _lifetime_s(book, prompt)
    if lifetime_s is None:
        return None
    if prompt.idle_s >= lifetime_s:
        return rewrite_nusd(book, prompt, at=at)
    return _nusd(book, prompt, TokenCounts(cache_read_tokens=prompt.context_tokens), at)


def rewrite_nusd(book: PriceBook, prompt: CachedPrompt, *, at: datetime) -> int | None:
    """Return the price in nano-dollars of sending the context once the cache has forgotten it.

    None when no price is known.
    """
    if _lifetime_s(book, prompt) is None:
        return None
    size = prompt.context_tokens
    if prompt.lifetime == "short":
        return _nusd(book, prompt, TokenCounts(cache_write_5m_tokens=size), at)
    return _nusd(book, prompt, TokenCounts(cache_write_1h_tokens=size), at)


def after_clear_nusd(
    book: PriceBook, prompt: CachedPrompt, first_context_tokens: int, *, at: datetime
) -> int | None:
    """Return what one prompt would cost after /clear: about that of the session's first context.

    Instructions and tools make up most of it; they stay in the cache as long as the rest does.
    None when no price is known.
    """
    return next_prompt_nusd(book, replace(prompt, context_tokens=first_context_tokens), at=at)


def cache_ends_at(book: PriceBook, prompt: CachedPrompt, *, at: datetime) -> datetime | None:
    """Return when the cache forgets the context; in the past if it has. None: not known."""
    lifetime_s = _lifetime_s(book, prompt)
    if lifetime_s is None or not prompt.context_tokens:
        return None
    return at + timedelta(seconds=lifetime_s - prompt.idle_s)


def _lifetime_s(book: PriceBook, prompt: CachedPrompt) -> float | None:
    known = book.model_price(prompt.model)
    lifetimes = _LIFETIMES_S.get(known.provider) if known else None
    return lifetimes[prompt.lifetime] if lifetimes else None


def _nusd(book: PriceBook, prompt: CachedPrompt, tokens: TokenCounts, at: datetime) -> int | None:
    call = UsageEvent(
        event_key="",
        agent="claude",
        session_id="",
        turn_id="",
        model=prompt.model,
        at=at,
        tokens=tokens,
        speed=prompt.speed,
        service_tier=prompt.service_tier,
        inference_geo=prompt.inference_geo,
    )
    priced = book.cost_of(call)
    return priced.nusd if isinstance(priced, Cost) else None
