"""What files are called: no folder, and few letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.commands import MAX_LABEL_CELLS
from aicost.core.files import file_label, short
from aicost.core.text import cells_of


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/home/ada/shop/pay.py", "pay.py"),
        ("pay.py", "pay.py"),
        ("C:\\Users\\ada\\pay.py", "pay.py"),
        ("/home/ada/shop/", "shop"),
        ("/", "file"),
        ("", "file"),
        ("/x/\x1b[2Jpay.py", "pay.py"),
        ("/x/" + "a" * 40 + ".py", "a" * 23 + "…"),
    ],
)
def test_a_file_is_called_by_the_last_part_of_its_name(path: str, label: str) -> None:
    assert file_label(path) == label


@given(st.text())
def test_no_name_is_longer_than_its_column(name: str) -> None:
    assert cells_of(short(name)) <= MAX_LABEL_CELLS
    assert "/" not in file_label(name)
