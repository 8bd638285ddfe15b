"""Rounds of sending to a real server that goes wrong: the effect is that of sending once."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fault_server import Fault, Faulty, faulty_server
from log_builders import at, calls_read, event, recorded

from aicost.core.audit import GateEvent
from aicost.core.team.documents import OTHER_MODEL, canonical_bytes
from aicost.daemon.sending import (
    Asked,
    Ledger,
    Round,
    Sender,
    forget,
    note_offered,
    offered_days,
    sending_lock,
)
from aicost.store.outbox import Outbox
from aicost.store.team_days import Naming
from aicost.sync.backend import Backend
from aicost.sync.receipts import Receipts
from aicost.sync.source import Source

KEY = b"k" * 32
SINCE = date(2026, 11, 20)
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)  # all days before are due
NAMING = Naming(known=lambda _: None, client="aicost/1.0", price_book="a1")
DAYS = ("2026-11-20", "2026-11-22", "2026-11-23")


@dataclass
class Machine:
    """One device: a ledger, an outbox, and a way to the server."""

    server: Faulty
    folder: Path
    db: sqlite3.Connection
    source: Source
    now: datetime = NOW
    naming: Naming = NAMING
    events: tuple[GateEvent, ...] = ()
    timeout_s: float = 20.0
    promised: tuple[int, int] | None = (5, 13)
    only_unsent: bool = False

    def round(self, *, at_once: bool = False, since: date = SINCE) -> Round:
        client = httpx.Client(trust_env=False, timeout=self.timeout_s)
        with (
            closing(Outbox.open(self.folder / "team.db", "here acme")) as outbox,
            Backend(self.server.url, self.source, client=client, now=lambda: self.now) as sink,
        ):
            ledger = Ledger(db=self.db, naming=self.naming, events=self._events)
            places = outbox.places()
            asked = Asked(since=since, key=KEY, now=self.now, only_unsent=self.only_unsent)
            ready = tuple(offered_days(ledger, outbox, asked))
            note_offered(outbox, ready, places)
            receipts = Receipts(self.folder / "sent.jsonl")
            sender = Sender(outbox, sink, receipts, lambda: self.now, lambda: 0.5)
            return sender.round(ready, at_once=at_once, promised=self.promised)

    def places(self) -> dict[str, tuple[str, int]]:
        with closing(Outbox.open(self.folder / "team.db")) as outbox:
            return {day: (one.state, one.revision) for day, one in outbox.places().items()}

    def _events(self, start: datetime, end: datetime) -> list[GateEvent]:
        return [one for one in self.events if start <= one.at < end]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Calls on three days: 20, 22 and 23 November."""
    day = 24 * 60
    calls = [
        event(number, at=at(minutes), session_id=f"s-{number}", turn_id=f"t-{number}")
        for number, minutes in enumerate((-2 * day, 0, 1, day))
    ]
    with ExitStack() as stack:
        server = stack.enter_context(faulty_server(tmp_path))
        server.now = NOW
        ledger = stack.enter_context(recorded(calls_read(*calls)))
        yield Machine(server, tmp_path, ledger.db, joined(server))


def joined(server: Faulty, device: str = "d1") -> Source:
    asking = Backend(server.url, client=httpx.Client(), now=lambda: NOW)
    with asking:
        token = asking.join(server.invite(), None).token
    return Source(team="acme", key=KEY, device=device, token=token)


def kept(server: Faulty) -> list[tuple[Any, ...]]:
    return server.rows("SELECT day, revision FROM source_day ORDER BY day, device")


def requests(server: Faulty) -> int:
    return int(server.rows("SELECT COALESCE(SUM(requests), 0) FROM day_row")[0][0])


