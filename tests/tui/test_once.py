"""`aicost top --once`: the same figures as plain text, without loading Textual."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from builders import busy_day, guarded_day, session_row, view

import aicost
import aicost_tui
from aicost.core.text import cells_of
from aicost_tui.once import render_once


@pytest.mark.parametrize("width", [48, 80, 140])
def test_it_is_the_dashboard_as_text(width: int) -> None:
    lines = render_once(busy_day(), width, False).splitlines()
    assert lines[0].startswith("today $18.42")
    assert lines[1].startswith("burn $6.10/h")
    assert "▾$/h" in lines[3]
    assert len(lines) == 6 + len(busy_day().sessions)
    assert lines[-2:] == ["", "no budgets; aicost budget set day 25 sets one"]
    assert all(cells_of(line) <= width for line in lines)
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [48, 80, 140])
def test_budgets_and_nudges_stand_below(width: int) -> None:
    day = guarded_day()
    lines = render_once(day, width, False).splitlines()
    assert all(cells_of(line) <= width for line in lines)
    assert "73%" in lines[0]
    _, budgets, nudges = "\n".join(lines[3:]).split("\n\n")
    assert len(budgets.splitlines()) == len(day.budgets)
    assert "shows all" not in nudges
    for kind in ("context", "budget", "loop", "plan", "forecast", "hidden"):
        assert f" {kind}" in nudges
    assert nudges.count("→ ") == len(day.nudges)


def test_without_colour_there_is_no_escape_and_with_colour_the_text_is_the_same() -> None:
    text, coloured = (render_once(busy_day(), 100, colour) for colour in (False, True))
    assert "\x1b" not in text
    assert "\x1b[33m" in coloured
    uncoloured = re.sub(r"\x1b\[\d+m", "", coloured)
    assert [line.rstrip() for line in uncoloured.splitlines()] == text.splitlines()


def test_foreign_text_brings_no_escape_of_its_own() -> None:
    text = render_once(view(session_row(repo="\x1b[31mx\ny", branch="[b]")), 80, False)
    assert "\x1b" not in text
    assert "x y · [b]" in text


def test_no_logs_are_told_here_too() -> None:
    text = render_once(view(log_files=0), 80, False)
    assert "No agent logs found" in text
    assert "/home/ada/.claude" in text


def test_it_loads_no_textual_and_no_event_loop() -> None:
    paths = [str(Path(package.__path__[0]).parent) for package in (aicost, aicost_tui)]
    program = f"import sys; sys.path[:0] = {paths!r}; import aicost_tui.once; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert loaded.isdisjoint({"textual", "rich", "asyncio"})
