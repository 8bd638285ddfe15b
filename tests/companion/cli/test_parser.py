"""The grammar: the choices are the core's, wrong words are usage errors, help has examples."""

import re

import pytest
from commands import aicost

from aicost.cli.parser import COMMANDS, GROUPS, build_command, build_parser
from aicost.core import reports


def test_the_groups_are_those_a_report_knows() -> None:
    assert GROUPS == reports.GROUPS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_alone_is_as_it_is_in_the_whole(name: str) -> None:
    whole, alone = aicost("--help").stdout, build_command(name)
    assert f"    {name}" in whole
    assert alone.prog == f"aicost {name}"
    assert aicost(name, "--help").stdout == alone.format_help()


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["report", "--by", "weather"],
        ["report", "--json", "--csv"],
        ["report", "extra"],
        ["report", "--agent", "gemini"],
        ["sessions", "--json", "--csv"],
        ["turns", "--live"],
        ["top", "--once", "--json"],
        ["daemon"],
        ["daemon", "dance"],
        ["turns", "--session"],
        ["--by", "day"],
    ],
    ids=" ".join,
)
def test_wrong_words_are_usage_errors(argv: list[str]) -> None:
    ended = aicost(*argv)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert re.fullmatch(r"aicost: .+\n(   why: .+\n)?   try: aicost .+\n", ended.stderr)


@pytest.mark.parametrize(
    ("text", "is_day"),
    [
        ("2026-11-22", True),
        ("2024-02-29", True),
        ("2026-02-29", False),
        ("20261122", False),
        ("2026-W47-7", False),
        ("2026-11-22T05:00", False),
        ("today", False),
        ("", False),
    ],
)
def test_a_day_is_written_in_one_way(
    text: str,
    is_day: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = build_command("report")
    if is_day:
        assert parser.parse_args(["--since", text]).since == text
        return
    with pytest.raises(SystemExit):
        parser.parse_args(["--until", text])
    assert capsys.readouterr().err == (
        f"aicost: argument --until: {text!r} is no day like 2026-11-23\n"
        "   try: aicost report --help\n"
    )


@pytest.mark.parametrize(("columns", "widest"), [(80, range(60, 79)), (160, range(80, 159))])
def test_help_is_as_wide_as_the_terminal(
    columns: int, widest: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, build_command("daemon").format_help().splitlines())) in widest


def test_the_whole_help_names_exit_codes_and_examples() -> None:
    text = build_parser().format_help()
    assert "exit codes: 0 ok" in text
    assert "aicost report --by model" in text


def test_all_groups_are_named_in_lines_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    options = build_command("report").format_help().partition("\nexamples:")[0]
    assert max(map(len, options.splitlines())) <= 60
    words = set(options.replace(",", " ").split())
    assert words >= set(GROUPS)
