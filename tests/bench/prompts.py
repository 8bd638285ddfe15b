"""What the badge adds to a prompt: a thousand of them with it and without, in each shell."""

import os
import pty
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.measuring import cpu_s
from bench.setting import Bench, Skipped
from bench.table import Figure
from prompts import FOLDER, LINE, Badges

from aicost.core.shell_code import FILES, READER, SHELLS, filled

ADDED_AT_MOST_S = 0.001
PROMPTS = 1000
BATCH = 50  # of one kind, then as many of the other: both see the same machine
FOLDERS, FILES_EACH = 100, 1000  # of the large repository
_ANSWER_S = 20.0

# A prompt that ends in its own number, made at no cost to speak of.
_PLAIN = {
    "bash": "n=0; PROMPT_COMMAND='((++n))'; PS1='P${n}> '\n",
    "zsh": "n=0; precmd() { (( ++n )) }; setopt prompt_subst; PROMPT='P${n}> '\n",
    "fish": "set n 0; set fish_greeting\n"
    "function fish_prompt; set n (math $n + 1); printf 'P%s> ' $n; end\n",
}
_RC = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}


class Shell:
    """A shell in a terminal of its own, that says when its prompt is there."""

    def __init__(self, name: str, home: Path, cwd: Path) -> None:
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm"}
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(cwd)
            os.execvpe(name, [name, "-i"], env)
        self._seen, self._number = b"", 0
        self._wait()

    @property
    def pid(self) -> int:
        """The process."""
        return self._pid

    def prompt_s(self) -> float:
        """Press Enter; return how long the next prompt took."""
        start = time.perf_counter()
        os.write(self._terminal, b"\r")
        self._wait()
        return time.perf_counter() - start

    def end(self) -> None:
        """Close its terminal, and wait until it is gone."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _wait(self) -> None:
        self._number += 1
        wanted = b"P%d>" % self._number
        deadline = time.monotonic() + _ANSWER_S
        while wanted not in self._seen:
            if not select.select([self._terminal], [], [], deadline - time.monotonic())[0]:
                raise RuntimeError(f"no prompt after {_ANSWER_S:g} s: {self._seen[-400:]!r}")
            self._seen += os.read(self._terminal, 65536)
        self._seen = self._seen.rpartition(wanted)[2]


def measure(bench: Bench) -> list[Figure]:
    """Measure each shell that is here, in a small folder and in a large repository."""
    found = [name for name in SHELLS if shutil.which(name)]
    if not found:
        raise Skipped(f"none of {', '.join(SHELLS)} is installed")
    large = large_repository(bench.scratch / "large")
    small = bench.scratch / "small"
    small.mkdir()
    folders = {"": small, ", 100k files": large}
    return [
        figure
        for name in found
        for words, cwd in folders.items()
        for figure in _compared(name, bench.scratch / f"prompt-{name}{len(words)}", cwd, words)
    ]


def large_repository(path: Path) -> Path:
    """Make a checkout of a hundred thousand files; return a folder in it."""
    (path / ".git").mkdir(parents=True)
    for number in range(FOLDERS):
        folder = path / f"part-{number}"
        folder.mkdir()
        for file in range(FILES_EACH):
            (folder / f"{file}.txt").touch()
    return path / "part-0"


def _compared(name: str, home: Path, cwd: Path, words: str) -> list[Figure]:
    badges = Badges(home / "run" / "badge")
    badges.make()
    badges.of_repo(cwd.parent.resolve(), LINE)
    taken: tuple[list[float], list[float]] = ([], [])
    with (
        started(name, home / "with", cwd, code_of(name, badges)) as badged,
        started(name, home / "without", cwd, "") as bare,
    ):
        both = (badged, bare)
        before = [cpu_s(shell.pid) for shell in both]
        for _ in range(PROMPTS // BATCH):
            badges.live()
            for shell, times in zip(both, taken):
                times += [shell.prompt_s() for _ in range(BATCH)]
        worked = [(cpu_s(shell.pid) - at) / PROMPTS for shell, at in zip(both, before)]
    own, plain = map(median, taken)
    what = f"prompt of {name}{words}"
    return [
        Figure(what=what, value=own, beside=plain, beside_what="without the badge"),
        Figure(what=f"{what}: added", value=own - plain, at_most=ADDED_AT_MOST_S),
        Figure(what=f"{what}: added, processor", value=worked[0] - worked[1]),
    ]


def code_of(name: str, badges: Badges) -> str:
    """Return what `aicost init` prints."""
    template = (FOLDER / FILES[name]).read_text()
    return filled(template, name, badge_dir=str(badges.path), reader=str(FOLDER / READER))


@contextmanager
def started(name: str, home: Path, cwd: Path, code: str) -> Iterator[Shell]:
    """Run a shell with this code in its user's file."""
    rc = home / _RC[name]
    rc.parent.mkdir(parents=True)
    rc.write_text(_PLAIN[name] + code)
    shell = Shell(name, home, cwd)
    try:
        yield shell
    finally:
        shell.end()
