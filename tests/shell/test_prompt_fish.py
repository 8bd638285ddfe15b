"""The badge in fish beside whatever else makes its prompt."""

import re
from pathlib import Path

import pytest
from prompts import LINE, PROMPT, SHOWN, Setting, setting

BADGED = f"{SHOWN} {PROMPT}"


@pytest.fixture
def fish(home: Path) -> Setting:
    found = setting("fish", home)
    found.badges.today(LINE)
    return found


def prompt_function(text: str) -> str:
    return f"function fish_prompt; printf '%s {PROMPT} ' {text}; end"


@pytest.mark.parametrize("pipeline", ["false", "true | false | sh -c 'exit 7'"])
def test_the_users_prompt_sees_how_the_last_command_ended(fish: Setting, pipeline: str) -> None:
    fish.write_rc(before=prompt_function('(string join "" $status "|" $pipestatus)'))
    codes = {"false": "1|1"}.get(pipeline, "7|017")
    with fish.open() as prompt:
        assert prompt.last() == f"{SHOWN} 0|0 {PROMPT}"
        assert prompt.after(pipeline) == f"{SHOWN} {codes} {PROMPT}"


def test_a_prompt_that_is_made_anew_gets_the_badge_at_once(fish: Setting) -> None:
    with fish.open() as prompt:
        for name in ("one", "two", "three"):
            (fish.home / "new").write_text(prompt_function(name))
            assert prompt.after("source new") == f"{SHOWN} {name} {PROMPT}"
        assert prompt.after("aicost_badge_off") == f"three {PROMPT}"


def test_a_prompt_that_comes_from_a_file_of_its_own_is_found(fish: Setting) -> None:
    rc = fish.write_rc()
    rc.write_text(f"set -g fish_greeting\nsource {fish.init}\n")
    functions = rc.parent / "functions"
    functions.mkdir()
    (functions / "fish_prompt.fish").write_text(prompt_function("file"))
    with fish.open() as prompt:
        assert prompt.last() == f"{SHOWN} file {PROMPT}"
        assert prompt.after("aicost_badge_off") == f"file {PROMPT}"


ACTIVATE = """
functions -c fish_prompt _old_fish_prompt
function fish_prompt
    set -l old_status $status
    printf '(venv) '
    echo "exit $old_status" | .
    _old_fish_prompt
end
"""
DEACTIVATE = "functions -e fish_prompt; functions -c _old_fish_prompt fish_prompt"
DEACTIVATE += "; functions -e _old_fish_prompt"


def test_a_virtual_environment_may_come_and_go_and_come_again(fish: Setting) -> None:
    """It wraps the prompt function as we do: none may call itself, and the badge is there once."""
    (fish.home / "activate").write_text(ACTIVATE)
    (fish.home / "deactivate").write_text(DEACTIVATE)
    with fish.open() as prompt:
        for _ in range(2):
            assert prompt.after("source activate") == f"{SHOWN} (venv) {PROMPT}"
            assert prompt.after() == f"{SHOWN} (venv) {PROMPT}"
            assert prompt.after("source deactivate") == BADGED


def test_the_badge_can_go_while_another_tool_has_wrapped_it(fish: Setting) -> None:
    (fish.home / "activate").write_text(ACTIVATE)
    (fish.home / "deactivate").write_text(DEACTIVATE)
    with fish.open() as prompt:
        prompt.after("source activate; aicost_badge_off")
        assert prompt.last() == f"(venv) {PROMPT}"
        assert prompt.after("source deactivate") == PROMPT
        assert prompt.after() == PROMPT


def test_the_users_right_side_stays_there(fish: Setting) -> None:
    fish.env["AICOST_BADGE_SIDE"] = "right"
    fish.write_rc(before="function fish_right_prompt; echo theirs; end")
    with fish.open() as prompt:
        prompt.terminal.wait_for(rf"{PROMPT} +theirs {re.escape(SHOWN)}")
        prompt.after("set AICOST_BADGE_SIDE left")
        prompt.terminal.wait_for(rf"(?m)^{re.escape(BADGED)} +theirs$")
        prompt.after("aicost_badge_off")
        prompt.terminal.wait_for(rf"(?m)^{PROMPT} +theirs$")


def test_a_prompt_of_many_lines_keeps_them(fish: Setting) -> None:
    fish.write_rc(before=f"function fish_prompt; printf '\\n\\nover\\n-x\\n{PROMPT} '; end")
    with fish.open() as prompt:
        assert prompt.lines() == ["", "", f"{SHOWN} over", "-x", PROMPT]


def test_a_prompt_of_nothing_is_fine(fish: Setting) -> None:
    fish.write_rc(
        before=f"function fish_prompt; end; function fish_mode_prompt; echo '{PROMPT}'; end"
    )
    fish.env["fish_key_bindings"] = "fish_vi_key_bindings"
    with fish.open() as prompt:
        prompt.terminal.wait_for(re.escape(SHOWN))


@pytest.mark.parametrize(
    "code",
    [
        "function path; echo no; end; function pwd; echo no; end; function set_color; echo no; end",
        "set -g line x; set -g text y; set -g key z; set -g format w; set -g fields 1 2 3",
        "set -g fish_emoji_width 1; set -g fish_ambiguous_width 1",
        "fish_vi_key_bindings; function fish_mode_prompt; end",
        "set -U level y; set -U _aicost_level z",
    ],
)
def test_it_is_the_same_whatever_the_user_has_set(fish: Setting, code: str) -> None:
    fish.write_rc(before=code)
    with fish.open() as prompt:
        assert prompt.lines() == [BADGED]
