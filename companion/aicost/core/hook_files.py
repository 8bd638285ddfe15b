"""The text of what an agent runs at each event: its command, and the file that tells the rest.

The command never changes, so that an upgrade needs no new look at it (Codex trusts a command by a
hash of its text): it names the folder of `gate.sh`, and a file beside that says where all else is.
"""

import re
import shlex
from dataclasses import dataclass
from typing import Literal

from aicost.core.errors import ConfigError

FOLDER = "hooks"  # in the data folder
GATE, WHERE = "gate.sh", "where"
STATUS_LINE = "statusline.sh"
SCRIPTS = (GATE, STATUS_LINE)

FailMode = Literal["open", "closed"]

_OURS = re.compile(r"\bA=(claude|codex) E=\w+ D=.*/gate\.sh", re.DOTALL)
_STATUS_LINE = re.compile(r"AICOST_D=.*/statusline\.sh", re.DOTALL)
_OTHER = "AICOST_C="
_FIELDS = ("R", "H", "F", "P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What `gate.sh` needs to know, and an upgrade or a start of the daemon changes."""

    run_dir: str
    hook: str  # the program that is asked where a file does not answer, absolute
    fail: FailMode  # what happens while the daemon is gone
    daemon_pid: int  # 0: none runs


def hook_command(agent: str, event: str, folder: str) -> str:
    """Return the line that an agent runs at an event; `folder` is that of `gate.sh`, absolute.

    It ends with 0 and says nothing where the files are gone: sourcing one that is not there would
    end a shell with 2, by which an agent means "blocked", and a folder makes shells complain.
    Raises ConfigError.
    """
    place = quoted(folder, "the data folder")
    gate = f'"$D/{GATE}"'
    return f"A={agent} E={event} D={place}; [ -f {gate} ] && [ -r {gate} ] || exit 0; . {gate}"


def is_hook_command(command: str) -> bool:
    """Say whether a command of an agent's settings is one of ours, of whatever version."""
    return _OURS.search(command) is not None


def status_line_command(folder: str, other: str) -> str:
    """Return the line that Claude Code runs for its status line; `folder` is that of the scripts.

    `other` is the command that was there before, "" for none: it runs beside ours, and alone where
    our files are gone. Raises ConfigError.
    """
    place = quoted(folder, "the data folder")
    words = f"AICOST_D={place} {_OTHER}{_word(other)}"
    script = f'"$AICOST_D/{STATUS_LINE}"'
    ours = f"if [ -f {script} ] && [ -r {script} ]; then . {script}"
    return f'{words} ; {ours}; else eval "$AICOST_C"; fi'


def is_status_line_command(command: str) -> bool:
    """Say whether a command of the settings is our status line, of whatever version."""
    return _STATUS_LINE.match(command) is not None


def other_status_line(command: str) -> str:
    """Return the command that runs beside our status line, "" for none."""
    try:
        words = shlex.split(command)
    except ValueError:  # somebody cut it in two
        return ""
    return next((word[len(_OTHER) :] for word in words if word.startswith(_OTHER)), "")


def _word(command: str) -> str:
    """Return a command as one word for sh. Raises ConfigError for one that no file can hold."""
    if "\0" in command or any("\ud800" <= sign <= "\udfff" for sign in command):
        raise ConfigError(
            "the status line's command cannot be kept",
            why="it has a sign that no command line can hold",
            hint="aicost statusline status",
        )
    return "'" + command.replace("'", "'\\''") + "'"


def where_text(where: Where) -> str:
    """Return the file as assignments for sh. Raises ConfigError."""
    run_dir = quoted(where.run_dir, "the run folder")
    hook = quoted(where.hook, "the program of the hooks")
    return f"R={run_dir} H={hook} F={where.fail} P={where.daemon_pid}\n"


def parse_where(text: str) -> Where | None:
    """Return what a file says, None if it is none of ours."""
    try:
        pairs = [word.partition("=") for word in shlex.split(text)]
    except ValueError:  # a quotation without its end
        return None
    run_dir, hook, fail, pid = [value for _, _, value in pairs] if len(pairs) == 4 else [""] * 4
    if tuple(name for name, _, _ in pairs) != _FIELDS or fail not in ("open", "closed"):
        return None
    if not (pid.isascii() and pid.isdecimal() and len(pid) < 20):
        return None
    mode: FailMode = "closed" if fail == "closed" else "open"
    return Where(run_dir=run_dir, hook=hook, fail=mode, daemon_pid=int(pid))


def quoted(path: str, what: str) -> str:
    """Return a path as one word for sh. Raises ConfigError for one that no line can hold."""
    if not path or not _is_plain(path):
        raise ConfigError(
            f"{what} cannot be named in a hook: {path!r}",
            why="its name has a line break, another control character, or is no UTF-8",
            hint="set AICOST_HOME to a folder with a plain name",
        )
    return "'" + path.replace("'", "'\\''") + "'"


def _is_plain(path: str) -> bool:
    """Say whether a settings file and a line of sh can both hold a path."""
    has_control = any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in path)
    return not has_control and not any("\ud800" <= sign <= "\udfff" for sign in path)
