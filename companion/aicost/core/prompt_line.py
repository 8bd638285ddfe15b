"""How a prompt is told on a screen: its first line, and how large it is. Pure; nothing is kept."""

import re
from dataclasses import dataclass
from typing import Protocol

from aicost.core.text import clean

MAX_CHARS = 200  # of the line
_LOOKED_AT = 4_000  # characters of a prompt
_COMMAND = re.compile(r"<command-name>\s*(/?[\w:.-]{1,80})\s*</command-name>")
_ARGUMENTS = re.compile(r"<command-args>(.*?)(?:</command-args>|\Z)", re.DOTALL)
_SHELL = re.compile(r"<bash-input>(.*?)(?:</bash-input>|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[\w-]{1,60}>")


@dataclass(frozen=True, slots=True)
class PromptLine:
    """What a screen needs of a prompt."""

    line: str  # cleaned; "" of pictures only
    size_bytes: int


class PromptReader(Protocol):
    """Finds the prompts in a session's log, block by block."""

    @property
    def found(self) -> dict[str, PromptLine]:
        """The prompts so far, by turn."""
        ...

    def take(self, lines: bytes) -> None:
        """Read the next whole lines. Never raises."""
        ...


def prompt_line(prompt: str) -> PromptLine:
    """Return the first line with a word in it; of a slash command, the command as it was typed."""
    return PromptLine(_line(prompt[:_LOOKED_AT]), len(prompt.encode("utf-8", "replace")))


def _line(prompt: str) -> str:
    if command := _COMMAND.search(prompt):
        arguments = _ARGUMENTS.search(prompt)
        return _short(f"/{command[1].lstrip('/')} {arguments[1] if arguments else ''}")
    if shell := _SHELL.search(prompt):
        return _short(f"! {shell[1]}")
    lines = (_short(_TAG.sub(" ", line)) for line in prompt.splitlines())
    return next((line for line in lines if any(map(str.isalnum, line))), "")


def _short(text: str) -> str:
    return clean(text[: 4 * MAX_CHARS])[:MAX_CHARS]
