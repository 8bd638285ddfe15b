"""What an agent runs at an event, as real shells read it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.core.hook_files import (
    Where,
    hook_command,
    is_hook_command,
    parse_where,
    where_text,
)

HOSTILE = [
    "/plain",
    "/with space",
    "/it's",
    "/$(touch x)`id`",
    '/a"b',
    "/back\\slash",
    "/-n;&|*?#!",
]
SHELLS = [name for name in ("sh", "dash", "bash", "zsh") if shutil.which(name)]
GATE = 'printf "%s|%s|%s" "$A" "$E" "$D"\n'
PATHS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40
)


def run(shell: str, command: str) -> tuple[int, str, str]:
    done = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def where(run_dir: str = "/run/aicost", hook: str = "/bin/aicost-hook") -> Where:
    return Where(run_dir=run_dir, hook=hook, fail="open", daemon_pid=17)


def test_the_command_is_one_fixed_line() -> None:
    """Codex trusts a hash of it: a change asks every user for a new review."""
    assert hook_command("claude", "PostToolBatch", "/home/dev/.local/share/aicost/hooks") == (
        "A=claude E=PostToolBatch D='/home/dev/.local/share/aicost/hooks'; "
        '[ -f "$D/gate.sh" ] && [ -r "$D/gate.sh" ] || exit 0; . "$D/gate.sh"'
    )


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_finds_the_script_in_a_folder_of_any_name(
    shell: str, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / name[1:]
    folder.mkdir()
    (folder / "gate.sh").write_text(GATE)
    command = hook_command("codex", "PreToolUse", str(folder))
    assert run(shell, command) == (0, f"codex|PreToolUse|{folder}", "")
    assert is_hook_command(command)


@pytest.mark.parametrize("shell", SHELLS)
def test_without_the_script_the_agent_goes_on_and_hears_nothing(shell: str, tmp_path: Path) -> None:
    command = hook_command("claude", "PreToolUse", str(tmp_path / "gone"))
    assert run(shell, command) == (0, "", "")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_reads_the_file_as_it_was_meant(shell: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "where"
    file.write_text(where_text(where(run_dir=name, hook=f"{name}/bin/aicost-hook")))
    code = f'. {file}; printf "%s|%s|%s|%s" "$R" "$H" "$F" "$P"'
    assert run(shell, code) == (0, f"{name}|{name}/bin/aicost-hook|open|17", "")


@pytest.mark.parametrize("name", ["", "/a\nb", "/a\rb", "/a\0b", "/a\tb", "/a\x7f", "/a\udcff"])
def test_a_name_that_no_line_holds_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be named in a hook"):
        hook_command("claude", "PreToolUse", name)
    with pytest.raises(ConfigError, match="the run folder"):
        where_text(where(run_dir=name))
    with pytest.raises(ConfigError, match="the program"):
        where_text(where(hook=name))


@given(run_dir=PATHS, hook=PATHS)
def test_what_was_written_is_what_is_read(run_dir: str, hook: str) -> None:
    written = where(run_dir, hook)
    assert parse_where(where_text(written)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R='/run' H='/h' F=open",
        "R='/run' H='/h' F=ajar P=1",
        "R='/run' H='/h' F=open P=one",
        "R='/run' H='/h' F=open P=-1",
        "R='/run' H='/h' F=open P=1 X=2",
        "H='/h' R='/run' F=open P=1",
        "R='/run",
    ],
)
def test_what_is_none_of_ours_says_nothing(text: str) -> None:
    assert parse_where(text) is None


@given(st.text() | st.from_regex(r"R='.*' H=.* F=(open|closed) P=\w+\n?", fullmatch=True))
def test_any_text_is_read_or_is_none_of_ours(text: str) -> None:
    found = parse_where(text)
    assert found is None or (found.fail in ("open", "closed") and found.daemon_pid >= 0)


@pytest.mark.parametrize(
    ("command", "is_ours"),
    [
        ("A=claude E=PreToolUse D='/x/hooks'; . \"$D/gate.sh\"", True),
        ('A=codex E=SessionEnd D=\'/x\'; [ -r "$D/gate.sh" ] || exit 0; . "$D/gate.sh"', True),
        ("aicost-hook claude", False),
        ("A=gemini E=PreToolUse D='/x/hooks'; . \"$D/gate.sh\"", False),
        ("/opt/other/gate.sh", False),
        ("", False),
    ],
)
def test_our_commands_are_known_by_their_form(command: str, is_ours: bool) -> None:
    assert is_hook_command(command) is is_ours
