"""What one shell command is, whatever varies about it, and what it is called. Pure.

Two commands are one when they differ only in what people and models vary without running something
else: blanks, comments, a folder to change to first, variables and a time limit in front, where
output goes, and how much of it is shown (`2>&1 | tail -20`). Such a pipe hides how it ended.

Hooks import this: patterns are compiled (and hashlib is loaded) only when they are used.
"""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_LABEL_CELLS = 24
_MAX_COMMAND = 8_000  # characters that a command is known by

_CONTINUED = r"\\\r?\n"
_COMMENT = r"\s*#"
_SHELL = (  # as agents wrap what they run
    r"(?s)(?:\S{0,40}/)?(?:ba|z|da|k)?sh(?: -\w+)* -\w*c"
    r" (?P<quote>['\"])(?P<inside>.*)(?P=quote)$"
)
_PREFIX = (
    r"(?:env|command|exec|time|nohup|sudo|nice(?: -n ?-?\d+)?) "
    r"|g?timeout(?: -[ks] [^\s-]\S*| -\S+)* \d+(?:\.\d+)?[smhd]? "
    r"|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|[^\s\"'`$]*) "
)
_REDIRECT = r" ?(?:[12&]?>>? ?(?:&[12-]|(?![&(])\S+)|<(?![<(]) ?\S+)$"
_MAX_REDIRECT = 300  # characters
_SETTING_UP = r"(?:cd|pushd|export|set|unset|source|sleep|umask|ulimit|\.)(?: |$)|[A-Za-z_]\w*=\S*$"
_SHOWING = r"(?:tail|head|cat|tee|less|more)(?: |$)"
_REMARK = r"(?:echo|printf|true|:|exit|tail|head|cat|wc|ls)(?: |$)"
_PIPEFAIL = r"\bset -\w*o pipefail"
_CUT = {"&&": "&&", "||": "||", ";": ";", "&": "&", "\n": ";", "|": "|", "|&": "|"}
_TOKEN = (
    r"(?s)\\.|'[^']*'|\"(?:\\.|[^\"\\])*\""
    r"|<<|&&|\|\||\|&|\||;|[<>]&|&(?!>)|\n|\$\(|[()]"
)

_WORD = r"(?a)[A-Za-z][\w.+-]{0,40}"
_SUB_COMMAND = r"[a-z][a-z0-9]*(?:[:_-][a-z0-9]+){0,4}"
_WITH_SUB_COMMANDS = frozenset(
    (
        "apt", "apt-get", "aws", "az", "brew", "bun", "bundle", "bunx", "cargo", "composer",
        "conda", "deno", "docker", "docker-compose", "dotnet", "flutter", "gcloud", "gem", "gh",
        "git", "go", "gradle", "gradlew", "helm", "just", "kubectl", "lerna", "make", "mise",
        "mix", "mvn", "mvnw", "nix", "npm", "npx", "nx", "pdm", "pip", "pip3", "pnpm", "podman",
        "poetry", "rake", "rustup", "rye", "swift", "systemctl", "task", "terraform", "turbo",
        "uv", "uvx", "yarn", "zig",
    )
)  # fmt: skip
_SCRIPTS = ("npm", "pnpm", "yarn", "bun", "uv", "poetry", "pdm", "rye", "mise", "nx", "lerna")
_RUN = frozenset(("run", "run-script", "exec", "x", "tool"))
_LEADING_ON = {  # program -> words after which the name goes on
    **dict.fromkeys(_SCRIPTS, _RUN),
    "bundle": frozenset(("exec",)),
    "deno": frozenset(("task",)),
    "docker": frozenset(("compose",)),
    "podman": frozenset(("compose",)),
}
_NO_WORDS: frozenset[str] = frozenset()


class Part(NamedTuple):
    """One command of several, and what stands before it."""

    operator: str  # "", "&&", "||", ";", "|", "&"
    text: str


class Core(NamedTuple):
    """A command without what varies."""

    parts: tuple[Part, ...]
    is_masked: bool  # its exit code is that of something else

    @property
    def text(self) -> str:
        """All parts as one line."""
        return " ".join(f"{part.operator} {part.text}" for part in self.parts).strip()

    @property
    def last(self) -> str:
        """The part whose exit code the whole has; "" if there is none."""
        return self.parts[-1].text if self.parts else ""


def command_key(command: str) -> str:
    """Return 16 hex digits that stand for a command; the same for all its variants."""
    return hash_of(core_of(command).text)


