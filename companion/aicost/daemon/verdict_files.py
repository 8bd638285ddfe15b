"""The folder of verdicts: kept as it is to be, a file written when it says something else."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aicost.core.errors import ConfigError
from aicost.platform.rundir import make_private

log = logging.getLogger(__name__)

FOLDER = "verdict"
HOLDS = timedelta(minutes=5)  # a stop that nobody renews: a daemon that hangs must stop nobody
_RENEW = HOLDS / 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one file says."""

    word: str  # "pass", "check", "stop", "" for a mark
    until: datetime | None = None  # of a stop, UTC
    lines: tuple[str, ...] = ()


class VerdictFiles:
    """Keeps the folder as it is to be. Belongs to one thread, and never raises OSError."""

    def __init__(self, run_dir: Path, pid: int) -> None:
        self._folder, self._pid = run_dir / FOLDER, pid
        self._written: dict[str, Verdict] = {}

    def clear(self) -> None:
        """Empty the folder, made if it is missing: what is left of another daemon stops nobody."""
        self._written.clear()
        try:
            make_private(str(self._folder))
            for entry in os.scandir(self._folder):
                os.unlink(entry.path)  # noqa: PTH108 - a name is all we have
        except (OSError, ConfigError) as error:
            log.warning("old verdicts cannot be removed: %s", error)

    def show(self, wanted: Mapping[str, Verdict], now: datetime) -> None:
        """Write what changed, in this order; then remove what is no longer said."""
        for attempt in (1, 2):
            try:
                for name, verdict in wanted.items():
                    self._write(name, verdict, now)
                for name in [one for one in self._written if one not in wanted]:
                    (self._folder / name).unlink(missing_ok=True)
                    del self._written[name]
            except FileNotFoundError:  # somebody tidied the run folder
                self.clear()
                continue
            except OSError as error:
                log.warning("verdicts cannot be written: %s (attempt %d)", error, attempt)
            return

    def _write(self, name: str, verdict: Verdict, now: datetime) -> None:
        known = self._written.get(name)
        if known is not None and _still_says(known, verdict, now):
            return
        path, part = self._folder / name, self._folder / f".{name}.part"
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, self._text(verdict).encode())  # (a few kB: whole, or the disk is full)
        finally:
            os.close(fd)
        part.replace(path)
        self._written[name] = verdict

    def _text(self, verdict: Verdict) -> str:
        if not verdict.word:
            return ""
        first = verdict.word
        if verdict.until is not None:
            first = f"{first} {int(verdict.until.timestamp())} {self._pid}"
        return "\n".join((first, *verdict.lines, ""))


def _still_says(known: Verdict, wanted: Verdict, now: datetime) -> bool:
    """Say whether a file need not be written again: it says the same, and for long enough."""
    if (known.word, known.lines) != (wanted.word, wanted.lines):
        return False
    if known.until is None or wanted.until is None:
        return known.until == wanted.until
    is_long_enough = known.until - now >= _RENEW or known.until == wanted.until
    return is_long_enough and known.until <= wanted.until
