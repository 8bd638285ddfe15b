"""Waiting for a condition instead of a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    found: Callable[[], T | None], what: str, *, timeout_s: float = 20.0, every_s: float = 0.02
) -> T:
    """Ask `found` until it answers something true; return that.

    Raises TimeoutError, which names `what`, after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}")
        time.sleep(every_s)
