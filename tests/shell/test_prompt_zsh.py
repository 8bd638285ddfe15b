"""The badge in zsh beside whatever else is in its user's file, and while a prompt waits."""

import os
import re
from pathlib import Path

import pytest
from lab.waiting import until
from prompts import LINE, PROMPT, SHOWN, Prompt, Setting, setting

BADGED = f"{SHOWN} {PROMPT}"
LATER = "ok\t$4.00\t\n"


@pytest.fixture
def zsh(home: Path) -> Setting:
    found = setting("zsh", home)
    found.badges.today(LINE)
    return found


@pytest.mark.parametrize(
    "options",
    [
        "setopt no_unset",
        "setopt err_exit",
        "setopt no_unset err_exit ksh_arrays sh_word_split extended_glob",
        "setopt err_return warn_create_global warn_nested_var",
        "setopt ksh_glob no_bare_glob_qual null_glob csh_null_glob no_nomatch no_case_match",
        "setopt prompt_subst prompt_bang",
        "setopt prompt_subst no_prompt_sp transient_rprompt",
        "setopt no_multibyte_",
        "setopt noclobber rc_expand_param glob_subst rc_quotes magic_equal_subst",
        "setopt posix_builtins posix_identifiers posix_strings posix_aliases c_bases",
        "setopt sh_file_expansion sh_option_letters no_equals no_function_argzero",
        "setopt ksh_typeset ksh_zero_subscript c_precedences octal_zeroes",
        "setopt noglob",
        "IFS=0123456789$./abcdef",
        "alias sysread='echo no' kill='echo no' local='echo no' sched='echo no' zle='echo no'",
        "alias emulate='echo no' builtin='echo no' unset='echo no' export='echo no'",
        "local=x line=x text=x at=x level=x side=x psvar=(one two)",
        "typeset -i line=1 at=2; typeset -a key=(1 2)",
    ],
)
def test_it_is_the_same_whatever_the_user_has_set(zsh: Setting, options: str) -> None:
    zsh.write_rc(before=options.replace("setopt no_multibyte_", ":"))
    with zsh.open() as prompt:
        assert prompt.lines() == [BADGED]
        assert prompt.after("true") == BADGED
        assert prompt.lines() == [f"{BADGED} true", BADGED]
        prompt.after("setopt >now")
        assert ("errexit" in (zsh.home / "now").read_text()) is ("err_exit" in options)
        zsh.badges.today(LATER)
        prompt.wait_for(f"⬡ $4.00 {PROMPT}")
        assert prompt.output("aicost_badge_off") == []


def test_options_set_at_the_prompt_change_nothing(zsh: Setting) -> None:
    with zsh.open() as prompt:
        strict = "no_unset err_exit ksh_arrays sh_word_split extended_glob"
        assert prompt.after(f"setopt {strict}") == BADGED
        zsh.badges.today(LATER)
        prompt.wait_for(f"⬡ $4.00 {PROMPT}")


def test_the_users_prompt_sees_how_the_last_command_ended(zsh: Setting) -> None:
    zsh.write_rc(before=f"PROMPT='%? {PROMPT} '\nprecmd() {{ seen=$? }}")
    with zsh.open() as prompt:
        assert prompt.after("(exit 7)") == f"{SHOWN} 7 {PROMPT}"
        zsh.badges.today(LATER)  # drawn anew, it is the same
        prompt.wait_for(f"⬡ $4.00 7 {PROMPT}")
        assert prompt.output("echo $? $seen") == ["7 7"]


