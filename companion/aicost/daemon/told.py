"""What clients say of their sessions elsewhere than in a log, until it is recorded."""

from collections.abc import Mapping
from typing import TypeVar

from aicost.core.facts import ClientTotal, LimitsSeen

T = TypeVar("T")


class Told:
    """Keeps the newest word of each session. In the event loop only."""

    def __init__(self) -> None:
        self._totals: dict[str, ClientTotal] = {}  # by session
        self._limits: dict[str, LimitsSeen] = {}

    def __bool__(self) -> bool:
        return bool(self._totals)

    def note(self, total: ClientTotal, limits: LimitsSeen | None) -> None:
        """Note what a client says of a session, and of its account's limits in it."""
        self._totals[total.session_id] = total
        if limits is not None:
            self._limits[total.session_id] = limits

    def all(self) -> tuple[Mapping[str, ClientTotal], Mapping[str, LimitsSeen]]:
        """Return totals and limits as they are now, by session."""
        return dict(self._totals), dict(self._limits)

    def forget(self, totals: Mapping[str, ClientTotal], limits: Mapping[str, LimitsSeen]) -> None:
        """Forget what was recorded, unless something newer was told meanwhile."""
        _forget(self._totals, totals)
        _forget(self._limits, limits)


def _forget(noted: dict[str, T], recorded: Mapping[str, T]) -> None:
    for name, one in recorded.items():
        if noted.get(name) is one:
            del noted[name]
