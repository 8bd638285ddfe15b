"""Open files that others made, without being held up by what they put in a file's place."""

import os
from pathlib import Path


def open_unblocked(path: str | Path) -> int:
    """Return a descriptor to read from. Raises OSError.

    Opening a named pipe would otherwise wait for somebody to write into it. What was opened may
    be no regular file.
    """
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
