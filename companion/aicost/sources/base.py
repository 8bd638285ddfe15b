"""What every agent's source gives: a pure parser of its log lines."""

from typing import Protocol

from aicost.core.facts import Parsed
from aicost.core.usage import Agent


class Parser(Protocol):
    """Pure: the same bytes and state give the same facts."""

    @property
    def agent(self) -> Agent:
        """Whose logs it reads."""

    def parse(self, lines: bytes, thread: str) -> Parsed:
        """Parse whole lines. `thread` is "" at a file's start, else the last `Parsed.thread`."""
