"""What `aicost weekly` understands."""

import pytest

from aicost.cli.parser import build_command


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (None, None, None, False, False, False)),
        (["--week", "2026-W47"], ("2026-W47", None, None, False, False, False)),
        (["--md"], (None, "-", None, False, False, False)),
        (["--md", "week.md", "--share"], (None, "week.md", None, False, True, False)),
        (["--html", "week.html"], (None, None, "week.html", False, False, False)),
        (["--json", "--renew"], (None, None, None, True, False, True)),
    ],
)
def test_it_is_understood(words: list[str], expected: tuple[object, ...]) -> None:
    args = build_command("weekly").parse_args(words)
    assert (args.week, args.md, args.html, args.json, args.share, args.renew) == expected


@pytest.mark.parametrize("words", [["--md", "--html"], ["--json", "--md"], ["--week"], ["47"]])
def test_what_contradicts_itself_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_command("weekly").parse_args(words)
    assert ended.value.code == 2
    assert "aicost weekly --help" in capsys.readouterr().err
