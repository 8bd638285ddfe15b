"""The folder of prompts that were not sent: how long they stay, and how many. Hooks import it."""

import os
import re
import stat
from collections.abc import Iterator

KEPT_S = 30 * 86_400  # a kept prompt is deleted after 30 days
KEPT_FILES = 200  # and before that, the oldest, when there are more
_NAME = r"[\w-]+-\d{8}T\d{6}\.\d{6}Z\.txt"


def tidy(folder: str, now_s: float, *, keep: str = "") -> None:
    """Delete what is too old, or too many, of files as hooks write them; the path `keep` stays.

    `now_s` is seconds since 1970 UTC. Raises OSError, if only of the folder itself.
    """
    others = sorted((found for found in _kept(folder) if found[1] != keep), reverse=True)
    for number, (written_s, path) in enumerate(others, start=2 if keep else 1):
        if number > KEPT_FILES or now_s - written_s > KEPT_S:
            try:
                os.unlink(path)  # noqa: PTH108 - starts fast
            except OSError:
                continue  # another was quicker; or it stays until the next time


def _kept(folder: str) -> Iterator[tuple[float, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if re.fullmatch(_NAME, entry.name):
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    yield found.st_mtime, entry.path
