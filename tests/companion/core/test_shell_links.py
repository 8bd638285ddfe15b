"""Sessions belong to the shells they run in, for as long as they do."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.shell_links import MOST_SESSIONS, Shell, ShellLinks, Stretch

ONE, INNER, OTHER = Shell(10, "a"), Shell(11, "b"), Shell(12, "c")


def found(links: ShellLinks) -> dict[Shell, dict[str, tuple[Stretch, ...]]]:
    return {shell: dict(links.sessions_of(shell)) for shell in links.shells}


def test_a_session_is_that_of_all_shells_around_it() -> None:
    links = ShellLinks()
    assert links.link("s-1", (INNER, ONE), 5)
    assert found(links) == {INNER: {"s-1": (Stretch(5),)}, ONE: {"s-1": (Stretch(5),)}}
    assert links.sessions_of(OTHER) == {}


def test_a_session_carried_on_in_the_same_shell_goes_on() -> None:
    links = ShellLinks()
    links.link("s-1", (ONE,), 5)
    assert not links.link("s-1", (ONE,), 9)
    assert found(links) == {ONE: {"s-1": (Stretch(5),)}}


def test_a_session_carried_on_elsewhere_ends_for_the_first_shell_and_may_come_back() -> None:
    links = ShellLinks()
    links.link("s-1", (ONE,), 5)
    assert links.link("s-1", (OTHER,), 9)
    assert found(links) == {ONE: {"s-1": (Stretch(5, 9),)}, OTHER: {"s-1": (Stretch(9),)}}
    assert links.link("s-1", (ONE,), 12)
    assert links.sessions_of(ONE) == {"s-1": (Stretch(5, 9), Stretch(12))}
    assert links.sessions_of(OTHER) == {"s-1": (Stretch(9, 12),)}


def test_a_session_that_leaves_all_shells_ends_for_each() -> None:
    links = ShellLinks()
    links.link("s-1", (INNER, ONE), 5)
    links.link("s-2", (ONE,), 6)
    assert links.link("s-1", (), 9)
    assert links.sessions_of(INNER) == {"s-1": (Stretch(5, 9),)}
    assert links.sessions_of(ONE) == {"s-1": (Stretch(5, 9),), "s-2": (Stretch(6),)}
    assert not links.link("s-3", (), 9)


def test_no_stretch_ends_before_it_began() -> None:
    links = ShellLinks()
    links.link("s-1", (ONE,), 5)
    links.link("s-1", (OTHER,), 3)
    assert links.sessions_of(ONE) == {"s-1": (Stretch(5, 5),)}


def test_two_shells_of_one_number_are_two_shells() -> None:
    links, later = ShellLinks(), Shell(ONE.pid, "later")
    links.link("s-1", (ONE,), 5)
    links.link("s-2", (later,), 6)
    links.forget(ONE)
    links.forget(OTHER)
    assert found(links) == {later: {"s-2": (Stretch(6),)}}


def test_the_oldest_sessions_of_a_shell_are_forgotten() -> None:
    links = ShellLinks()
    for number in range(MOST_SESSIONS + 2):
        links.link(f"s-{number}", (ONE,), number)
    names = list(links.sessions_of(ONE))
    assert (len(names), names[0]) == (MOST_SESSIONS, "s-2")


# On disk


steps = st.lists(
    st.tuples(
        st.sampled_from(["s-1", "s-2"]),
        st.lists(st.sampled_from([ONE, INNER, OTHER]), unique=True),
        st.integers(0, 9),
    )
)


@given(steps)
def test_what_is_written_is_read_again(done: list[tuple[str, list[Shell], int]]) -> None:
    links = ShellLinks()
    for step in done:
        links.link(*step)
    assert found(ShellLinks.of_document(links.document("boot-1"), "boot-1")) == found(links)
    assert found(ShellLinks.of_document(links.document("boot-1"), "boot-2")) == {}


def damaged(change: Callable[[dict[str, Any]], object]) -> str:
    links = ShellLinks()
    links.link("s-1", (ONE,), 5)
    document = json.loads(links.document("boot"))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        damaged(lambda one: one.update(version=2)),
        damaged(lambda one: one.pop("shells")),
        damaged(lambda one: one.update(shells=[5])),
        damaged(lambda one: one["shells"][0].update(pid="10")),
        damaged(lambda one: one["shells"][0].update(pid=True)),
        damaged(lambda one: one["shells"][0].update(pid=2**63)),
        damaged(lambda one: one["shells"][0].update(start=5)),
        damaged(lambda one: one["shells"][0].update(sessions=[])),
        damaged(lambda one: one["shells"][0]["sessions"].update({"s-1": []})),
        damaged(lambda one: one["shells"][0]["sessions"].update({"s-1": [[1]]})),
        damaged(lambda one: one["shells"][0]["sessions"].update({"s-1": [[1.5, None]]})),
        damaged(lambda one: one["shells"][0]["sessions"].update({"s-1": 7})),
    ],
)
def test_a_damaged_document_says_nothing(text: str) -> None:
    assert found(ShellLinks.of_document(text, "boot")) == {}


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["version", "boot", "shells", "pid", "start", "sessions", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_document_breaks_the_reading(value: Any) -> None:
    links = ShellLinks.of_document(json.dumps(value), "")
    assert all(stretches for shell in links.shells for stretches in found(links)[shell].values())
