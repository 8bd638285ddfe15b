"""The ledger: every call once, in one SQLite file. The only module that writes it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from aicost.core.days import LocalDays, to_us
from aicost.core.facts import ClientTotal, FileRead, LimitsSeen, Parsed, Run
from aicost.core.prices import PriceBook
from aicost.core.purpose import Tag
from aicost.core.usage import Agent, UsageEvent, merged
from aicost.store import categories, evidence, places, sessions, stand_ins, waste
from aicost.store.calls import (
    UPSERT_CALL,
    StoredCall,
    UsageChange,
    all_calls,
    call_row,
    credits_of,
    key_of,
    stored_calls,
)
from aicost.store.changes import Changes
from aicost.store.connection import connect, store_errors
from aicost.store.cursors import write_cursors
from aicost.store.limits import home_of_session, note_limits
from aicost.store.names import Names
from aicost.store.places import NO_ATTRIBUTION, Attribution
from aicost.store.ready import write_ready
from aicost.store.runs import Counting, events_of
from aicost.store.schema import migrate
from aicost.store.starts import record_starts

_PAGES, _BULK_PAGES = 1_000, 64_000  # of 4 KiB in the log of writes, before they are synced


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a batch changed."""

    calls: int  # calls that were new or grew
    sessions: frozenset[str]  # ids of the sessions they belong to


