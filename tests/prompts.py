"""Real shells in a terminal, with aicost's badge in their prompts, and the files that they read."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lab.terminal import Terminal
from lab.waiting import until

from aicost.core.badge import alive_line, repo_file
from aicost.core.shell_code import FILES, READER, filled

FOLDER = Path(__file__).parents[1] / "shell"
SHELLS = ("bash", "zsh", "fish")
LINE = "warn\t$3.20\t82\tbusy 2\t1.2M\t$6.10/h\t41\tbugfix\n"
SHOWN = "⬡ $3.20 ▲82%"
PROMPT = "P>"

# Where each shell reads its user's file, and the plainest prompt in it.
_RC = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}
_PLAIN = {
    "bash": f"PS1='{PROMPT} '\n",
    "zsh": f"PROMPT='{PROMPT} '\nunsetopt prompt_sp\n",
    "fish": f"set -g fish_greeting\nfunction fish_prompt\n    printf '{PROMPT} '\nend\n",
}
_ARGV = {"bash": ("bash", "-i"), "zsh": ("zsh", "-d", "-i"), "fish": ("fish", "-i")}


@dataclass(frozen=True, slots=True)
class Badges:
    """The folder of the badges, written as a daemon would that is this very process."""

    path: Path

    def make(self) -> None:
        """Make it, empty, and say that its daemon lives."""
        for name in ("shell", "repo"):
            (self.path / name).mkdir(parents=True, mode=0o700)
        self.live()

    def live(self, *, pid: int = os.getpid(), ago_s: float = 0.0) -> None:
        """Say that the daemon was at work so long ago."""
        file = self._write("alive", alive_line(pid, time.time() - ago_s))
        os.utime(file, (time.time() - ago_s,) * 2)

    def today(self, line: str | bytes) -> Path:
        """Write what all of today came to."""
        return self._write("today", line)

    def of_shell(self, pid: int, line: str | bytes) -> Path:
        """Write what the sessions of a shell came to."""
        return self._write(f"shell/{pid}", line)

    def of_repo(self, root: Path, line: str | bytes) -> Path:
        """Write what was spent in a checkout."""
        name = repo_file(str(root))
        assert name is not None
        return self._write(f"repo/{name}", line)

    def _write(self, name: str, content: str | bytes) -> Path:
        data = content.encode() if isinstance(content, str) else content
        part = self.path / f"{name}.part"
        part.write_bytes(data)
        return part.rename(self.path / name)


@dataclass
class Setting:
    """A home with one shell's own file in it, and the badges that it would show."""

    shell: str
    home: Path
    badges: Badges
    env: dict[str, str] = field(default_factory=dict)
    columns: int = 100

    @property
    def init(self) -> Path:
        """The file that `aicost init` would print."""
        return self.home / f"init.{self.shell}"

    def code(self) -> str:
        """Return what `aicost init` would print here."""
        template = (FOLDER / FILES[self.shell]).read_text()
        reader = str(FOLDER / READER)
        return filled(template, self.shell, badge_dir=str(self.badges.path), reader=reader)

    def write_rc(self, *, before: str = "", after: str = "", init: str | None = None) -> Path:
        """Write the user's file: the plain prompt, `before`, aicost, `after`."""
        self.init.write_text(self.code())
        rc = self.home / _RC[self.shell]
        rc.parent.mkdir(parents=True, exist_ok=True)
        ours = f"source {self.init}" if init is None else init
        rc.write_text(f"{_PLAIN[self.shell]}{before}\n{ours}\n{after}\n")
        return rc

    @contextmanager
    def open(self, cwd: Path | None = None) -> Iterator["Prompt"]:
        """Start the shell in a terminal; wait for its first prompt."""
        if not (self.home / _RC[self.shell]).exists():
            self.write_rc()
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        env |= self.env
        terminal = Terminal(
            _ARGV[self.shell], env=env, cwd=cwd or self.home, columns=self.columns, rows=100
        )
        with terminal:
            prompt = Prompt(terminal)
            prompt.wait_for_prompts(1)
            yield prompt

    def set(self, name: str, value: str) -> str:
        """Return how a variable is set in this shell."""
        return f"set -g {name} '{value}'" if self.shell == "fish" else f"{name}='{value}'"

    def unset(self, name: str) -> str:
        """Return how a variable is taken away in this shell."""
        return f"set -e {name}" if self.shell == "fish" else f"unset {name}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A shell that waits for its user."""

    terminal: Terminal

    @property
    def pid(self) -> int:
        """The shell's process."""
        return self.terminal.pid

    def lines(self) -> list[str]:
        """Return what is on the screen, without what is empty below."""
        return [line.rstrip() for line in self.terminal.screen().rstrip().split("\n")]

    def wait_for(self, line: str) -> None:
        """Wait until the prompt stands on just this line. Raises TimeoutError."""
        try:
            until(lambda: self.last() == line, repr(line))
        except TimeoutError as error:
            raise TimeoutError(f"{error}; there is {self.last()!r}") from None

    def last(self) -> str:
        """Return the line that the prompt stands on."""
        return self.lines()[-1]

    def wait_for_prompts(self, count: int) -> None:
        """Wait until so many prompts are on the screen, one of them in its last line."""

        def are_there() -> bool:
            lines = self.lines()
            return PROMPT in lines[-1] and sum(line.count(PROMPT) for line in lines) >= count

        try:
            until(are_there, f"{count} prompts")
        except TimeoutError as error:
            shown = "\n".join(self.lines())
            raise TimeoutError(f"{error}; there is:\n{shown}") from None

    def after(self, command: str = "") -> str:
        """Run a command; return the next prompt's line."""
        count = sum(line.count(PROMPT) for line in self.lines())
        if command:
            self.terminal.type_line(command)
        else:
            self.terminal.press("Enter")
        self.wait_for_prompts(count + 1)
        return self.last()

    def output(self, command: str) -> list[str]:
        """Run a command; return what it printed."""
        count = len(self.lines())
        self.after(command)
        return self.lines()[count:-1]

    def painted(self) -> str:
        """Return the prompt's line with its colours."""
        return self.terminal.painted_screen().rstrip("\n ").split("\n")[-1]

    def wait_for_cursor(self, column: int) -> None:
        """Wait until the cursor stands in a column, from 0. Raises TimeoutError."""
        try:
            until(lambda: self.cursor() == column, f"the cursor in column {column}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is in {self.cursor()}") from None

    def cursor(self) -> int:
        """Return the column that the cursor stands in, from 0."""
        return int(self.terminal._tmux("display", "-p", "-t", "s", "#{cursor_x}"))


def skip_without(shell: str) -> None:
    """Skip the test where a shell is not installed, or no tmux for its terminal."""
    for program in (shell, "tmux"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}")


def setting(shell: str, home: Path, env: Mapping[str, str] | None = None) -> Setting:
    """Return a setting with a daemon that lives and has nothing to tell."""
    skip_without(shell)
    badges = Badges(home / "run" / "badge")
    badges.make()
    return Setting(shell, home, badges, dict(env or {}))