def test_each_day_with_calls_is_sent_once(machine: Machine) -> None:
    done = machine.round()
    assert (done.sent, done.waiting, done.parked) == (list(DAYS), [], {})
    assert abs(done.skew_s - (NOW - datetime.now(UTC)).total_seconds()) < 60  # a set clock
    assert kept(machine.server) == [(day, 1) for day in DAYS]
    assert requests(machine.server) == 4
    assert machine.round() == Round()
    assert len(machine.server.puts) == 3


def test_a_day_waits_for_its_hour_unless_it_is_asked_for(machine: Machine) -> None:
    machine.now = datetime(2026, 11, 24, 5, 59, tzinfo=UTC)
    done = machine.round()
    assert (done.sent, done.waiting) == (list(DAYS[:2]), [DAYS[2]])
    assert machine.round(at_once=True).sent == [DAYS[2]]


def test_today_never_goes(machine: Machine) -> None:
    machine.now = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    machine.round(at_once=True)
    assert [day for day, _ in kept(machine.server)] == list(DAYS[:2])


@pytest.mark.parametrize("fault", ["drop", "busy", "slow", "page", "wrong", "no-answer"])
def test_whatever_goes_wrong_the_effect_is_that_of_sending_once(
    machine: Machine, fault: Fault
) -> None:
    machine.server.faults.extend([fault] * 2)
    machine.promised = None  # nothing is asked before
    machine.timeout_s = 0.3 if fault == "slow" else 20.0
    for _ in range(2):
        done = machine.round()
        assert (done.sent, done.failed) == ([], True)
        assert done.waiting == list(DAYS)  # one failure is enough: the others wait
        machine.now += timedelta(hours=13)
    machine.server.slow.set()
    machine.timeout_s = 20.0
    assert machine.round().sent == list(DAYS)
    assert kept(machine.server) == [(day, 1) for day in DAYS]
    assert requests(machine.server) == 4


def test_a_busy_server_is_left_alone_as_long_as_it_asks(machine: Machine) -> None:
    machine.server.faults.append("busy")
    machine.round()
    with closing(Outbox.open(machine.folder / "team.db")) as outbox:
        assert outbox.not_before_s == NOW.timestamp() + 120
        assert outbox.places()[DAYS[0]].next_try_s == NOW.timestamp() + 120
    machine.now += timedelta(seconds=119)
    assert machine.round().sent == list(DAYS[1:])
    machine.now += timedelta(seconds=1)
    assert machine.round().sent == [DAYS[0]]


def test_a_later_revision_of_the_server_is_gone_past(machine: Machine) -> None:
    machine.server.faults.append("conflict")
    assert machine.round().sent == list(DAYS)
    assert kept(machine.server)[0] == (DAYS[0], 42)


def test_what_the_server_will_not_have_is_parked_until_it_changes(machine: Machine) -> None:
    machine.server.faults.append("refuse")
    done = machine.round()
    assert (done.sent, done.parked) == (list(DAYS[1:]), {DAYS[0]: "day: no"})
    assert machine.round().parked == {DAYS[0]: "day: no"}
    assert len(machine.server.puts) == 3
    machine.naming = replace(NAMING, price_book="b2")
    assert machine.round().sent == list(DAYS)
    assert machine.places()[DAYS[0]] == ("sent", 2)


def test_a_changed_day_replaces_itself(machine: Machine) -> None:
    machine.round()
    stop = GateEvent(at=at(5), kind="stop", session_id="s-1", agent="claude")
    machine.events = (stop,)
    assert machine.round().sent == ["2026-11-22"]
    assert kept(machine.server) == [(DAYS[0], 1), (DAYS[1], 2), (DAYS[2], 1)]
    assert machine.server.rows("SELECT SUM(budget_stops) FROM day_row") == [(1,)]
    assert requests(machine.server) == 4


def test_days_that_were_sent_need_not_be_looked_at(machine: Machine) -> None:
    machine.server.faults.extend(["refuse", "busy"])
    machine.round()
    machine.naming, machine.only_unsent = replace(NAMING, price_book="b2"), True
    machine.now += timedelta(hours=13)
    assert machine.round() == Round(sent=list(DAYS[1:]))  # one was refused
    assert machine.round() == Round()
    machine.only_unsent = False
    assert machine.round().sent == [DAYS[0]]


