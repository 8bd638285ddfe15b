"""A team without a server: each day a file in a shared folder, written once and never changed.

Whoever reads them takes the highest revision of each source, device and day. Anyone who can read
the folder can read the days of each pseudonym: nobody there keeps groups large.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from aicost.core.errors import SyncRejected
from aicost.core.team.outbox import Answer, Behind, Later, Rejected, Sent
from aicost.sync.source import Source

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FolderSink:
    """A folder that all of a team can write into."""

    skew_s = 0.0  # a folder tells no time

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder, self._source = folder, source

    def close(self) -> None:
        """Nothing is open."""

    def promise(self) -> None:
        """A folder promises nothing."""

    def address_of(self, day: date) -> str:
        """Return the folder of a day, below the team's."""
        return str(self._place(day))

    def put(self, day: date, body: bytes) -> Answer:
        """Write a day under its revision, unless there is as high a one already."""
        place, revision = self._place(day), _revision_in(body)
        if not self._folder.is_dir():  # a share that is not there now: never in its place
            return Later()
        try:
            place.mkdir(parents=True, exist_ok=True)
            have = max(_revisions(place), default=0)
            if have > revision:
                return Behind(have)
            return _written(place / f"r{revision:06}.json", body, revision)
        except OSError as error:
            if error.errno in _FULL:
                return Later()
            return Rejected(0, f"the folder cannot be written: {error.strerror}")

    def forget(self, epoch: str) -> None:
        """Delete all that was written in an epoch, by whichever device. Raises SyncRejected."""
        source = f"src={self._source.within(epoch).pseudonym}"
        try:
            for place in sorted((self._folder / self._source.team).glob(f"day=*/{source}")):
                for file in sorted(place.rglob("*"), reverse=True):
                    file.rmdir() if file.is_dir() else file.unlink()
                place.rmdir()
        except OSError as error:
            raise SyncRejected(
                "what was written cannot be deleted",
                why=f"{error.filename}: {error.strerror}",
                hint=f"ls -l {self._folder}",
            ) from error

    def _place(self, day: date) -> Path:
        names = (
            f"day={day.isoformat()}",
            f"src={self._source.on(day).pseudonym}",
            f"dev={self._source.device_on(day)}",
        )
        return self._folder.joinpath(self._source.team, *names)


def _written(file: Path, body: bytes, revision: int) -> Answer:
    """Write a file once: whole, or not at all."""
    line = body + b"\n"
    if file.exists():
        return Sent(200) if file.read_bytes() == line else Behind(revision)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(line)
        os.link(part, file)  # (a rename would replace what another process wrote meanwhile)
    except FileExistsError:
        return Behind(revision)
    except PermissionError:
        part.replace(file)  # a share that knows no links
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return Sent(201)


def _revisions(place: Path) -> Iterator[int]:
    for name in os.listdir(place):  # noqa: PTH208 - names only
        number = name.removeprefix("r").removesuffix(".json")
        if name.startswith("r") and number.isdecimal():
            yield int(number)


def _revision_in(body: bytes) -> int:
    return int(json.loads(body)["revision"])
