"""Read what Claude Code keeps in `.claude.json` of each folder's last session: its own totals."""

import os
import stat
from collections.abc import Iterable, Mapping

from aicost.core.facts import FileRead, Parsed
from aicost.core.tailing import Continuation, Cursor, continuation
from aicost.platform.opening import open_unblocked
from aicost.sources.claude.paths import config_files
from aicost.sources.claude.totals import parse_config_totals
from aicost.sources.folders import look_of

MAX_BYTES = 64 * 2**20  # it also holds histories


def read_client_totals(homes: Iterable[str], cursors: Mapping[str, Cursor]) -> list[FileRead]:
    """Return the totals in files that changed since their cursors; what cannot be read has none."""
    found = []
    for home in homes:
        for path in config_files(home):
            try:
                read = _read(path, home, cursors.get(path, Cursor()))
            except OSError:  # no such file, mostly
                continue
            if read is not None:
                found.append(read)
    return found


def _read(path: str, home: str, cursor: Cursor) -> FileRead | None:
    fd = open_unblocked(path)
    try:
        status = os.fstat(fd)
        look = look_of(status)
        if not stat.S_ISREG(status.st_mode) or look.size_bytes > MAX_BYTES:
            return None
        if continuation(cursor, look) is Continuation.NOTHING_NEW:
            return None
        content = os.read(fd, look.size_bytes)
    finally:
        os.close(fd)
    totals = parse_config_totals(content)
    cursor = Cursor(
        device=look.device,
        inode=look.inode,
        seen_bytes=look.size_bytes,
        modified_ns=look.modified_ns,
    )
    return FileRead(
        path=path,
        home=home,
        agent="claude",
        cursor=cursor,
        parsed=(Parsed(client_totals=totals),),
        stage="evidence",
    )
