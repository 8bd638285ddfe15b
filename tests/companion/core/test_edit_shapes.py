"""What sort of change an edit is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.edit_shapes import edit_shape
from aicost.core.turn_features import COUNTS


@pytest.mark.parametrize(
    ("old", "new", "shape"),
    [
        ("// a\nx()", "// b\nx()", "edits_of_comments"),
        ("x()", "# why\nx()", "edits_of_comments"),
        ("x()", "y()\nx()", "edits_that_add"),
        ("y()\nx()", "x()", "edits_that_remove"),
        ("cp := f(cp)", "id := f(id)", "edits_renaming"),
        ("a(1)", "b(2, 3)", ""),
        ("a b c d e", "v w x y z", ""),
        ("x x", "y z", ""),
        ("", "x", ""),
        ("x", "", ""),
        ("#include <a>", "#include <b>", "edits_renaming"),
    ],
)
def test_an_edit_has_a_shape(old: str, new: str, shape: str) -> None:
    assert edit_shape(old, new) == shape


def test_a_very_large_edit_is_not_looked_at() -> None:
    assert edit_shape("a\n" * 9_000, "a\n" * 9_000 + "b") == ""


@given(st.text(), st.text())
def test_any_edit_has_a_known_shape_or_none(old: str, new: str) -> None:
    assert edit_shape(old, new) in ("", *COUNTS)