def test_a_lost_outbox_heals(machine: Machine) -> None:
    machine.round()
    machine.events = (GateEvent(at=at(5), kind="stop", session_id="s-1", agent="claude"),)
    machine.round()
    (machine.folder / "team.db").unlink()
    machine.events = ()
    assert machine.round().sent == list(DAYS)
    assert kept(machine.server) == [(DAYS[0], 1), (DAYS[1], 3), (DAYS[2], 1)]
    assert requests(machine.server) == 4
    assert machine.server.rows("SELECT SUM(budget_stops) FROM day_row") == [(0,)]


def test_a_restored_outbox_heals(machine: Machine) -> None:
    machine.round()
    (machine.folder / "team.db").rename(machine.folder / "old.db")
    machine.naming = replace(NAMING, price_book="b2")
    for _ in range(2):
        machine.round()
    (machine.folder / "team.db").unlink(missing_ok=True)
    (machine.folder / "old.db").rename(machine.folder / "team.db")
    machine.naming = replace(NAMING, price_book="c3")
    assert machine.round().sent == list(DAYS)
    assert set(machine.server.rows("SELECT price_book FROM source_day")) == {("c3",)}
    assert requests(machine.server) == 4


@pytest.mark.parametrize("seed", range(4))
def test_any_mixture_of_troubles_ends_as_if_there_was_none(machine: Machine, seed: int) -> None:
    chance, machine.promised = random.Random(seed), None
    faults: tuple[Fault, ...] = ("drop", "busy", "page", "wrong", "no-answer", "conflict", "refuse")
    outbox, saved = machine.folder / "team.db", machine.folder / "saved.db"
    for step in range(12):
        machine.server.faults.extend(chance.choices(faults, k=chance.randrange(4)))
        machine.naming = replace(NAMING, price_book=f"b{step if chance.random() < 0.5 else 0}")
        match chance.randrange(6):
            case 0:
                outbox.unlink(missing_ok=True)
            case 1 if outbox.exists():
                saved.write_bytes(outbox.read_bytes())
            case 2 if saved.exists():
                outbox.write_bytes(saved.read_bytes())
        machine.round(at_once=True)
        machine.now += timedelta(minutes=7)
    machine.server.faults.clear()
    machine.naming = replace(NAMING, price_book="last")
    assert machine.round(at_once=True).sent == list(DAYS)
    assert machine.server.rows("SELECT day, price_book FROM source_day ORDER BY day") == [
        (day, "last") for day in DAYS
    ]
    assert requests(machine.server) == 4
    assert machine.server.rows("SELECT COUNT(*) FROM source") == [(1,)]
    assert machine.round(at_once=True) == Round()


def test_a_day_that_is_gone_is_taken_back(machine: Machine) -> None:
    machine.round()
    machine.db.execute("DELETE FROM call WHERE at_us < ?", (int(at(-60).timestamp() * 1e6),))
    assert machine.round().sent == [DAYS[0]]
    assert requests(machine.server) == 3


def test_a_day_settles_once_and_stays(machine: Machine) -> None:
    machine.round()
    machine.now = machine.server.now = NOW + timedelta(days=30)
    assert machine.round().sent == list(DAYS)
    assert machine.server.rows("SELECT DISTINCT final FROM source_day") == [(1,)]
    machine.naming = replace(NAMING, price_book="b2")
    assert machine.round() == Round()
    with closing(Outbox.open(machine.folder / "team.db")) as outbox:
        assert outbox.send_again(date(2026, 11, 22)) == 2
    assert machine.round().sent == list(DAYS[1:])


def test_a_month_offline_is_a_place_for_each_day(machine: Machine) -> None:
    machine.now = machine.server.now = NOW + timedelta(days=30)
    assert machine.round().sent == list(DAYS)
    assert machine.server.rows("SELECT DISTINCT final FROM source_day") == [(1,)]
    assert [put["path"][-10:] for put in machine.server.puts] == list(DAYS)


