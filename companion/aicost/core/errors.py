"""Every error a user may see, each with what happened, why, and what to do."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Process exit statuses, documented in README and stable across releases."""

    OK = 0
    INTERNAL = 1  # a bug in aicost
    CONFIG = 3  # 2 is not used: a hook's exit 2 means "block this tool call"
    DAEMON_DOWN = 4
    STORE = 5
    SYNC = 6


class AicostError(Exception):
    """Base of the errors shown without a traceback.

    `what` happened, `why`, and `hint`: one command or one edit the reader can make now.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.hint = what, why, hint

    def render(self) -> str:
        """Return the lines for stderr: `aicost: WHAT`, then `why:` and `try:` if known."""
        lines = [f"aicost: {self.what}"]
        if self.why:
            lines.append(f"   why: {self.why}")
        if self.hint:
            lines.append(f"   try: {self.hint}")
        return "\n".join(lines)


class ConfigError(AicostError):
    """A setting is missing or cannot be used."""

    exit_code = ExitCode.CONFIG


class DaemonDown(AicostError):
    """The daemon does not answer."""

    exit_code = ExitCode.DAEMON_DOWN


class ProtocolMismatch(DaemonDown):
    """A daemon of another version answers."""


class StoreError(AicostError):
    """The ledger cannot be opened, read or written."""

    exit_code = ExitCode.STORE


class SyncRejected(AicostError):
    """A team's server cannot be reached, or will not have what it is sent."""

    exit_code = ExitCode.SYNC


class LogFormatError(ValueError):
    """A log line that should carry usage does not. Counted and skipped, never shown raw."""
