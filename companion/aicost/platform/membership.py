"""Which team this machine sends to, and what was promised: `team.json` beside the ledger.

No secret is in it. It is a file of its own, so that a lost outbox does not end a membership.
"""

from datetime import date
from pathlib import Path

import msgspec

from aicost.core.errors import ConfigError
from aicost.core.team.documents import Billing
from aicost.platform.atomic import replace_file

_SCHEMA = 1


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """To whom days go, since when, and under which promise."""

    sink: str  # address of a server, or an absolute folder
    team: str
    k: int  # people that a published group has at least; 0: a folder promises nothing
    retention_months: int
    since: date  # the first day that is sent
    first: date  # the earliest that ever was, for deleting
    cohort: str | None = None
    billing: Billing = "unknown"  # where logs do not tell
    labels: dict[str, str] = {}  # repository, or project -> label
    hashes_projects: bool = False
    left: bool = False  # nothing is sent any more; what was can still be deleted
    schema: int = _SCHEMA

    @property
    def is_folder(self) -> bool:
        """Whether days are written as files, without a server."""
        return self.sink.startswith("/")

    @property
    def name(self) -> str:
        """What tells two memberships apart."""
        return f"{self.sink} {self.team}"


def load_membership(file: Path) -> Membership | None:
    """Return the membership, None if there is none. Raises ConfigError."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, str(error)) from error
    try:
        found = msgspec.json.decode(raw, type=Membership)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(file, "it is not as aicost writes it") from error
    if found.schema != _SCHEMA:
        raise _unusable(file, "another version of aicost wrote it")
    return found


def save_membership(file: Path, membership: Membership) -> None:
    """Keep a membership in place of another. Raises ConfigError."""
    try:
        replace_file(file, msgspec.json.format(msgspec.json.encode(membership)) + b"\n", mode=0o600)
    except OSError as error:
        raise _unusable(file, str(error)) from error


def drop_membership(file: Path) -> None:
    """End a membership. Raises ConfigError."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(file, str(error)) from error


def _unusable(file: Path, why: str) -> ConfigError:
    return ConfigError(
        "the team's membership cannot be used", why=f"{file}: {why}", hint="aicost team leave"
    )
