"""How often somebody may ask: so many at once, and as many again in each minute. Pure."""

from collections import OrderedDict

_MOST_KNOWN = 10_000  # whoever was quiet the longest is forgotten first


class Pace:
    """A bucket for each name; times are seconds of one steady clock."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # left, at

    def wait_s(self, name: str, now_s: float) -> float:
        """Take one; return 0, or the seconds until there is one."""
        left, at_s = self._left.pop(name, (float(self._per_minute), now_s))
        left = min(self._per_minute, left + (now_s - at_s) * self._per_minute / 60)
        may = left >= 1
        self._left[name] = (left - 1 if may else left, now_s)
        if len(self._left) > _MOST_KNOWN:
            self._left.popitem(last=False)
        return 0.0 if may else (1 - left) * 60 / self._per_minute
