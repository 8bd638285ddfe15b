"""The component that tells a receiver of OTLP how counters stand. Without one it does nothing.

Hooks, prompts and the reading of logs never wait for it: the ledger is asked, and the receiver
told, in a thread that nobody waits for.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aicost.core.days import to_us
from aicost.core.errors import AicostError, ConfigError
from aicost.core.live_counters import CounterKey, Receiver, Used, grown
from aicost.daemon.loose import in_loose_thread
from aicost.daemon.setup import Setup
from aicost.store.connection import connect_readonly, snapshot, store_errors

if TYPE_CHECKING:
    from aicost.core.team.words import Known

    class Tells(Protocol):
        """Who sends."""

        def tell(self, used: Mapping[CounterKey, Used]) -> bool:
            """Send how all counters stand; return whether they were taken."""

        def close(self) -> None:
            """Let go of what is open."""


_INSTALL = "pipx install --force 'aicost[otlp]'"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rests:
    """How long is waited, in seconds."""

    rest_s: float = 60.0  # between rounds
    answer_s: float = 10.0  # for the receiver, with all tries of a round
    last_s: float = 1.0  # for it at the end of the daemon


def check_packages() -> None:
    """Raise ConfigError unless what speaks OTLP is installed."""
    try:
        is_there = find_spec("opentelemetry.exporter.otlp.proto.http") is not None
        is_there = is_there and find_spec("opentelemetry.sdk") is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        is_there = False
    if not is_there:
        raise ConfigError(
            "the packages for live counters are not installed",
            why="OpenTelemetry's are an extra: few need them",
            hint=_INSTALL,
        )


def opened(setup: Setup) -> "LiveCounters":
    """Return the component for the ledger and the receiver of a daemon."""
    return LiveCounters(setup.dirs.ledger_file, setup.receiver)


class LiveCounters:
    """Counts from its making on; tells how counters stand until cancelled, then once more."""

    name = "otlp"

    def __init__(
        self,
        ledger_file: Path,
        receiver: Receiver | None,
        rests: Rests = Rests(),
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.trouble = ""  # why the receiver does not know how counters stand
        self._ledger_file, self._receiver, self._rests = ledger_file, receiver, rests
        self._since_us = to_us(now())
        self._used: dict[CounterKey, Used] = {}
        self._teller: Tells | None = None
        self._known: Known | None = None

    async def run(self) -> None:
        """Tell the receiver until cancelled."""
        if self._receiver is None:
            return
        try:
            check_packages()
        except ConfigError as error:
            self.trouble = f"{error.what}; try: {error.hint}"
            log.warning("no live counters: %s", self.trouble)
            return
        round_: asyncio.Task[None] | None = None
        try:
            while True:
                await asyncio.sleep(self._rests.rest_s)
                round_ = asyncio.ensure_future(in_loose_thread(self.name, self._round))
                await asyncio.shield(round_)
        finally:
            await self._end(round_)

    async def _end(self, last: "asyncio.Task[None] | None") -> None:
        """Tell what the last minute was, unless the receiver is slow."""
        if last is None or last.done():
            last = asyncio.ensure_future(in_loose_thread(self.name, self._round))
        await asyncio.wait([last], timeout=self._rests.last_s)
        if self._teller is not None:
            self._teller.close()
        last.cancel()

    def _round(self) -> None:
        try:
            self._used = grown(self._used, self._look())
            if self._teller is None:
                self._teller = self._opened()
        except AicostError as error:  # who writes the ledger says more of it
            self._note(error.what)
            return
        taken = self._teller.tell(self._used)
        self._note("" if taken else f"{self._endpoint} does not take counters")

    def _look(self) -> Mapping[CounterKey, Used]:
        from aicost.store.live_counters import used_since

        if self._known is None:
            from aicost.prices.book import load_price_book

            self._known = load_price_book(None).model_price  # the shipped list: no own names
        with (
            store_errors(self._ledger_file),
            closing(connect_readonly(self._ledger_file)) as db,
            snapshot(db),
        ):
            return used_since(db, self._since_us, self._known)

    def _opened(self) -> "Tells":
        import uuid

        try:
            from aicost.sync.otlp import Teller
        except ImportError as error:  # of another version, or in parts
            what = f"OpenTelemetry cannot be used ({error})"
            raise ConfigError(what, hint=_INSTALL) from error

        assert self._receiver is not None
        instance, answer_s = str(uuid.uuid4()), self._rests.answer_s
        return Teller(self._receiver, instance=instance, timeout_s=answer_s)

    @property
    def _endpoint(self) -> str:
        return self._receiver.endpoint if self._receiver else ""

    def _note(self, trouble: str) -> None:
        """Remember what is wrong; say it once, and once that it is over."""
        if trouble != self.trouble:
            if trouble:
                log.warning("live counters: %s", trouble)
            else:
                log.info("live counters: %s takes them again", self._endpoint)
        self.trouble = trouble
