"""What the daemon says of itself: version, memory, and how far the reading is."""

import os
from collections.abc import Sequence
from typing import Protocol

from aicost import __version__
from aicost.core.errors import AicostError
from aicost.daemon.indexer import Survey
from aicost.daemon.reader import Reader
from aicost.daemon.setup import Setup
from aicost.platform.dirs import Dirs
from aicost.platform.processes import own_use
from aicost.report.status import ReaderState
from aicost.store.recovery import kept_aside


def own_state(
    setup: Setup, reader: Reader, found: Survey, budget_troubles: Sequence[str]
) -> dict[str, object]:
    """Return the daemon's state; `found` is the last look at the logs."""
    own = own_use()
    read_bytes = reader.reading.bytes_done if reader.reading else 0
    return {
        "version": __version__,
        "pid": os.getpid(),
        "uptime_s": own.uptime_s,
        "homes": sorted(reader.engine.homes),
        "unwatched": reader.watcher.unwatched,
        "trouble": reader.trouble,
        "budget_troubles": list(budget_troubles),
        "log_files": found.files,
        "log_bytes": found.bytes,
        "pending_bytes": found.pending_bytes - read_bytes,
        "unreadable": list(found.unreadable_names),
        "unreadable_folders": list(found.unreadable_folders),
        "lag_s": reader.lag_s,
        "rss_bytes": own.rss_bytes,
        "cpu_s": own.cpu_s,
        "timezone": setup.zone.key,
        "price_book": setup.book.book_id,
        "ledger": str(setup.dirs.ledger_file),
        "damaged_ledgers": [str(path) for path in kept_aside(setup.dirs.ledger_file)],
    }


class HasTrouble(Protocol):
    """What may not work."""

    trouble: str


def reader_state(
    reader: Reader, budget_troubles: Sequence[str], dirs: Dirs, counters: HasTrouble
) -> ReaderState:
    """Return what `aicost status` shows of the reading, and of what is sent."""
    return ReaderState(
        log_files=reader.seen.files,
        daemon_pid=os.getpid(),
        unwatched=reader.watcher.unwatched,
        unreadable=reader.seen.unreadable_names,
        trouble=reader.trouble,
        budget_troubles=tuple(budget_troubles),
        team=team_standing(dirs),
        otlp=counters.trouble,
    )


def team_standing(dirs: Dirs) -> tuple[str, ...]:
    """Return what was not sent to the team, and why; nothing where none was joined."""
    if not dirs.team_file.exists():
        return ()
    from aicost.platform.membership import load_membership
    from aicost.store.outbox import standing

    try:
        membership = load_membership(dirs.team_file)
        return () if membership is None or membership.left else standing(dirs.outbox_file)
    except AicostError as error:
        return (error.what,)
