"""Files of prices: where ours are, how they differ, how one is replaced. Only standard library."""

import hashlib
import os
from pathlib import Path

OVERRIDES = Path(__file__).with_name("overrides.toml")
CREDITS = Path(__file__).with_name("credits.toml")


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
