"""Which shells running agents were started from: looked up once for each, and remembered.

What is known lies in a file of the run folder, so that a daemon started again goes on with it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aicost.core.session import LiveSession
from aicost.core.shell_links import ShellLinks
from aicost.core.usage import Agent
from aicost.platform.atomic import replace_file
from aicost.platform.shells import Origin, boot_mark, is_server, is_there, origin_of, window_of
from aicost.sources.codex.live import PROCESS_NAME

log = logging.getLogger(__name__)

FILE_NAME = "shells.json"


@dataclass(frozen=True, slots=True)
class AgentAt:
    """A process that a session runs in."""

    agent: Agent
    pid: int
    cwd: str


def agent_of(live: LiveSession) -> AgentAt:
    """Return the process of a session that is known to run."""
    return AgentAt(live.agent, live.pid, live.cwd)


class ShellTracker:
    """Belongs to one thread: a look at the process table may take a while."""

    def __init__(self, run_dir: Path) -> None:
        self.links = ShellLinks()
        self._file = run_dir / FILE_NAME
        self._boot = boot_mark()
        self._looked: dict[str, AgentAt] = {}
        self._served: dict[str, int] = {}  # sessions of a daemon, and the window of each; 0: none
        self._saved = ""

    def load(self) -> None:
        """Go on with what an earlier daemon knew, but for shells that have ended."""
        try:
            self._saved = self._file.read_text()
        except (OSError, UnicodeDecodeError):  # there was none
            return
        self.links = ShellLinks.of_document(self._saved, self._boot)
        self._forget_ended()

    def look(self, running: Mapping[str, AgentAt]) -> bool:
        """Find the shells of sessions that are new, or in a new process; say whether any are."""
        found = False
        for session_id, at in running.items():
            if self._looked.get(session_id) != at:
                self._looked[session_id] = at
                found |= self._place(session_id, at)
        return found

    def tidy(self, running: Mapping[str, AgentAt]) -> bool:
        """Forget shells that have ended, and look again at what may have changed unseen.

        Say whether anything did.
        """
        for session_id in [one for one in self._looked if one not in running]:
            del self._looked[session_id]
            self._served.pop(session_id, None)
        found = self._forget_ended()
        for session_id in self._served:
            found |= self._place(session_id, running[session_id])
        return found

    def save(self) -> None:
        """Write what is known, if that is news."""
        document = self.links.document(self._boot)
        if document == self._saved:
            return
        try:
            replace_file(self._file, document.encode(), mode=0o600)
        except OSError as error:
            log.warning("the sessions of shells cannot be kept: %s", error)
        else:
            self._saved = document

    def _place(self, session_id: str, at: AgentAt) -> bool:
        origin = self._origin(session_id, at)
        if origin is None:  # it is gone, or its window is: what is known of it stays
            return False
        return self.links.link(session_id, origin.shells, origin.since_us)

    def _origin(self, session_id: str, at: AgentAt) -> Origin | None:
        if at.agent != "codex" or not is_server(at.pid):
            return origin_of(at.pid)
        known, window = self._served.get(session_id), window_of(PROCESS_NAME, at.cwd, session_id)
        self._served[session_id] = window or 0
        return None if window is None or window == known else origin_of(window)

    def _forget_ended(self) -> bool:
        ended = [shell for shell in self.links.shells if not is_there(shell)]
        for shell in ended:
            self.links.forget(shell)
        return bool(ended)
