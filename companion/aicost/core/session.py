"""One agent conversation: what the ledger knows of it, what its process says, and both as a row.

Pure: moments and prices are arguments.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aicost.core.context import CachedPrompt, cache_lifetime, next_prompt_nusd
from aicost.core.prices import PriceBook
from aicost.core.usage import Agent, TokenCounts
from aicost.core.view import BurnRate, SessionRow, SessionState

LiveState = Literal["busy", "waiting", "idle"]
WRITING_S = 60.0  # a session without a registered process that logged a call this lately is busy


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A running agent process, as the agent's own registry names it."""

    session_id: str
    pid: int
    state: LiveState
    cwd: str
    started_at: datetime | None
    version: str
    entrypoint: str  # "cli", "sdk-cli" (headless)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCall:
    """The newest call of a session's main thread."""

    model: str
    at: datetime
    tokens: TokenCounts
    speed: str = ""
    cwd: str = ""
    branch: str = ""
    repo: str = ""


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
    cache_share: float | None = None  # cache read / context over the last calls


def session_row(
    facts: SessionFacts,
    live: LiveSession | None,
    *,
    burn: BurnRate,
    book: PriceBook,
    now: datetime,
) -> SessionRow:
    """Put together what is known of a session at one moment."""
    call = facts.last_call
    context = call.tokens.context_tokens if call else None
    return SessionRow(
        session_id=facts.session_id,
        agent=facts.agent,
        repo=call.repo if call else "",
        branch=call.branch if call else "",
        cwd=call.cwd if call else "",
        model=call.model if call else "",
        state=_state(facts, live, now),
        pid=live.pid if live else None,
        started_at=facts.first_at,
        last_at=facts.last_at,
        requests=facts.requests,
        context_tokens=context,
        context_window_tokens=(
            book.context_window_tokens(call.model, call.tokens.context_tokens) if call else None
        ),
        burn=burn,
        cost_nusd=facts.cost_nusd,
        unpriced_tokens=facts.unpriced_tokens,
        next_prompt_nusd=_next_prompt(call, book, now) if call else None,
        cache_share=facts.cache_share,
        subagents=facts.subagents,
    )


def starting_row(live: LiveSession) -> SessionRow:
    """Return the row of a process that has made no call yet."""
    return SessionRow(
        session_id=live.session_id,
        agent="claude",
        repo=live.cwd.rstrip("/").rpartition("/")[2],
        cwd=live.cwd,
        state=live.state,
        pid=live.pid,
        started_at=live.started_at,
        last_at=live.started_at,
    )


def _state(facts: SessionFacts, live: LiveSession | None, now: datetime) -> SessionState:
    if live is not None:
        return live.state
    # Clients before the registry of running sessions: whoever logs calls is at work.
    return "busy" if now - facts.last_at < timedelta(seconds=WRITING_S) else "ended"


def _next_prompt(call: LastCall, book: PriceBook, now: datetime) -> int | None:
    prompt = CachedPrompt(
        model=call.model,
        context_tokens=call.tokens.context_tokens,
        idle_s=(now - call.at).total_seconds(),
        lifetime=cache_lifetime(call.tokens) or "short",
        speed=call.speed,
    )
    return next_prompt_nusd(book, prompt, at=now)
