"""What `aicost init` prints: a file of `shell/` with this user's places in it, safely quoted."""

import json
from collections.abc import Callable, Mapping

from aicost.core.errors import ConfigError

FILES: Mapping[str, str] = {  # what is asked for -> its file in `shell/`
    "bash": "aicost.bash",
    "zsh": "aicost.zsh",
    "fish": "aicost.fish",
    "starship": "starship.toml",
    "tmux": "tmux.conf",
}
SHELLS = ("bash", "zsh", "fish")  # those of them that are shells
READER = "badge.sh"  # beside them: for what cannot read a file by itself

# What a line of tmux.conf, the format in it and a shell below that all leave as it is.
_PLAIN_IN_TMUX = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /._-+=@:,~"
)


def filled(template: str, name: str, *, badge_dir: str, reader: str) -> str:
    """Return a file with the folder of the badges and the path of READER in their places.

    Raises ConfigError where a path has signs that cannot be written there.
    """
    word = _WORDS[name]
    command = f'sh {sh_word(reader)} {sh_word(badge_dir)} plain "$AICOST_SHELL"'
    places = {
        "@DIR@": word(badge_dir),
        "@READER@": word(reader),
        "@COMMAND@": json.dumps(command, ensure_ascii=False),  # as TOML writes it, too
    }
    for place, text in places.items():
        template = template.replace(place, text)
    return template


def sh_word(path: str) -> str:
    """Return a path as one word for sh, bash and zsh. Raises ConfigError."""
    return "'" + _checked(path).replace("'", "'\\''") + "'"


def fish_word(path: str) -> str:
    """Return a path as one word for fish. Raises ConfigError."""
    return "'" + _checked(path).replace("\\", "\\\\").replace("'", "\\'") + "'"


def tmux_word(path: str) -> str:
    """Return a path as one word for a shell below a format of tmux. Raises ConfigError."""
    if not set(path) <= _PLAIN_IN_TMUX:
        raise _unwritable(path, "tmux itself reads some of the signs in it")
    return f"'{path}'"


_WORDS: Mapping[str, Callable[[str], str]] = {
    "bash": sh_word,
    "zsh": sh_word,
    "fish": fish_word,
    "starship": sh_word,
    "tmux": tmux_word,
}


def _checked(path: str) -> str:
    """Return a path that a line of code can hold: no line breaks, nothing that is no text."""
    if any(ord(sign) < 0x20 or ord(sign) == 0x7F or "\ud800" <= sign <= "\udfff" for sign in path):
        raise _unwritable(path, "its name has a line break, another control sign, or is no UTF-8")
    return path


def _unwritable(path: str, why: str) -> ConfigError:
    return ConfigError(
        f"this folder cannot be named there: {path!r}",
        why=why,
        hint="set AICOST_HOME to a folder with a plain name",
    )


def shell_of(login_shell: str) -> str:
    """Return which of SHELLS the value of $SHELL is. Raises ConfigError if it is none."""
    name = login_shell.rstrip("/").rpartition("/")[2].lstrip("-")
    if name not in SHELLS:
        said = f"SHELL is {login_shell}" if login_shell else "SHELL is not set"
        raise ConfigError(
            "cannot tell which shell this is for",
            why=f"{said}, and there is a badge for {', '.join(SHELLS)}",
            hint="aicost init bash",
        )
    return name


def advice(shell: str, env: Mapping[str, str]) -> str:
    """Return what to add to which file of the user's, as lines to read."""
    files = {
        "bash": "~/.bashrc",
        "zsh": f"{env.get('ZDOTDIR') or '~'}/.zshrc",
        "fish": f"{env.get('XDG_CONFIG_HOME') or '~/.config'}/fish/config.fish",
    }
    line = "aicost init fish | source" if shell == "fish" else f'eval "$(aicost init {shell})"'
    return (
        f"To have the badge in the prompt of {shell}, add this at the end of {files[shell]}:\n\n"
        f"    {line}\n"
    )
