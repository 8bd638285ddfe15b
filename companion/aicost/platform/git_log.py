"""What git knows of a repository's last weeks. Asks git itself, without a network.

A repository may be anybody's: nothing that its config, attributes or hooks name is run. Only
plumbing is asked, which reads no settings of looks; what could start a program is set on the
command line, which wins over the repository; no protocol is allowed; time and output are bounded.
"""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from aicost.core.commits import (
    FORMAT,
    Change,
    Commit,
    History,
    parse_changes,
    parse_commits,
    parse_index,
    parse_paths,
)
from aicost.platform.opening import open_unblocked

TIMEOUT_S: Final = 10.0  # of one question
_MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_COMMITS: Final = 4_000  # the newest
_EARLIER_S: Final = 86_400  # clocks differ; git stops at the first commit that is too old
_MOST_PATCHES: Final = 60
_DEFAULTS: Final = ("main", "master", "trunk", "develop")
_REMOTES: Final = ("origin", "upstream")
_SETTINGS: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=false",
    "core.gitProxy=",
    "core.alternateRefsCommand=",
    "core.untrackedCache=false",
    "core.quotePath=false",
    "core.attributesFile=/dev/null",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "log.showSignature=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
    "uploadpack.packObjectsHook=",
)
_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "none",  # (wins over any `protocol.*.allow`; no protocol is called so)
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_KEPT: Final = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "TMPDIR")


class Edited(NamedTuple):
    """How some files stand, by their paths."""

    left: frozenset[str]  # differ from what is committed, or are not
    clean: frozenset[str]  # are as committed, or gone


class Stop:
    """Ends whatever git is asked, now and later. For another thread."""

    def __init__(self) -> None:
        self.is_set = False
        self._process: subprocess.Popen[bytes] | None = None

    def set(self) -> None:
        """End what runs, and let nothing start."""
        self.is_set = True
        if self._process is not None:
            _kill(self._process)

    def watch(self, process: "subprocess.Popen[bytes] | None") -> None:
        """Note what runs now."""
        self._process = process
        if self.is_set and process is not None:
            _kill(process)


