"""What `aicost tag` understands."""

import pytest

from aicost.cli.parser import build_command
from aicost.core.categories import TaskCategory


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["6f93", "bugfix"], ("6f93", "bugfix", False, False)),
        (["6f93", "--remove"], ("6f93", None, True, False)),
        (["--list"], (None, None, False, True)),
    ],
)
def test_a_tag_is_understood(words: list[str], expected: tuple[object, ...]) -> None:
    args = build_command("tag").parse_args(words)
    assert (args.id, args.category, args.remove, args.list) == expected


def test_the_help_names_all_categories(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_command("tag").parse_args(["--help"])
    said = capsys.readouterr().out
    assert all(f"  {category} " in said for category in TaskCategory)
