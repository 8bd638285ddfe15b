"""A corpus of any size out of real logs: copies that repeat nothing, a week apart each."""

import os
import re
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path

MIB = 2**20
WEEKS = 52  # copies lie so many weeks back at most: a year, whatever the size
# Homes that were looked at hold thousands of logs to the gigabyte, most of them small. So a third
# of the source's, the small ones, is in every copy, and the others in every tenth; unless all of
# them are small (as in the excerpt), where all are in every copy.
SMALL_SHARE = 1 / 3
LARGE_EVERY = 10
LARGE_MEAN_BYTES = 256 * 2**10
GROWTH = 4  # goes up when the rules above change: corpora that were kept are then of no use
_DAY = re.compile(rb"20\d\d-\d\d-\d\d(?=T\d\d:\d\d:\d\d)")
_ID = re.compile(rb'"(msg|req|toolu|srvtoolu)_([0-9A-Za-z]{4})')
_UUID = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def corpus_path(source: Path, cache: Path, mib: int) -> Path:
    """Return where the corpus of this size out of this source is kept."""
    place = zlib.crc32(str(source.resolve()).encode())
    return cache / f"grown-{mib}-mib-{GROWTH}-{place:08x}"


def corpus(source: Path, cache: Path, mib: int, *, smaller: Path | None = None) -> Path:
    """Return the home with a corpus of this size, grown if it is not there yet."""
    home = corpus_path(source, cache, mib)
    if not home.exists():
        print(f"growing {mib:,} MiB of logs", file=sys.stderr)
        grow(source, home, mib * MIB, smaller=smaller)
    return home


def grow(source: Path, target: Path, size_bytes: int, *, smaller: Path | None = None) -> int:
    """Copy the logs of the home `source` to the home `target` until they have `size_bytes`.

    Every copy has its own uuids, message, request and tool call ids, so each call in it counts;
    texts, line lengths and record types stay real. Returns the number of files. `target` must not
    exist; it is there afterwards whole or not at all. What `smaller`, a corpus grown from the same
    source, has already is linked, not copied.
    """
    partial = target.with_name(target.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    written = files = 0
    for path, copy in _copies(sorted(source.glob("projects/**/*.jsonl"))):
        if written >= size_bytes:
            break
        place = _place(path.relative_to(source), copy)
        out = partial / place
        out.parent.mkdir(parents=True, exist_ok=True)
        if smaller is not None and (smaller / place).exists():
            os.link(smaller / place, out)
        else:
            out.write_bytes(rewritten(path.read_bytes(), copy))
        written += out.stat().st_size
        files += 1
    partial.rename(target)
    return files


def _copies(logs: Sequence[Path]) -> Iterator[tuple[Path, int]]:
    """Yield each log to copy next, and the number of that copy, without end."""
    sizes = {path: path.stat().st_size for path in logs}
    every = LARGE_EVERY if sum(sizes.values()) >= LARGE_MEAN_BYTES * len(logs) else 1
    small = set(sorted(logs, key=sizes.__getitem__)[: int(len(logs) * SMALL_SHARE)])
    for copy in count():
        for path in logs:
            if copy % every == 0 or path in small:
                yield path, copy


def rewritten(data: bytes, copy: int) -> bytes:
    """Return a log with ids and days of its own for the copy of this number."""
    data = _UUID.sub(_renumbered(copy), data)
    data = _ID.sub(rb'"\1_%04d' % copy, data)
    return _DAY.sub(_earlier(7 * (copy % WEEKS)), data)


def _place(path: Path, copy: int) -> str:
    """Return where a copy lies: ten copies share their folders, as logs of many weeks do."""
    text = _UUID.sub(_renumbered(copy), path.as_posix().encode()).decode()
    if not _UUID.search(text.encode()):  # its name alone does not tell it from other copies
        text = f"{path.parent.as_posix()}/{copy}-{path.name}"
    return text.replace("projects/", f"projects/c{copy // LARGE_EVERY}", 1)


def _renumbered(copy: int) -> Callable[[re.Match[bytes]], bytes]:
    return lambda found: b"%08x" % ((int(found[0], 16) + copy * 7919) & 0xFFFFFFFF)


def _earlier(days: int) -> Callable[[re.Match[bytes]], bytes]:
    known: dict[bytes, bytes] = {}

    def moved(found: re.Match[bytes]) -> bytes:
        text = found[0]
        if text not in known:
            day = date.fromisoformat(text.decode()) - timedelta(days)
            known[text] = day.isoformat().encode()
        return known[text]

    return moved
