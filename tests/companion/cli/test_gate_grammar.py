"""What `aicost allow` and `aicost audit` understand."""

import pytest

from aicost.cli.parser import build_command


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["5"], ("5", [], "", "")),
        (["5", "hotfix release"], ("5", ["hotfix release"], "", "")),
        (["5", "hotfix", "release", "--for", "30m"], ("5", ["hotfix", "release"], "30m", "")),
        (["--session", "s-1", "5"], ("5", [], "", "s-1")),
    ],
)
def test_an_allowance_is_understood(words: list[str], expected: tuple[object, ...]) -> None:
    args = build_command("allow").parse_args(words)
    assert (args.amount, args.reason, args.lasts, args.session) == expected


@pytest.mark.parametrize("words", [[], ["--for", "2h"], ["5", "--forever"]])
def test_what_is_no_allowance_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_command("allow").parse_args(words)
    assert caught.value.code == 2


def test_an_audit_begins_on_a_day() -> None:
    args = build_command("audit").parse_args(["--since", "2026-11-01", "--json"])
    assert (args.since, args.session, args.json) == ("2026-11-01", "", True)
    with pytest.raises(SystemExit):
        build_command("audit").parse_args(["--since", "yesterday"])
