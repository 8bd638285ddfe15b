"""Frozen values made out of drafts: they are the same values, and as frozen."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from pathlib import Path

import pytest
from log_builders import event

from aicost.core.drafts import drafts_of
from aicost.core.usage import TokenCounts, UsageEvent


@dataclass(frozen=True, slots=True)
class Point:
    """A value with a default."""

    x: int
    y: int = 7


def drawn(x: int, y: int) -> Point:
    draft = drafts_of(Point)()
    draft.x, draft.y = x, y
    draft.__class__ = Point
    point: Point = draft
    return point


def test_a_filled_draft_becomes_the_value() -> None:
    point = drawn(1, 2)
    assert type(point) is Point
    assert (point, hash(point), repr(point)) == (Point(1, 2), hash(Point(1, 2)), repr(Point(1, 2)))
    assert point != Point(1, 3)
    assert replace(point, x=5) == Point(5, 2)
    assert pickle.loads(pickle.dumps(point)) == point


def test_the_value_cannot_be_changed_any_more() -> None:
    with pytest.raises(FrozenInstanceError):
        drawn(1, 2).x = 3  # type: ignore[misc]  # that is what is tried


def test_a_draft_has_the_fields_of_the_value_and_no_others() -> None:
    draft = drafts_of(Point)()
    with pytest.raises(AttributeError):
        draft.z = 1
    with pytest.raises(AttributeError):  # defaults are not filled in
        _ = draft.y


@pytest.mark.parametrize("value", [event(3), TokenCounts(input_tokens=1, output_tokens=2)])
def test_the_values_that_a_log_is_full_of_can_be_drafted(value: UsageEvent | TokenCounts) -> None:
    draft = drafts_of(type(value))()
    for field in fields(value):
        setattr(draft, field.name, getattr(value, field.name))
    draft.__class__ = type(value)
    assert draft == value


def test_what_keeps_fields_elsewhere_has_no_drafts() -> None:
    class Wider(Point):
        __slots__ = ("z",)

    for unfit in (Path, Wider, dataclass(type("Loose", (), {}))):
        with pytest.raises(TypeError, match=unfit.__name__):
            drafts_of(unfit)
