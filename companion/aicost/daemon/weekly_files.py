"""The weekly reports that were made: one file each, which nobody else can read."""

import logging
from pathlib import Path

import msgspec

from aicost.core.weekly import WeeklyReport
from aicost.platform.atomic import replace_file

SCHEMA = 1  # of the file; one of another number is made anew

log = logging.getLogger(__name__)


class _Kept(msgspec.Struct):
    schema: int
    report: WeeklyReport


def read_weekly(file: Path) -> WeeklyReport | None:
    """Return a report that was kept; None if there is none, or none that can be read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.warning("a weekly report cannot be read: %s", error.strerror)
        return None
    try:
        kept = msgspec.json.decode(content, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        log.warning("the weekly report %s is damaged, or of another version", file.name)
        return None
    return kept.report if kept.schema == SCHEMA else None


def write_weekly(file: Path, report: WeeklyReport) -> bool:
    """Keep a report, whole or not at all; return whether that was possible."""
    content = msgspec.json.encode(_Kept(SCHEMA, report))
    try:
        replace_file(file, content, mode=0o600)
    except OSError as error:
        log.warning("a weekly report cannot be kept: %s", error.strerror)
        return False
    return True