def command_label(command: str) -> str:
    """Return what a command is called: its program, and its sub-command if it has such.

    Nothing else of it: no argument, path or value. "…" behind it: it runs more than that. At most
    24 terminal cells, all of them ASCII but for "…".
    """
    return label_of(core_of(command))


def label_of(core: Core) -> str:
    """Return what a command is called, as `command_label`."""
    parts = core.parts
    name = _named(parts[0].text) if parts else ""
    name = name or "command"
    room = MAX_LABEL_CELLS - 2 * (more := any(part.operator != "|" for part in parts[1:]))
    if len(name) > room:
        name = name[: room - 1].rstrip() + "…"
    return name + " …" if more else name


@lru_cache(maxsize=256)  # a session runs the same few again and again
def core_of(command: str) -> Core:
    """Return a command without what varies."""
    text, has_pipefail = command[:_MAX_COMMAND], False
    for _ in range(3):  # a shell in a shell
        text = re.sub(_CONTINUED, " ", text).strip() if "\\" in text else text.strip()
        if "pipefail" in text and re.search(_PIPEFAIL, text):
            has_pipefail = True
        inside = re.match(_SHELL, text)
        if inside is None:
            break
        text = inside["inside"]
    parts = [part for part in map(_bared, _split(text)) if part.text]
    while len(parts) > 1 and parts[1].operator != "|" and re.match(_SETTING_UP, parts[0].text):
        del parts[0]
    is_masked = False
    while len(parts) > 1 and (hides := _hides(parts[-1])) is not None:
        is_masked = is_masked or (hides and not (has_pipefail and parts[-1].operator == "|"))
        del parts[-1]
    if parts:
        parts[0] = Part("", parts[0].text)
    return Core(tuple(parts), is_masked)


def hash_of(text: str) -> str:
    """Return 16 hex digits of a hash, the same in every process and on every machine."""
    from hashlib import blake2b

    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def to_number(key: str) -> int:
    """Return 16 hex digits as the signed number of 64 bits that a database has room for."""
    number = int(key, 16)
    return number - 2**64 if number >= 2**63 else number


def from_number(number: int) -> str:
    """Return the 16 hex digits that `to_number` made a number of."""
    return f"{number % 2**64:016x}"


def _split(command: str) -> list[Part]:
    """Cut a command where the shell does, outside quotes and parentheses."""
    parts, operator, start, depth = list[Part](), "", 0, 0
    for token in re.finditer(_TOKEN, command):
        found = token[0]
        if found == "<<":
            break  # what follows is a text
        if found.endswith("("):
            depth += 1
        elif found == ")":
            depth = max(0, depth - 1)
        elif depth == 0 and found in _CUT:
            parts.append(Part(operator, command[start : token.start()]))
            operator, start = _CUT[found], token.end()
    parts.append(Part(operator, command[start:]))
    return [part for part in parts if not re.match(_COMMENT, part.text)]


def _bared(part: Part) -> Part:
    """Take off one part what varies without changing what is run."""
    text = " ".join(part.text.split())
    while (prefix := re.match(_PREFIX, text)) is not None:
        text = text[prefix.end() :]
    while ">" in text or "<" in text:
        redirect = re.search(_REDIRECT, text[-_MAX_REDIRECT:])
        if redirect is None:
            break
        text = text[: redirect.start() - redirect.endpos]
    return Part(part.operator, text.strip())


def _hides(last: Part) -> bool | None:
    """Say whether a last part hides how those before it ended; None: it is part of the command."""
    if last.operator == "|":
        return True if re.match(_SHOWING, last.text) else None
    if re.match(_REMARK, last.text):
        return last.operator != "&&"
    return None


def _named(text: str) -> str:
    """Return the name of one part: only words that cannot be anybody's own."""
    words = text.split(" ", 8)
    program, rest = words[0].strip("\"'()").rpartition("/")[2], words[1:]
    if not re.fullmatch(_WORD, program):
        return ""
    is_module = program.startswith("python") and rest[:1] == ["-m"]
    named = [] if is_module else [program]
    for word in rest[1:] if is_module else rest:
        is_known = is_module or program in _WITH_SUB_COMMANDS
        if not is_known or not re.fullmatch(_SUB_COMMAND, word):
            break
        named.append(word)
        if word not in _LEADING_ON.get(program, _NO_WORDS):
            break
    return " ".join(named) or program
