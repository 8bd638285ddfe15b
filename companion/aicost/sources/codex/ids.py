"""Codex's ids: UUIDs of version 7, which sort by the moment they were made. Pure text."""

import re
from datetime import datetime
from functools import lru_cache

from aicost.core.days import from_us, to_us

_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_FIRST_US = 1_735_689_600_000_000  # 2025-01-01 UTC: no log is older, so an earlier time is none


@lru_cache(maxsize=256)  # asked for each line of a turn
def is_timed(text: str) -> bool:
    """Return whether an id tells when it was made; only such ids may be compared."""
    return _V7.fullmatch(text) is not None


def earliest(at: datetime, made_by: str) -> datetime:
    """Return when an id was made (to the millisecond), if it tells and that is before `at`."""
    if is_timed(made_by):
        made_us = int(made_by[:8] + made_by[9:13], 16) * 1000
        if _FIRST_US <= made_us < to_us(at):
            return from_us(made_us)
    return at
