"""Changes of config.toml: the rest stays as it was typed, and nothing unusable is written."""

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.platform.config import KEYS, load_settings, parse_settings
from aicost.platform.config_edit import (
    TEMPLATE,
    all_values,
    get_value,
    open_editor,
    set_value,
    toml_text,
    unset_value,
)

DOCS = Path(__file__).parents[3] / "docs" / "config.md"
COMMENTED = """\
# mine
timezone = "UTC"   # for the team

[sources.claude]
# the other laptop
homes = [
  "~/a",  # first
]

[projectmap]
"github.com/acme/shop" = "Shop"  # before the next
"github.com/acme/*" = "Acme"
"""


@pytest.fixture
def path(home: Path) -> Path:
    return home / "aicost" / "config.toml"


def written(path: Path, text: str = COMMENTED) -> Path:
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_a_first_setting_makes_the_file_private(path: Path) -> None:
    set_value(path, "timezone", ["Europe/Berlin"])
    assert path.read_text() == 'timezone = "Europe/Berlin"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("key", "words", "old", "new"),
    [
        ("timezone", ["Asia/Tokyo"], '"UTC" ', '"Asia/Tokyo" '),
        ("projectmap.github.com/acme/*", ["all"], '"Acme"', '"all"'),
        ("projectmap.~/x y", ["X"], '= "Acme"\n', '= "Acme"\n"~/x y" = "X"\n'),
        (
            "sources.claude.homes",
            ["~/a", "~/b"],
            '[\n  "~/a",  # first\n]',
            '["~/a", "~/b"]',
        ),
    ],
)
def test_a_change_leaves_the_rest_as_it_was_typed(
    path: Path, key: str, words: list[str], old: str, new: str
) -> None:
    assert COMMENTED.count(old) == 1
    set_value(written(path), key, words)
    assert path.read_text() == COMMENTED.replace(old, new)


def test_new_settings_find_their_table(path: Path) -> None:
    text = "[projectmap]\nshop = 'x'\n"
    set_value(written(path, text), "timezone", ["UTC"])
    set_value(path, "sources.codex.homes", ["~/.codex"])
    set_value(path, "sources.claude.homes", ["~/.claude"])
    set_value(path, "attribution.ticket_pattern", [r"(?i)eng-\d+"])
    settings = load_settings(path)
    assert settings.timezone == "UTC"
    assert (settings.codex_homes, settings.claude_homes) == (("~/.codex",), ("~/.claude",))
    assert settings.ticket_pattern == r"(?i)eng-\d+"
    assert settings.projects == (("shop", "x"),)


def test_a_new_project_comes_last_because_the_first_that_fits_wins(path: Path) -> None:
    set_value(written(path), "projectmap.a", ["A"])
    assert [pattern for pattern, _ in load_settings(path).projects] == [
        "github.com/acme/shop",
        "github.com/acme/*",
        "a",
    ]


def test_what_was_set_can_be_taken_away(path: Path) -> None:
    assert unset_value(written(path), "projectmap.github.com/acme/shop")
    assert unset_value(path, "timezone")
    assert "Shop" not in path.read_text()
    assert "# the other laptop" in path.read_text()
    settings = load_settings(path)
    assert (settings.timezone, settings.projects) == (None, (("github.com/acme/*", "Acme"),))
    assert not unset_value(path, "timezone")
    assert not unset_value(path, "projectmap.nothing")
    assert unset_value(path, "projectmap")
    assert load_settings(path).projects == ()


def test_values_are_told_as_the_file_says_them(path: Path) -> None:
    assert all_values(path) == {}
    assert get_value(path, "timezone") is None
    written(path)
    assert get_value(path, "timezone") == "UTC"
    assert get_value(path, "sources.claude.homes") == ["~/a"]
    assert get_value(path, "sources.codex.homes") is None
    assert get_value(path, "projectmap.github.com/acme/*") == "Acme"
    assert list(all_values(path)) == ["timezone", "sources.claude.homes", "projectmap"]


@pytest.mark.parametrize(
    ("key", "words", "what"),
    [
        ("timezone", ["Europe/Berln"], "there is no time zone 'Europe/Berln'"),
        ("timezone", ["UTC", "UTC"], "timezone takes one value"),
        ("timezone", [], "timezone takes one value"),
        (
            "sources.claude.homes",
            ["here"],
            "sources.claude.homes has a folder that is not absolute",
        ),
        ("attribution.ticket_pattern", ["(a+)+"], "attribution.ticket_pattern cannot be used"),
        ("projectmap", ["x"], "projectmap is a table"),
        ("projectmap.a@b", ["x"], "projectmap names a repository by its address"),
        ("projectmap.", ["x"], "unknown setting projectmap."),
        ("budgets", ["x"], "budgets have a command of their own"),
    ],
)
def test_what_cannot_be_used_is_not_written(
    path: Path, key: str, words: list[str], what: str
) -> None:
    written(path)
    with pytest.raises(ConfigError) as caught:
        set_value(path, key, words)
    assert caught.value.what.startswith(what)
    assert str(path) not in caught.value.what
    assert path.read_text() == COMMENTED


def test_a_file_that_is_wrong_already_is_left_for_the_editor(path: Path) -> None:
    written(path, "timezone = 3\n")
    with pytest.raises(ConfigError, match=r"timezone is not a text: 3 \(.*config.toml:1\)"):
        set_value(path, "sources.claude.homes", ["~/a"])
    assert path.read_text() == "timezone = 3\n"


