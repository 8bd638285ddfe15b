"""What left this machine, or may have: a line for each try, written before it; never shortened."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aicost.core.errors import StoreError
from aicost.core.team.documents import body_hash


@dataclass(frozen=True, slots=True)
class Receipt:
    """One try. `at` is UTC; the body is what was sent, before it was packed."""

    at: datetime
    url: str
    sha256: str
    body: str


class Receipts:
    """The file of receipts, for the user alone. Its methods raise StoreError."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def note(self, at: datetime, url: str, body: bytes) -> None:
        """Write down that a body goes to an address now; it is on disk when this returns."""
        said = {
            "time": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "url": url,
            "sha256": body_hash(body),
            "body": json.loads(body),
        }
        line = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            fd = os.open(self._file, flags, 0o600)
            try:
                if os.write(fd, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise _unusable(self._file, error) from error

    def read(self) -> Iterator[Receipt]:
        """Yield what was written down, the oldest first; a line cut short is none."""
        try:
            with self._file.open("rb") as lines:
                for line in lines:
                    if (found := _receipt(line)) is not None:
                        yield found
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unusable(self._file, error) from error


def _receipt(line: bytes) -> Receipt | None:
    try:
        said: Mapping[str, Any] = json.loads(line)
        body = json.dumps(said["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        at = datetime.strptime(said["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return Receipt(at, str(said["url"]), str(said["sha256"]), body)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _unusable(file: Path, error: OSError) -> StoreError:
    return StoreError(
        "what is sent cannot be written down, so nothing is sent",
        why=f"{file}: {error.strerror}",
        hint=f"ls -l {file.parent}",
    )
