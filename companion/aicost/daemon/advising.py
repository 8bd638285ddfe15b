"""The component that keeps advice current, also while nobody looks at a screen."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol, Self
from zoneinfo import ZoneInfo

from aicost.core.errors import ConfigError, StoreError
from aicost.core.nudge import NudgeKind
from aicost.core.session import Running
from aicost.core.view import SessionRow
from aicost.daemon.answers import Question, live_rows
from aicost.daemon.budgeting import Budgets
from aicost.daemon.world import World
from aicost.store.places import Attribution

if TYPE_CHECKING:
    from aicost.daemon.nudging import Advice, Advise, NoteShown, Nudging, Seen
    from aicost.platform.notify import Notifier

log = logging.getLogger(__name__)

GATHER_S = 1.0  # changes this close together are one look
QUIET_S = 5.0  # windows end, and caches do, without a log line
LEAST_GAP = timedelta(seconds=0.5)  # between two looks: a screen may ask more often
_EVEN_NOW = timedelta(0)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_HEARD_FOR = timedelta(minutes=15)  # since a hook last asked what its user is to hear


class Query(Protocol):
    """Runs a query in the thread of queries. Raises StoreError, ConfigError."""

    def __call__(self, question: "Callable[[], Advice]", /) -> "Awaitable[Advice]":
        """Return its answer."""


@dataclass(frozen=True, slots=True)
class Access:
    """What advice needs of the rest of the daemon."""

    budgets: Budgets
    attribution: Attribution
    zone: ZoneInfo  # whose days budgets count
    guards: Callable[[], Mapping[str, str]]  # the guard of each session that is under one
    query: Query
    running: Callable[[], Awaitable[Running]]
    moment: Callable[[], Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What holds at a moment, beside the ledger: budgets, settings, and who runs."""

    world: World
    attribution: Attribution
    untrusted: Sequence[str] = ()
    troubles: Sequence[str] = ()
    context_nusd: int | None = None  # None: the usual
    tells_desktop: bool = False


def setting_of(budgets: Budgets, attribution: Attribution, world: World) -> Setting:
    """Return what is set now, for a world without budgets. In the thread that budgets belong to."""
    rules, settings = budgets.current(), budgets.settings
    return Setting(
        world=replace(world, budgets=rules.budgets, grace_permille=rules.grace_permille),
        attribution=attribution,
        untrusted=budgets.untrusted,
        troubles=budgets.troubles,
        context_nusd=settings.context_nusd,
        tells_desktop=settings.desktop_nudges,
    )


def seen_in(question: Question, setting: Setting, rows: Sequence[SessionRow]) -> "Seen":
    """Weigh all budgets, and find what else is worth a word. Raises sqlite3.Error."""
    # Only here: what weighs and advises is a tenth of all that a daemon's start would import.
    from aicost.core.nudging import CONTEXT_NUSD
    from aicost.daemon.nudging import Seen
    from aicost.daemon.weighing import Scales
    from aicost.store.repeats import repeats
    from aicost.store.waste import waste_in

    context_nusd = setting.context_nusd
    live = [row.session_id for row in rows if row.state != "ended"]
    scales = Scales(question.db, setting.attribution)
    return Seen(
        now=setting.world.now,
        zone=setting.world.zone,
        sessions=rows,
        evaluation=scales.weigh(setting.world).evaluation,
        repeats=repeats(question.db, live),
        waste=waste_in(question.db, live, present=True),
        untrusted=setting.untrusted,
        troubles=setting.troubles,
        context_nusd=CONTEXT_NUSD if context_nusd is None else context_nusd,
        tells_desktop=setting.tells_desktop,
    )


def advice_on(question: Question, setting: Setting, rows: Sequence[SessionRow]) -> "Advice":
    """Return what holds, and tell nobody. Raises sqlite3.Error."""
    from aicost.daemon.nudging import find_advice

    return find_advice(question.db, seen_in(question, setting, rows))


