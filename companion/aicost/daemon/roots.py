"""Which checkout folders lie in, by real paths: as a shell sees it that asks where it is."""

import os
import time
from collections.abc import Callable

from aicost.platform.git import checkout_of

AGE_S = 60.0  # an answer is given again for so long: a repository may be made, moved or removed


class Roots:
    """Not thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, str | None] = {}
        self._since_s = float("-inf")

    def root_of(self, folder: str) -> str | None:
        """Return the top of the checkout that a folder lies in, None outside any."""
        now = self._clock()
        if now - self._since_s >= AGE_S:
            self._known, self._since_s = {}, now
        if folder not in self._known:
            top = checkout_of(os.path.realpath(folder)) if _is_path(folder) else None
            self._known[folder] = None if top is None else str(top)
        return self._known[folder]


def _is_path(folder: str) -> bool:
    return folder.startswith("/") and "\0" not in folder
