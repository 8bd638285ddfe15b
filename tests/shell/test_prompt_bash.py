"""The badge in bash beside whatever else is in its user's file."""

import re
import subprocess
from pathlib import Path

import pytest
from prompts import LINE, PROMPT, SHOWN, Setting, setting

BADGED = f"{SHOWN} {PROMPT}"


@pytest.fixture
def bash(home: Path) -> Setting:
    found = setting("bash", home)
    found.badges.today(LINE)
    return found


# Options of the shell


@pytest.mark.parametrize(
    "options",
    [
        "set -u",
        "set -e",
        "set -euo pipefail",
        "set -eE; trap 'echo caught' ERR",
        "set -f; shopt -s failglob nullglob",
        "set -o posix",
        "set -C; set -P; set -T",
        "shopt -s nocasematch extglob dotglob; shopt -u globasciiranges",
        "IFS=0123456789\\$./abcdefghijklmnopqrstuvwxyz",
        "unset IFS",
        "GLOBIGNORE='*'",
        "alias read='echo read' kill='echo kill' printf='echo printf' unset='echo unset'",
        "read() { echo no; }; kill() { echo no; }; printf() { echo no; }; shopt() { echo no; }",
        "trap 'x=1' DEBUG",
        "BASH_ENV=x; CDPATH=/; FIGNORE=x; LC_COLLATE=C; TIMEFORMAT=x",
        "level=x cost=y line=z text=w rest=v name=u sign=t folder=s key=r",
    ],
)
def test_it_is_the_same_whatever_the_user_has_set(bash: Setting, options: str) -> None:
    bash.write_rc(before=options)
    with bash.open() as prompt:
        assert prompt.lines() == [BADGED]
        assert prompt.after("true") == BADGED
        assert prompt.lines() == [f"{BADGED} true", BADGED]
        prompt.after("set -o > now")
    has_e = "errexit        \ton" in (bash.home / "now").read_text()
    assert has_e is options.startswith("set -e")


@pytest.mark.parametrize("options", ["", "set -u", "set -o posix", "set -E"])
def test_the_users_prompt_sees_how_the_last_command_ended(bash: Setting, options: str) -> None:
    bash.write_rc(before=f"{options}\nPS1='$? {PROMPT} '")
    with bash.open() as prompt:
        assert prompt.after("(exit 7)") == f"{SHOWN} 7 {PROMPT}"
        assert prompt.after() == f"{SHOWN} 7 {PROMPT}"
        assert prompt.output("(exit 5)") == []
        assert prompt.output("echo $?") == ["5"]


def test_what_runs_after_it_sees_how_the_last_command_ended(bash: Setting) -> None:
    with bash.open() as prompt:
        assert prompt.output("(exit 7); _aicost_prompt; echo $?") == ["7"]


# What runs before a prompt

