"""What screens ask the daemon beside its views: one session as a whole, and what was long ago."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from aicost.core.prompt_line import PromptLine
from aicost.core.session import Running
from aicost.core.usage import Agent
from aicost.daemon.answers import Question
from aicost.daemon.glances import session_glance
from aicost.daemon.histories import history_answer
from aicost.daemon.prompt_lines import PromptLines
from aicost.daemon.server import Method, Notify, Params
from aicost.daemon.session_pages import session_page, transcript

T = TypeVar("T")
Prepared = Callable[[str, Params, Notify], Awaitable[tuple[Question, dict[str, Any]]]]
_AT_ONCE = {"wait": False}  # a screen shows what there is, and asks again when there is more


class Query(Protocol):
    """Asks the ledger. Raises StoreError."""

    async def __call__(self, question: Callable[[], T], /) -> T:
        """Return what a function finds that reads the ledger."""
        ...


class Live(Protocol):
    """Tells what runs."""

    async def __call__(self, homes: Iterable[str] = (), /) -> Running:
        """Return the running sessions of some homes, of all if none are named."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """What the methods need of the daemon."""

    prepared: Prepared  # the moment that a caller asks about, and what it asks
    query: Query  # runs in the thread of the ledger's readers
    running: Live


class ScreenAnswers:
    """The daemon's methods for screens."""

    def __init__(self, access: Access) -> None:
        self._access, self._prompts = access, PromptLines()

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, as the server takes them."""
        return {
            "session.page": self._session_page,
            "session.glance": self._session_glance,
            "history": self._history,
        }

    async def _session_page(self, params: Params, notify: Notify) -> object:
        question, asked = await self._access.prepared(
            "session.page", {**params, **_AT_ONCE}, notify
        )
        query = self._access.query
        found, log = await query(lambda: transcript(question, asked))
        prompts: Mapping[str, PromptLine] = {}
        if log is not None:
            agent: Agent = "codex" if found.agent == "codex" else "claude"
            prompts = await asyncio.to_thread(self._prompts.read, agent, log.path)
        page = await query(lambda: session_page(question, asked, prompts))
        return msgspec.to_builtins(page)

    async def _session_glance(self, params: Params, notify: Notify) -> object:
        question, asked = await self._access.prepared(
            "session.glance", {**params, **_AT_ONCE}, notify
        )
        glance = await self._access.query(lambda: session_glance(question, asked))
        return msgspec.to_builtins(glance)

    async def _history(self, params: Params, notify: Notify) -> object:
        question, asked = await self._access.prepared("history", {**params, **_AT_ONCE}, notify)
        found = await self._access.query(lambda: history_answer(question, asked))
        return msgspec.to_builtins(found)
