"""Our status line in a settings text: put in once, taken out again, and nothing else touched."""

import json
import os
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.core.hook_files import (
    is_status_line_command,
    other_status_line,
    status_line_command,
)
from aicost_hooks.status_line_entry import (
    REFRESH_S,
    command_of,
    has_status_line,
    wanted_entry,
    with_status_line,
    without_status_line,
)

FOLDER = "/home/ada/.local/share/aicost/hooks"
OURS = status_line_command(FOLDER, "")


def settings(**changes: Any) -> str:
    return json.dumps({"model": "opus"} | changes, indent=2, ensure_ascii=False) + "\n"


def line(command: str, **more: Any) -> dict[str, Any]:
    return {"type": "command", "command": command, **more}


def test_where_there_was_none_ours_is_called_now_and_then() -> None:
    after = json.loads(with_status_line(settings(), FOLDER, "settings.json"))
    assert after == {"model": "opus", "statusLine": line(OURS, refreshInterval=REFRESH_S)}
    assert after["statusLine"] == wanted_entry(FOLDER)


@pytest.mark.parametrize(
    "other",
    [
        "~/.claude/statusline.sh",
        "npx -y ccstatusline@latest",
        "jq -r '.model.display_name' | sed \"s/ /_/g\"",
        "a\nb\n",
        "it's 'quoted' \\ $HOME `x` ; # \u00e9",
        "AICOST_C='x' env",
    ],
)
def test_another_command_goes_on_beside_ours_with_its_own_settings(other: str) -> None:
    before = settings(statusLine=line(other, padding=2))
    text = with_status_line(before, FOLDER, "settings.json")
    after = json.loads(text)["statusLine"]
    assert after == line(status_line_command(FOLDER, other), padding=2)
    assert other_status_line(after["command"]) == other
    assert with_status_line(text, FOLDER, "settings.json") == text
    assert without_status_line(text, "settings.json") == before


def test_installed_twice_is_installed_once() -> None:
    text = with_status_line(settings(), FOLDER, "settings.json")
    assert with_status_line(text, FOLDER, "settings.json") == text
    assert has_status_line(text)
    assert not has_status_line(settings())


def test_what_the_user_changed_of_it_stays() -> None:
    text = settings(statusLine=line(OURS, padding=1, refreshInterval=60))
    assert with_status_line(text, FOLDER, "settings.json") == text


def test_an_older_text_of_ours_is_put_right_with_the_other_command() -> None:
    old = f"AICOST_D='/elsewhere' AICOST_C='mine -v' ; . \"/elsewhere/statusline.sh\" {FOLDER}"
    text = with_status_line(settings(statusLine=line(old)), FOLDER, "settings.json")
    command = json.loads(text)["statusLine"]["command"]
    assert is_status_line_command(command)
    assert command == status_line_command(FOLDER, "mine -v")


@pytest.mark.parametrize("text", ["", "  \n", "{}", '{"model":"opus"}', '{ "statusLine": null }'])
def test_any_text_of_settings_will_do(text: str) -> None:
    after = with_status_line(text, FOLDER, "settings.json")
    assert command_of(json.loads(after), "settings.json") == OURS
    left = json.loads(without_status_line(after, "settings.json"))
    assert left == {k: v for k, v in json.loads(text.strip() or "{}").items() if v is not None}


def test_of_two_settings_of_one_name_the_last_counts() -> None:
    text = f'{{"statusLine": {json.dumps(line("a"))}, "statusLine": {json.dumps(line("b"))}}}'
    after = with_status_line(text, FOLDER, "settings.json")
    assert other_status_line(json.loads(after)["statusLine"]["command"]) == "b"
    assert without_status_line(after, "settings.json") == text


@pytest.mark.parametrize("value", ["x", [], 7, {}, {"type": "command"}, {"command": "x"}, True])
def test_a_setting_that_no_client_reads_is_left_alone(value: object) -> None:
    text = settings(statusLine=value)
    with pytest.raises(ConfigError, match="statusLine is not in the usual shape"):
        with_status_line(text, FOLDER, "settings.json")
    with pytest.raises(ConfigError):
        without_status_line(text, "settings.json")
    assert not has_status_line(text)


@pytest.mark.parametrize("text", ["{", "[]", "// x\n{}", '{"hooks": []}'])
def test_what_is_no_settings_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError):
        with_status_line(text, FOLDER, "settings.json")


def test_a_command_that_no_line_can_hold_is_named() -> None:
    text = settings(statusLine=line("x\0"))
    with pytest.raises(ConfigError, match="cannot be kept"):
        with_status_line(text, FOLDER, "settings.json")


COMMANDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(COMMANDS, st.sampled_from([None, 1, "\t"]))
def test_any_command_comes_back_to_the_byte(other: str, indent: Any) -> None:
    before = json.dumps({"a": 1, "statusLine": line(other), "z": []}, indent=indent)
    if is_status_line_command(other):
        return
    text = with_status_line(before, FOLDER, "settings.json")
    node = json.loads(text)["statusLine"]["command"]
    assert other_status_line(node) == other
    assert json.loads(without_status_line(text, "settings.json")) == json.loads(before)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_a_shell_takes_any_command_as_one_word(other: str) -> None:
    command = status_line_command("/nowhere", f"printf %s {_quoted(other)}")
    done = subprocess.run(
        ["sh", "-c", command],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout == other.encode()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
