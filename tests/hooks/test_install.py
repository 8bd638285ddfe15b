"""Hooks get into the settings of agents by a plan, and out of them without a trace."""

import json
from pathlib import Path

import pytest
from agent_homes import places_in, stand_in, tree
from hypothesis import given
from log_builders import assistant_line
from settings_documents import texts

from aicost.core.hook_files import Where
from aicost.platform.hook_files import is_installed, write_hook_files
from aicost_hooks.install import (
    Places,
    Plan,
    Scope,
    codex_config,
    files_to_free,
    install,
    listing_of,
    plan_install,
    plan_trust,
    plan_uninstall,
    remove_files_unless_used,
    uninstall,
    wanted,
)
from aicost_hooks.install_entries import Agent, entries_in

STAMP = "20261126T141500Z"
WHERE = Where(run_dir="/run", hook="/bin/aicost-hook", fail="open", daemon_pid=0)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_in(tmp_path)


def installed(agent: Agent, path: Path, places: Places) -> Plan:
    plan = plan_install(agent, path, wanted(agent, (2, 1, 330), places))
    if not plan.changes_nothing:
        install(plan, places, STAMP)
    return plan


def free(agent: Agent, places: Places, scope: Scope | None = None) -> list[Plan]:
    found = [
        plan_uninstall(agent, path, places.data_dir) for path in files_to_free(agent, scope, places)
    ]
    plans = [plan for plan in found if plan is not None]
    for plan in plans:
        uninstall(plan, places)
    return plans


def test_an_agent_is_known_by_its_home_or_its_program(places: Places, tmp_path: Path) -> None:
    assert not places.has("claude")
    (tmp_path / ".claude").mkdir()
    assert places.has("claude")
    assert not places.has("codex")
    with_program = places_in(tmp_path, path=stand_in(tmp_path / "bin", "codex", "codex-cli 1.2.3"))
    assert with_program.has("codex")
    assert with_program.client_version("codex") == "1.2.3"


def test_settings_are_in_the_homes_that_exist_or_the_first(places: Places, tmp_path: Path) -> None:
    first, second = tmp_path / ".claude", tmp_path / "other"
    assert places.settings_files("claude", "user") == [first / "settings.json"]
    second.mkdir()
    assert places.settings_files("claude", "user") == [second / "settings.json"]
    first.mkdir()
    assert places.settings_files("claude", "user") == [
        first / "settings.json",
        second / "settings.json",
    ]
    assert places.settings_files("claude", "project") == [places.cwd / ".claude/settings.json"]
    assert places.settings_files("claude", "local") == [places.cwd / ".claude/settings.local.json"]
    assert places.settings_files("codex", "user") == [tmp_path / ".codex" / "hooks.json"]
    assert places.settings_files("codex", "project") == [places.cwd / ".codex/hooks.json"]
    assert places.settings_files("codex", "local") == []


def test_a_version_comes_from_the_program_else_from_the_newest_log(tmp_path: Path) -> None:
    log = tmp_path / "other" / "projects" / "-src" / "x.jsonl"
    assert places_in(tmp_path).client_version("claude") is None
    log.parent.mkdir(parents=True)
    log.write_bytes(assistant_line(1, version="2.1.77"))
    assert places_in(tmp_path).client_version("claude") == "2.1.77"
    assert places_in(tmp_path).client_version("codex") is None
    bin_dir = stand_in(tmp_path / "bin", "claude", "2.1.330 (Claude Code)")
    assert places_in(tmp_path, path=bin_dir).client_version("claude") == "2.1.330"


def test_a_plan_touches_nothing_and_can_be_shown(places: Places, tmp_path: Path) -> None:
    path = tmp_path / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{\n  "model": "opus"\n}')
    before = tree(tmp_path)
    plan = plan_install("claude", path, wanted("claude", None, places))
    assert tree(tmp_path) == before
    lines = plan.diff("~/.claude/settings.json").splitlines()
    assert lines[:2] == ["--- ~/.claude/settings.json", "+++ ~/.claude/settings.json"]
    assert [line for line in lines[2:] if line.startswith("-")] == ['-  "model": "opus"']
    assert sum("A=claude E=PreToolUse" in line for line in lines) == 1


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_where_there_were_no_settings_there_are_none_again(
    agent: Agent, places: Places, tmp_path: Path
) -> None:
    (path,) = places.settings_files(agent, "user")
    plan = installed(agent, path, places)
    assert "--- no file\n" in plan.diff(str(path))
    assert entries_in(json.loads(path.read_text()))
    (freed,) = free(agent, places)
    assert "+++ no file\n" in freed.diff(str(path))
    assert not path.parent.exists()
    assert free(agent, places) == []


