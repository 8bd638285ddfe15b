"""The files that hooks begin with, and the command lines that name them."""

import shlex

from fuzz.target import Target

from aicost.core.errors import ConfigError
from aicost.core.hook_files import (
    Where,
    hook_command,
    is_hook_command,
    is_status_line_command,
    other_status_line,
    parse_where,
    status_line_command,
    where_text,
)

SEEDS = (
    where_text(Where(run_dir="/run/it's", hook="/x y/aicost-hook", fail="open", daemon_pid=7)),
    where_text(Where(run_dir="/r", hook="/h", fail="closed", daemon_pid=0)),
    "R='/r' H='/h' F=open P=-1\n",
    hook_command("claude", "PreToolUse", "/data/hooks"),
    status_line_command("/data/hooks", "jq -r '.model' | tr a b"),
    "AICOST_D='/x' AICOST_C='",
)


def check(content: bytes) -> None:
    """Any text is a `where` that says the same when written again, or none of ours."""
    text = content.decode(errors="replace")
    where = parse_where(text)
    if where is not None:
        try:
            again = where_text(where)
        except ConfigError:  # a path that no line can hold: nobody wrote that
            again = None
        assert again is None or parse_where(again) == where
    other_status_line(text)
    _check_command(text)


def _check_command(text: str) -> None:
    """See to it that any text is but one word of a command line, as a folder and as a command."""
    try:
        command = hook_command("codex", "Stop", text)
        line = status_line_command("/data/hooks", text)
    except ConfigError:
        return
    assert is_hook_command(command)
    assert shlex.split(command)[2] == f"D={text};"
    assert is_status_line_command(line)
    assert other_status_line(line) == text


TARGET = Target(
    name="hook_files",
    modules=("aicost.core.hook_files",),
    seeds=lambda: [seed.encode() for seed in SEEDS],
    check=check,
)
