"""The status line in settings files: beside hooks, in any order, given back to the byte."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agent_homes import places_in, tree

from aicost.core.hook_files import Where, other_status_line, status_line_command
from aicost.platform.hook_files import write_hook_files
from aicost_hooks import install as installing
from aicost_hooks import install_status_line as lines
from aicost_hooks.install import Places
from aicost_hooks.install_files import note_of

STAMP = "20261126T141500Z"
SETTINGS = b'{\n\t"model": "opus",\n\t"statusLine": {"type":"command",  "command":"mine"} }'


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_in(tmp_path)


@pytest.fixture
def path(places: Places) -> Path:
    found = places.homes["claude"][0] / "settings.json"
    found.parent.mkdir()
    found.write_bytes(SETTINGS)
    return found


def add_line(path: Path, places: Places) -> None:
    installing.install(lines.plan_install(path, places), places, STAMP)


def drop_line(path: Path, places: Places) -> None:
    plan = lines.plan_uninstall(path, places.data_dir)
    assert plan is not None
    installing.uninstall(plan, places)


def add_hooks(path: Path, places: Places) -> None:
    handlers = installing.wanted("claude", (2, 1, 330), places)
    installing.install(installing.plan_install("claude", path, handlers), places, STAMP)


def drop_hooks(path: Path, places: Places) -> None:
    plan = installing.plan_uninstall("claude", path, places.data_dir)
    assert plan is not None
    installing.uninstall(plan, places)


def command(path: Path) -> Any:
    return json.loads(path.read_text())["statusLine"]["command"]


def test_it_goes_in_and_out_to_the_byte(path: Path, places: Places) -> None:
    add_line(path, places)
    assert command(path) == status_line_command(places.folder, "mine")
    assert lines.plan_install(path, places).changes_nothing
    drop_line(path, places)
    assert tree(path.parent) == {"settings.json": SETTINGS}
    assert lines.plan_uninstall(path, places.data_dir) is None


Act = Callable[[Path, Places], None]


@pytest.mark.parametrize(
    "acts",
    [
        (add_line, add_hooks, drop_line, drop_hooks),
        (add_line, add_hooks, drop_hooks, drop_line),
        (add_hooks, add_line, drop_line, drop_hooks),
        (add_hooks, add_line, drop_hooks, drop_line),
        (add_hooks, add_line, add_hooks, add_line, drop_hooks, drop_line),
        (add_hooks, drop_hooks, add_line, drop_line),
    ],
)
@pytest.mark.parametrize("before", [SETTINGS, b"{}", b'{"hooks": {}}\r\n', None])
def test_beside_hooks_the_old_bytes_come_back_in_any_order(
    path: Path, places: Places, acts: tuple[Act, ...], before: bytes | None
) -> None:
    path.unlink() if before is None else path.write_bytes(before)
    has_line = has_hooks = False
    for act in acts[:-1]:
        act(path, places)
        has_line = act is add_line or (has_line and act is not drop_line)
        has_hooks = act is add_hooks or (has_hooks and act is not drop_hooks)
        line = lines.plan_uninstall(path, places.data_dir) if path.exists() else None
        hooks = installing.plan_uninstall("claude", path, places.data_dir)
        assert (line is not None, hooks is not None) == (has_line, has_hooks)
    acts[-1](path, places)
    assert tree(path.parent) == ({} if before is None else {"settings.json": before})
    assert note_of(path, places.data_dir) is None


@pytest.mark.parametrize("first", ["line", "hooks"])
def test_what_others_changed_meanwhile_stays(path: Path, places: Places, first: str) -> None:
    add_line(path, places)
    add_hooks(path, places)
    settings = json.loads(path.read_text()) | {"model": "sonnet"}
    path.write_text(json.dumps(settings))
    for drop in (drop_line, drop_hooks) if first == "line" else (drop_hooks, drop_line):
        drop(path, places)
    assert json.loads(path.read_text()) == json.loads(SETTINGS) | {"model": "sonnet"}
    assert installing.files_to_free("claude", None, places) == [path]


def test_a_file_edited_between_the_two_never_comes_back_with_ours(
    path: Path, places: Places
) -> None:
    add_line(path, places)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": "sonnet"}))
    add_hooks(path, places)
    drop_hooks(path, places)
    drop_line(path, places)
    assert command(path) == "mine"


def test_a_link_stays_a_link(path: Path, places: Places, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    path.rename(real)
    path.symlink_to(real)
    add_line(path, places)
    assert path.is_symlink()
    assert other_status_line(command(real)) == "mine"
    drop_line(path, places)
    assert (path.is_symlink(), real.read_bytes()) == (True, SETTINGS)


# How it stands


def problems(places: Places, pid: int = 1) -> list[str]:
    run_dir = places.data_dir / "run"
    found = lines.common_problems(lines.line_states(places), places, run_dir, pid)
    return [problem.what for problem in found]


def put_files(places: Places) -> None:
    run_dir = str(places.data_dir / "run")
    where = Where(run_dir=run_dir, hook="/bin/aicost-hook", fail="open", daemon_pid=0)
    write_hook_files(places.data_dir, where)


def test_what_is_right_has_no_problem(path: Path, places: Places) -> None:
    add_line(path, places)
    put_files(places)
    (state,) = lines.line_states(places)
    assert (state.path, state.scope, state.is_ours) == (str(path), "user", True)
    assert (state.other, state.problems) == ("mine", ())
    assert problems(places) == []
    document = lines.as_document([state], [])
    assert document["installed"]
    assert document["files"][0]["other"] == "mine"


def test_what_is_missing_is_named(path: Path, places: Places) -> None:
    assert problems(places) == ["no status line of aicost is installed"]
    add_line(path, places)
    found = problems(places, 0)
    assert [part in whole for part, whole in zip(("statusline.sh is", "where"), found)] == [
        True
    ] * 2
    assert found[2] == "the daemon does not run: nothing of ours is shown until it does"
    put_files(places)
    (places.data_dir / "hooks" / "statusline.sh").write_text("old")
    assert "not this version's" in problems(places)[0]


def test_settings_that_are_nearer_win(path: Path, places: Places) -> None:
    add_line(path, places)
    put_files(places)
    nearer = places.cwd / ".claude" / "settings.local.json"
    nearer.parent.mkdir()
    nearer.write_text('{"statusLine": {"type": "command", "command": "theirs"}}')
    assert problems(places) == [f"{nearer} has another one, which wins here"]
    nearer.write_text('{"disableAllHooks": true}')
    assert "disableAllHooks" in problems(places)[0]
    nearer.write_text("{")
    (state, _) = lines.line_states(places)
    assert "not valid JSON" in state.problems[0].what


def test_a_command_of_another_place_is_not_as_it_should_be(path: Path, places: Places) -> None:
    old = status_line_command("/elsewhere/hooks", "mine")
    path.write_text(json.dumps({"statusLine": {"type": "command", "command": old}}))
    (state,) = lines.line_states(places)
    assert [one.what for one in state.problems] == ["its command is not as it should be"]
    add_line(path, places)
    assert command(path) == status_line_command(places.folder, "mine")
