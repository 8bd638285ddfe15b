"""Which agents' sessions were started from which shells, and from when to when. No I/O.

A session may be carried on from another shell: what it used before stays with the first one.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

MOST_SESSIONS = 500  # of one shell; the oldest are forgotten
_VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Shell:
    """A process, and when it began: numbers are used again."""

    pid: int
    start: str  # as the system counts


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time [since, until) in which a session was a shell's."""

    since_us: int  # since 1970 UTC
    until_us: int | None = None  # None: it still is


class ShellLinks:
    """Remembers the sessions of shells."""

    def __init__(self) -> None:
        self._sessions: dict[Shell, dict[str, tuple[Stretch, ...]]] = {}

    @property
    def shells(self) -> Collection[Shell]:
        """All shells that have sessions."""
        return self._sessions.keys()

    def sessions_of(self, shell: Shell) -> Mapping[str, tuple[Stretch, ...]]:
        """Return the sessions of a shell, with their times."""
        return self._sessions.get(shell, {})

    def link(self, session_id: str, shells: Collection[Shell], since_us: int) -> bool:
        """Note that a session runs in a process of these shells, begun then; say whether it is new.

        For other shells it ends then.
        """
        is_new = False
        for shell, sessions in self._sessions.items():
            stretches = sessions.get(session_id, ())
            if shell not in shells and stretches and stretches[-1].until_us is None:
                is_new = True
                ended = replace(stretches[-1], until_us=max(since_us, stretches[-1].since_us))
                sessions[session_id] = (*stretches[:-1], ended)
        for shell in shells:
            sessions = self._sessions.setdefault(shell, {})
            stretches = sessions.get(session_id, ())
            if not stretches or stretches[-1].until_us is not None:
                is_new = True
                sessions[session_id] = (*stretches, Stretch(since_us))
                if len(sessions) > MOST_SESSIONS:
                    del sessions[next(iter(sessions))]
        return is_new

    def forget(self, shell: Shell) -> None:
        """Forget a shell that has ended."""
        self._sessions.pop(shell, None)

    # Kept on disk: a daemon that is started again goes on with what is known.

    def document(self, boot: str) -> str:
        """Return all of it as JSON; `boot` names the run of the machine that shells are of."""
        shells = [
            {
                "pid": shell.pid,
                "start": shell.start,
                "sessions": {
                    name: [[one.since_us, one.until_us] for one in stretches]
                    for name, stretches in sessions.items()
                },
            }
            for shell, sessions in self._sessions.items()
        ]
        return json.dumps({"version": _VERSION, "boot": boot, "shells": shells})

    @classmethod
    def of_document(cls, text: str, boot: str) -> Self:
        """Return what a document says; nothing for one of another run, version or making."""
        links = cls()
        try:
            document = json.loads(text)
            if document["version"] == _VERSION and document["boot"] == boot:
                links._sessions = dict(map(_shell, document["shells"]))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return cls()
        return links


def _shell(said: Mapping[str, Any]) -> tuple[Shell, dict[str, tuple[Stretch, ...]]]:
    """Return a shell of a document. Raises what Python does for what is none."""
    sessions = {
        name: tuple(Stretch(_whole(since), _until(until)) for since, until in stretches)
        for name, stretches in said["sessions"].items()
    }
    if not isinstance(said["start"], str) or not all(sessions.values()):
        raise TypeError("no shell")
    return Shell(_whole(said["pid"]), said["start"]), sessions


def _until(value: object) -> int | None:
    return None if value is None else _whole(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise TypeError("no whole number")
    return value
