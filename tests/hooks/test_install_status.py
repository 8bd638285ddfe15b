"""What keeps hooks from working is named, with what to do; what they can stop is not overstated."""

import json
from pathlib import Path
from typing import Any

import pytest
from agent_homes import places_in, stand_in

from aicost.core.hook_files import Where
from aicost.platform.hook_files import write_hook_files
from aicost_hooks import install_claude
from aicost_hooks.install import (
    Places,
    install,
    listing_of,
    plan_install,
    plan_trust,
    wanted,
)
from aicost_hooks.install_entries import Agent, Version
from aicost_hooks.install_status import (
    AgentState,
    Problem,
    agent_state,
    as_document,
    file_problems,
    text_lines,
)

NEWEST = (2, 1, 330)
EVERYTHING = {
    "a prompt": True,
    "a turn": True,
    "a tool": True,
    "a subagent": True,
    "a compaction": True,
    "a switch of models": True,
}
NOTHING = dict.fromkeys(EVERYTHING, False)


@pytest.fixture(autouse=True)
def _no_administrator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install_claude, "_MANAGED_FOLDER", str(tmp_path / "managed"))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return places where Claude Code is the newest, and Codex no program."""
    return places_in(tmp_path, path=stand_in(tmp_path / "bin", "claude", "2.1.330"))


def put(agent: Agent, places: Places, version: Version | None = NEWEST) -> Path:
    (path,) = places.settings_files(agent, "user")
    install(plan_install(agent, path, wanted(agent, version, places)), places, "now")
    return path


def edit(path: Path, change: Any) -> None:
    settings = json.loads(path.read_text())
    change(settings)
    path.write_text(json.dumps(settings))


def stops(state: AgentState) -> dict[str, bool]:
    return {what: can for what, (can, _) in state.stops.items()}


def problems(state: AgentState) -> list[str]:
    return [p.what for file in state.files for p in file.problems] + [
        p.what for p in state.problems
    ]


def test_hooks_as_they_should_be_stop_everything(places: Places) -> None:
    put("claude", places)
    state = agent_state("claude", places, [])
    assert (state.version, state.is_installed) == ("2.1.330", True)
    assert problems(state) == []
    assert stops(state) == EVERYTHING


def test_codex_has_no_event_for_a_switch_of_models(places: Places) -> None:
    path = put("codex", places)
    install(plan_trust(path, listing_of(path, places), places), places, "now")
    state = agent_state("codex", places, [])
    assert problems(state) == []
    assert stops(state) == EVERYTHING | {"a switch of models": False}


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_without_hooks_nothing_is_stopped(agent: Agent, places: Places) -> None:
    state = agent_state(agent, places, [])
    assert not state.is_installed
    assert problems(state) == ["no hooks of aicost are installed"]
    assert state.files[0].problems[0].hint == f"aicost hooks install {agent}"
    assert stops(state) == NOTHING


def test_hooks_that_are_missing_doubled_or_changed_are_named(places: Places) -> None:
    path = put("claude", places)

    def harm(settings: dict[str, Any]) -> None:
        hooks = settings["hooks"]
        del hooks["PreCompact"]
        hooks["PreToolUse"] *= 2
        hooks["UserPromptSubmit"][0]["hooks"][0]["timeout"] = 1

    edit(path, harm)
    state = agent_state("claude", places, [])
    assert problems(state) == [
        "hooks are missing: PreCompact",
        "hooks are there twice: PreToolUse",
        "hooks are not as they should be: UserPromptSubmit",
    ]
    assert stops(state) == EVERYTHING | {"a compaction": False}


def test_hooks_of_another_data_folder_do_not_count(places: Places, tmp_path: Path) -> None:
    path = put("claude", places)
    path.write_text(path.read_text().replace(str(places.data_dir), "/old"))
    state = agent_state("claude", places, [])
    assert stops(state) == NOTHING
    assert not state.is_installed
    assert "not as they should be" in problems(state)[0]


@pytest.mark.parametrize("content", ["// comment\n{}", '{"hooks": []}'])
def test_settings_that_cannot_be_read_are_named(content: str, places: Places) -> None:
    path = put("claude", places)
    path.write_text(content)
    state = agent_state("claude", places, [])
    assert str(path) in problems(state)[0]
    assert stops(state) == NOTHING


@pytest.mark.parametrize(
    ("file", "settings", "why"),
    [
        ("user", {"disableAllHooks": True}, "disableAllHooks"),
        ("project", {"disableAllHooks": True}, "disableAllHooks"),
        ("managed", {"allowManagedHooksOnly": True}, "allowManagedHooksOnly"),
    ],
)
def test_settings_that_silence_all_hooks_are_named(
    file: str, settings: dict[str, Any], why: str, places: Places, tmp_path: Path
) -> None:
    user = put("claude", places)
    path = {
        "user": user,
        "project": places.cwd / ".claude" / "settings.json",
        "managed": tmp_path / "managed" / "managed-settings.json",
    }[file]
    path.parent.mkdir(exist_ok=True)
    old = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(old | settings))
    state = agent_state("claude", places, [])
    (problem,) = problems(state)
    assert why in problem
    assert str(path) in problem
    assert stops(state) == NOTHING


@pytest.mark.parametrize(
    ("version", "missing"),
    [
        ("2.1.330", set()),
        ("2.1.251", set()),
        ("2.1.250", {"a switch of models"}),
        ("2.1.117", {"a switch of models"}),
        ("2.0.1", {"a switch of models"}),
        ("1.0.50", {"a switch of models", "a prompt"}),
    ],
)
def test_an_old_client_stops_less(version: str, missing: set[str], tmp_path: Path) -> None:
    places = places_in(tmp_path, path=stand_in(tmp_path / "bin", "claude", version))
    number = tuple(map(int, version.split(".")))
    put("claude", places, (number[0], number[1], number[2]))
    state = agent_state("claude", places, [])
    assert {what for what, can in stops(state).items() if not can} == missing
    assert bool(problems(state)) == bool(missing)


def test_hooks_for_an_older_client_are_not_as_they_should_be(places: Places) -> None:
    put("claude", places, (2, 1, 100))
    assert problems(agent_state("claude", places, [])) == [
        "hooks are missing: PostToolBatch, PreModelSwitch",
        "hooks are not as they should be: PostToolUse",
    ]


def test_codex_does_not_run_what_is_not_trusted(places: Places) -> None:
    put("codex", places)
    state = agent_state("codex", places, [])
    (problem,) = [p for file in state.files for p in file.problems]
    assert "until you trust them: SessionStart, UserPromptSubmit" in problem.what
    assert "/hooks" in problem.hint
    assert stops(state) == NOTHING


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("[features]\nhooks = false\n", "switches all hooks off"),
        ("[features\n", "not valid TOML"),
    ],
)
def test_a_codex_that_runs_no_hooks_says_why(config: str, what: str, places: Places) -> None:
    path = put("codex", places)
    path.with_name("config.toml").write_text(config)
    state = agent_state("codex", places, [])
    assert what in problems(state)[0]
    assert stops(state) == NOTHING


def test_a_hook_that_is_switched_off_in_codex_is_named(places: Places) -> None:
    path = put("codex", places)
    install(plan_trust(path, listing_of(path, places), places), places, "now")
    config = path.with_name("config.toml")
    text = config.read_text()
    key = f'[hooks.state."{path}:pre_compact:0:0"]\n'
    assert key in text
    config.write_text(text.replace(key, f"{key}enabled = false\n"))
    state = agent_state("codex", places, [])
    assert problems(state) == ["switched off in Codex: PreCompact"]


def test_a_projects_hooks_are_shown_where_there_are_some(places: Places) -> None:
    (project,) = places.settings_files("claude", "project")
    install(plan_install("claude", project, wanted("claude", NEWEST, places)), places, "now")
    alone = agent_state("claude", places, [])
    assert [file.scope for file in alone.files] == ["project"]
    assert problems(alone) == []  # who has those may want no others
    assert stops(alone) == EVERYTHING
    put("claude", places)
    both = agent_state("claude", places, [])
    assert [file.scope for file in both.files] == ["project", "user"]
    assert problems(both) == []


WHERE = Where(run_dir="/run/aicost", hook="/bin/sh", fail="open", daemon_pid=7)


@pytest.mark.parametrize(
    ("where", "pid", "whats"),
    [
        (WHERE, 7, []),
        (WHERE, 0, ["the daemon does not run: nothing is stopped until it does"]),
        (WHERE, 8, ["the hooks do not know the daemon that runs"]),
        (None, 7, ["gate.sh is missing", "where is missing, or cannot be read"]),
        (
            Where(run_dir="/run/aicost", hook="/gone", fail="closed", daemon_pid=0),
            0,
            ["the program of the hooks is gone: /gone", "everything is refused until it does"],
        ),
        (
            Where(run_dir="/old", hook="/bin/sh", fail="open", daemon_pid=7),
            7,
            ["look for verdicts in /old, the daemon keeps them in /run/aicost"],
        ),
    ],
)
def test_what_all_hooks_need_is_looked_at(
    where: Where | None, pid: int, whats: list[str], places: Places
) -> None:
    if where is not None:
        write_hook_files(places.data_dir, where)
    found = list(file_problems(places, Path("/run/aicost"), pid))
    assert len(found) == len(whats)
    assert all(part in problem.what for part, problem in zip(whats, found))
    assert all(problem.hint.startswith("aicost ") for problem in found)


def test_an_old_script_is_named(places: Places) -> None:
    write_hook_files(places.data_dir, WHERE)
    (places.data_dir / "hooks" / "gate.sh").write_text("exit 0\n")
    (problem,) = file_problems(places, Path("/run/aicost"), 7)
    assert "gate.sh is not this version's" in problem.what


DOWN = Problem("the daemon does not run", "aicost daemon start")


def test_what_is_in_the_way_of_all_hooks_stops_all_stopping(places: Places) -> None:
    put("claude", places)
    assert stops(agent_state("claude", places, [DOWN])) == NOTHING
    closed = Problem("the daemon does not run", "aicost daemon start", stops_all=False)
    assert stops(agent_state("claude", places, [closed])) == EVERYTHING


def test_a_script_and_a_person_are_told_the_same(places: Places) -> None:
    put("claude", places)
    put("codex", places)
    states = [agent_state(agent, places, []) for agent in ("claude", "codex")]
    document = json.loads(json.dumps(as_document(states, [DOWN])))
    assert [row["agent"] for row in document["agents"]] == ["claude", "codex"]
    assert document["agents"][0]["stops"] == EVERYTHING
    assert document["agents"][1]["files"][0]["problems"][0]["stops_all"] is True
    assert document["problems"] == [
        {"what": DOWN.what, "hint": DOWN.hint, "stops_all": True},
    ]
    lines = list(text_lines(states, [DOWN], lambda path: path.rpartition("/")[2]))
    assert lines[0] == "Claude Code 2.1.330"
    assert lines[1].startswith("  settings.json: hooks at SessionStart, UserPromptSubmit")
    assert "  stops a turn before the next request" in lines
    assert "Codex (of an unknown version)" in lines
    assert "  does not stop a prompt" in lines
    assert "  does not stop a switch of models: Codex has no event for it" in lines
    assert lines[-2:] == ["! the daemon does not run", "  try: aicost daemon start"]


def test_without_hooks_a_person_hears_nothing_of_the_daemon(places: Places) -> None:
    lines = list(text_lines([agent_state("claude", places, [DOWN])], [DOWN], str))
    assert not any("daemon" in line for line in lines)
    assert lines[1].endswith(": no hooks")
