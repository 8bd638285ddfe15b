"""The entry point: the version comes before everything, the rest is handed over."""

import os
import sys
from pathlib import Path

import pytest
from commands import aicost, write_log

from aicost import __version__
from aicost.__main__ import main


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_told_on_stdout(flag: str) -> None:
    ended = aicost(flag)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"aicost {__version__}\n", "")


def test_it_is_a_console_script_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["aicost", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"aicost {__version__}\n"


def test_without_a_command_the_help_is_shown() -> None:
    ended = aicost()
    assert ended.returncode == 0
    assert ended.stdout.startswith("usage: aicost")


@pytest.mark.parametrize("argv", [["--help"], ["report"], ["report", "--help"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(argv: list[str], home: Path) -> None:
    write_log(home)
    nobody_reads, end = os.pipe()
    os.close(nobody_reads)
    ended = aicost(*argv, stdout=end)
    os.close(end)
    assert (ended.returncode, ended.stderr) == (0, "")