def test_a_token_that_is_good_for_nothing_pauses_all(machine: Machine) -> None:
    machine.source = replace(machine.source, token="wrong")
    done = machine.round()
    assert "token" in done.stopped
    assert len(machine.server.puts) == 1
    with closing(Outbox.open(machine.folder / "team.db")) as outbox:
        assert outbox.paused == done.stopped


@pytest.mark.parametrize(
    ("promised", "is_kept"),
    [((5, 13), True), ((4, 14), True), ((6, 13), False), ((5, 12), False), (None, True)],
)
def test_nothing_more_is_sent_when_less_is_promised(
    machine: Machine, promised: tuple[int, int] | None, is_kept: bool
) -> None:
    machine.promised = promised
    done = machine.round()
    assert bool(done.sent) is is_kept
    assert bool(machine.server.puts) is is_kept
    assert ("promise" in done.stopped) is not is_kept


def test_a_server_that_is_away_is_asked_later(machine: Machine) -> None:
    url, machine.server.url = machine.server.url, "http://127.0.0.1:9"
    done = machine.round()
    assert (done.failed, done.waiting) == (True, list(DAYS))
    with closing(Outbox.open(machine.folder / "team.db")) as outbox:
        assert outbox.not_before_s == NOW.timestamp() + 15
    machine.server.url = url
    machine.now += timedelta(seconds=15)
    assert machine.round().sent == list(DAYS)


def test_two_devices_are_one_source(machine: Machine, tmp_path: Path) -> None:
    other = replace(machine, folder=tmp_path / "other", source=joined(machine.server, "d2"))
    other.folder.mkdir()
    machine.round()
    other.round()
    assert machine.server.rows("SELECT COUNT(*) FROM source") == [(1,)]
    assert requests(machine.server) == 8
    assert len({put["x-aicost-device"] for put in machine.server.puts}) == 2
    other.naming = replace(NAMING, price_book="b2")
    other.round()
    assert len(kept(machine.server)) == 6
    assert requests(machine.server) == 8


def test_all_that_was_sent_can_be_deleted(machine: Machine) -> None:
    machine.round()
    sink = Backend(
        machine.server.url, machine.source, client=httpx.Client(), now=lambda: machine.now
    )
    with sink:
        forget(sink, date(2026, 9, 1), NOW.date())
    assert machine.server.rows("SELECT * FROM source") == []
    assert machine.server.rows("SELECT * FROM day_row") == []


def test_receipts_are_of_every_try_and_hold_the_very_bytes(machine: Machine) -> None:
    machine.server.faults.append("drop")
    machine.round()
    machine.now += timedelta(hours=13)
    machine.round()
    found = list(Receipts(machine.folder / "sent.jsonl").read())
    assert len(found) == len(machine.server.puts) == 4
    for receipt, put in zip(found, machine.server.puts):
        assert f'"{receipt.sha256}"' == put["idempotency-key"]
        assert receipt.url.endswith(put["path"])
    assert OTHER_MODEL in found[0].body


def test_looking_does_not_change_where_days_stand(machine: Machine) -> None:
    with closing(Outbox.open(machine.folder / "team.db", "here acme")) as outbox:
        ledger = Ledger(db=machine.db, naming=NAMING, events=lambda _a, _b: ())
        ready = list(offered_days(ledger, outbox, Asked(since=SINCE, key=KEY, now=NOW)))
        assert [one.place.day for one in ready] == list(DAYS)
        assert ready[0].body == canonical_bytes(ready[0].document.at_revision(1))
        assert outbox.places() == {}


def test_only_one_sends_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "team.lock"
    with sending_lock(file) as first, sending_lock(file) as second:
        assert (first, second) == (True, False)
    with sending_lock(file) as again:
        assert again