@given(texts())
def test_installed_twice_and_uninstalled_the_bytes_are_the_old_ones(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    places = places_in(tmp_path_factory.mktemp("places"))
    (path,) = places.settings_files("claude", "user")
    path.parent.mkdir()
    path.write_bytes(text.encode())
    first = installed("claude", path, places)
    assert first.is_new
    after = path.read_bytes()
    assert installed("claude", path, places).changes_nothing
    assert path.read_bytes() == after
    free("claude", places)
    assert tree(path.parent) == {"settings.json": text.encode()}


def test_what_others_changed_meanwhile_stays(places: Places) -> None:
    (path,) = places.settings_files("claude", "user")
    path.parent.mkdir()
    path.write_text('{\n  "model": "opus"\n}\n')
    installed("claude", path, places)
    path.write_text(path.read_text().replace('"opus"', '"sonnet"'))
    free("claude", places)
    assert path.read_text() == '{\n  "model": "sonnet"\n}\n'


def test_an_upgrade_and_then_no_more_hooks_gives_the_first_bytes_back(places: Places) -> None:
    (path,) = places.settings_files("claude", "user")
    path.parent.mkdir()
    path.write_text('{"model":"opus"}')
    install(plan_install("claude", path, wanted("claude", (2, 1, 101), places)), places, STAMP)
    again = installed("claude", path, places)
    assert not again.is_new
    assert "PostToolUse" not in path.read_text()
    free("claude", places)
    assert tree(path.parent) == {"settings.json": b'{"model":"opus"}'}


def test_hooks_of_a_project_are_found_from_anywhere(places: Places) -> None:
    (user,) = places.settings_files("claude", "user")
    (project,) = places.settings_files("claude", "project")
    installed("claude", user, places)
    installed("claude", project, places)
    elsewhere = places_in(places.cwd.parent)
    assert files_to_free("claude", None, elsewhere) == [user, project]
    assert files_to_free("claude", "project", elsewhere) == [project]
    assert len(free("claude", elsewhere)) == 2
    assert not project.exists()


def test_trust_is_worked_out_written_and_taken_away(places: Places) -> None:
    (path,) = places.settings_files("codex", "user")
    config = path.with_name("config.toml")
    path.parent.mkdir()
    config.write_text("# mine\nmodel = 'x'\n")
    installed("codex", path, places)
    listing = listing_of(path, places)
    assert {hook.trust for hook in listing.hooks} == {"untrusted"}
    trust = plan_trust(path, listing, places)
    assert (trust.path, trust.is_new) == (config, True)
    install(trust, places, STAMP)
    assert {hook.trust for hook in listing_of(path, places).hooks} == {"trusted"}
    assert [plan.path for plan in free("codex", places)] == [config, path]
    assert tree(path.parent) == {"config.toml": b"# mine\nmodel = 'x'\n"}


def test_what_codex_wrote_into_its_config_meanwhile_stays(places: Places) -> None:
    (path,) = places.settings_files("codex", "user")
    config = path.with_name("config.toml")
    installed("codex", path, places)
    install(plan_trust(path, listing_of(path, places), places), places, STAMP)
    config.write_text(config.read_text() + "\n[tui]\nx = 1\n")
    free("codex", places)
    assert config.read_text().strip() == "[tui]\nx = 1"


def test_hooks_of_a_project_are_trusted_in_the_users_config(places: Places) -> None:
    (path,) = places.settings_files("codex", "project")
    installed("codex", path, places)
    config = codex_config(path, places)
    assert config == places.homes["codex"][0] / "config.toml"
    install(plan_trust(path, listing_of(path, places), places), places, STAMP)
    assert {hook.trust for hook in listing_of(path, places).hooks} == {"trusted"}
    free("codex", places)
    assert not path.parent.exists()
    assert not config.exists()


def test_the_files_stay_while_a_settings_file_is_noted(places: Places) -> None:
    write_hook_files(places.data_dir, WHERE)
    (claude,) = places.settings_files("claude", "user")
    (codex,) = places.settings_files("codex", "user")
    installed("claude", claude, places)
    installed("codex", codex, places)
    free("claude", places)
    assert not remove_files_unless_used(places)
    assert is_installed(places.data_dir)
    free("codex", places)
    assert remove_files_unless_used(places)
    assert not is_installed(places.data_dir)
