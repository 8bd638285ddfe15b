"""The one way a file of prices is replaced. Standard library only."""

import os
from pathlib import Path


def replace_file(path: Path, raw: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old or the new one, never a part. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
