"""One agent conversation: what the ledger knows of it, what its process says, and both as a row.

Pure: moments and prices are arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Literal

from aicost.core.context import (
    CachedPrompt,
    CacheLifetime,
    after_clear_nusd,
    cache_ends_at,
    next_prompt_nusd,
    rewrite_nusd,
)
from aicost.core.prices import PriceBook
from aicost.core.repos import repo_label
from aicost.core.text import clean
from aicost.core.usage import Agent, TokenCounts, requests_of
from aicost.core.view import BurnRate, SessionRow, SessionState

LiveState = Literal["busy", "waiting", "idle"]
WRITING_S = 60.0  # without a registry, whoever logged a call this lately is taken for busy


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session that an agent's process has open, as a registry or its open log tells."""

    session_id: str
    pid: int
    state: LiveState
    cwd: str
    started_at: datetime | None
    version: str
    entrypoint: str  # "cli", "sdk-cli" (headless)
    agent: Agent = "claude"
    start_ticks: str = ""  # when its process began, by the kernel's own count, where it says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The sessions that run right now in some homes, as far as can be seen."""

    sessions: Mapping[str, LiveSession] = field(default_factory=dict)  # by session id
    registries: frozenset[str] = frozenset()  # homes of which all sessions that run are known
    unsure: frozenset[str] = frozenset()  # sessions of such homes that may run unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCall:
    """The newest call of a session's main thread."""

    model: str
    at: datetime
    tokens: TokenCounts
    parts: tuple[TokenCounts, ...] = ()  # the requests inside it, if it was more than one
    speed: str = ""
    service_tier: str = ""
    inference_geo: str = ""
    cwd: str = ""
    branch: str = ""
    repo: str = ""

    @property
    def context_tokens(self) -> int:
        """Size of the last prompt the model saw: that of the last request inside the call."""
        return requests_of(self.tokens, self.parts)[-1].context_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """A session as the ledger knows it."""

    session_id: str
    agent: Agent
    first_at: datetime
    last_at: datetime
    requests: int
    subagents: int
    cost_nusd: int | None
    unpriced_tokens: int
    last_call: LastCall | None = None  # None: only subagents called so far
    cache_lifetime: CacheLifetime | None = None  # of what the main thread last wrote to the cache
    cache_share: float | None = None  # cache read / context over the last calls
    first_context_tokens: int | None = None  # of the main thread's first call
    compacted_context_tokens: int | None = None  # about what a compaction would leave
    homes: tuple[str, ...] = ()  # the agent's folders that its logs lie in


def session_row(
    facts: SessionFacts,
    running: Running,
    *,
    burn: BurnRate,
    book: PriceBook,
    now: datetime,
) -> SessionRow:
    """Put together what is known of a session at one moment."""
    call, live = facts.last_call, running.sessions.get(facts.session_id)
    row = SessionRow(
        session_id=facts.session_id,
        agent=facts.agent,
        state=live.state if live else _guessed_state(facts, running, now),
        pid=live.pid if live else None,
        started_at=facts.first_at,
        last_at=facts.last_at,
        requests=facts.requests,
        burn=burn,
        cost_nusd=facts.cost_nusd,
        unpriced_tokens=facts.unpriced_tokens,
        cache_share=facts.cache_share,
        subagents=facts.subagents,
    )
    return _with_context(row, facts, call, book, now) if call else row


def _with_context(
    row: SessionRow, facts: SessionFacts, call: LastCall, book: PriceBook, now: datetime
) -> SessionRow:
    """Add where the session is, and what its context costs to carry on."""
    prompt, first = _cached_prompt(call, facts.cache_lifetime, now), facts.first_context_tokens
    return replace(
        row,
        repo=call.repo,
        branch=call.branch,
        cwd=call.cwd,
        model=call.model,
        context_tokens=call.context_tokens,
        context_window_tokens=book.context_window_tokens(call.model, call.context_tokens),
        next_prompt_nusd=next_prompt_nusd(book, prompt, at=now),
        after_clear_nusd=after_clear_nusd(book, prompt, first, at=now) if first else None,
        after_compact_nusd=_after_compact(book, prompt, facts.compacted_context_tokens, now),
        rewrite_nusd=rewrite_nusd(book, prompt, at=now),
        cache_ends_at=cache_ends_at(book, prompt, at=now),
    )


def _after_compact(
    book: PriceBook, prompt: CachedPrompt, left_tokens: int | None, now: datetime
) -> int | None:
    """Return what a prompt would cost after /compact, where that leaves less than there is."""
    if left_tokens is None or left_tokens >= prompt.context_tokens:
        return None
    return after_clear_nusd(book, prompt, left_tokens, at=now)


def session_name(row: SessionRow) -> str:
    """Return `repo · branch`, or the folder, or the beginning of the id where nothing is known.

    Safe to print.
    """
    repo = clean(repo_label(row.repo)) or clean(PurePosixPath(row.cwd).name)
    branch = clean(row.branch)
    return " · ".join(filter(None, (repo, branch))) or clean(row.session_id)[:8]


def starting_row(live: LiveSession, repo: str) -> SessionRow:
    """Return the row of a process that has made no call yet; `repo` is that of its folder."""
    return SessionRow(
        session_id=live.session_id,
        agent=live.agent,
        repo=repo,
        cwd=live.cwd,
        state=live.state,
        pid=live.pid,
        started_at=live.started_at,
        last_at=live.started_at,
    )


def _guessed_state(facts: SessionFacts, running: Running, now: datetime) -> SessionState:
    is_registered = not running.registries.isdisjoint(facts.homes)
    if is_registered and facts.session_id not in running.unsure:
        return "ended"  # it would be among those that run
    return "busy" if now - facts.last_at < timedelta(seconds=WRITING_S) else "ended"


def _cached_prompt(call: LastCall, lifetime: CacheLifetime | None, now: datetime) -> CachedPrompt:
    return CachedPrompt(
        model=call.model,
        context_tokens=call.context_tokens,
        idle_s=(now - call.at).total_seconds(),
        lifetime=lifetime or "short",
        speed=call.speed,
        service_tier=call.service_tier,
        inference_geo=call.inference_geo,
    )
