"""Completions offer exactly what the command line understands, asked in the shells themselves."""

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicost.cli.parser import build_parser
from aicost.platform.config import KEYS

FOLDER = Path(__file__).parents[2] / "shell" / "completion"

BASH = """
source "$1"; shift
COMP_WORDS=(aicost "$@"); COMP_CWORD=$#
_aicost
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """
source $argv[1]
complete --do-complete "aicost $argv[2..]"
"""
# zsh completes in its line editor only; asked here is what the file hands to `_arguments`.
ZSH = """
_arguments() { given=("$@"); state=rest; return 1 }
load() { source "$1" }
words=("${@[2,-1]}")
load "$1"
print -rl -- "${given[@]}"
"""
SCRIPTS = {
    "bash": ("aicost.bash", [BASH, "bash"]),
    "fish": ("aicost.fish", [FISH]),
    "zsh": ("_aicost", [ZSH, "zsh"]),
}


def subcommands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (
        action
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(action.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    words = {word for action in parser._actions for word in action.option_strings}
    return {word for word in words if word.startswith("--")}


def offers() -> Iterator[tuple[str, set[str]]]:
    """Yield words typed so far, ending in the one to complete, and what belongs there."""
    commands = subcommands()
    yield "", set(commands)
    for name, parser in commands.items():
        yield f"{name} --", options(parser)
        for action in parser._actions:
            if action.choices:
                chosen = f"{action.option_strings[0]} " if action.option_strings else ""
                yield f"{name} {chosen}", {str(choice) for choice in action.choices}
            if isinstance(action, argparse._SubParsersAction):
                for word, below in action.choices.items():
                    yield f"{name} {word} --", options(below)


def ask(shell: str, *words: str) -> list[str]:
    """Return the lines that a shell's completion gives for words, the last one unfinished."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    file, script = SCRIPTS[shell]
    command = [shell, "-c", *script, str(FOLDER / file), *words]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    return run.stdout.splitlines()


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("typed", "expected"), list(offers()), ids=[typed for typed, _ in offers()]
)
def test_completion_offers_what_the_parser_takes(
    shell: str, typed: str, expected: set[str]
) -> None:
    offered = {line.partition("\t")[0] for line in ask(shell, *typed.split(" "))}
    if not typed.endswith("--"):
        offered = {word for word in offered if not word.startswith("-")}
    assert offered == expected


@pytest.mark.parametrize("command", subcommands())
def test_zsh_knows_the_options_and_choices_of_each_command(command: str) -> None:
    specs = ask("zsh", command)
    parser = subcommands()[command]
    wanted = {word for action in parser._actions for word in action.option_strings}
    offered = {re.sub(r"^(\(.*?\)|\*)", "", spec).partition("[")[0] for spec in specs} - {""}
    assert {word for word in offered if word.startswith("--")} == wanted - {"-h"}
    for action in parser._actions:
        if action.choices:
            assert f"({' '.join(map(str, action.choices))})" in "".join(specs)


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize("action", ["get", "set", "unset"])
def test_completion_offers_the_settings_after_what_takes_one(shell: str, action: str) -> None:
    offered = {line.partition("\t")[0] for line in ask(shell, "config", action, "")}
    assert offered == set(KEYS)


def test_zsh_offers_the_settings_too() -> None:
    assert f"2:key:({' '.join(KEYS)})" in ask("zsh", "config")


def test_zsh_knows_the_commands() -> None:
    assert set(subcommands()) == set(re.findall(r"(\w+)\\:", (FOLDER / "_aicost").read_text()))
