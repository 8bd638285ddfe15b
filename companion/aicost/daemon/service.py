"""The daemon: components side by side, and the methods its clients call."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from aicost.core.errors import StoreError
from aicost.core.session import Running
from aicost.core.view import DashboardView
from aicost.daemon import advising, answers, badges, on_demand, otlp, outcome_rounds, syncer
from aicost.daemon.budgeting import Budgets
from aicost.daemon.gatekeeper import Access as GateAccess
from aicost.daemon.gatekeeper import Gatekeeper
from aicost.daemon.guard_answers import Access, GuardAnswers
from aicost.daemon.guarding import Guards
from aicost.daemon.hook_state import tell_hooks
from aicost.daemon.indexer import Survey
from aicost.daemon.live import Live
from aicost.daemon.publisher import Publisher
from aicost.daemon.reader import Reader
from aicost.daemon.server import Method, Notify, Server
from aicost.daemon.setup import Setup, asked_alone, load_book, named_homes
from aicost.daemon.shell_tracking import AgentAt
from aicost.daemon.status_lines import StatusLines
from aicost.daemon.weekly_rounds import WeeklyRounds
from aicost.sources.agents import place_of
from aicost.store import queries
from aicost.store.connection import connect_readonly, snapshot, store_errors
from aicost.store.journal import Journal
from aicost.store.ledger import Recorded
from aicost.store.recovery import LedgerDamaged
from aicost.store.remembered import Remembered

if TYPE_CHECKING:
    from aicost.core.gate import Ask, Decision

T = TypeVar("T")
Params = Mapping[str, object]
Answer = Callable[[answers.Question, Params], str]
LATELY_S = 0.1  # less than what looks at changes waits for more of them
PROGRESS_S = 0.25  # how often a waiting client hears how far the reading is


class Service:
    """Wires reader, publisher and server together; runs until `stop` is set."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._engine = setup.open_engine()
        self._queries = ThreadPoolExecutor(1, "queries")
        self._db = connect_readonly(setup.dirs.ledger_file)
        self._remembered = Remembered(self._db)
        self._agents = Live()  # in the thread of queries
        self._running, self._looked_s = Running(), float("-inf")  # at the last look, and when
        self._stop = asyncio.Event()
        self._damage: LedgerDamaged | None = None
        self._reader = Reader(self._engine, self._on_change)
        self._guards = Guards()
        self._guarding = GuardAnswers(
            self._guards, Access(self._query, self._live, self._read_everything, self._moment)
        )
        self._budgets = Budgets.of(setup.dirs, setup.attribution, self._guards.budgets)
        self._journal = Journal.open(setup.dirs.journal_file)
        self._advising = self._open_advice()
        self._badges = self._open_badges()
        self._status_lines = self._open_status_lines()
        self._gatekeeper = self._open_gate()
        self._outcomes = outcome_rounds.opened(setup.dirs, self._reader, self._note_damage)
        self._syncer, self._otlp = syncer.Syncer(setup.dirs, self._reader), otlp.opened(setup)
        self._weeks = WeeklyRounds.opened(lambda: self._setup, self._reader, self._note_damage)
        self._server = Server(setup.dirs.socket_path, self._methods(), first_view=self._build_view)
        self._publisher = Publisher(
            partial(self._build_view, is_asked=False),
            self._server.publish,
            lambda: self._server.subscribers > 0,
        )

    def _methods(self) -> dict[str, Method]:
        """Return what clients may call."""
        return {
            "report": self._answering("report", answers.report),
            "sessions": self._sessions,
            "turns": self._answering("turns", answers.turns),
            "overview": self._overview,
            "view": self._view,
            "work": self._work,
            "status": self._status,
            "homes.add": self._homes_add,
            "transcript.seen": self._transcript_seen,
            "prices.reload": self._prices_reload,
            "stop": self._stop_asked,
            **self._guarding.methods,
            **self._gatekeeper.methods,
            **self._badges.methods,
            **on_demand.answers(self._answering, self._setup.dirs),
            **on_demand.screens(self._prepared, self._query, self._live),
            **on_demand.tags(self._journal, self._reader, self._query, self._moment),
            **on_demand.acting(self._moment, self._query, self._live),
            **on_demand.on_demand(on_demand.BUDGETS, self._open_budgets),
        }

    def stop(self) -> None:
        """Ask for a clean end. In the event loop only."""
        self._stop.set()

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Run all components until asked to stop.

        Raises ExceptionGroup if one breaks, LedgerDamaged (also in a group) if the ledger is.
        """
        try:
            async with asyncio.TaskGroup() as group:
                asked = (self._server, self._publisher, self._gatekeeper, self._advising)
                more = (self._badges, self._status_lines, self._outcomes, self._syncer, self._weeks)
                parts = (*asked, *more, self._otlp, self._reader)
                *askers, reader = [group.create_task(c.run(), name=c.name) for c in parts]
                await self._server.listening.wait()
                ready()
                await self._stop.wait()
                # One after the other: clients need the reader to the last, and the ledger is
                # tidied by its writer only if nobody else has it open.
                for task in askers:
                    task.cancel()
                    await asyncio.wait([task])
                self._close_queries()
                reader.cancel()
        finally:
            self._close_queries()
        if self._damage is not None:
            raise self._damage

    def _close_queries(self) -> None:
        self._queries.shutdown()
        self._db.close()
        self._gatekeeper.close()
        self._badges.close()
        self._advising.close()
        self._journal.close()

    def _open_gate(self) -> Gatekeeper:
        """Let agents' hooks in: what they ask is answered beside all else."""
        dirs, guards = self._setup.dirs, self._guards

        def heard(ask: "Ask") -> None:
            self._budgets.note_folders([ask.cwd])
            if ask.guard:
                guards.note_hook(ask.session_id, ask.guard)
            self._badges.note_agent(ask.session_id, AgentAt(ask.agent, ask.pid, ask.cwd))

        def decided(ask: "Ask", decision: "Decision") -> None:
            guards.note_decision(ask.session_id, ask.event, decision.action, decision.reason)
            self._guarding.changed()

        return Gatekeeper(
            GateAccess(
                ledger_file=dirs.ledger_file,
                run_dir=dirs.run_dir,
                prompts_dir=dirs.data_dir / "prompts",
                attribution=self._setup.attribution,
                reader=self._reader,
                journal=self._journal,
                zone=lambda: self._setup.zone,
                rules=self._budgets.current,
                running=self._live_lately,
                guards=guards.guard_ids,
                heard=heard,
                decided=decided,
                notice_for=self._advising.notice_for,
                damaged=self._note_damage,
                fail_changed=lambda fail: tell_hooks(dirs, fail),
            )
        )

    def _open_advice(self) -> advising.Advising:
        """Keep what screens, agents' users and the desktop are to hear of."""
        about = (self._budgets, self._setup.attribution, self._setup.zone, self._guards.guard_ids)
        access = advising.Access(*about, self._query, self._live_lately, self._moment)
        return advising.Advising.open(access, self._journal.note_shown)

    def _open_badges(self) -> badges.Badges:
        """Keep what prompts and status lines read."""
        dirs, guards = self._setup.dirs, self._guards
        access = badges.Access(
            ledger_file=dirs.ledger_file,
            run_dir=dirs.run_dir,
            attribution=self._setup.attribution,
            question=lambda db: self._setup.question(db, self._setup.zone),
            zone=lambda: self._setup.zone,
            rules=self._budgets.current,
            running=self._live_lately,
            guards=guards.guard_ids,
            reader=self._reader,
            damaged=self._note_damage,
        )
        return badges.Badges(access)

    def _open_budgets(self) -> Mapping[str, Method]:
        from aicost.daemon import budget_methods

        return budget_methods.BudgetMethods(
            budget_methods.Access(
                budgets=self._budgets,
                setup=self._setup,
                would_stops=self._journal.would_stops,
                guards=self._guards.guard_ids,
                prepared=self._prepared,
                moment=self._moment,
                query=self._query,
                running=self._live,
                changed=self._budgets_changed,
            )
        ).methods

    def _open_status_lines(self) -> StatusLines:
        """Keep Claude Code's status lines, and hear what it says there."""
        asked = (self._query, self._live_lately, self._moment)
        days, advising = self._engine.ledger.days, self._advising
        return StatusLines.open(self._setup.dirs.run_dir, asked, days, advising, self._reader)

    def _note_damage(self, damage: LedgerDamaged) -> None:
        self._damage = damage
        self._stop.set()

    def _on_change(self, recorded: Recorded) -> None:
        if not recorded.sessions:  # but who runs, maybe
            self._looked_s = float("-inf")
        self._guarding.changed()
        self._status_lines.changed()
        self._budgets_changed()

    def _budgets_changed(self) -> None:
        for part in (self._gatekeeper, self._badges, self._advising, self._publisher):
            part.changed()

    async def _read_everything(self) -> None:
        await self._reader.catch_up(with_evidence=True)

    def _answering(self, method: str, answer: Answer) -> Method:
        """Return what answers a question that only needs the ledger."""

        async def answered(params: Params, notify: Notify) -> object:
            question, asked = await self._prepared(method, params, notify)
            return {"text": await self._query(lambda: answer(question, asked))}

        return answered

    async def _sessions(self, params: Params, notify: Notify) -> object:
        question, asked = await self._prepared("sessions", params, notify)
        live = await self._live(asked["homes"])
        return {"text": await self._query(lambda: answers.sessions(question, live, asked))}

    async def _overview(self, params: Params, notify: Notify) -> object:
        """Say how all stands, also while the ledger cannot be written."""
        from aicost.daemon.overview import overview
        from aicost.daemon.own_state import reader_state

        try:
            question, asked = await self._prepared("overview", params, notify)
        except StoreError:
            question, asked = await self._prepared("overview", {**params, "wait": False}, notify)
        live = await self._live(asked["homes"])
        reader = reader_state(self._reader, self._budgets.troubles, self._setup.dirs, self._otlp)
        advise = self._advising.finding(question, live)
        return {"text": await self._query(lambda: overview(question, live, reader, asked, advise))}

    async def _view(self, params: Params, notify: Notify) -> object:
        await self._prepared("view", params, notify)
        return msgspec.to_builtins(await self._build_view())

    async def _work(self, params: Params, notify: Notify) -> object:
        question, asked = await self._prepared("work", params, notify)
        found = await self._query(lambda: answers.work(question, asked))
        return {"work": msgspec.to_builtins(found)}

    async def _status(self, _params: Params, _notify: Notify) -> object:
        from aicost.daemon.own_state import own_state

        reader = self._reader
        found = reader.seen if reader.reading else await reader.pending()
        return {
            **own_state(self._setup, reader, found, self._budgets.troubles),
            "skipped_lines": await self._query(lambda: queries.skipped_lines(self._db)),
            "subscribers": self._server.subscribers,
        }

    async def _homes_add(self, params: Params, _notify: Notify) -> object:
        self._reader.add_homes(named_homes(params.get("homes")))
        return {"homes": sorted(self._engine.homes)}

    async def _transcript_seen(self, params: Params, _notify: Notify) -> object:
        """Take on the home that a hook's transcript lies in, and read that transcript."""
        path = params.get("path")
        place = place_of(path) if isinstance(path, str) else None
        if place is None:
            return {"known": False}
        transcript, home = place
        self._reader.add_homes([home])
        self._reader.wake(transcript, home)
        return {"known": True}

    async def _prices_reload(self, _params: Params, _notify: Notify) -> object:
        """Take on the price book, with the user's own prices, as it is on disk now."""
        book = load_book(self._setup.dirs)
        if book.book_id != self._setup.book.book_id:
            await self._reader.use_prices(book)
            self._setup = replace(self._setup, book=book)
        return {"price_book": book.book_id}

    async def _stop_asked(self, _params: Params, _notify: Notify) -> object:
        asyncio.get_running_loop().call_soon(self._stop.set)
        return {"pid": os.getpid()}

    async def _prepared(
        self, method: str, params: Params, notify: Notify
    ) -> tuple[answers.Question, dict[str, Any]]:
        """Take on the caller's homes and, unless it will not wait, read all that is on disk.

        That is the evidence, too, if the answer shows some.
        """
        self._reader.add_homes(named_homes(params.get("homes")))
        asked: dict[str, Any] = asked_alone(params)
        zone = self._setup.asked_zone(params.get("tz"))
        asked["homes"] = homes = self._setup.asked_homes(params.get("homes"))
        waiting = notify if params.get("wait", True) is True else None
        moment = replace(self._moment(), zone=zone)
        if waiting is None and (reading := self._reader.reading) is not None:
            left_bytes = reading.bytes_total - reading.bytes_done
            moment = replace(moment, complete=False, has_evidence=False, pending_bytes=left_bytes)
            return moment, asked
        if waiting:
            needs = answers.needs_evidence(method, asked)
            left = await self._caught_up(waiting, with_evidence=needs)
        else:
            left = await self._reader.pending()
        return moment.with_unread(left.within(homes)), asked

    async def _caught_up(self, notify: Notify, *, with_evidence: bool) -> Survey:
        """Wait until all that is on disk now was read; tell how far the reading is meanwhile."""
        caught_up = self._reader.catch_up(with_evidence=with_evidence)
        try:
            while not (await asyncio.wait([caught_up], timeout=PROGRESS_S))[0]:
                if self._reader.reading is not None:
                    await notify(msgspec.to_builtins(self._reader.reading))
            return caught_up.result()
        finally:
            caught_up.cancel()

    async def _build_view(self, *, is_asked: bool = True) -> DashboardView:
        live = await (self._live() if is_asked else self._live_lately())
        reader = self._reader
        coverage = answers.Coverage(
            homes=tuple(sorted(self._engine.homes)),
            log_files=reader.seen.files,
            reading=reader.reading,
            trouble=reader.trouble,
            unreadable=len(reader.seen.unreadable),
            breaks=self._engine.breaks,
        )
        question, days = self._moment(), self._engine.ledger.days
        advise = self._advising.looking(question, live, None if is_asked else coverage)
        return await self._query(lambda: answers.view(question, live, days, coverage, advise))

    async def _live(self, homes: Iterable[str] = ()) -> Running:
        """Return the running sessions of some homes, of all if none are named."""
        homes = homes or sorted(self._engine.homes)
        running = await self._query(lambda: self._agents.read(homes))
        self._budgets.note_folders({one.cwd for one in running.sessions.values()})
        return running

    async def _live_lately(self) -> Running:
        """Return who ran a moment ago: all that look at one change look once."""
        if time.monotonic() - self._looked_s > LATELY_S:
            self._running, self._looked_s = await self._live(), time.monotonic()
        return self._running

    def _moment(self) -> answers.Question:
        question = self._setup.question(self._db, self._setup.zone)
        return replace(question, remembered=self._remembered, windows=self._status_lines.windows)

    async def _query(self, question: Callable[[], T]) -> T:
        """Run a query in the thread of queries. Raises StoreError, ConfigError."""

        def at_one_moment() -> T:
            with snapshot(self._db):
                return question()

        try:
            with store_errors():
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._queries, at_one_moment)
        except LedgerDamaged as error:
            self._note_damage(error)
            raise
