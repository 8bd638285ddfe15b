"""The engine: what is on disk ends up in the ledger, once, whatever happens in between."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from claude_logs import append, call_line, log_of, prompt_line
from corpora import Excerpt
from ledgers import Rows, content, evidence, opened, read_everything

from aicost.core.errors import StoreError
from aicost.core.reports import ReportQuery
from aicost.core.tailing import Cursor
from aicost.core.view import Reading
from aicost.daemon import indexer
from aicost.daemon.engine import Engine, Step, progress
from aicost.daemon.indexer import Survey, Unread
from aicost.store import reports
from aicost.store.ledger import Recorded
from aicost.store.queries import skipped_lines


@pytest.fixture
def logs(home: Path) -> Path:
    return home / ".claude"


@pytest.fixture
def engine(home: Path, logs: Path) -> Iterator[Engine]:
    with opened(home / "ledger", [logs]) as engine:
        yield engine


def calls(engine: Engine) -> set[str]:
    rows = engine.ledger.db.execute("SELECT event_key FROM call")
    return {key.removeprefix("claude:") for (key,) in rows}


def files(engine: Engine) -> int:
    (count,) = engine.ledger.db.execute("SELECT count(*) FROM log_file").fetchone()
    return int(count)


def test_everything_is_read_and_then_nothing_is_left(engine: Engine, logs: Path) -> None:
    append(log_of(logs, "a"), prompt_line("p"), call_line("msg_1", "a"))
    append(log_of(logs, "b"), call_line("msg_2", "b"))
    read_everything(engine)
    assert calls(engine) == {"msg_1", "msg_2"}
    assert engine.survey().is_complete


def test_a_written_log_is_read_by_its_path(engine: Engine, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    assert engine.read_paths([(str(log), str(logs))]) == Recorded(1, frozenset({"s-1"}))
    append(log, call_line("msg_2"))
    assert engine.read_paths([(str(log), str(logs))]) == Recorded(1, frozenset({"s-1"}))
    assert engine.read_paths([(str(log), str(logs))]) == Recorded(0, frozenset())
    assert calls(engine) == {"msg_1", "msg_2"}


def test_paths_that_cannot_be_read_do_not_stop_the_others(engine: Engine, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    ring = log.with_name("ring.jsonl")
    ring.symlink_to(ring)
    pipe = log.with_name("pipe.jsonl")
    os.mkfifo(pipe)
    (log.with_name("folder.jsonl")).mkdir()
    odd = append(log.parent / os.fsdecode(b"\xff.jsonl"), call_line("msg_2"))
    paths = [ring, pipe, log.with_name("folder.jsonl"), odd, log.with_name("gone.jsonl"), log]
    engine.read_paths((str(path), str(logs)) for path in paths)
    assert calls(engine) == {"msg_1"}


def test_an_error_of_the_disk_leaves_a_log_unread(
    engine: Engine, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (append(log_of(logs, name), call_line(f"msg_{name}")) for name in ("a", "b"))
    broken = bad.stat().st_ino
    real = os.pread

    def pread(fd: int, size: int, offset: int) -> bytes:
        if os.fstat(fd).st_ino == broken:
            raise OSError(errno.EIO, "Input/output error")
        return real(fd, size, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", pread)
        read_everything(engine)
        engine.read_paths([(str(bad), str(logs)), (str(good), str(logs))])
        assert calls(engine) == {"msg_a"}
        assert [log.path for log in engine.survey().unread] == [str(bad)]
    read_everything(engine)
    assert calls(engine) == {"msg_a", "msg_b"}


def test_what_is_left_is_known_without_another_look(
    engine: Engine, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        append(log_of(logs, name), call_line(f"msg_{name}"))
    found = engine.survey()
    read_everything(engine)
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "survey", None)
        left = engine.left_of(found)
    assert left.is_complete
    assert not left.has_evidence
    assert (left.files, left.without_evidence) == (2, found.without_evidence)
    for _ in engine.read(found.without_evidence, cores=1):
        pass
    assert engine.left_of(found).has_evidence


def test_what_is_left_is_looked_at_again_as_it_may_be_gone(engine: Engine, logs: Path) -> None:
    kept, gone = (append(log_of(logs, name), call_line(f"msg_{name}")) for name in ("a", "b"))
    found = engine.survey()
    gone.unlink()
    assert [log.path for log in engine.left_of(found).unread] == [str(kept)]
    read_everything(engine)
    assert engine.left_of(found).is_complete


def test_a_moved_log_is_one_log_with_one_count_of_broken_lines(engine: Engine, logs: Path) -> None:
    log = append(log_of(logs), b"broken\n", call_line("msg_1"))
    read_everything(engine)
    for project in ("-one", "-two"):
        moved = log_of(logs, project=project)
        moved.parent.mkdir()
        log.rename(moved)
        log = append(moved, call_line(project))
        if project == "-one":
            read_everything(engine)
        else:  # the watcher was first
            engine.read_paths([(str(moved), str(logs))])
    assert calls(engine) == {"msg_1", "-one", "-two"}
    assert (files(engine), skipped_lines(engine.ledger.db)) == (1, 1)


def test_another_number_of_skipped_lines_is_noticed(engine: Engine, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    read_everything(engine)
    assert engine.breaks == 0
    append(log, b"broken\n")
    read_everything(engine)
    assert (engine.breaks, skipped_lines(engine.ledger.db)) == (1, 1)
    append(log, call_line("msg_2"))
    read_everything(engine)
    assert engine.breaks == 1
    log.write_bytes(call_line("msg_3"))  # made anew, whole
    read_everything(engine)
    assert (engine.breaks, skipped_lines(engine.ledger.db)) == (2, 0)


def test_history_stays_when_the_agent_deletes_its_logs(engine: Engine, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    read_everything(engine)
    shutil.rmtree(logs)
    read_everything(engine)
    assert calls(engine) == {"msg_1"}
    assert engine.survey() == Survey(0, 0, ())


def test_homes_of_the_ledger_are_known_again_at_the_next_start(home: Path, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
    with opened(home / "ledger", [home / "other"]) as engine:
        assert set(engine.homes) == {str(logs), str(home / "other")}
        assert engine.survey().is_complete


def test_a_home_without_logs_is_known_at_the_next_start_once_it_exists(home: Path) -> None:
    """Somebody named it: its first log may come when nobody names it any more."""
    there, missing = home / "there", home / "missing"
    there.mkdir()
    with opened(home / "ledger", [there, missing]) as engine:
        for _ in range(2):
            engine.keep_homes()
    with opened(home / "ledger", []) as engine:
        assert engine.homes == {str(there)}
        missing.mkdir()
        engine.homes = {*engine.homes, str(missing)}
        engine.keep_homes()
        append(log_of(missing), call_line("msg_1"))
    with opened(home / "ledger", []) as engine:
        read_everything(engine)
        assert calls(engine) == {"msg_1"}


def test_a_home_that_is_a_link_to_another_counts_no_call_twice(home: Path, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"))
    link = home / "link"
    link.symlink_to(logs)
    with opened(home / "ledger", [logs, link]) as engine:
        for _ in range(2):
            read_everything(engine)
            assert engine.survey().is_complete
        append(log_of(logs), call_line("msg_2"))
        engine.read_paths((str(log_of(seen)), str(seen)) for seen in (logs, link))
        assert calls(engine) == {"msg_1", "msg_2"}
        (requests,) = engine.ledger.db.execute("SELECT sum(requests) FROM usage_day").fetchone()
        assert requests == 2


@pytest.mark.parametrize("inode", [2**63 - 1, 2**63, 2**64 - 1])
def test_any_number_of_a_file_can_be_kept(
    engine: Engine, logs: Path, inode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems (9p of WSL, FUSE) number their files with 64 random bits."""
    real = os.fstat

    def numbered(fd: int) -> os.stat_result:
        found = real(fd)
        return os.stat_result((found.st_mode, inode, *found[2:]), {"st_mtime_ns": 7})

    log = append(log_of(logs), call_line("msg_1"))
    monkeypatch.setattr(os, "fstat", numbered)
    engine.read_paths([(str(log), str(logs))])
    assert calls(engine) == {"msg_1"}


