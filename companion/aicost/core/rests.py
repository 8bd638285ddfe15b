"""How long to rest after work that comes again and again: its cost stays a share of the time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rest:
    """Rests grow with the work before them, and what comes meanwhile is done together."""

    times: float  # as long as the work took
    most_s: float
    least_s: float = 0.0

    def after(self, work_s: float) -> float:
        """Return the seconds to rest after so many seconds of work."""
        return max(self.least_s, min(self.most_s, self.times * work_s))
