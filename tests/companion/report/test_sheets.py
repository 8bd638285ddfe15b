"""CSV: the JSON's fields, readable by any spreadsheet, and harmless in one."""

import csv
import io

import pytest
from builders import session_row
from hypothesis import given
from hypothesis import strategies as st
from report_builders import AT, report, row, turn

from aicost.core.text import visible
from aicost.report.documents import report_document, sessions_document, turns_document
from aicost.report.sheets import as_csv, report_csv, sessions_csv, turns_csv


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_columns_are_the_jsons_fields_and_rows_its_rows() -> None:
    found = report(row(), row("2026-11-23", usd=None, models=("a", "b"), unpriced_tokens=5))
    first, second = read(report_csv(found))
    assert list(first) == list(report_document(found, AT)["rows"][0])
    assert first["cost_usd"] == "12.345678"
    assert first["requests"] == "412"
    assert (second["cost_usd"], second["unpriced_tokens"]) == ("", "5")
    assert second["models"] == "a b"
    assert first["tool_calls"] == ""


def test_without_rows_the_heading_remains() -> None:
    assert report_csv(report()).count("\n") == 1
    assert turns_csv([]) == turns_csv([turn()]).partition("\n")[0] + "\n"
    assert sessions_csv([]) == sessions_csv([session_row()]).partition("\n")[0] + "\n"


def test_turns_and_sessions_have_the_jsons_fields_too() -> None:
    (one,) = read(turns_csv([turn()]))
    (same,) = turns_document([turn()], complete=True, pending_bytes=0)["turns"]
    assert one == {name: "" if value is None else str(value) for name, value in same.items()}
    (row,) = read(sessions_csv([session_row()]))
    (same,) = sessions_document([session_row()], complete=True, pending_bytes=0)["sessions"]
    assert row == {name: "" if value is None else str(value) for name, value in same.items()}


def test_commas_quotes_and_newlines_survive() -> None:
    key = 'shop, "the" one\nor two'
    assert read(report_csv(report(row(key))))[0]["key"] == key


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_like_a_formula_is_no_formula(start: str) -> None:
    text = as_csv(["key"], [{"key": f"{start}cmd|' /C calc'!A0"}])
    shown = start.replace("\r", " ")
    assert read(text) == [{"key": f"'{shown}cmd|' /C calc'!A0"}]


def test_a_list_of_names_like_formulas_is_no_formula_either() -> None:
    assert read(as_csv(["key"], [{"key": ["=1+1", "b"]}])) == [{"key": "'=1+1 b"}]


@given(st.lists(st.text(max_size=10), min_size=1, max_size=3))
def test_any_name_makes_one_row(names: list[str]) -> None:
    rows = read(as_csv(["key"], [{"key": f"k{name}"} for name in names]))
    assert [one["key"] for one in rows] == [visible(f"k{n}".replace("\r", " ")) for n in names]


def test_a_name_steers_no_terminal() -> None:
    assert as_csv(["key"], [{"key": "a\x1b[2J\x9bm\u202eb"}]) == "key\na�[2J�m�b\n"


def test_a_negative_number_stays_a_number() -> None:
    assert as_csv(["n"], [{"n": -1}]) == "n\n-1\n"