OTHERS = {
    "sets it once": "PROMPT='THEIRS P> '",
    "sets it each time": "their() { PROMPT='THEIRS P> ' }; autoload -Uz add-zsh-hook;"
    " add-zsh-hook precmd their",
    "in precmd": "precmd() { PS1='THEIRS P> ' }",
    "by substitution": "setopt prompt_subst; PROMPT='$(echo THEIRS) P> '",
    "with colours": "PROMPT='%F{blue}THEIRS%f P> '",
    "with psvar": "PROMPT='%1v P> '; precmd() { psvar=(THEIRS) }",
    "on the right too": "PROMPT='THEIRS P> '; RPROMPT='%1(j.jobs.)'",
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("other", OTHERS)
def test_another_prompt_tool_keeps_its_prompt(zsh: Setting, other: str, when: str) -> None:
    zsh.write_rc(**{when: OTHERS[other]})
    with zsh.open() as prompt:
        prompt.after()
        for _ in range(3):
            assert prompt.after() == f"{SHOWN} THEIRS {PROMPT}"


def test_the_users_right_side_stays_there(zsh: Setting) -> None:
    zsh.env["AICOST_BADGE_SIDE"] = "right"
    zsh.write_rc(before="RPROMPT='%F{blue}theirs%f'")
    with zsh.open() as prompt:
        prompt.terminal.wait_for(rf"{PROMPT} +theirs {re.escape(SHOWN)}")
        prompt.after("AICOST_BADGE_SIDE=left")
        prompt.terminal.wait_for(rf"(?m)^{re.escape(BADGED)} +theirs$")
        prompt.after("aicost_badge_off")
        prompt.terminal.wait_for(rf"(?m)^{PROMPT} +theirs$")
        assert prompt.output("print -r $RPROMPT")[0] == "%F{blue}theirs%f"


def test_without_the_language_of_prompts_there_is_no_badge(zsh: Setting) -> None:
    with zsh.open() as prompt:
        assert prompt.after(f"PROMPT='{PROMPT} '; setopt no_prompt_percent") == PROMPT


# While a prompt waits


def test_an_idle_prompt_shows_the_new_number(zsh: Setting) -> None:
    with zsh.open() as prompt:
        for cost in ("$4.00", "$4.10"):
            zsh.badges.today(f"ok\t{cost}\t\n")
            prompt.wait_for(f"⬡ {cost} {PROMPT}")
        (zsh.badges.path / "today").unlink()
        prompt.wait_for(PROMPT)
        zsh.badges.today(LATER)
        prompt.wait_for(f"⬡ $4.00 {PROMPT}")
        assert len(prompt.lines()) == 1


def refreshed(zsh: Setting, prompt: Prompt, typed: str) -> None:
    """Change the badge; wait until the prompt shows it before just what was typed."""
    zsh.badges.today(LATER)
    until(
        lambda: f"⬡ $4.00 {PROMPT} {typed}" in "\n".join(prompt.lines()),
        f"the new badge before {typed!r}",
    )


def test_what_is_being_typed_stays(zsh: Setting) -> None:
    with zsh.open() as prompt:
        prompt.terminal.press("echo 'one  two", "Left", "Left")
        prompt.terminal.wait_for("one  two")
        typed = len(" echo 'one  t")
        prompt.wait_for_cursor(len(BADGED) + typed)
        refreshed(zsh, prompt, "echo 'one  two")
        prompt.wait_for_cursor(len(f"⬡ $4.00 {PROMPT}") + typed)
        prompt.terminal.press("X", "C-e", "'", "Enter")
        prompt.terminal.wait_for(r"(?m)^one  tXwo$")


def test_a_search_and_a_continued_line_stay(zsh: Setting) -> None:
    with zsh.open() as prompt:
        prompt.after("echo find-me")
        prompt.terminal.press("C-r")
        prompt.terminal.wait_for("bck-i-search")
        prompt.terminal.press("find")
        prompt.terminal.wait_for("echo find-me\nbck-i-search: find_")
        refreshed(zsh, prompt, "echo find-me")
        prompt.terminal.wait_for("echo find-me\nbck-i-search: find_")
        prompt.terminal.press("-", "Enter")
        prompt.terminal.wait_for(r"(?m)^find-me\n(.*\n)*find-me$")
        prompt.terminal.press("for x in 1; do", "Enter")
        prompt.terminal.wait_for(r"(?m)^for>$")
        zsh.badges.today(LINE)
        prompt.terminal.press("echo loop-$x; done")
        prompt.terminal.wait_for(r"for> echo loop-\$x; done")
        prompt.terminal.press("Enter")
        prompt.terminal.wait_for(r"(?m)^loop-1$")


def test_a_menu_of_completions_stays_usable(zsh: Setting) -> None:
    for name in ("alpha", "beta", "gamma"):
        (zsh.home / f"m-{name}").touch()
    menu = "autoload -Uz compinit; compinit -D; zstyle ':completion:*' menu select"
    zsh.write_rc(before=menu)
    with zsh.open() as prompt:
        prompt.terminal.press("echo m-")
        prompt.terminal.press("Tab", "Tab")
        prompt.terminal.wait_for(f"{PROMPT} echo m-alpha\nm-alpha +m-beta +m-gamma")
        zsh.badges.today(LATER)
        until(lambda: "$4.00" in prompt.lines()[0], "the new badge")
        prompt.terminal.press("Tab", "Enter", "Enter")
        prompt.terminal.wait_for(r"(?m)^m-(beta|alpha)$")


def test_the_users_own_alarm_goes_on(zsh: Setting) -> None:
    """TMOUT and TRAPALRM are the user's: none is set, and one that is there rings.

    (With an alarm each second or two, zsh itself runs no timers.)
    """
    zsh.write_rc(before="TMOUT=3; rings=0; TRAPALRM() { (( rings += 1 )); print -n > rang }")
    with zsh.open() as prompt:
        until((zsh.home / "rang").exists, "the alarm")
        zsh.badges.today(LATER)
        prompt.wait_for(f"⬡ $4.00 {PROMPT}")
        assert prompt.output("print $TMOUT $(( rings > 0 )); which TRAPALRM | head -1") == [
            "3 1",
            "TRAPALRM () {",
        ]
    zsh.write_rc()
    with zsh.open() as prompt:
        assert prompt.output('print "<$TMOUT>"; which TRAPALRM') == ["<>", "TRAPALRM not found"]


def test_a_shell_that_is_left_alone_still_ends_when_its_user_wants_that(zsh: Setting) -> None:
    zsh.write_rc(before="TMOUT=3")
    with zsh.open() as prompt:
        prompt.terminal.wait_for_end(timeout_s=20)


def test_there_is_one_timer_however_often_it_is_loaded(zsh: Setting) -> None:
    zsh.write_rc(after=f"source {zsh.init}; sched 23:59 echo theirs")
    with zsh.open() as prompt:
        prompt.after(f"source {zsh.init}")
        shown = prompt.output("sched")
        assert sum("_aicost" in row for row in shown) == 1
        prompt.after("aicost_badge_off")
        shown = prompt.output("sched")
        assert [row for row in shown if "echo theirs" in row] == shown


def test_a_command_that_runs_is_not_disturbed(zsh: Setting) -> None:
    with zsh.open() as prompt:
        prompt.terminal.type_line("echo start; read -t 5 x; echo got $x")
        prompt.terminal.wait_for("(?m)^start$")
        zsh.badges.today(LATER)
        os.utime(zsh.badges.path)
        prompt.terminal.press("word", "Enter")
        prompt.terminal.wait_for("(?m)^got word$")
        prompt.wait_for(f"⬡ $4.00 {PROMPT}")
        assert prompt.lines()[1:-1] == ["start", "word", "got word"]
