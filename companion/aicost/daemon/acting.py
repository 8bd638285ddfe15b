"""The methods `session.hand` and `session.interrupt`: what one needs to act on a session."""

import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from aicost.core.at_hand import AgentProcess, SessionAtHand, first_folder, resume_command
from aicost.core.errors import ConfigError
from aicost.core.session import LiveSession, Running
from aicost.core.usage import Agent
from aicost.daemon.answers import Params, Question, converted
from aicost.daemon.server import Method, Notify
from aicost.platform.signalling import process_of, send_to_agent
from aicost.store.at_hand import folders_of, log_of, turn_of

log = logging.getLogger(__name__)

LEAST_WAIT_S = 3.0  # between SIGINT and SIGTERM
FORGET_S = 600.0  # an older SIGINT is forgotten at the next one
_USUAL_HOMES: dict[Agent, str] = {"claude": ".claude", "codex": ".codex"}
_NUMBERS = {"interrupt": signal.SIGINT, "end": signal.SIGTERM}


class Query(Protocol):
    """Asks the ledger. Raises StoreError."""

    async def __call__(self, question: Callable[[], SessionAtHand], /) -> SessionAtHand:
        """Return what a function finds that reads the ledger."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """What the methods need of the daemon."""

    moment: Callable[[], Question]
    query: Query
    running: Callable[[], Awaitable[Running]]
    monotonic: Callable[[], float] = time.monotonic  # seconds


class _HandAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `session.hand`."""

    session: str
    agent: Agent
    turn: str = ""  # the id of the turn that is meant; "": the latest


class _InterruptAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `session.interrupt`."""

    session: str
    mark: str  # of the process, as `session.hand` gave it
    step: Literal["interrupt", "end"]


class Acting:
    """Tells what a session is, and sends signals to its agent."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._interrupted: dict[tuple[int, str], float] = {}  # process (pid, mark) -> when

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, as the server takes them."""
        return {"session.hand": self._hand, "session.interrupt": self._interrupt}

    async def _hand(self, params: Params, _notify: Notify) -> object:
        asked = converted(params, _HandAsked)
        live = (await self._access.running()).sessions.get(asked.session)
        process = process_of(live) if live is not None else None
        question = self._access.moment()
        return msgspec.to_builtins(
            await self._access.query(lambda: _at_hand(question, asked, live, process))
        )

    async def _interrupt(self, params: Params, _notify: Notify) -> object:
        """Send SIGINT; SIGTERM only to whom SIGINT did not end within some seconds."""
        asked = converted(params, _InterruptAsked)
        live = (await self._access.running()).sessions.get(asked.session)
        if live is None:
            raise ConfigError(
                "no process has this session open", why="it ended", hint="aicost sessions --live"
            )
        now, process = self._access.monotonic(), (live.pid, asked.mark)
        if asked.step == "end" and now - self._interrupted.get(process, now) < LEAST_WAIT_S:
            why = f"SIGTERM follows a SIGINT that changed nothing for {LEAST_WAIT_S:g} s"
            raise ConfigError("the agent is to be interrupted first", why=why, hint="aicost top")
        number = _NUMBERS[asked.step]
        found = send_to_agent(live, asked.mark, number)
        log.info("sent %s to process %d of a session, as a screen asked", number.name, found.pid)
        if asked.step == "interrupt":
            lately = {one: at for one, at in self._interrupted.items() if now - at < FORGET_S}
            self._interrupted = {**lately, process: now}
        return {"sent": number.name, "pid": found.pid}


def _at_hand(
    question: Question, asked: _HandAsked, live: LiveSession | None, process: AgentProcess | None
) -> SessionAtHand:
    db = question.db
    found, folders = log_of(db, asked.session), folders_of(db, asked.session)
    if live is not None and live.cwd and not folders:
        folders = (live.cwd,)
    usual = os.path.realpath(Path.home() / _USUAL_HOMES[asked.agent])
    folder = first_folder(folders, found.path)
    home = os.path.realpath(found.home) if found.home else ""
    return SessionAtHand(
        process=process,
        turn=turn_of(db, asked.session, asked.turn),
        transcript=found.path,
        resume=resume_command(asked.agent, asked.session, folder, home, usual),
    )
