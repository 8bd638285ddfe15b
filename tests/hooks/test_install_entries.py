"""Our entries get into settings once and as they should be; what others wrote stays theirs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from settings_documents import texts

from aicost.core.errors import ConfigError
from aicost.core.hook_files import hook_command
from aicost_hooks.install_entries import (
    CODEX_EVENTS,
    Version,
    claude_events,
    entries_in,
    events_of,
    knows,
    others,
    parse_settings,
    wanted_handlers,
    with_entries,
    without_entries,
)

FOLDER = "/home/dev/.local/share/aicost/hooks"
NAME = "settings.json"
WANTED = wanted_handlers("claude", claude_events((2, 1, 330)), FOLDER)
NEW = ("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolBatch", "PreCompact")
MODELS, END = "PreModelSwitch", "SessionEnd"


@pytest.mark.parametrize(
    ("version", "has_batch", "has_single", "has_models"),
    [
        ((2, 1, 330), True, False, True),
        ((2, 1, 118), True, False, True),  # (it passes over what it does not know)
        ((2, 1, 117), True, True, True),
        ((2, 1, 101), True, True, True),
        ((2, 1, 100), False, True, False),  # (it would drop the whole file)
        ((1, 0, 90), False, True, False),
        (None, True, True, True),
    ],
)
def test_a_client_gets_the_events_that_are_safe_for_it(
    version: Version | None, has_batch: bool, has_single: bool, has_models: bool
) -> None:
    events = claude_events(version)
    assert ("PostToolBatch" in events, "PostToolUse" in events) == (has_batch, has_single)
    assert (MODELS in events) == has_models
    assert {"SessionStart", "UserPromptSubmit", "PreToolUse", "PreCompact"} <= set(events)


def test_the_newest_clients_get_what_is_documented() -> None:
    assert set(events_of("claude", (2, 1, 330))) == {*NEW, MODELS, END}
    assert events_of("codex", None) == CODEX_EVENTS
    assert not knows(MODELS, (2, 1, 250))
    assert knows(MODELS, (2, 1, 251))
    assert claude_events((1, 0, 84)) == (
        "SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PreCompact",
    )  # fmt: skip


def test_an_entry_names_its_event_and_does_not_wait_for_long() -> None:
    assert WANTED["PreToolUse"] == {
        "type": "command",
        "command": hook_command("claude", "PreToolUse", FOLDER),
        "timeout": 10,
    }
    assert WANTED[END]["timeout"] == 3


@pytest.mark.parametrize("text", ["", "  \n", "{}", "{}\n"])
def test_an_empty_file_gets_nothing_but_our_entries(text: str) -> None:
    after = with_entries(text, WANTED, NAME)
    assert json.loads(after) == {"hooks": {event: [{"hooks": [h]}] for event, h in WANTED.items()}}
    assert "\n  " in after


@given(texts())
def test_installed_and_taken_away_again_nothing_is_left(text: str) -> None:
    after = with_entries(text, WANTED, NAME)
    assert others(json.loads(after)) == others(json.loads(text))
    assert {entry.event for entry in entries_in(json.loads(after))} == set(WANTED)
    freed = without_entries(after, NAME)
    assert json.loads(freed) == json.loads(text) or not json.loads(text).get("hooks", True)
    if json.loads(text).get("hooks", True) and json.loads(text):
        assert freed == text


@given(texts())
def test_installing_twice_is_installing_once(text: str) -> None:
    once = with_entries(text, WANTED, NAME)
    assert with_entries(once, WANTED, NAME) == once


@given(texts(), st.data())
def test_entries_that_are_not_right_are_put_right(text: str, data: st.DataObject) -> None:
    """Old, changed, doubled or missing ones, beside those of others."""
    settings = json.loads(with_entries(text, WANTED, NAME))
    for event in data.draw(st.sets(st.sampled_from(sorted(WANTED)), min_size=1)):
        harm(settings["hooks"], event, data.draw(st.sampled_from(HARMS)))
    harmed = json.dumps(settings, indent=2)
    after = with_entries(harmed, WANTED, NAME)
    found = json.loads(after)
    assert sorted(entry.event for entry in entries_in(found)) == sorted(WANTED)
    assert all(entry.is_as(WANTED) for entry in entries_in(found))
    assert others(found) == others(settings)


HARMS = ("missing", "double", "timeout", "old folder", "matcher", "old event", "joined")


def harm(hooks: dict[str, Any], event: str, kind: str) -> None:
    group = hooks[event][-1]
    handler = dict(group["hooks"][0])
    match kind:
        case "missing":
            hooks[event].pop()
        case "double":
            hooks[event].insert(0, {"hooks": [handler]})
        case "timeout":
            group["hooks"][0] = {**handler, "timeout": 600}
        case "old folder":
            group["hooks"][0] = {**handler, "command": hook_command("claude", event, "/old")}
        case "matcher":
            group["matcher"] = "Bash"
        case "old event":
            hooks.setdefault("PostToolUse", []).append({"hooks": [handler]})
        case "joined":
            group["hooks"].append({"type": "command", "command": "true"})


def test_an_entry_is_put_right_where_it_is() -> None:
    """Codex knows a trusted hook by its place."""
    foreign = {"hooks": [{"type": "command", "command": "true"}]}
    handlers = wanted_handlers("codex", CODEX_EVENTS, FOLDER)
    old = {"hooks": [{**handlers["PreToolUse"], "timeout": 600}]}
    text = json.dumps({"hooks": {"PreToolUse": [old, foreign]}}, indent=2)
    found = json.loads(with_entries(text, handlers, "hooks.json"))
    assert found["hooks"]["PreToolUse"] == [{"hooks": [handlers["PreToolUse"]]}, foreign]


def test_an_events_list_that_was_ours_alone_goes_with_us() -> None:
    text = '{"hooks": {"Stop": [{"hooks": []}]}, "model": "opus"}\n'
    assert without_entries(with_entries(text, WANTED, NAME), NAME) == text
    assert without_entries(text, NAME) == text


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        ('{\n  // mine\n  "model": "opus"\n}', "not valid JSON", "comments"),
        ('{"model": "opus",}', "not valid JSON", "line 1"),
        ("[]", "usual shape", ""),
        ('{"hooks": []}', "usual shape", ""),
        ('{"hooks": {"Stop": {}}}', "hooks.Stop is not a list", ""),
        ("nonsense", "not valid JSON", "line 1"),
    ],
)
def test_settings_that_cannot_be_changed_are_refused(text: str, what: str, why: str) -> None:
    for change in (with_entries, lambda text, _, name: without_entries(text, name)):
        with pytest.raises(ConfigError, match=what) as refused:
            change(text, WANTED, NAME)
        assert why in refused.value.why
        assert "--print" in refused.value.hint


def test_a_key_that_is_there_twice_is_not_guessed_about() -> None:
    text = '{"hooks": {"Stop": []}, "hooks": {}, "a": 1}'
    after = with_entries(text, WANTED, NAME)
    assert json.loads(after)["hooks"].keys() == WANTED.keys()
    with pytest.raises(ConfigError, match="cannot be changed in place"):
        without_entries(
            '{"hooks": {"Stop": [{"hooks": [{"command": "mine"}]}]}, "hooks": {"Stop": '
            + json.dumps([{"hooks": [WANTED["PreToolUse"]]}])
            + "}}",
            NAME,
        )


@given(st.text())
def test_any_text_is_settings_or_is_refused(text: str) -> None:
    try:
        found = parse_settings(text, NAME)
    except ConfigError:
        return
    assert isinstance(found, dict)


@pytest.mark.parametrize(
    "group",
    ["text", None, {"hooks": "text"}, {"hooks": [1, None, {"command": 3}]}, {}],
)
def test_strange_groups_of_others_are_left_alone(group: object) -> None:
    text = json.dumps({"hooks": {"PreToolUse": [group]}}, indent=2)
    after = with_entries(text, WANTED, NAME)
    assert json.loads(after)["hooks"]["PreToolUse"][0] == group
    assert without_entries(after, NAME) == text
