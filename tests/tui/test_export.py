"""Tables as files: what is in them, whatever is in the names; never over another file."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import session_row
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import AicostError
from aicost_tui.export import (
    FORMATS,
    Cell,
    Exportable,
    Table,
    file_name,
    render,
    session_table,
    write_new,
)

AT = datetime(2026, 11, 22, 11, 41, 7, tzinfo=UTC)
TABLE = Table("sessions", ("repo", "cost_usd"), (("shop", 3.2), ("api", None)))
CELLS = st.one_of(st.none(), st.text(), st.integers(), st.floats(allow_nan=False))


def test_each_form_says_the_same() -> None:
    assert render(TABLE, "csv") == "repo,cost_usd\nshop,3.2\napi,\n"
    assert json.loads(render(TABLE, "json")) == {
        "schema": 1,
        "sessions": [{"repo": "shop", "cost_usd": 3.2}, {"repo": "api", "cost_usd": None}],
    }
    assert render(TABLE, "md") == (
        "| repo | cost_usd |\n| --- | ---: |\n| shop | 3.2 |\n| api |  |\n"
    )


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_a_file_has_a_row_for_each_row_and_nothing_that_acts(
    rows: list[tuple[Cell, Cell]],
) -> None:
    table = Table("x", ("a", "b"), tuple(rows))
    for form in FORMATS:
        text = render(table, form)
        assert all(char.isprintable() or char in "\n\t" for char in text), form
    assert len(json.loads(render(table, "json"))["x"]) == len(rows)
    assert len(list(csv.reader(io.StringIO(render(table, "csv"))))) == len(rows) + 1
    lines = render(table, "md").splitlines()
    assert len(lines) == len(rows) + 2
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3 for line in lines)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_no_name_is_a_formula_in_a_spreadsheet(text: str) -> None:
    line = render(Table("x", ("a",), ((text,),)), "csv").split("\n", 1)[1]
    assert line.lstrip('"').startswith("'")


@pytest.mark.parametrize("text", ["[x](http://a)", "<b>", "a|b", "*bold*", "`code`", "# head"])
def test_no_name_marks_up_in_markdown(text: str) -> None:
    line = render(Table("x", ("a",), ((text,),)), "md").splitlines()[2]
    assert not re.search(r"(?<!\\)[\[<*`#]", line)


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    first = tmp_path / file_name(TABLE, "csv", AT)
    first.write_text("mine")
    second = write_new(tmp_path, TABLE, "csv", AT)
    third = write_new(tmp_path, TABLE, "csv", AT)
    assert first.read_text() == "mine"
    assert [second.name, third.name] == [
        "aicost-sessions-20261122-1141-2.csv",
        "aicost-sessions-20261122-1141-3.csv",
    ]
    assert second.read_text() == render(TABLE, "csv")


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / file_name(TABLE, "md", AT)).symlink_to(tmp_path / "elsewhere")
    assert write_new(tmp_path, TABLE, "md", AT).name.endswith("-2.md")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_gone_is_an_error_for_users(tmp_path: Path) -> None:
    with pytest.raises(AicostError, match="cannot be written here"):
        write_new(tmp_path / "gone", TABLE, "csv", AT)


def test_not_without_end(tmp_path: Path) -> None:
    for number in range(1, 101):
        (tmp_path / file_name(TABLE, "csv", AT, number)).touch()
    with pytest.raises(AicostError, match="too many"):
        write_new(tmp_path, TABLE, "csv", AT)


def test_sessions_keep_their_order_and_what_is_not_known() -> None:
    table = session_table([session_row("b"), session_row("a", cost_nusd=None)])
    rows = [dict(zip(table.headers, row)) for row in table.rows]
    assert [row["session_id"] for row in rows] == ["b", "a"]
    assert (rows[0]["cost_usd"], rows[1]["cost_usd"]) == (3.2, None)
    assert all(len(row) == len(table.headers) for row in table.rows)


def test_a_screen_without_a_table_is_not_exportable() -> None:
    assert not isinstance(object(), Exportable)
