"""The table on the screen, written to a new file in the folder that one is in."""

import json
from pathlib import Path
from typing import Any

import pytest
from action_answers import answers
from builders import guarded_day
from fake_feed import Dashboard, until
from looks import in_every_size, in_every_theme, themed
from textual.pilot import Pilot

from aicost_tui.screens.exporting import ExportDialog


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


async def opened(pilot: Pilot[None], app: Dashboard) -> None:
    await until(pilot, lambda: app.top.view)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, ExportDialog))


@pytest.mark.parametrize(
    ("keys", "suffix"), [((), "csv"), (("down",), "json"), (("down", "down"), "md")]
)
async def test_each_form_is_written_where_one_is(
    folder: Path, keys: tuple[str, ...], suffix: str
) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        assert any(f"aicost-sessions-20261122-1141.{suffix}" in line for line in app.text())
        await pilot.press(*keys, "enter")
        await until(pilot, lambda: app.screen is app.top)
        path = written(folder)
        assert path.name == f"aicost-sessions-20261122-1141.{suffix}"
        assert any(path.name in note.message for note in app._notifications)


async def test_it_is_what_is_shown_in_its_order(folder: Path) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.top.view)
        await pilot.press("slash", *"api", "enter")
        await until(pilot, lambda: any("2 of 10" in line for line in app.text()))
        await opened(pilot, app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen is app.top)
    rows = json.loads(written(folder).read_text())["sessions"]
    assert [row["repo"] for row in rows] == ["api", "api"]


async def test_a_folder_that_cannot_be_written_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Dashboard(guarded_day())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        assert isinstance(app.screen, ExportDialog)
        app.screen._folder = folder / "gone"
        await pilot.press("enter")
        await until(pilot, lambda: any("cannot be written here" in line for line in app.text()))


@in_every_size
@in_every_theme
def test_looks(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = Dashboard(day := guarded_day())
    app.daemon.answers |= answers()
    assert snap_compare(app, terminal_size=size, run_before=themed(theme, day, "e"))
