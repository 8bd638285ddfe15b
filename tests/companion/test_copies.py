"""Copies of logs, whole, cut or muddled, add nothing to the ledger and take nothing from it."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random

import pytest
from arrivals import append, logs_of
from corpora import Excerpt, Scenario
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ledgers import Rows, content, evidence, opened, read_everything

from aicost.daemon.engine import Engine
from aicost.sources.claude.parser import ClaudeParser

COPIED = 6  # logs, of all
RUN = count()
MANY_RUNS = settings(  # a seed says it all: there is nothing to shrink
    max_examples=6, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)


class Logs:
    """Logs by their place below `projects/`, and what a ledger makes of them alone."""

    def __init__(self, files: Mapping[str, bytes], rows: Rows) -> None:
        self.files, self.rows = files, rows

    def __repr__(self) -> str:  # hypothesis prints it
        return f"{len(self.files)} logs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("copies")
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def logs(claude_lab: Mapping[str, Scenario], real_excerpt: Excerpt, folder: Path) -> Logs:
    homes = [real_excerpt.home]
    homes += [claude_lab[name].home for name in ("04_subagent", "06_resume", "13_killed")]
    files = logs_of(*homes)
    home = folder / "reference"
    for name, data in files.items():
        append(home, name, data)
    with opened(folder / "ledger", [home]) as engine:
        return Logs(files, rows_of(engine))


def rows_of(engine: Engine) -> Rows:
    """Read all that is there, twice over; return what the ledger has then, but for the homes."""
    read_everything(engine)
    for _ in engine.read(engine.survey().without_evidence, cores=1):
        pass
    engine.settle()
    assert engine.survey().has_evidence
    rows = content(engine.ledger.db)
    del rows["homes"]
    return rows | {f"evidence: {name}": found for name, found in evidence(engine.ledger.db).items()}


def assert_same(found: Rows, expected: Rows) -> None:
    for name, rows in expected.items():
        extra, missing = set(found[name]) - set(rows), set(rows) - set(found[name])
        assert (name, extra, missing, len(found[name])) == (name, set(), set(), len(rows))


def copied(logs: Logs, random: Random) -> list[tuple[str, bytes]]:
    """Return some of the logs, the same ones as often as chance has it."""
    names = random.choices(sorted(logs.files), k=COPIED)
    return [(name, logs.files[name]) for name in names]


def turns_of(log: bytes) -> list[bytes]:
    """Cut a log before each prompt; what comes before the first one is the first part."""
    parts, part = [], b""
    for line in log.splitlines(keepends=True):
        if ClaudeParser().parse(line, "").prompts:
            parts.append(part)
            part = b""
        part += line
    return [*parts, part]


# Copies under other names


def whole(data: bytes, _: Random) -> bytes:
    return data


def beginning(data: bytes, random: Random) -> bytes:
    """As a copy looks that was interrupted, at any byte."""
    return data[: random.randint(0, len(data))]


def doubled(data: bytes, random: Random) -> bytes:
    """As a copy looks that was appended to itself, after some of it or all.

    Not where calls stand before the first prompt: behind the last one, they would answer it.
    """
    has_lost_its_prompt = b'output_tokens"' in turns_of(data)[0]
    return data if has_lost_its_prompt else beginning(data, random) + b"\n" + data


def line_by_line_twice(data: bytes, _: Random) -> bytes:
    return b"".join(line * 2 for line in data.splitlines(keepends=True) if line.endswith(b"\n"))


def turns_shuffled(data: bytes, random: Random) -> bytes:
    """Return the turns in another order, some of them twice."""
    first, *turns = turns_of(data)
    turns = [turn for turn in turns if turn.endswith(b"\n")]
    return first + b"".join(random.sample([*turns, *turns[::2]], len([*turns, *turns[::2]])))


COPIES = (whole, beginning, doubled, line_by_line_twice, turns_shuffled)


@pytest.mark.parametrize("copy", COPIES, ids=lambda copy: copy.__name__)
@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_copies_under_other_names_change_nothing(
    logs: Logs, folder: Path, copy: Callable[[bytes, Random], bytes], seed: int
) -> None:
    """In the same home or in another one, found before the originals or after."""
    random, number = Random(seed), next(RUN)
    home, other = folder / f"home{number}", folder / f"other{number}"
    for name, data in random.sample(sorted(logs.files.items()), len(logs.files)):
        append(home, name, data)
    for place, (name, data) in enumerate(copied(logs, random)):
        path = Path(name)
        new = path.with_name(f"{path.stem}-{place}.jsonl").as_posix()
        append(random.choice((home, other)), new, copy(data, random))
    homes = random.sample([home, other], 2)
    with opened(folder / f"ledger{number}", homes[:1]) as engine:
        rows_of(engine)
        engine.homes = set(map(str, homes))
        assert_same(rows_of(engine), logs.rows)
    for made in (home, other):
        shutil.rmtree(made, ignore_errors=True)


# Files that become others


def rewritten(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def replaced(path: Path, data: bytes) -> None:
    new = path.with_name("new")
    new.write_bytes(data)
    new.replace(path)


@MANY_RUNS
@given(seed=st.integers(0, 2**32))
def test_logs_that_become_others_and_themselves_again_lose_nothing(
    logs: Logs, folder: Path, seed: int
) -> None:
    """Cut, emptied, overwritten in place, replaced by another file or a folder; read in between."""
    random, number = Random(seed), next(RUN)
    home = folder / f"home{number}"
    for name, data in logs.files.items():
        append(home, name, data)
    with opened(folder / f"ledger{number}", [home]) as engine:
        for name, data in copied(logs, random):
            path = home / "projects" / name
            become = random.choice((rewritten, replaced))
            if random.random() < 0.2:
                path.unlink(missing_ok=True)
                path.mkdir(exist_ok=True)
                read_some(engine, random)
                path.rmdir()
            others = (
                b"",
                data[: random.randint(0, len(data))],
                logs.files[random.choice([*logs.files])],
            )
            become(path, random.choice(others))
            read_some(engine, random)
            random.choice((rewritten, replaced))(path, data)
            read_some(engine, random)
        assert_same(rows_of(engine), logs.rows)
    shutil.rmtree(home)


def read_some(engine: Engine, random: Random) -> None:
    if random.random() < 0.7:
        with suppress(StopIteration):
            steps = engine.read_all(engine.survey(), cores=1)
            next(steps)
            steps.close()
