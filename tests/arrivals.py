"""Logs as they arrive: in any order, in any pieces, whole in the end."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random

MAX_CUTS = 6  # of one log


def logs_of(*homes: Path) -> dict[str, bytes]:
    """Return the logs of agents' homes by their place below `projects/`."""
    return {
        path.relative_to(home / "projects").as_posix(): path.read_bytes()
        for home in homes
        for path in sorted(home.glob("projects/**/*.jsonl"))
    }


def append(home: Path, name: str, data: bytes) -> None:
    """Append to a log of a home; it is made if missing."""
    path = home / "projects" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as log:
        log.write(data)


def arrivals(logs: Mapping[str, bytes], random: Random) -> Iterator[tuple[str, bytes]]:
    """Yield (name, piece): each log's pieces in order, the logs in any."""
    left = {name: _pieces(data, random) for name, data in sorted(logs.items())}
    while left:
        name = random.choice(list(left))
        yield name, left[name].pop(0)
        if not left[name]:
            del left[name]


def _pieces(data: bytes, random: Random) -> list[bytes]:
    """Cut `data` at random places, often right at a line's end or a byte beside it."""
    line_ends = [found.start() for found in re.finditer(b"\n", data)] or [0]
    cuts = {0, len(data)}
    for _ in range(random.randint(0, MAX_CUTS)):
        at = random.randint(0, len(data))
        near = random.choice(line_ends) + random.randint(0, 2)
        cuts.add(min(len(data), random.choice((at, near))))
    return [data[start:end] for start, end in pairwise(sorted(cuts))]