def test_a_full_disk_loses_nothing(engine: Engine, logs: Path) -> None:
    append(log_of(logs, "a"), *[call_line(f"msg_{n}") for n in range(50)])
    read_everything(engine)
    (pages,) = engine.ledger.db.execute("PRAGMA page_count").fetchone()
    engine.ledger.db.execute(f"PRAGMA max_page_count = {pages}")
    late = append(log_of(logs, "b"), *[call_line(f"late_{n}", "b") for n in range(2000)])
    before = content(engine.ledger.db)
    with pytest.raises(StoreError, match="full"):
        read_everything(engine)
    with pytest.raises(StoreError, match="full"):
        engine.read_paths([(str(late), str(logs))])
    assert content(engine.ledger.db) == before
    engine.ledger.db.execute("PRAGMA max_page_count = 1000000")
    engine.read_paths([(str(late), str(logs))])
    assert len(calls(engine)) == 2050
    assert engine.survey().is_complete


# Progress


NOTHING = Recorded(0, frozenset())
SURVEY = Survey(3, 600, tuple(Unread(f"/{n}", "/", Cursor(), 200, n) for n in range(3)))


@pytest.mark.parametrize(
    ("files_done", "bytes_done", "seconds_left"),
    [(0, 0, None), (1, 150, 30.0), (3, 600, 0.0)],
    ids=["nothing yet", "a quarter in ten seconds", "all"],
)
def test_progress_says_how_long_the_rest_takes(
    files_done: int, bytes_done: int, seconds_left: float | None
) -> None:
    assert progress(SURVEY, Step(NOTHING, files_done, bytes_done), 10.0) == Reading(
        files_done=files_done,
        files_total=3,
        bytes_done=bytes_done,
        bytes_total=600,
        seconds_left=seconds_left,
    )


