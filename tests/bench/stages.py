"""Where a first read spends its time: its stages one after another, in one process."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledgers import opened

from aicost.core.facts import FileRead
from aicost.core.tailing import Cursor
from aicost.daemon.handover import packed, unpacked
from aicost.daemon.indexer import Unread, survey
from aicost.daemon.reading import CHUNK_BYTES, read_log
from aicost.sources.claude.parser import ClaudeParser

BATCH_FILES = 400  # a step of a reading of much


class Stages:
    """Seconds by name of a stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def time_stages(home: Path) -> dict[str, float]:
    """Read all logs of a home stage by stage; return the seconds of each."""
    stages = Stages()
    with stages.timed("find and look at the files"):
        found = survey([str(home)], {}).unread
    with stages.timed("read the bytes (page cache)"):
        for log in found:
            _read_bytes(log)
    reads: list[FileRead] = []
    with stages.timed("read the bytes, cut lines, parse, merge per file"):
        parser = ClaudeParser()
        for log in found:
            read = read_log(log.path, log.home, Cursor(), parser)
            if read is not None:
                reads.append(read)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), [home]) as engine:
        with stages.timed("price, count by day, make rows"):
            counting = engine.ledger.counting
            reads = [counting.readied(read) for read in reads]
        with stages.timed("hand over between processes"):
            reads = unpacked(packed(reads))
        with stages.timed("write into the ledger, merge what is there"), engine.ledger.in_bulk():
            for at in range(0, len(reads), BATCH_FILES):
                engine.ledger.record(reads[at : at + BATCH_FILES])
    return stages.seconds


def _read_bytes(log: Unread) -> None:
    with Path(log.path).open("rb", buffering=0) as file:
        while file.read(CHUNK_BYTES):
            pass
