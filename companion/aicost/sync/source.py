"""Who sends: a key, one of its devices, and the team that the days are for."""

from dataclasses import dataclass, field
from datetime import date

from aicost.core.team.pseudonyms import Identity, epoch_of, identity_of
from aicost.core.team.schedule import device_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One device of one person. Only what is derived from `key` is ever sent."""

    team: str
    key: bytes = field(repr=False)
    device: str = field(repr=False)
    token: str = field(default="", repr=False)  # a folder wants none

    def on(self, day: date) -> Identity:
        """Return who this is in the epoch of a day."""
        return self.within(epoch_of(day))

    def within(self, epoch: str) -> Identity:
        """Return who this is in an epoch."""
        return identity_of(self.key, self.team, epoch)

    def device_on(self, day: date) -> str:
        """Return what tells this device from the user's others in the epoch of a day."""
        return device_name(self.key, self.device, epoch_of(day))
