"""What is fuzzed: a parser, bytes to begin with, and what must hold for any bytes.

`check` raises whatever goes wrong: an exception of the parser itself, or an AssertionError.
"""

import lzma
import resource
import signal
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from random import Random

DATA = Path(__file__).parents[1] / "data"

# Generous, and far below what a quadratic step or an unbounded buffer takes: instrumented code is
# ten times slower, and the machine may be busy.
BASE_S, S_PER_MIB = 5.0, 30.0
BASE_BYTES, BYTES_PER_BYTE = 256 * 2**20, 64
_HEAD_BYTES = 4  # of an input: the seed that says where it is cut

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under test."""

    name: str
    modules: tuple[str, ...]  # of aicost: what a fuzzer is to watch the branches of
    seeds: Callable[[], Sequence[bytes]]  # inputs that reach deep
    check: Callable[[bytes], None]  # what must hold


class TooCostly(AssertionError):
    """A parser took more time or memory than its input is worth."""


def bounded(check: Callable[[bytes], None], content: bytes) -> None:
    """Run a check. Raises TooCostly where it takes more than a generous bound, by input size."""
    before = peak_bytes()
    with _stopped_after(BASE_S + S_PER_MIB * len(content) / 2**20):
        check(content)
    grown = peak_bytes() - before
    if grown > BASE_BYTES + BYTES_PER_BYTE * len(content):
        raise TooCostly(f"{grown / 2**20:.0f} MiB for {len(content)} bytes")


@contextmanager
def _stopped_after(cpu_s: float) -> Iterator[None]:
    """Raise TooCostly in the block once it used so much CPU; on the main thread only."""

    def stop(*_: object) -> None:
        raise TooCostly(f"over {cpu_s:.0f} s of CPU")

    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def peak_bytes() -> int:
    """Return the most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


# Inputs of parsers of streams: a head that says how the rest is cut


def with_head(content: bytes, number: int = 0) -> bytes:
    """Return an input for `cut_by_head`."""
    return number.to_bytes(_HEAD_BYTES, "big") + content


def cut_by_head(content: bytes) -> tuple[bytes, list[bytes]]:
    """Return the stream in an input, whole and in the pieces that the input's head asks for."""
    head, stream = content[:_HEAD_BYTES], content[_HEAD_BYTES:]
    random = Random(head)
    cuts = {0, len(stream), *(random.randint(0, len(stream)) for _ in range(random.randint(0, 8)))}
    return stream, [stream[start:end] for start, end in pairwise(sorted(cuts))]


# Seeds


@lru_cache(maxsize=2)
def recorded(archive: str) -> dict[str, bytes]:
    """Return the files of a .tar.xz below tests/data."""
    with lzma.open(DATA / archive) as file, tarfile.open(fileobj=file) as tar:
        members = [member for member in tar if member.isfile()]
        return {member.name: content_of(tar, member) for member in members}


def content_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Return a member's bytes."""
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def log_seeds(archives: Sequence[str], max_bytes: int = 4096) -> list[bytes]:
    """Return recorded logs as inputs: their lines in order, as many as fit into `max_bytes`."""
    seeds = []
    for archive in archives:
        for name, content in sorted(recorded(archive).items()):
            if name.endswith(".jsonl"):
                lines = [line for line in content.splitlines(keepends=True) if len(line) < 3000]
                seeds += [with_head(part) for part in _parts(lines, max_bytes)]
    return seeds


def _parts(lines: Sequence[bytes], max_bytes: int) -> Iterator[bytes]:
    part = b""
    for line in lines:
        if part and len(part) + len(line) > max_bytes:
            yield part
            part = b""
        part += line
    if part:
        yield part


# Inputs made from others, where no fuzzer can be had

_JUNK = (
    b"", b"\0", b"\n", b"\r\n", b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"\xff", b"\xc3",
    b"\xed\xa0\x80", b"\\ud800", b"null", b"true", b"-1", b"0.5", b"1e400", b"9" * 30, b"NaN",
    b"{}", b"[]", b'""', b" ", b"\t", b"=", b"#", b"0000-00-00T00:00:00Z",
    b"9999-12-31T23:59:59-23:59",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """Return a seed with a few pieces cut out, doubled, swapped or overwritten."""
    content = random.choice(seeds)
    for _ in range(random.randint(1, 6)):
        start, end = sorted(random.randint(0, len(content)) for _ in range(2))
        end = random.choice((start, start + 1, min(end, start + 16), end))
        pieces = (b"", random.choice(_JUNK), content[start:end] * 2, _slice(seeds, random))
        content = content[:start] + random.choice((*pieces, random.randbytes(2))) + content[end:]
    return content


def _slice(seeds: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(seeds)
    start, end = sorted(random.randint(0, len(other)) for _ in range(2))
    return other[start:end]


def stretched(seed: bytes, size_bytes: int) -> Iterator[bytes]:
    """Yield inputs of about `size_bytes`: much of one thing shows what is not linear."""
    whole, piece = size_bytes // max(1, len(seed)), size_bytes
    yield seed * (whole + 1)
    for at in (seed.find(b'"') + 1, seed.find(b":") + 1, len(seed) // 2):
        for unit in (b"x", b"[", b'{"a":', b" ", b"\n", b"9", b"\\u00e9", b'"', b"\0"):
            yield seed[:at] + unit * (piece // len(unit)) + seed[at:]
