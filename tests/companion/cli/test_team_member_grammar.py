"""The words that members of a team type."""

import pytest

from aicost.cli.parser import build_command


def parsed(*argv: str) -> dict[str, object]:
    return vars(build_command("team").parse_args(argv))


def test_joining_needs_an_address_and_nothing_else() -> None:
    found = parsed("join", "https://team.example")
    assert found == {
        "action": "join", "sink": "https://team.example", "code": None, "team": "",
        "cohort": None, "since": None, "billing": "unknown", "label": [],
        "hash_projects": False, "yes": False,
    }  # fmt: skip
    with pytest.raises(SystemExit):
        parsed("join")


def test_labels_name_repositories_whose_names_may_hold_signs() -> None:
    found = parsed("join", "x", "--label", "github.com/a/b=c=Shop", "--label", "games=Games 2")
    assert found["label"] == [("github.com/a/b=c", "Shop"), ("games", "Games 2")]


@pytest.mark.parametrize(
    "argv",
    [
        ("join", "x", "--label", "shop"),
        ("join", "x", "--label", "=Shop"),
        ("join", "x", "--since", "yesterday"),
        ("join", "x", "--billing", "cash"),
        ("preview", "--day", "2026-13-01"),
        ("sync", "now"),
    ],
)
def test_what_is_not_understood_is_said(argv: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        parsed(*argv)


@pytest.mark.parametrize("action", ["sync", "export-key", "preview", "resync", "log"])
def test_what_changes_nothing_at_the_team_asks_nothing(action: str) -> None:
    assert "yes" not in parsed(action)


@pytest.mark.parametrize("action", ["forget", "leave", "import-key"])
def test_what_changes_much_asks_first(action: str) -> None:
    assert parsed(action)["yes"] is False
    assert parsed(action, "--yes")["yes"] is True
