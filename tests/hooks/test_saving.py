"""What only saves work: edits and plain calls of git; nothing that could run something else."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost_hooks.saving import saves_work, spawns

SAVING = [
    "git status",
    "git status -sb",
    "git status --porcelain=v1 -uall",
    "git diff",
    "git diff --stat=200 --cached HEAD~1 HEAD^ -- src/a.py 'a b.py'",
    "git diff -U5 main..feature/x",
    "git diff main...HEAD@ --name-only",
    "git add -A",
    "git add . src/a.py",
    "git add -- -A",
    'git commit -m "Fix (a) & b; it\'s | done > 100% <now> *!*"',
    "git commit -am 'Cost $5, `x` and $(y)'",
    "git commit -m one -m two --no-verify",
    "git commit --message='a b' --author='A <a@b.c>'",
    "git commit --amend --no-edit",
    "git commit -qmtext",
    "git commit -m 'über' -- müll.py",
    "git stash",
    "git stash push -u -m 'half done' -- src",
    "git stash -u",
    "git stash list",
    "git push",
    "git push -u origin HEAD",
    "git push origin feature/x",
    "git push origin HEAD:refs/heads/x",
    "git -C /some/where status",
    "git -C 'a b' commit -m x",
    "git --no-pager diff",
    "  git status  ",
]
NOT_SAVING = [
    "",
    " ",
    "git",
    "git log",
    "git reset --hard",
    "git checkout .",
    "git clean -fd",
    "git config --global core.pager x",
    "ls",
    "/usr/bin/git status",
    "./git status",
    "'git status'",
    "GIT_PAGER=x git diff",
    "env git status",
    "sudo git status",
    # operators, substitutions, redirections
    "git commit && x",
    "git commit -m x && rm -rf /",
    "git status; x",
    "git status | x",
    "git status & x",
    "git status &",
    "git diff > f",
    "git diff >f",
    "git diff < f",
    "git status\nrm x",
    "git status\r\nrm x",
    "git commit -m 'one\ntwo'",
    'git commit -m "$(rm -rf ~)"',
    'git commit -m "`rm -rf ~`"',
    "git commit -m `x`",
    "git commit -m $(x)",
    'git commit -m "$HOME"',
    "git add $X",
    "git add ${X}",
    "git add *.py",
    "git add a?",
    "git add [a]",
    "git add {a,b}",
    "git add ~/x",
    "git add =ls",
    "git add a\\ b",
    'git commit -m "a\\"b"',
    "git add (a)",
    "git add a # b",
    "git add !x",
    "git diff <(x)",
    "git commit -m $'x'",
    'git commit -m "a" "b',
    "git commit -m 'a",
    "git status \0x",
    "git\tstatus",
    # options of git that run, write or open something
    "git -c core.pager=x diff",
    "git -c alias.status=!x status",
    "git --exec-path=/x status",
    "git --git-dir=/x status",
    "git --work-tree=/x status",
    "git -p diff",
    "git -C",
    "git -C x",
    "git -C -c status",
    "git -C a -C b status",
    "git --config-env=a=b status",
    "git diff --ext-diff",
    "git diff --textconv",
    "git diff --output=f",
    "git diff --output f",
    "git diff --out=f",
    "git diff -Of",
    "git diff --no-index a b",
    "git add -p",
    "git add -i",
    "git add -e",
    "git add --patch",
    "git add --pathspec-from-file=x",
    "git commit",
    "git commit -a",
    "git commit -m",
    "git commit --amend",
    "git commit -m x -e",
    "git commit -m x --edit",
    "git commit -F x",
    "git commit -m x -t y",
    "git commit -m x -p",
    "git commit -m x -Skey",
    "git commit -c HEAD",
    "git commit --no-edit=x",
    "git stash pop",
    "git stash drop",
    "git stash clear",
    "git stash -p",
    "git stash branch x",
    "git push --force",
    "git push -f",
    "git push -uf origin x",
    "git push --force-with-lease",
    "git push --forc",
    "git push --mirror",
    "git push --delete origin x",
    "git push -d origin x",
    "git push --prune origin",
    "git push origin +main",
    "git push origin :main",
    "git push origin +HEAD:main",
    "git push --receive-pack=x origin",
    "git push --exec=x",
    "git push --repo=x",
    "git push -o x origin",
    "git push 'ext::sh -c x'",
    "git push ext::sh",
    "git push https://x.org/y",
    "git push git@x.org:y",
    "git push /srv/x",
    "git push ../x",
    "git push -- -x",
    "git commit -m " + "x" * 2000,
]


@pytest.mark.parametrize("command", SAVING)
def test_a_plain_call_of_git_saves(command: str) -> None:
    assert saves_work("Bash", {"command": command})
    assert not saves_work("Read", {"command": command})


@pytest.mark.parametrize("command", NOT_SAVING, ids=lambda command: repr(command)[:60])
def test_everything_else_does_not(command: str) -> None:
    assert not saves_work("Bash", {"command": command})


@pytest.mark.parametrize("tool", ["Edit", "Write", "MultiEdit", "NotebookEdit", "apply_patch"])
def test_edits_save(tool: str) -> None:
    assert saves_work(tool, {"file_path": "/x"})
    assert saves_work(tool, None)


@pytest.mark.parametrize("tool", ["", "Bash", "Read", "Agent", "mcp__git__commit", "edit"])
@pytest.mark.parametrize(
    "given_input", [None, {}, [], "git status", {"command": ["git", "status"]}]
)
def test_other_tools_do_not(tool: str, given_input: object) -> None:
    assert not saves_work(tool, given_input)


@pytest.mark.parametrize(
    ("tool", "expected"),
    [("Agent", True), ("Task", True), ("spawn_agent", True), ("TaskOutput", False), ("", False)],
)
def test_which_tools_start_a_subagent(tool: str, expected: bool) -> None:
    assert spawns(tool) is expected


OUTSIDE = set("`$;&|<>(){}*?[]#!\\\n\r\t\0\"'")
PIECES = ("git ", "commit ", "push ", "status ", "diff ", "-m ", "-C ", "--", "-", "a", " ", "+")
HOSTILE = ("'", '"', "$(x)", "`x`", "\\", ";", "&&", "|", "\n", "=", "~", ">f", ":")
pieces = st.sampled_from(PIECES + HOSTILE)


@given(st.lists(pieces, max_size=14).map("".join) | st.text(max_size=60))
def test_what_saves_is_one_call_that_a_shell_takes_word_for_word(command: str) -> None:
    """Outside quotes nothing is special to a shell; in double quotes nothing is replaced."""
    if not saves_work("Bash", {"command": f"git {command}"}):
        return
    words = shlex.split(f"git {command}")
    assert words[0] == "git"
    rest, quote = [], ""
    for char in command:
        if quote:
            assert char >= " "
            assert quote == "'" or char not in "$`\\"
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            rest.append(char)
    assert quote == ""
    assert not set(rest) & OUTSIDE


def test_a_long_odd_command_is_refused_at_once() -> None:
    """Two ways to read one word would take for ever."""
    assert not saves_work("Bash", {"command": "git add " + "a" * 1900 + ";"})
    assert not saves_work("Bash", {"command": "git add " + "'a'b" * 450 + "'"})
