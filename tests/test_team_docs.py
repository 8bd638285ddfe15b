"""docs/team.md lists every field that can leave a machine, and no other."""

import re
from dataclasses import fields
from pathlib import Path

from aicost.core.team.documents import (
    BILLINGS,
    ENVIRONMENTS,
    PROVIDERS,
    TIERS,
    TOOLS,
    DayDocument,
    DayOutcomes,
    DayRow,
    TokenSums,
)

PAGE = (Path(__file__).parents[1] / "docs" / "team.md").read_text()


def listed(title: str) -> dict[str, str]:
    """Return the fields of the table with this title, and what is said of each."""
    table = PAGE.split(f"| {title} | what it is |\n| --- | --- |\n", 1)[1].split("\n\n", 1)[0]
    found: dict[str, str] = {}
    for line in table.splitlines():
        _, names, text, _ = line.split("|")
        named = re.findall(r"`([\w.]+)`", names)
        assert named, line
        for name in named:
            assert name not in found, name
            found[name] = text
    return found


def names(shape: type, inner: str = "", parts: type | None = None) -> set[str]:
    own = {field.name for field in fields(shape)}
    if parts is not None:
        own = own - {inner} | {f"{inner}.{field.name}" for field in fields(parts)}
    return own


def test_every_field_of_a_day_is_listed_and_no_other() -> None:
    assert set(listed("field")) == names(DayDocument, "outcomes", DayOutcomes)


def test_every_field_of_a_row_is_listed_and_no_other() -> None:
    assert set(listed("field of a row")) == names(DayRow, "tokens", TokenSums)


def test_every_closed_word_is_said() -> None:
    rows = listed("field of a row")
    for name, words in (
        ("tool", TOOLS),
        ("provider", PROVIDERS),
        ("tier", TIERS),
        ("billing", BILLINGS),
        ("environment", ENVIRONMENTS),
    ):
        assert set(words) <= set(re.findall(r"`([\w-]+)`", rows[name])), name