def test_progress_grows_to_all_even_where_a_log_vanishes(
    engine: Engine, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_BYTES", 1)
    for number in range(4):
        append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
    found = engine.survey()
    log_of(logs, "s-2").unlink()
    steps = list(engine.read_all(found, cores=1))
    assert [step.files_done for step in steps] == [1, 2, 3, 4]
    assert steps[-1].bytes_done == found.pending_bytes
    assert sum(step.recorded.calls for step in steps) == 3


# The same rows, whoever reads, however it ends


@pytest.fixture(scope="module")
def undisturbed(real_excerpt: Excerpt, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    with opened(tmp_path_factory.mktemp("undisturbed"), [real_excerpt.home]) as engine:
        read_everything(engine)
        return content(engine.ledger.db)


def test_worker_processes_give_the_same_ledger(
    real_excerpt: Excerpt, undisturbed: Rows, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "BATCH_BYTES", 50_000)
    with opened(home / "ledger", [real_excerpt.home]) as engine:
        for _ in engine.read_all(engine.survey(), cores=2):
            pass
        assert content(engine.ledger.db) == undisturbed


READER = """
import sys
from pathlib import Path
from aicost.daemon import indexer
from ledgers import opened
indexer.BATCH_BYTES = 10_000  # many transactions: many moments to die in, and between them
with opened(Path(sys.argv[1]), [Path(sys.argv[2])]) as engine:
    print("begin", flush=True)
    for step in engine.read_all(engine.survey(), cores=1):
        print(step, flush=True)
"""
KILLS = 16


def test_a_reader_killed_at_random_moments_ends_with_the_same_rows(
    real_excerpt: Excerpt, undisturbed: Rows, home: Path
) -> None:
    random = Random(2)
    command = [sys.executable, "-c", READER, str(home / "ledger"), str(real_excerpt.home)]
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    at_work = 0
    for _ in range(KILLS):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as reader:
            assert reader.stdout is not None
            said = [reader.stdout.readline() for _ in range(random.randint(1, 2))]
            reader.kill()
            at_work += said[-1] != b""  # it had not come to its end
    assert at_work > KILLS / 2
    with opened(home / "ledger", [real_excerpt.home]) as engine:
        read_everything(engine)
        assert content(engine.ledger.db) == undisturbed


def test_a_log_that_shrank_is_read_anew(home: Path, logs: Path) -> None:
    log = append(log_of(logs), *(call_line(f"msg_{n}") for n in range(5)))
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
        log.write_bytes(call_line("msg_new"))
        read_everything(engine)
        assert engine.survey().is_complete
        assert calls(engine) == {"msg_new", *(f"msg_{n}" for n in range(5))}


def test_what_was_read_meanwhile_is_not_taken_back(home: Path, logs: Path) -> None:
    """A survey is old when its turn comes: live logs are read in between."""
    log = append(log_of(logs), call_line("msg_1"))
    with opened(home / "ledger", [logs]) as engine:
        found = engine.survey()
        append(log, call_line("msg_2"))
        engine.read_paths([(str(log), str(logs))])
        read_on = engine.cursors["usage"][str(log)]
        for _ in engine.read_all(found, cores=1):
            pass
        assert engine.cursors["usage"][str(log)] == read_on


def test_evidence_waits_for_the_usage_of_a_log_that_is_new_or_another(
    home: Path, logs: Path
) -> None:
    """Else what it says of a turn that usage has not made would be lost."""
    log = append(log_of(logs), prompt_line("t-1"), call_line("msg_1", version="2.1.330"))
    place = [(str(log), str(logs))]
    with opened(home / "ledger", [logs]) as engine:
        for new in (False, True):
            if new:
                copy = log.with_name("new")
                copy.write_bytes(prompt_line("t-2") + call_line("msg_2", version="2.1.330"))
                copy.replace(log)
            engine.read_evidence_of(place)
            for _ in engine.read(engine.survey().without_evidence, cores=1):
                pass
            assert engine.survey().without_evidence
            engine.read_paths(place)
            engine.read_evidence_of(place)
            assert engine.survey().has_evidence
        settings = evidence(engine.ledger.db)["settings"]
        assert {row[2]: row[4] for row in settings} == {"t-1": "2.1.330", "t-2": "2.1.330"}


def test_evidence_of_a_log_that_moved_after_its_usage_was_read_is_read(
    home: Path, logs: Path
) -> None:
    """Archiving moves a log that nobody writes to any more."""
    log = append(log_of(logs), prompt_line("p"), call_line("msg_1"))
    with opened(home / "ledger", [logs]) as engine:
        for _ in engine.read_all(engine.survey(), cores=1):
            pass
    moved = log_of(logs, project="-elsewhere")
    moved.parent.mkdir(parents=True)
    log.rename(moved)
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        assert engine.survey().has_evidence
        assert (calls(engine), files(engine)) == ({"msg_1"}, 1)
        assert evidence(engine.ledger.db)["settings"]


def test_evidence_is_read_as_far_as_usage_was(home: Path, logs: Path) -> None:
    """It says more of calls and prompts that are known; what comes meanwhile waits for them."""
    log = append(log_of(logs), call_line("msg_1"))
    place = [(str(log), str(logs))]
    with opened(home / "ledger", [logs]) as engine:
        engine.read_paths(place)
        append(log, call_line("msg_2"))
        engine.read_evidence_of(place)
        usage, evidence = (engine.cursors[stage][str(log)] for stage in ("usage", "evidence"))
        assert evidence.seen_bytes == usage.seen_bytes < log.stat().st_size
        engine.read_paths(place)
        assert engine.survey().without_evidence
        engine.read_evidence_of(place)
        assert engine.survey().has_evidence


def test_a_home_that_moved_as_a_whole_is_known_by_its_new_name(home: Path, logs: Path) -> None:
    append(log_of(logs), call_line("msg_1"), b"{torn}\n")
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
    moved = logs.rename(home / "moved")
    with opened(home / "ledger", [moved]) as engine:
        read_everything(engine)
        report = reports.report(engine.ledger.db, ReportQuery(homes=(str(moved),)))
        assert report.total.requests == 1
        assert engine.survey().within([str(moved)]).is_complete


def test_what_cannot_be_read_elsewhere_does_not_concern_a_home(home: Path, logs: Path) -> None:
    other = home / "other"
    append(log_of(logs), call_line("msg_1"))
    append(log_of(other), call_line("msg_2"), b"not json\n")
    with opened(home / "ledger", [logs, other]) as engine:
        pending = engine.survey()
        assert len(pending.within([str(logs)]).unread) == 1
        assert len(pending.within([]).unread) == 2
        read_everything(engine)
        db = engine.ledger.db
        assert skipped_lines(db, [str(logs)]) == 0
        assert skipped_lines(db, [str(other)]) == skipped_lines(db) == 1


def test_a_log_from_the_year_2300_is_read_like_any_other(home: Path, logs: Path) -> None:
    log = append(log_of(logs), call_line("msg_1"))
    os.utime(log, ns=(10**19, 10**19))
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
        assert calls(engine) == {"msg_1"}
        assert engine.survey().is_complete


def test_what_follows_from_evidence_is_settled_while_it_is_read(
    real_excerpt: Excerpt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicost.daemon.engine.BATCH_BYTES", 1)  # it is much
    with opened(tmp_path, [real_excerpt.home]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        read = evidence(engine.ledger.db)
        engine.settle()
        settled = evidence(engine.ledger.db)
    for name in ("categories", "progress"):
        assert read[name] == settled[name] != []


def test_what_follows_from_little_evidence_waits_until_it_is_asked_for(
    real_excerpt: Excerpt, tmp_path: Path
) -> None:
    """It would be settled again and again while agents write."""
    with opened(tmp_path, [real_excerpt.home]) as engine:
        read_everything(engine)
        for _ in engine.read(engine.survey().without_evidence, cores=1):
            pass
        assert evidence(engine.ledger.db)["progress"] == []
        engine.settle()
        assert evidence(engine.ledger.db)["progress"]


def test_a_look_at_all_tells_the_same_in_steps_as_at_once(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        append(log_of(logs, f"s-{number}"), call_line(f"msg_{number}"))
    with opened(home / "ledger", [logs]) as engine:
        once = engine.survey()
        monkeypatch.setattr("aicost.daemon.indexer.LOGS_PER_LOOK", 2)
        *between, found = engine.surveying()
        assert (between, found) == ([None, None], once)


def test_a_moved_log_that_is_read_during_a_look_is_not_read_twice(
    home: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicost.daemon.indexer.LOGS_PER_LOOK", 1)
    old = append(log_of(logs), call_line("msg_1"))
    with opened(home / "ledger", [logs]) as engine:
        read_everything(engine)
        new = log_of(logs, project="-other")
        new.parent.mkdir(parents=True)
        old.rename(new)
        append(log_of(logs, "s-2"), call_line("msg_2", "s-2"))
        steps = engine.surveying()
        assert [next(steps), next(steps)] == [None, None]
        append(new, call_line("msg_3"))
        engine.read_paths([(str(new), str(logs))])
        read_to = engine.cursors["usage"][str(new)]
        assert next(steps) is not None
        assert engine.cursors["usage"][str(new)] == read_to
        assert calls(engine) == {"msg_1", "msg_3"}
        read_everything(engine)
        assert calls(engine) == {"msg_1", "msg_2", "msg_3"}