COUNTS = "count=$((count + 1))"
FORMS = {
    "none": ("unset PROMPT_COMMAND", 0),
    "empty": ("PROMPT_COMMAND=''", 0),
    "string": (f"PROMPT_COMMAND='{COUNTS}'", 1),
    "semicolon": (f"PROMPT_COMMAND='{COUNTS}; '", 1),
    "array": (f"PROMPT_COMMAND=('{COUNTS}' ':')", 1),
    "sparse": (f"PROMPT_COMMAND=([3]='{COUNTS}')", 1),
    "exported": (f"export PROMPT_COMMAND='{COUNTS}'", 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_runs_before_a_prompt_goes_on_and_is_given_back(bash: Setting, form: str) -> None:
    code, each = FORMS[form]
    bash.write_rc(before=f"count=0\n{code}\nwas=$(declare -p PROMPT_COMMAND 2>&1)")
    (bash.home / "now").write_text(
        'now=$(declare -p PROMPT_COMMAND 2>&1); [[ $now == "$was" ]] || echo "$now"'
    )
    with bash.open() as prompt:
        assert prompt.output("echo $count") == [str(each)]
        assert prompt.output("echo $count") == [str(2 * each)]
        assert prompt.last() == BADGED
        assert prompt.after("aicost_badge_off") == PROMPT
        assert prompt.output('. now | tr -d "\\\'"') == []


def test_a_shell_below_is_not_told_to_run_what_it_does_not_know(bash: Setting) -> None:
    bash.write_rc(before="export PROMPT_COMMAND='count=1' PS1")
    with bash.open() as prompt:
        assert prompt.output("env | grep '^PROMPT_COMMAND'") == []
        prompt.terminal.type_line("bash --norc -i")
        prompt.wait_for(PROMPT)
        assert prompt.output("echo below") == ["below"]
        assert prompt.after("exit").endswith(BADGED)


def test_an_empty_array_of_commands_is_fine(bash: Setting) -> None:
    bash.write_rc(before="PROMPT_COMMAND=()")
    with bash.open() as prompt:
        assert prompt.after() == BADGED
        assert prompt.after("aicost_badge_off") == PROMPT
        assert prompt.output('echo "${PROMPT_COMMAND[@]}"') == [""]


THEIRS = f"THEIRS {PROMPT}"
SETS = f"their() {{ PS1='{THEIRS} '; }}"
OTHERS = {  # what another tool's lines in the user's file do
    "sets PS1 once": f"PS1='{THEIRS} '",
    "runs a command in PS1": f"PS1='$(echo THEIRS) {PROMPT} '",
    "starts PS1 with a colour": f"PS1='\\[\\e[35m\\]THEIRS\\[\\e[0m\\] {PROMPT} '",
    "goes before what it finds": f"{SETS};"
    ' PROMPT_COMMAND="their${PROMPT_COMMAND:+;$PROMPT_COMMAND}"',
    "goes after what it finds": f"{SETS};"
    ' PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND;}their;"',
    "goes after it in an array": f"{SETS}; PROMPT_COMMAND+=(their)",
    "goes before it in an array": f'{SETS}; PROMPT_COMMAND=(their "${{PROMPT_COMMAND[@]}}")',
    "wraps what it finds": "found=${PROMPT_COMMAND-}; PROMPT_COMMAND=their;"
    f' their() {{ eval "$found"; PS1="{THEIRS} "; }}',
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("other", OTHERS)
def test_another_prompt_tool_keeps_its_prompt(bash: Setting, other: str, when: str) -> None:
    """From the second prompt on at the latest: by then the badge is put there last."""
    bash.write_rc(**{when: OTHERS[other]})
    with bash.open() as prompt:
        prompt.after("true")
        for _ in range(3):
            assert prompt.after() == f"{SHOWN} {THEIRS}"


TIMER = """
began() { first=${first:-$BASH_COMMAND}; }
trap began DEBUG
ended() { was=$first; first=''; }
PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND; }ended"
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_timer_in_a_debug_trap_sees_the_users_command_first(bash: Setting, when: str) -> None:
    bash.write_rc(**{when: TIMER})
    with bash.open() as prompt:
        prompt.after()  # from here on it stands where it stays
        prompt.after("true")
        assert prompt.output("echo $was") == ["true"]
        assert prompt.last() == BADGED


@pytest.mark.parametrize(
    "form", ["PROMPT_COMMAND='show; '", "PROMPT_COMMAND=(: show)", "PROMPT_COMMAND='show && :'"]
)
def test_another_tool_sees_how_each_part_of_a_pipeline_ended(bash: Setting, form: str) -> None:
    bash.write_rc(before=f'show() {{ seen="$? ${{PIPESTATUS[*]}}"; }}; {form}')
    with bash.open() as prompt:
        prompt.after("true | false | (exit 3)")
        assert prompt.output('echo "$seen"') == ["3 0 1 3"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_virtual_environment_may_come_and_go(bash: Setting, when: str) -> None:
    """As its `activate` does: it keeps PS1, puts its name before it, and sets it back."""
    activate = 'OLD="${PS1-}"; PS1="(venv) ${PS1-}"'
    bash.write_rc(**{when: activate})
    with bash.open() as prompt:
        prompt.after()
        assert sorted(prompt.last().replace(SHOWN, "B").split()) == sorted(["(venv)", "B", PROMPT])
        assert prompt.after("PS1=$OLD; unset OLD") == BADGED


def test_a_prompt_that_is_set_by_hand_gets_the_badge_at_once(bash: Setting) -> None:
    with bash.open() as prompt:
        assert prompt.after(f"PS1='new {PROMPT} '") == f"{SHOWN} new {PROMPT}"
        assert prompt.after("unset PS1; PS1='P> '") == BADGED
        assert prompt.after(f"PS1='\\u {PROMPT} '; shopt -u promptvars").startswith(f"{SHOWN} ")
        bash.badges.today("ok\t$1.00\t\n")
        assert prompt.after().startswith("⬡ $1.00 ")
        assert prompt.after().count("⬡") == 1
        assert prompt.after("shopt -s promptvars").count("⬡") == 1


GIT_PROMPT = Path("/usr/lib/git-core/git-sh-prompt")


@pytest.mark.skipif(not GIT_PROMPT.exists(), reason="no git-sh-prompt")
@pytest.mark.parametrize("branch", ["$(touch${IFS}pwned)", "`touch${IFS}pwned`", "a'b\"c", "100%"])
def test_the_name_of_a_branch_is_left_to_the_prompt_of_git(bash: Setting, branch: str) -> None:
    git = ["git", "-c", "user.name=x", "-c", "user.email=x"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *command], cwd=bash.home, check=True)
    subprocess.run([*git, "checkout", "-q", "-b", branch], cwd=bash.home, check=True)
    bash.badges.today("ok\t$9.00\t\n")
    bash.badges.of_repo(bash.home, LINE)
    bash.write_rc(before=f". {GIT_PROMPT}\nPS1='$(__git_ps1 \"(%s)\") {PROMPT} '")
    with bash.open() as prompt:
        assert prompt.lines() == [f"{SHOWN} ({branch}) {PROMPT}"]
    assert not list(bash.home.rglob("pwned"))


# bash-preexec, in small: what comes last in PROMPT_COMMAND tells it that the user is next

PREEXEC = """
__bp_imported=defined bash_preexec_imported=defined
precmd_functions+=(:) preexec_functions+=(typed)
typed() { echo "typed: $1"; }
__bp_trace() {
  [[ -n ${is_users-} && -z ${COMP_LINE-} ]] || return 0
  is_users=''
  local each
  for each in "${preexec_functions[@]}"; do "$each" "$BASH_COMMAND"; done
}
__bp_before() { local each; for each in "${precmd_functions[@]}"; do "$each"; done; }
__bp_next() { is_users=1; }
__bp_install() {
  trap __bp_trace DEBUG
  PROMPT_COMMAND=$'__bp_before\\n'"${PROMPT_COMMAND//__bp_install/:}"$'\\n__bp_next'
  __bp_before
  __bp_next
}
PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND$'\\n'}__bp_install"
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_bash_preexec_hears_just_what_the_user_types(bash: Setting, when: str) -> None:
    bash.write_rc(**{when: PREEXEC})
    with bash.open() as prompt:
        assert prompt.lines() == [BADGED]
        for _ in range(2):
            assert prompt.output("true") == ["typed: true"]
        assert prompt.output("aicost_badge_off") == ["typed: aicost_badge_off"]
        assert prompt.last() == PROMPT
        assert prompt.output("true") == ["typed: true"]


def test_the_right_side_is_no_room_on_the_line(bash: Setting) -> None:
    bash.env["AICOST_BADGE_SIDE"] = "right"
    bash.write_rc(before=f"PS1='\\n\\[\\e[1m\\]over\\[\\e[0m\\]\\n{PROMPT} '")
    with bash.open() as prompt:
        over = prompt.lines()[-2]
        assert over == "over".ljust(bash.columns - len(SHOWN) - 1) + SHOWN
        prompt.terminal.press("abc")
        prompt.terminal.wait_for(f"{PROMPT} abc")
        prompt.terminal.press("C-l")
        prompt.terminal.wait_for(rf"^\n?{re.escape(over)}\n{PROMPT} abc")
        prompt.wait_for_cursor(len(PROMPT) + 4)