class GitLog:
    """Asks about the repository whose checkout begins at `top`."""

    def __init__(
        self,
        top: Path,
        env: Mapping[str, str],
        timeout_s: float = TIMEOUT_S,
        stop: Stop | None = None,
    ) -> None:
        self._top, self._timeout_s, self._stop = top, timeout_s, stop or Stop()
        folders = [one for one in env.get("PATH", "").split(":") if one.startswith("/")]
        path = ":".join(folders)  # (a relative one would be looked for in the repository)
        self._git = shutil.which("git", path=path)
        self._env = {name: env[name] for name in _KEPT if name in env} | _ENVIRONMENT
        self._env["PATH"] = path

    def history(self, since_s: int) -> History | None:
        """Return what happened since a moment (seconds since 1970); None if git cannot tell."""
        refs = self._refs()
        if refs is None:
            return None
        names = [name for name in self._default_refs(refs) if name in refs]
        if not refs:  # nothing was ever committed
            return History((), frozenset(), frozenset(), users=self._users(), since_s=since_s)
        since = f"--max-age={max(since_s - _EARLIER_S, 0)}"
        everywhere = ["--branches", "--remotes", "--tags", *self._head()]
        alive = self._commits([since, *everywhere])
        if alive is None:
            return None
        gone = self._commits([since, "--reflog", "--no-merges", "--not", *everywhere]) or []
        merged = self._lines("rev-list", since, *_most(), *names, "--") if names else []
        commits = (*alive, *(one for one in gone if not one.is_stashed))
        is_cut = len(alive) >= _MOST_COMMITS
        return History(
            commits=commits,
            alive=frozenset(one.id for one in alive),
            merged=frozenset(merged or ()),
            changes=self._changes(one for one in commits if len(one.parents) < 2),
            default_branch=names[0].rpartition("/")[2] if names else "",
            users=self._users(),
            since_s=min(one.committed_s for one in alive) if is_cut else since_s,
        )

    def with_patches(self, history: History, commits: Iterable[Commit]) -> History:
        """Return a history that also knows which patches of the default branch equal these."""
        wanted: dict[str, None] = {}
        for commit in history.unlanded(commits):
            if alike := history.alike(commit):
                wanted |= dict.fromkeys((commit.id, *alike))
        if not wanted:
            return history
        ids = list(wanted)[:_MOST_PATCHES]
        patches = self._run(
            ["diff-tree", "--stdin", "-p", "-r", "--root", "--no-renames", "--no-ext-diff",
             "--no-textconv", "--ignore-submodules=all"],
            "".join(f"{name}\n" for name in ids).encode(),
        )  # fmt: skip
        told = self._run(["patch-id", "--stable"], patches) if patches else None
        pairs = [line.split() for line in (told or b"").decode(errors="replace").splitlines()]
        return replace(history, patches={pair[1]: pair[0] for pair in pairs if len(pair) == 2})

    def edited(self, is_wanted: Callable[[str], bool]) -> "Edited | None":
        """Return how files stand that `is_wanted` names by their paths; None: git cannot tell.

        Contents are compared here: git would run them through the filters of the repository.
        """
        kept = self._run(["ls-files", "--stage", "-z"])
        staged = self._run(
            ["diff-index", "--cached", "--raw", "-z", "--ignore-submodules=all", "--no-ext-diff",
             "HEAD", "--"]
        )  # fmt: skip
        added = self._run(["ls-files", "--others", "--exclude-standard", "-z"])
        if kept is None or added is None:
            return None
        blobs = {path: blob for path, blob in parse_index(kept) if is_wanted(path)}
        left = {path for path in parse_paths((staged or b"") + added) if is_wanted(path)}
        left |= {path for path, blob in blobs.items() if self._differs(path, blob)}
        return Edited(left=frozenset(left), clean=frozenset(blobs.keys() - left))

    def _differs(self, path: str, blob: str) -> bool:
        """Say whether a file is not what git keeps of it; one that is gone is not left."""
        try:
            file = open_unblocked(self._top / path)
            with os.fdopen(file, "rb") as content:
                status = os.fstat(file)
                if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
                    return False
                text = content.read(status.st_size)
        except (OSError, ValueError):
            return False
        kind = "sha1" if len(blob) == 40 else "sha256"
        return hashlib.new(kind, b"blob %d\0" % len(text) + text).hexdigest() != blob

    def _refs(self) -> dict[str, str] | None:
        """Return the names of branches and what symbolic ones stand for; None: no repository."""
        lines = self._lines(
            "for-each-ref", "--count=5000", "--format=%(refname) %(symref)", "refs/heads",
            "refs/remotes",
        )  # fmt: skip
        if lines is None:
            return None
        return {name: target for name, _, target in (line.partition(" ") for line in lines)}

    def _default_refs(self, refs: Mapping[str, str]) -> list[str]:
        """Return the default branch, as the remote has it and as it is here."""
        for remote in _REMOTES:
            start = f"refs/remotes/{remote}/"
            target = refs.get(f"{start}HEAD", "")
            named = [target.removeprefix(start)] if target.startswith(start) else []
            for name in (*named, *_DEFAULTS):
                if start + name in refs:
                    return [start + name, f"refs/heads/{name}"]
        local = [name for name in refs if name.startswith("refs/heads/")]
        found = [f"refs/heads/{name}" for name in _DEFAULTS if f"refs/heads/{name}" in refs]
        return found[:1] or (local if len(local) == 1 else [])

    def _head(self) -> list[str]:
        return ["HEAD"] if self._run(["rev-parse", "-q", "--verify", "HEAD"]) else []

    def _users(self) -> frozenset[str]:
        """Return the addresses that the user commits under here."""
        found = self._lines("config", "--get-regexp", r"^(user|author|committer)\.email$")
        return frozenset(line.partition(" ")[2].strip().lower() for line in found or ()) - {""}

    def _commits(self, wanted: Sequence[str]) -> list[Commit] | None:
        asked = ["rev-list", *_most(), "--encoding=UTF-8", f"--format={FORMAT}", *wanted, "--"]
        output = self._run(asked)
        return None if output is None else parse_commits(output)

    def _changes(self, commits: Iterable[Commit]) -> dict[str, dict[str, Change]]:
        names = "".join(f"{one.id}\n" for one in commits)
        output = self._run(
            ["diff-tree", "--stdin", "--raw", "-r", "-z", "--root", "--no-renames", "--no-abbrev",
             "--no-ext-diff", "--ignore-submodules=none"],
            names.encode(),
        )  # fmt: skip
        return parse_changes(output or b"")

    def _lines(self, *asked: str) -> list[str] | None:
        output = self._run(asked)
        return None if output is None else output.decode(errors="replace").splitlines()

    def _run(self, asked: Sequence[str], given: bytes = b"") -> bytes | None:
        """Return what git says; None if it fails, takes too long or says too much."""
        if self._git is None or self._stop.is_set:
            return None
        settings = (part for setting in _SETTINGS for part in ("-c", setting))
        argv = [self._git, "--no-pager", "--literal-pathspecs", *settings, *asked]
        try:
            with tempfile.TemporaryFile() as stdin:
                stdin.write(given)
                stdin.seek(0)
                process = subprocess.Popen(
                    argv, cwd=self._top, env=self._env, stdin=stdin, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
        except (OSError, ValueError):  # the folder is gone; a NUL in its name
            return None
        self._stop.watch(process)
        with _ended_after(process, self._timeout_s), process:
            assert process.stdout is not None  # asked for, above
            output = process.stdout.read(_MOST_BYTES + 1)
            if len(output) > _MOST_BYTES:
                _kill(process)
        self._stop.watch(None)
        return output if process.returncode == 0 else None


def _most() -> tuple[str, ...]:
    return (f"--max-count={_MOST_COMMITS}",)


@contextmanager
def _ended_after(process: "subprocess.Popen[bytes]", timeout_s: float) -> Iterator[None]:
    timer = threading.Timer(timeout_s, _kill, [process])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End git with whatever it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