class Ledger:
    """One writer per file; one thread per instance. Raises StoreError."""

    def __init__(
        self,
        path: Path | str,
        *,
        book: PriceBook,
        zone: ZoneInfo,
        attribution: Attribution = NO_ATTRIBUTION,
    ) -> None:
        self._book, self.days, self._attribution = book, LocalDays(zone), attribution
        with store_errors(path):
            self._db = connect(path)
            try:
                migrate(self._db)
                self._names = Names(self._db, attribution)
                self._adopt(zone, book)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; further calls fail."""
        self._db.close()

    @property
    def db(self) -> sqlite3.Connection:
        """The connection, for queries by the same thread."""
        return self._db

    @property
    def counting(self) -> Counting:
        """How this ledger counts calls, for who makes them ready."""
        return Counting(self._book, self.days.zone)

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Sync to disk once at the end, not every few thousand pages: for much at a time.

        A crash of the machine loses at most what is read again; a killed process loses nothing.
        """
        with store_errors():
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_BULK_PAGES}")
        try:
            yield
        finally:
            with store_errors():
                self._db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES}")
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def record(self, reads: Sequence[FileRead]) -> Recorded:
        """Write what files said and where reading goes on, in one transaction."""
        with self.recording() as record:
            return record(reads)

    @contextmanager
    def recording(self) -> Iterator[Callable[[Sequence[FileRead]], Recorded]]:
        """Give what records, as often as it is called in one transaction."""
        with store_errors(), self._transaction():
            yield self._record

    def _record(self, reads: Sequence[FileRead]) -> Recorded:
        places.note_remotes(self._db, self._attribution, reads)
        touched = record_starts(self._db, self._names, reads)  # first: it makes spans as a whole
        changed = self._record_calls(reads)
        sessions.resolve_turns(self._db, touched | changed.unresolved)
        self._note_homes(reads)
        self._record_evidence(reads)
        write_cursors(self._db, [(read, self._names.home(read.home)) for read in reads])
        return Recorded(changed.calls, frozenset(changed.names))

    def use_prices(self, book: PriceBook) -> None:
        """Price every call with another book, those to come too."""
        before, self._book = self._book, book
        try:
            with store_errors():
                self._adopt(self.days.zone, book)
        except BaseException:
            self._book = before
            raise

    def settle(self) -> None:
        """Bring the daily evidence, and what led nowhere, up to what was recorded since."""
        while self.settle_some():
            pass

    def settle_some(self) -> bool:
        """Do a part of it, of some milliseconds; return whether there was something to do."""
        with store_errors():
            if evidence.has_stale(self._db):
                with self._transaction():
                    evidence.roll_up(self._db, self.days.day_of)
                return True
            return self._settle_work()

    def settle_some_read(self) -> bool:
        """Do a part of it, of sessions with evidence that was read since; others are to come."""
        with store_errors():
            if spans := evidence.spans_read(self._db):
                with self._transaction():
                    evidence.roll_up_spans(self._db, self.days.day_of, spans)
                return True
            return self._settle_work()

    def _settle_work(self) -> bool:
        if waste.has_stale_waste(self._db):
            with self._transaction():
                waste.settle_waste(self._db, self._book)
            return True
        if categories.has_stale_work(self._db):
            with self._transaction():
                categories.settle_categories(self._db)
            return True
        return False

    def write_tags(self, tags: Iterable[Tag]) -> None:
        """Repeat the journal's tags; the turns that they are of are settled next."""
        with store_errors(), self._transaction():
            categories.write_tags(self._db, tags)

    def note_told(
        self, agent: Agent, totals: Sequence[ClientTotal], limits: Mapping[str, LimitsSeen]
    ) -> None:
        """Keep what a client said elsewhere than in a file; limits by the session that saw them.

        Those of a session without a log yet are not kept: whose account it is, its home tells.
        """
        with store_errors(), self._transaction():
            self._evidence_writer().totals(agent, totals)
            for session_id, seen in limits.items():
                for home in home_of_session(self._db, session_id):
                    note_limits(self._db, home, [seen])

    def _evidence_writer(self) -> evidence.EvidenceWriter:
        return evidence.EvidenceWriter(self._db, self._names, self._attribution.ci_job)

    def _record_evidence(self, reads: Sequence[FileRead]) -> None:
        writer, by_agent = self._evidence_writer(), dict[Agent, list[Parsed]]()
        for read in reads:
            if read.stage == "evidence":
                by_agent.setdefault(read.agent, []).extend(read.parsed)
                for parsed in read.parsed:
                    writer.limits(read.home, parsed.limits)
        for agent, all_parsed in by_agent.items():
            writer.write(agent, all_parsed)

    def _record_calls(self, reads: Sequence[FileRead]) -> Changes:
        changed = Changes(self._names.price_book(self._book.book_id))
        fresh: dict[int, UsageEvent] = {}
        for event in chain(self._write_ready(reads, changed), _calls_of(reads)):
            key = key_of(event.event_key)
            known = fresh.get(key)
            fresh[key] = event if known is None else merged(known, event)
        changed.standing = stand_ins.standing(self._db, fresh)
        rows: list[tuple[object, ...]] = []
        stored = stored_calls(self._db, fresh) if self._has_calls() else {}
        for key, event in fresh.items():
            if row := self._change(key, event, stored.get(key), changed):
                rows.append(row)
        self._db.executemany(UPSERT_CALL, rows)
        changed.calls += len(rows)
        self._drop_covered(reads, changed)
        changed.usage.apply(self._db)
        evidence.mark_stale(self._db, changed.spans, changed.moved)
        sessions.update_summaries(self._db, changed.added, changed.moved)
        if changed.left and sessions.drop_unused_spans(self._db, changed.left):
            self._names.forget()
        return changed

    def _write_ready(self, reads: Sequence[FileRead], changed: Changes) -> Iterable[UsageEvent]:
        """Write what was made ready; return what is to be merged, call by call."""
        mine, runs, others = (self._book.book_id, self.days.zone.key), list[Run](), list[Run]()
        for read in reads:
            if ready := read.ready:
                is_mine = (ready.book_id, ready.zone) == mine
                (runs if is_mine else others).extend(ready.runs)
        left = write_ready(self._db, self._names, runs, changed) if runs else []
        return chain(left, *(events_of(run.names, run.calls) for run in others))

    def _change(
        self, key: int, event: UsageEvent, old: StoredCall | None, changed: Changes
    ) -> tuple[object, ...] | None:
        """Merge a call into what the ledger has; return its new row, None if nothing is new."""
        if old is not None:
            if thread_id := changed.standing.get(key):
                old = old._replace(event=replace(old.event, stand_in_for=thread_id))
            event = merged(old.event, event)
            if event == old.event:
                return None
        names, at_us = self._names.of_call(event), to_us(event.at)
        call = StoredCall(
            event,
            self._book.nusd_of(event),
            names.span,
            names.model,
            names.place,
            changed.price_book,
            *credits_of(self._book, event),
        )
        if old is not None:
            self._take_out(old, changed)
            if call.span != old.span:
                changed.left.add(old.span)
        if event.stand_in_for or key in changed.standing:
            changed.stand_ins.append((key, event.stand_in_for))
        changed.spans.add(call.span)
        changed.usage.add(self.days.day_of(at_us), call)
        is_sidechain = event.is_sidechain
        changed.added.append((names.session, at_us, None if is_sidechain else key))
        if is_sidechain:
            changed.unresolved.add(names.session)
        changed.names.add(event.session_id)
        return call_row(key, at_us, call, names.variant)

    def _take_out(self, old: StoredCall, changed: Changes) -> None:
        """Count a call out of what is derived of it."""
        changed.usage.add(self.days.day_of(to_us(old.event.at)), old, -1)
        session = self._names.session(old.event.session_id, old.event.agent)
        changed.moved.add(session)
        changed.spans.add(old.span)
        if old.event.is_sidechain:
            changed.unresolved.add(session)

    def _drop_covered(self, reads: Sequence[FileRead], changed: Changes) -> None:
        """Take out the calls that stood in for a log which is known by now."""
        threads = {t.thread_id for read in reads for parsed in read.parsed for t in parsed.threads}
        stand_ins.note_threads(self._db, threads)
        stand_ins.note_stand_ins(self._db, changed.stand_ins)
        keys = [key for key, _ in changed.stand_ins]
        taken = stand_ins.take_covered(self._db, threads, keys, changed.spans)
        covered = stored_calls(self._db, taken)
        for call in covered.values():
            self._take_out(call, changed)
            changed.left.add(call.span)
        self._db.executemany("DELETE FROM call WHERE key = ?", [(key,) for key in covered])

    def _note_homes(self, reads: Sequence[FileRead]) -> None:
        """Keep which homes name a session, also one whose calls all count elsewhere."""
        seen = {
            (session_id, read.agent, read.home)
            for read in reads
            for parsed in read.parsed
            for session_id in _session_ids(parsed)
        }
        seen |= {
            (run.names.session_id, read.agent, read.home)
            for read in reads
            if read.ready
            for run in read.ready.runs
        }
        names = self._names
        pairs = [(names.session(name, agent), names.home(home)) for name, agent, home in seen]
        self._db.executemany("INSERT OR IGNORE INTO session_home VALUES (?, ?)", pairs)

    def _has_calls(self) -> bool:
        return self._db.execute("SELECT 1 FROM call LIMIT 1").fetchone() is not None

    def _adopt(self, zone: ZoneInfo, book: PriceBook) -> None:
        """Bring costs, days and names of what is there to today's prices, time zone and rules."""
        wanted = {
            "timezone": zone.key,
            "price_book": book.book_id,
            "repos": self._attribution.rules,
        }
        rows = self._db.execute("SELECT key, value FROM meta")
        known = {key: value for key, value in rows if key in wanted}
        is_other = categories.is_other_classifier(self._db) or waste.has_other_rules(self._db)
        if known == wanted and not is_other:
            return
        with self._transaction():
            categories.adopt_classifier(self._db)
            waste.adopt_rules(self._db)
            if known.get("price_book") not in (None, book.book_id):
                self._reprice()
            if known.get("repos") != self._attribution.rules:
                places.rename_places(self._db, self._attribution)
            if known and (known | {"repos": ""}) != (wanted | {"repos": ""}):
                self._count_days_anew()
            self._db.executemany(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                list(wanted.items()),
            )

    def _reprice(self) -> None:
        """Price every call with the new book; rows whose cost stays keep their book."""
        book = self._names.price_book(self._book.book_id)
        changes = []
        for key, call in all_calls(self._db):
            price = (self._book.nusd_of(call.event), *credits_of(self._book, call.event))
            if price != (call.cost_nusd, call.ncredits, call.uncertain_ncredits):
                changes.append((*price, book, key))
        self._db.executemany(
            "UPDATE call SET cost_nusd = ?, ncredits = ?, uncertain_ncredits = ?, price_book = ?"
            " WHERE key = ?",
            changes,
        )
        waste.mark_all_waste(self._db)

    def _count_days_anew(self) -> None:
        self._db.execute("DELETE FROM usage_day")
        self._db.execute("DELETE FROM evidence_day")
        self._db.execute("INSERT OR IGNORE INTO stale_span SELECT id FROM span")
        usage = UsageChange()
        for _, call in all_calls(self._db):
            usage.add(self.days.day_of(to_us(call.event.at)), call)
        usage.apply(self._db)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.commit()
        except BaseException:
            self._db.rollback()
            self._names.forget()
            raise


def _calls_of(reads: Iterable[FileRead]) -> Iterator[UsageEvent]:
    return (call for read in reads for parsed in read.parsed for call in parsed.calls)


def _session_ids(parsed: Parsed) -> set[str]:
    found = {call.session_id for call in parsed.calls}
    found |= {prompt.session_id for prompt in parsed.prompts}
    found |= {subagent.session_id for subagent in parsed.subagents}
    return found | {total.session_id for total in parsed.client_totals}