class Advising:
    """Looks at each change while there are budgets, or somebody wants to hear of advice."""

    name = "advising"

    def __init__(
        self,
        nudging: "Callable[[], Nudging]",
        access: Access,
        *,
        quiet_s: float = QUIET_S,
        close: Callable[[], None] | None = None,
    ) -> None:
        """Make `nudging` when somebody is to be told something; `close` it at the end."""
        self._made_nudging, self._access, self._quiet_s = nudging, access, quiet_s
        self._close = close
        self._changed = asyncio.Event()
        self._heard_at: datetime | None = None
        self._looked: tuple[datetime, object] = (_LONG_AGO, None)  # when, in which state

    @classmethod
    def open(cls, access: Access, note_shown: "NoteShown") -> Self:
        """Tell the desktop that this process runs on."""
        notifiers: list[Notifier] = []

        def made() -> "Nudging":
            from aicost.daemon.nudging import Nudging
            from aicost.platform.notify import Notifier

            notifiers.append(Notifier(os.environ))
            return Nudging(note_shown, notifiers[0].send)

        def close() -> None:
            for notifier in notifiers:
                notifier.close()

        return cls(made, access, close=close)

    @cached_property
    def nudging(self) -> "Nudging":
        """What keeps the advice."""
        return self._made_nudging()

    def close(self) -> None:
        """Show what still is to be shown."""
        if self._close is not None:
            self._close()

    def changed(self) -> None:
        """Note that the ledger changed. In the event loop only."""
        self._changed.set()

    def setting(self, running: Running, now: datetime) -> Setting:
        """Return what is set now. In the event loop only."""
        access = self._access
        world = World(now=now, zone=access.zone, running=running, guards=access.guards())
        return setting_of(access.budgets, access.attribution, world)

    def looking(self, question: Question, running: Running, reading: object = None) -> "Advise":
        """Return what looks at sessions in the thread of queries. In the event loop only.

        What was found less than LEAST_GAP ago will do if `reading` (how far that is) and budgets
        are what they were then; None: it will not.
        """
        setting = self.setting(running, question.now)
        state = None if reading is None else (reading, tuple(setting.world.budgets))
        return partial(self.look, question, setting, state)

    def finding(self, question: Question, running: Running) -> "Advise":
        """Return the same, but nobody is told of it. In the event loop only."""
        return partial(advice_on, question, self.setting(running, question.now))

    def look(
        self, question: Question, setting: Setting, state: object, rows: Sequence[SessionRow]
    ) -> "Advice":
        """Find what holds, and tell whoever wants to hear of it. Raises sqlite3.Error.

        In a `state` other than None what was found in the same state just now still holds.
        """
        now, (looked_at, looked_in) = setting.world.now, self._looked
        if state is not None and state == looked_in and _EVEN_NOW <= now - looked_at < LEAST_GAP:
            return self.nudging.advice
        advice = self.nudging.look(question.db, seen_in(question, setting, rows))
        self._looked = (now, state)
        return advice

    def notice_for(
        self, session_id: str, now: datetime, without: Collection[NudgeKind] = ()
    ) -> str:
        """Return what the user of a session is to hear; "" if there is nothing new.

        Kinds in `without` can wait.
        """
        if self._heard_at is None or now - self._heard_at > _HEARD_FOR:
            self.changed()  # who asks again hears of it
        self._heard_at = now
        return self.nudging.notice_for(session_id, now, without)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._look_or_warn()
            with suppress(TimeoutError):  # nothing changed: the moment did
                async with asyncio.timeout(self._quiet_s):
                    await self._changed.wait()
                    await asyncio.sleep(GATHER_S)
            self._changed.clear()

    async def _look_or_warn(self) -> None:
        try:
            question = self._access.moment()
            if self._is_wanted(question.now):
                running = await self._access.running()
                setting = self.setting(running, question.now)
                await self._access.query(
                    lambda: self.look(question, setting, None, live_rows(question, running, ()))
                )
        except (StoreError, ConfigError) as error:  # the last advice stays
            log.warning("no advice: %s", error.what)

    def _is_wanted(self, now: datetime) -> bool:
        budgets = self._access.budgets
        return bool(
            budgets.current().budgets or budgets.settings.desktop_nudges or self._is_heard(now)
        )

    def _is_heard(self, now: datetime) -> bool:
        return self._heard_at is not None and now - self._heard_at <= _HEARD_FOR
