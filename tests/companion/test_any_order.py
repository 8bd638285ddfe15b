"""However logs arrive, the ledger ends the same: any order, any pieces, moved, cut off midway."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest
from arrivals import append, arrivals, logs_of
from claude_logs import call_line
from corpora import Excerpt, Scenario
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ledgers import Rows, content, evidence, opened, read_everything

from aicost.core.errors import StoreError
from aicost.daemon.engine import Engine

MOVED = "-home-dev-moved"  # where a worktree session's log goes in its middle


@dataclass(frozen=True, slots=True)
class Logs:
    """Logs by their place below `projects/`, and what a ledger makes of them in one go."""

    files: Mapping[str, bytes]
    rows: Rows
    evidence: Rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("any_order")
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def logs(claude_lab: Mapping[str, Scenario], real_excerpt: Excerpt, folder: Path) -> Logs:
    """Return streamed rewrites, forks, nested subagents, replays and torn tails together."""
    homes = [real_excerpt.home]
    homes += [claude_lab[name].home for name in ("06_resume", "14_bgagent", "15_worktree")]
    files = logs_of(*homes) | writes_with_and_without_their_split()
    home = folder / "reference"
    for name, data in files.items():
        append(home, name, data)
    with opened(folder / "ledger", [home]) as engine:
        read_everything(engine)
        rows = without_homes(content(engine.ledger.db))
        read_evidence(engine)
        return Logs(files, rows, evidence(engine.ledger.db))


def writes_with_and_without_their_split() -> dict[str, bytes]:
    """Return two logs of the same calls: one says how long each cache write lasts, one does not."""
    plain = {"output_tokens": 9, "cache_creation_input_tokens": 1000}
    splits = [{"ephemeral_5m_input_tokens": 1000 - n, "ephemeral_1h_input_tokens": n}
              for n in (0, 1, 400, 1000)]  # fmt: skip
    ids = [f"msg_split_{number}" for number in range(len(splits))]
    return {
        "-src-shop/plain.jsonl": b"".join(call_line(name, tokens=plain) for name in ids),
        "-src-shop/split.jsonl": b"".join(
            call_line(name, tokens=plain | {"cache_creation": split})
            for name, split in zip(ids, splits)
        ),
    }


def without_homes(rows: Rows) -> Rows:
    """Leave out where the logs lay: each run has a folder of its own."""
    return {name: found for name, found in rows.items() if name != "homes"}


def test_cache_writes_are_counted_once_however_their_records_tell_of_them(logs: Logs) -> None:
    written = [row[14:16] for row in logs.rows["calls"] if "split_" in str(row[0])]
    assert written == [(1000, 0), (999, 1), (600, 400), (0, 1000)]


def read_evidence(engine: Engine) -> None:
    for _ in engine.read(engine.survey().without_evidence, cores=1):
        pass
    engine.settle()


RUN = count()
MANY_RUNS = settings(  # a seed says it all: there is nothing to shrink
    max_examples=12, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)


@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_files_read_in_any_order_give_the_same_rows(logs: Logs, folder: Path, seed: int) -> None:
    random = Random(seed)
    names = random.sample(sorted(logs.files), len(logs.files))
    home = folder / "reference"
    with opened(folder / f"order{next(RUN)}", [home]) as engine:
        for name in names:
            engine.read_paths([(str(home / "projects" / name), str(home))])
        assert without_homes(content(engine.ledger.db)) == logs.rows


@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_logs_appended_in_any_pieces_give_the_same_rows(
    logs: Logs, folder: Path, seed: int
) -> None:
    """Between pieces the log is read, or moved, or a reading is interrupted and begun anew."""
    random = Random(seed)
    number = next(RUN)
    home, ledger = folder / f"home{number}", folder / f"ledger{number}"
    (home / "projects").mkdir(parents=True)
    with ExitStack() as stack:
        engine = stack.enter_context(opened(ledger, [home]))
        for name, piece in arrivals(logs.files, random):
            place = moved(home, name, random)
            append(home, place, piece)
            interrupted = random.random() < 0.2
            if interrupted:
                interrupt(engine, after_steps=int(10 ** random.uniform(0, 4.5)))
            if random.random() < 0.6:
                read_some(engine, home, place, random)
            if interrupted:
                stack.close()
                engine = stack.enter_context(opened(ledger, [home]))
        read_everything(engine)
        assert without_homes(content(engine.ledger.db)) == logs.rows
    shutil.rmtree(home)


@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_evidence_read_at_any_moment_says_the_same(logs: Logs, folder: Path, seed: int) -> None:
    """Before the usage of a new or moved log, in the middle of one, or after all."""
    random, number = Random(seed), next(RUN)
    home = folder / f"home{number}"
    (home / "projects").mkdir(parents=True)
    with opened(folder / f"ledger{number}", [home]) as engine:
        for name, piece in arrivals(logs.files, random):
            append(home, moved(home, name, random), piece)
            for read in random.sample((read_everything, read_evidence), random.randint(0, 2)):
                read(engine)
        read_everything(engine)
        read_evidence(engine)
        assert engine.survey().has_evidence
        assert evidence(engine.ledger.db) == logs.evidence
        assert without_homes(content(engine.ledger.db)) == logs.rows
    shutil.rmtree(home)


def moved(home: Path, name: str, random: Random) -> str:
    """Return where a main log is now; sometimes it moves right here."""
    other = f"{MOVED}/{Path(name).name}"
    old, new = home / "projects" / name, home / "projects" / other
    if new.exists():
        return other
    if old.exists() and "subagents" not in name and random.random() < 0.1:
        new.parent.mkdir(exist_ok=True)
        old.rename(new)
        return other
    return name


def interrupt(engine: Engine, after_steps: int) -> None:
    """Let SQLite fail from then on, as with a full disk, or a kill right there."""
    steps = count()
    engine.ledger.db.set_progress_handler(lambda: next(steps) >= after_steps, 1)


def read_some(engine: Engine, home: Path, place: str, random: Random) -> None:
    """Read one log, or everything; what an interruption lost comes with the next reading."""
    with suppress(StoreError):
        if random.random() < 0.5:
            engine.read_paths([(str(home / "projects" / place), str(home))])
        else:
            read_everything(engine)


# Killed from outside, at any moment

READER = """
import sys
from pathlib import Path
from aicost.daemon import indexer
from ledgers import opened
indexer.BATCH_BYTES = 20_000  # many transactions, many moments to die between and in
with opened(Path(sys.argv[1]), [Path(sys.argv[2])]) as engine:
    for _ in engine.read_all(engine.survey(), cores=1):
        print(flush=True)
"""


def test_a_reader_killed_at_any_moment_leaves_a_ledger_that_goes_on(
    logs: Logs, folder: Path
) -> None:
    home, ledger = folder / "reference", folder / "killed"
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    for batches in (0, 1, 2, 5, 9):
        command = [sys.executable, "-c", READER, str(ledger), str(home)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as reader:
            assert reader.stdout is not None
            for _ in range(batches):
                reader.stdout.readline()
            reader.kill()
    with opened(ledger, [home]) as engine:
        read_everything(engine)
        assert without_homes(content(engine.ledger.db)) == logs.rows
