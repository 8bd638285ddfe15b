"""Reading in worker processes: the same facts, and no process that outlives its parent."""

import logging
import multiprocessing
import multiprocessing.process
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import psutil
import pytest
from claude_logs import append, call_line, log_of
from lab.waiting import until

from aicost.core.facts import FileRead
from aicost.daemon import indexer
from aicost.daemon import workers as worker_processes
from aicost.daemon.indexer import Survey, read_unit, read_unread, survey
from aicost.daemon.workers import WorkerLost, read_in_workers, start_method
from aicost.prices.book import load_price_book
from aicost.store.runs import Counting

encode = msgspec.msgpack.Encoder().encode
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ".claude"


@pytest.fixture
def many(home: Path, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """Twelve logs, each a unit of its own."""
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    for number in range(12):
        append(log_of(home, f"s-{number}"), call_line(f"msg_{number}", f"s-{number}"), b"junk\n")
    return survey([str(home)], {})


def read_all(found: Survey, cores: int) -> list[FileRead]:
    return [read for part in read_unread(found.unread, cores=cores) for read in part.reads]


@pytest.fixture(params=["fork", "spawn"])
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers as a command has them, and as the daemon has; none survives its test."""
    if request.param == "fork" and sys.platform != "linux":
        pytest.skip("only Linux forks safely")
    monkeypatch.setattr(worker_processes, "start_method", lambda *_: request.param)
    yield
    until(lambda: not multiprocessing.active_children(), "the workers to end")


def in_order(reads: list[FileRead]) -> list[FileRead]:
    return sorted(reads, key=lambda read: read.path)


@pytest.mark.usefixtures("workers")
def test_workers_read_what_one_process_reads(many: Survey) -> None:
    assert in_order(read_all(many, cores=2)) == in_order(read_all(many, cores=1))


@pytest.mark.usefixtures("workers")
def test_workers_count_calls_as_the_ledger_does(many: Survey) -> None:
    counting = Counting(load_price_book(None), ZoneInfo("Asia/Tokyo"))
    readings = read_unread(many.unread, cores=2, counting=counting)
    reads = [read for part in readings for read in part.reads]
    assert in_order(reads) == [counting.readied(read) for read in in_order(read_all(many, 1))]
    assert all(read.ready for read in reads)


@pytest.mark.usefixtures("workers")
def test_leaving_early_ends_the_workers(many: Survey) -> None:
    with closing(read_unread(many.unread, cores=2)) as readings:
        assert len(list(islice(readings, 2))) == 2
        assert multiprocessing.active_children()


@pytest.mark.usefixtures("workers")
def test_when_a_worker_is_killed_this_process_reads_the_rest(
    many: Survey, caplog: pytest.LogCaptureFixture
) -> None:
    reads = list[FileRead]()
    with closing(read_unread(many.unread, cores=2)) as readings:
        for number, part in enumerate(readings):
            reads += part.reads
            if number == 0:
                for worker in multiprocessing.active_children():
                    os.kill(worker.pid or 0, signal.SIGKILL)
    assert in_order(reads) == in_order(read_all(many, cores=1))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.usefixtures("workers")
def test_where_no_process_can_be_started_this_one_reads(
    many: Survey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    assert in_order(read_all(many, cores=2)) == in_order(read_all(many, cores=1))
    assert "Resource temporarily unavailable" in caplog.text


def test_workers_are_forked_only_where_no_thread_could_be_caught_holding_a_lock() -> None:
    methods = []
    done = threading.Event()
    beside = threading.Thread(target=done.wait)
    beside.start()
    methods.append(start_method("linux", threading.active_count()))
    done.set()
    beside.join()
    methods += [start_method("linux", 1), start_method("darwin", 1)]
    assert methods == ["spawn", "fork", "spawn"]


PARENT = """
import sys
import threading
from aicost.daemon import indexer, workers
if __name__ == "__main__":
    workers.start_method = lambda *_: sys.argv[2]
    indexer.BATCH_BYTES = 1
    readings = indexer.read_unread(indexer.survey([sys.argv[1]], {}).unread, cores=2)
    next(readings)
    print("reading", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_end_when_their_parent_is_killed(
    many: Survey, tmp_path: Path, home: Path, method: str
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, str(script), str(home), method],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"reading\n"
        children = psutil.Process(parent.pid).children()
        parent.kill()
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=20)[1] == []


@pytest.mark.usefixtures("workers")
def test_each_unit_is_read_once_however_slow_its_reader_is(many: Survey) -> None:
    units = [encode([log]) for log in many.unread]
    with closing(read_in_workers(units, read_unit, 2)) as readings:
        numbers = []
        for number, (read,) in readings:
            assert read.path == many.unread[number].path
            numbers.append(number)
            if number == 0:  # all that was handed out is done before the first is taken
                until(lambda: all(map(is_idle, multiprocessing.active_children())), "the workers")
    assert numbers[0] == 0
    assert sorted(numbers) == list(range(12))


def is_idle(worker: multiprocessing.process.BaseProcess) -> bool:
    return psutil.Process(worker.pid).status() == psutil.STATUS_SLEEPING


@pytest.mark.usefixtures("workers")
def test_what_no_socket_holds_at_once_arrives_all_the_same(home: Path) -> None:
    """Neither side waits for the other to take what it gives."""
    for session in range(6):
        lines = [call_line(f"msg_{session}_{n}", f"s-{session}-{n}") for n in range(3000)]
        append(log_of(home, f"s-{session}"), *lines)
    found = survey([str(home)], {}).unread
    gone = [replace(found[0], path=f"/nowhere/{number}") for number in range(3000)]
    with closing(read_in_workers([encode([*gone, log]) for log in found], read_unit, 1)) as reads:
        calls = {number: len(read.parsed[0].calls) for number, (read,) in reads}
    assert calls == dict.fromkeys(range(6), 3000)


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("units", [0, 1], ids=["idle", "with a result"])
def test_a_worker_whose_parent_hung_up_ends_without_a_word(
    units: int, many: Survey, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it wrote would stand in the terminal of whoever asked for a report."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    worker = spawn.Process(target=worker_processes._work, args=(theirs, read_unit), daemon=True)
    worker.start()
    theirs.close()
    for _ in range(units):
        ours.send_bytes(encode(list(many.unread)))
    ours.close()
    worker.join()
    assert (worker.exitcode, capfd.readouterr().err) == (0, "")


def test_a_worker_that_is_killed_is_missed(many: Survey) -> None:
    units = [encode([log]) for log in many.unread]
    with closing(read_in_workers(units, read_unit, 1)) as readings:
        next(readings)
        (worker,) = multiprocessing.active_children()
        worker.kill()
        worker.join()
        with pytest.raises(WorkerLost):
            list(readings)
