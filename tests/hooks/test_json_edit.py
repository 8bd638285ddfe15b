"""A change of a JSON text leaves every other byte of it, whatever it looks like."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost_hooks.json_edit import NotJson, appended, load_json, locate, removed, replaced

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def texts(draw: st.DrawFn, value: st.SearchStrategy[Any] = VALUES) -> str:
    """Return a document as some editor would have written it."""
    indent = draw(st.sampled_from([None, None, 1, 2, 4, "\t"]))
    separators = draw(st.sampled_from([(", ", ": "), (",", ":")])) if indent is None else None
    text = json.dumps(
        draw(value), indent=indent, separators=separators, ensure_ascii=draw(st.booleans())
    )
    if draw(st.booleans()) and indent is not None:
        text = text.replace("\n", "\r\n")
    before, after = draw(st.sampled_from(["", " ", "\n"])), draw(st.sampled_from(["", "\n"]))
    return f"{before}{text}{after}"


def an_object(text: str) -> bool:
    return isinstance(json.loads(text), dict | list)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("{}", '{\n  "b": [\n    1\n  ]\n}'),
        ("{ }\n", '{\n  "b": [\n    1\n  ]\n}\n'),
        ('{"a": 0}', '{"a": 0, "b": [1]}'),
        ('{"a":0}', '{"a":0,"b":[1]}'),
        ('{\n\t"a": 0\n}\n', '{\n\t"a": 0,\n\t"b": [\n\t\t1\n\t]\n}\n'),
        ('{\r\n "a": 0\r\n}', '{\r\n "a": 0,\r\n "b": [\r\n  1\r\n ]\r\n}'),
        ('{"a": [\n    1e2, 3.0]}', '{"a": [\n    1e2, 3.0], "b": [1]}'),
        ('{\n  "a": "\\u00e9", "c": 1\n}', '{\n  "a": "\\u00e9", "c": 1, "b": [1]\n}'),
    ],
)
def test_what_is_added_looks_like_the_rest(text: str, then: str) -> None:
    assert appended(text, locate(text), [1], "b") == then


def test_a_value_is_found_by_its_last_key() -> None:
    text = '{"a": 1, "a": {"b": [2, {"c": "]}"}]}}'
    node = locate(text).get("a")
    assert node is not None
    inner = node.get("b")
    assert inner is not None
    assert text[inner.start : inner.end] == '[2, {"c": "]}"}]'
    assert locate(text).get("z") is None


@given(text=texts().filter(an_object), value=VALUES, key=st.text())
def test_what_was_added_is_there_and_goes_without_a_trace(text: str, value: Any, key: str) -> None:
    before = json.loads(text)
    box = locate(text)
    is_object = isinstance(before, dict)
    if is_object and key in before:
        return
    longer = appended(text, box, value, key if is_object else None)
    wanted = {**before, key: value} if isinstance(before, dict) else [*before, value]
    assert json.loads(longer) == wanted
    after = removed(longer, locate(longer), len(box.members))
    assert json.loads(after) == before
    if box.members:
        assert after == text


@given(text=texts(st.lists(VALUES, min_size=1, max_size=5)), data=st.data())
def test_one_member_goes_or_becomes_another_and_the_rest_stays(
    text: str, data: st.DataObject
) -> None:
    before = json.loads(text)
    position = data.draw(st.integers(0, len(before) - 1))
    other = data.draw(VALUES)
    box = locate(text)
    assert json.loads(removed(text, box, position)) == before[:position] + before[position + 1 :]
    node = box.members[position].value
    changed = replaced(text, node, other)
    assert json.loads(changed) == [*before[:position], other, *before[position + 1 :]]
    assert changed.startswith(text[: node.start])
    assert changed.endswith(text[node.end :])


@given(texts())
def test_every_value_is_where_it_is_said_to_be(text: str) -> None:
    node = locate(text)
    assert json.loads(text[node.start : node.end]) == json.loads(text)
    for member in node.members:
        value = json.loads(text[member.value.start : member.value.end])
        assert value in (json.loads(text) if member.key is None else [json.loads(text)[member.key]])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1"),
        ('{\n  // a comment\n  "a": 1}', "line 2"),
        ('{"a": 1,}', "line 1"),
        ('{"a": NaN}', "NaN"),
        ('{"a": Infinity}', "Infinity"),
        ("\ufeff{}", "line 1"),
        ('{"a": 1} x', "line 1"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 2000 + "]" * 2000, "nested too deep"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(NotJson, match=why):
        locate(text)


@given(st.text() | st.text(st.sampled_from('{}[]":,\\ \n\t0e')))
def test_any_text_is_found_out_about_or_refused(text: str) -> None:
    try:
        node = locate(text)
    except NotJson:
        return
    assert load_json(text[node.start : node.end]) == load_json(text)
