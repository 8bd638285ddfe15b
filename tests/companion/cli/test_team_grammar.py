"""The words of `aicost team`."""

import pytest

from aicost.cli.parser import build_command


def test_serving_needs_a_team_and_listens_here_only() -> None:
    args = build_command("team").parse_args(["serve", "--team", "acme"])
    assert (args.action, args.host, args.k, args.db, args.cohort) == (
        "serve", "127.0.0.1", 5, None, [],
    )  # fmt: skip
    with pytest.raises(SystemExit):
        build_command("team").parse_args(["serve"])


@pytest.mark.parametrize(
    ("number", "is_right"),
    [("1", True), ("10000", True), ("0", False), ("10001", False), ("-1", False), ("ten", False)],
)
def test_invites_are_made_in_bulk(number: str, is_right: bool) -> None:
    parser = build_command("team")
    if is_right:
        assert parser.parse_args(["invite", number]).number == int(number)
    else:
        with pytest.raises(SystemExit):
            parser.parse_args(["invite", number])


def test_an_action_is_needed() -> None:
    with pytest.raises(SystemExit):
        build_command("team").parse_args([])
