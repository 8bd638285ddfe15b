"""Where in a file something is set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.errors import ConfigError
from aicost.platform.config_lines import line_in_array, line_of, parse_toml

TEXT = """\
# budgets, first
[[budgets]]
scope = "day"
amount = 25   # hard = false

[gate]
amount = 3

[[ budgets ]]
"hard" = true
[budgets.x]
amount = 4
[[budgets]]
"""


@pytest.mark.parametrize(
    ("position", "key", "line"),
    [
        (0, "", 2),
        (0, "scope", 3),
        (0, "amount", 4),
        (0, "hard", 2),
        (1, "hard", 10),
        (1, "amount", 9),
        (2, "scope", 13),
        (3, "scope", 2),
    ],
)
def test_a_key_in_an_array_is_found_in_its_own_table(position: int, key: str, line: int) -> None:
    assert line_in_array(TEXT, "budgets", position, key) == line


def test_an_array_in_one_line_is_one_place() -> None:
    text = 'timezone = "UTC"\nbudgets = [{scope = "day"}, {scope = "x"}]'
    assert line_in_array(text, "budgets", 1, "scope") == 2


@pytest.mark.parametrize(("key", "line"), [("gate.amount", 7), ("gate.x", 6), ("nothing", 1)])
def test_a_key_is_found_in_its_table(key: str, line: int) -> None:
    assert line_of(TEXT, key) == line


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"a = 1\nb = = 2", "not valid TOML (f:2)"),
        (b"# ok\n\xff", "not UTF-8 text (f:2)"),
        (b"a = " + b"9" * 5000, "not valid TOML (f:1)"),
        (b"a = " + b"[" * 100_000, "nested too deep (f:1)"),
    ],
)
def test_what_is_no_toml_names_its_line(content: bytes, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_toml(content, "f", "edit it")
    assert (caught.value.what, caught.value.hint) == (what, "edit it")


@given(st.binary(max_size=100))
def test_any_bytes_are_tables_or_an_error(content: bytes) -> None:
    try:
        text, tables = parse_toml(content, "f", "edit it")
    except ConfigError as error:
        text, tables = error.what, {}
        assert "(f:" in text
    assert isinstance(tables, dict)
    assert 1 <= line_in_array(text, "a", 0, "b") <= text.count("\n") + 1
