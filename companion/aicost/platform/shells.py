"""From which shells a process was started: asked of the process table.

Those are the interactive ones above it, on whichever terminal. A process that left them behind
(in the background, after its parent's end) may carry the mark that our code for shells exports.
psutil is imported by who first asks: where no agent runs, nobody does.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aicost.core.shell_links import Shell
from aicost.platform.processes import start_mark

if TYPE_CHECKING:
    from psutil import Process

SHELL_MARK = "AICOST_SHELL"  # what shells with our code export: their own number
SHELLS = frozenset({"ash", "bash", "dash", "fish", "ksh", "ksh93", "mksh", "nu", "sh", "zsh"})
_SERVES = frozenset({"app-server", "--listen"})  # the words of such a process's command line
_MOST_STEPS = 64  # up a process tree
_WITH_VALUE = frozenset({
    "--rcfile", "--init-file", "-O", "+O", "-o", "+o",  # bash, zsh, ksh
    "--init-command", "--features", "--debug", "--debug-output",  # fish
    "--config", "--env-config", "--plugin-config", "--execute", "--log-level",  # nu
})  # fmt: skip
_MORE_WITH_VALUE = {"fish": frozenset({"-C", "-d", "-f"}), "nu": frozenset({"-e", "-I", "-t"})}
_START_SLACK_S = 2.0  # the system tells when a process began to a second or so


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a process comes from."""

    shells: tuple[Shell, ...]  # the innermost first
    since_us: int  # when it began or a little before, since 1970 UTC


def origin_of(pid: int) -> Origin | None:
    """Return where a process comes from; None if it is gone."""
    from psutil import Process

    try:
        process = Process(pid)
        began_s = process.create_time()
        shells = tuple(_shells_above(process))
        if not shells:
            shells = tuple(_marked_shell(process, began_s))
    except _gone():
        return None
    return Origin(shells, int((began_s - _START_SLACK_S) * 1_000_000))


def is_there(shell: Shell) -> bool:
    """Say whether a shell still runs, and is no other process of its number."""
    return start_mark(shell.pid) == shell.start


def shell_of(pid: int) -> Shell | None:
    """Return a process as a shell, whatever it is; None if it is gone."""
    start = start_mark(pid)
    return Shell(pid, start) if start else None


def boot_mark() -> str:
    """Return what names this run of the machine, "" where the starts of processes do."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def window_of(name: str, cwd: str, thread_id: str) -> int | None:
    """Return the process of a client's window that shows a thread of a daemon; None for none seen.

    That is the one that names the thread, else the newest in the thread's folder; it has a
    terminal, as a daemon has none.
    """
    import psutil

    named, near = list[tuple[float, int]](), list[tuple[float, int]]()
    for process in psutil.process_iter(["name"]):
        if not (process.info["name"] or "").startswith(name):
            continue
        try:
            if not _has_terminal(process):
                continue
            found = process.create_time(), process.pid
            if thread_id in process.cmdline():
                named.append(found)
            elif process.cwd() == cwd:
                near.append(found)
        except _gone():
            continue
    return max(named or near, default=(0.0, None))[1]


def is_server(pid: int) -> bool:
    """Say whether a process serves windows that others have; False if it is gone."""
    from psutil import Process

    try:
        return set(Process(pid).cmdline()) >= _SERVES
    except _gone():
        return False


def is_interactive(name: str, argv: Sequence[str]) -> bool:
    """Say whether a shell so started reads commands from a person: no script, no `-c`."""
    with_value = _WITH_VALUE | _MORE_WITH_VALUE.get(name, frozenset())
    words = iter(argv[1:])
    for word in words:
        if word in with_value:
            next(words, None)
        elif word in ("-", "--"):
            return next(words, None) is None
        elif word.startswith("--"):
            if word.partition("=")[0] in ("--command", "--commands"):
                return False
        elif not word.startswith(("-", "+")):
            return False
        elif word.startswith("-") and (found := _by_letters(word)) is not None:
            return found
    return True


def _by_letters(word: str) -> bool | None:
    if "i" in word:
        return True
    return False if "c" in word else None


def _gone() -> tuple[type[Exception], ...]:
    """Return what says that a process is gone, or somebody else's."""
    from psutil import Error

    return (Error, OSError, ValueError, OverflowError)


def _shells_above(process: "Process") -> list[Shell]:
    found = list[Shell]()
    above = process.parent()
    for _ in range(_MOST_STEPS):
        if above is None:
            break
        shell = _as_shell(above)
        if shell is not None:
            found.append(shell)
        above = above.parent()  # (None, too, where that began later than its child)
    return found


def _as_shell(process: "Process") -> Shell | None:
    try:
        name = process.name()
        if name not in SHELLS or not is_interactive(name, process.cmdline()):
            return None
        return shell_of(process.pid) if _has_terminal(process) else None
    except _gone():  # somebody else's, as that of a login
        return None


def _marked_shell(process: "Process", began_s: float) -> list[Shell]:
    from psutil import Process

    try:
        mark = process.environ().get(SHELL_MARK, "")
        marked = Process(int(mark)) if mark.isascii() and mark.isdecimal() else None
        if marked is None or marked.create_time() > began_s:  # another one got the number
            return []
    except _gone():
        return []
    shell = _as_shell(marked)
    return [shell] if shell else []


def _has_terminal(process: "Process") -> bool:
    if sys.platform != "linux":
        return process.terminal() is not None
    # psutil looks terminals up in a list that it makes once: a later one would be none.
    fields = Path(f"/proc/{process.pid}/stat").read_bytes().rpartition(b")")[2].split()
    return fields[4] != b"0"
