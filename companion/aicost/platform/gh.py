"""GitHub's own program `gh`, asked for pull requests: only where the user turned that on."""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from aicost.core.pull_requests import FIELDS, OLD_FIELDS, PullRequest, parse_pull_requests

TIMEOUT_S: Final = 20.0
FRESH_S: Final = 3_600.0  # an answer is good for so long, also that there was none
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST: Final = 200  # pull requests, the newest
_MOST_CHARS: Final = 200  # of what gh says of its trouble

log = logging.getLogger(__name__)


class Gh:
    """Asks gh, at most once an hour for each repository. What goes wrong is one line in the log."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        folders = [one for one in env.get("PATH", "").split(":") if one.startswith("/")]
        self._env = {**env, "PATH": ":".join(folders)} | {
            "GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1",
        }  # fmt: skip
        self._timeout_s, self._clock = timeout_s, clock
        self._known: dict[str, tuple[float, list[PullRequest]]] = {}

    def merged(self, repo_key: str) -> list[PullRequest]:
        """Return the merged pull requests of `github.com/Org/Repo`; none if gh cannot tell."""
        now = self._clock()
        asked_at, found = self._known.get(repo_key, (float("-inf"), []))
        if now - asked_at >= FRESH_S:
            found = self._ask(repo_key)
            self._known[repo_key] = (now, found)
        return found

    def _ask(self, repo_key: str) -> list[PullRequest]:
        if repo_key.count("/") != 2:  # (gh knows repositories by host, owner and name)
            return []
        trouble = ""
        for fields in (FIELDS, OLD_FIELDS):
            output, trouble = self._run(repo_key, fields)
            found = parse_pull_requests(output) if output is not None else None
            if found is not None:
                return found
            if "json field" not in trouble.lower():
                break
        log.warning("gh cannot list pull requests: %s", trouble or "its answer is no list of them")
        return []

    def _run(self, repo_key: str, fields: str) -> tuple[bytes | None, str]:
        """Return what gh said, or None and why. In no repository: none of its settings count."""
        program = shutil.which("gh", path=self._env["PATH"])
        if program is None:
            return None, "there is no program gh"
        argv = [program, "pr", "list", "--repo", repo_key, "--state", "merged", "--limit"]
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    [*argv, str(_MOST), "--json", fields], cwd=folder, env=self._env,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                return None, error.strerror or "it cannot be started"
            timer = threading.Timer(self._timeout_s, _kill, [process])
            timer.start()
            with process:
                assert process.stdout is not None  # asked for, above
                output = process.stdout.read(_MOST_BYTES + 1)
                if len(output) > _MOST_BYTES:
                    _kill(process)
            timer.cancel()
            said.seek(0)
            first = said.read(4_000).decode(errors="replace").strip().partition("\n")[0]
        if process.returncode == 0:
            return output, ""
        return None, first[:_MOST_CHARS] or f"it ended with {process.returncode}"


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End gh with whatever it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