def test_a_link_to_dotfiles_stays_one_and_its_rights_too(path: Path, home: Path) -> None:
    target = home / "dotfiles.toml"
    target.write_text("")
    target.chmod(0o640)
    path.parent.mkdir()
    path.symlink_to(target)
    set_value(path, "timezone", ["UTC"])
    assert path.is_symlink()
    assert target.read_text() == 'timezone = "UTC"\n'
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_to_is_an_error_with_words(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot "):
        set_value(home / "file" / "config.toml", "timezone", ["UTC"])


def script(home: Path, text: str) -> str:
    """Return an editor's command, with an option and a space in its path."""
    path = home / "my editor"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return f"'{path}' --wait"


def test_the_editor_gets_the_file_with_all_settings_in_it(path: Path, home: Path) -> None:
    open_editor(path, {"EDITOR": script(home, 'cp "$2" "$2.seen"')})
    assert path.with_name("config.toml.seen").read_text() == TEMPLATE
    assert all_values(path) == {}


def test_visual_is_asked_before_editor(path: Path, home: Path) -> None:
    editor = script(home, 'echo "timezone = \\"UTC\\"" > "$2"')
    open_editor(path, {"VISUAL": editor, "EDITOR": "false"})
    assert load_settings(path).timezone == "UTC"


def test_what_was_typed_wrong_is_said_and_stays(path: Path, home: Path) -> None:
    editor = script(home, 'echo "timezon = 3" > "$2"')
    with pytest.raises(ConfigError, match=r"unknown setting timezon \(.*config.toml:1\)"):
        open_editor(path, {"EDITOR": editor})
    assert path.read_text() == "timezon = 3\n"


@pytest.mark.parametrize(
    ("editor", "what"),
    [
        ("/no/such/editor", "the editor '/no/such/editor' does not start"),
        ("'", 'the editor "\'" does not start'),
        ("false", "the editor 'false' ended with 1"),
    ],
)
def test_an_editor_that_fails_is_an_error(path: Path, editor: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_editor(path, {"EDITOR": editor, "PATH": os.environ["PATH"]})
    assert caught.value.what == what


def uncommented(text: str) -> str:
    """Return the template's settings: lines that are one after their first `# `."""
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    return "\n".join(line for line in lines if line.startswith(("[", '"')) or " = " in line)


def test_the_template_shows_every_setting_and_all_of_it_is_valid() -> None:
    parse_settings(TEMPLATE.encode(), "f")
    assert tomllib.loads(TEMPLATE) == {}
    settings = parse_settings(uncommented(TEMPLATE).encode(), "f")
    assert settings.timezone
    assert settings.claude_homes
    assert settings.codex_homes
    assert settings.prices_url
    assert len(settings.projects) == 2
    assert len(settings.budgets) == 2
    for key in KEYS:
        assert key.rpartition(".")[2] in TEMPLATE


def test_the_documentation_names_every_setting_and_its_examples_are_valid() -> None:
    text = DOCS.read_text()
    examples = [block.partition("```")[0] for block in text.split("```toml\n")[1:]]
    assert len(examples) > 2
    for example in examples:
        parse_settings(example.encode(), "docs/config.md")
    for key in KEYS:
        assert f"`{key}`" in text


@pytest.mark.parametrize(
    ("key", "word", "line", "shown"),
    [
        ("gate.grace_percent", "7.5", "grace_percent = 7.5", 7.5),
        ("gate.grace_percent", "7", "grace_percent = 7", 7),
        ("gate.fail", "closed", 'fail = "closed"', "closed"),
        ("nudges.desktop", "on", "desktop = true", True),
        ("nudges.desktop", "False", "desktop = false", False),
        ("nudges.context_usd", "0.25", "context_usd = 0.25", 0.25),
        ("outcomes.gh", "on", "gh = true", True),
    ],
)
def test_numbers_and_switches_are_written_as_such(
    path: Path, key: str, word: str, line: str, shown: object
) -> None:
    set_value(path, key, [word])
    assert line in path.read_text().splitlines()
    assert get_value(path, key) == shown


@pytest.mark.parametrize(
    ("key", "word", "hint"),
    [
        ("gate.grace_percent", "much", "aicost config set gate.grace_percent 5"),
        ("gate.fail", "maybe", "aicost config set gate.fail open"),
        ("nudges.desktop", "maybe", "aicost config set nudges.desktop true"),
        ("nudges.context_usd", "nan", "aicost config set nudges.context_usd 0.5"),
    ],
)
def test_what_is_no_number_or_switch_is_not_written(
    path: Path, key: str, word: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        set_value(path, key, [word])
    assert caught.value.hint == hint
    assert not path.exists()


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
patterns = names.filter(
    lambda text: not {".", "..", "@", ":", "~"} & set((*text, *text.split("/")))
)


@given(patterns, names.filter(lambda text: text.strip() != "" and text.isprintable()))
def test_any_project_is_written_so_that_it_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, pattern: str, project: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"config-{os.getpid()}.toml"
    path.write_text(COMMENTED)
    set_value(path, f"projectmap.{pattern}", [project])
    assert get_value(path, f"projectmap.{pattern}") == project
    assert (pattern, project) in load_settings(path).projects
    assert path.read_text().startswith(COMMENTED)
    assert tomllib.loads(f"x = {toml_text(project)}") == {"x": project}


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("timezone", "Mars", "aicost config set timezone Europe/Berlin"),
        ("timezone", "Berlim", "aicost config set timezone Europe/Berlin"),
        ("projectmap.~ada/work", "acme", "aicost config set 'projectmap.~/ada/work' acme"),
        ("sources.claude.homes", "logs", "aicost config set sources.claude.homes '~/logs'"),
        (
            "prices.url",
            "ftp://x",
            "aicost config set prices.url https://prices.example.com/data.json",
        ),
    ],
)
def test_what_cannot_be_set_suggests_a_command(
    tmp_path: Path, key: str, value: str, hint: str
) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError) as refused:
        set_value(path, key, [value])
    assert refused.value.hint == hint
    assert not path.exists()
