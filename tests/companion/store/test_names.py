"""Each name stands once in the ledger and keeps its number."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from log_builders import event

from aicost.store import names
from aicost.store.names import CallNames, Names
from aicost.store.places import NO_ATTRIBUTION, Attribution
from aicost.store.schema import migrate


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        yield connection


@pytest.fixture
def looked_up() -> list[str]:
    return []


@pytest.fixture
def named(db: sqlite3.Connection, looked_up: list[str]) -> Names:
    return Names(db, Attribution(key_of=repo_of(looked_up)))


def repo_of(looked_up: list[str]) -> Callable[[str], str]:
    def find(cwd: str) -> str:
        looked_up.append(cwd)
        return cwd.rpartition("/")[2]

    return find


KINDS: dict[str, Callable[[Names, str], int]] = {
    "home": Names.home,
    "model": Names.model,
    "price_book": Names.price_book,
    "session": lambda known, text: known.session(text, "claude"),
    "place": lambda known, text: known.place(text, "main"),
    "variant": lambda known, text: known.variant("", text, ""),
    "span": lambda known, text: known.span(1, text, ""),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_has_one_row_however_often_it_comes(
    kind: str, db: sqlite3.Connection, named: Names
) -> None:
    first, other = (KINDS[kind](named, text) for text in ("a", "b"))
    assert first != other
    assert KINDS[kind](named, "a") == first
    assert KINDS[kind](Names(db, NO_ATTRIBUTION), "a") == first  # of an earlier run
    named.forget()
    assert KINDS[kind](named, "b") == other
    assert db.execute(f"SELECT count(*) FROM {kind}").fetchone() == (2,)


def test_a_call_refers_to_the_same_rows_as_its_names(named: Names) -> None:
    changes: list[dict[str, str]] = [
        {}, {"turn_id": "t-2"}, {"subagent_id": "a1", "turn_id": ""}, {"session_id": "s-2"},
        {"model": "b"}, {"cwd": "/b"}, {"branch": "b"}, {"speed": "fast"},
        {"service_tier": "batch"}, {"inference_geo": "us"},
    ]  # fmt: skip
    calls = [event(1, **change) for change in changes]
    found = [named.of_call(call) for call in calls]
    assert len(set(found)) == len(calls)
    assert [named.of_call(call) for call in calls] == found
    named.forget()
    for call, ids in zip(calls, found):
        session = named.session(call.session_id, "claude")
        assert ids == CallNames(
            session=session,
            span=named.span(session, call.turn_id, call.subagent_id),
            model=named.model(call.model),
            place=named.place(call.cwd, call.branch),
            variant=named.variant(call.speed, call.service_tier, call.inference_geo),
        )


def test_kinds_do_not_share_numbers_by_name(named: Names) -> None:
    named.model("first")
    assert named.model("same") == 2
    assert named.home("same") == 1


def test_a_session_says_whose_it_is(db: sqlite3.Connection, named: Names) -> None:
    named.session("s-1", "codex")
    assert list(db.execute("SELECT session_id, agent FROM session")) == [("s-1", "codex")]


def test_the_repository_of_a_folder_is_looked_up_once(
    db: sqlite3.Connection, named: Names, looked_up: list[str]
) -> None:
    for _ in range(2):
        named.place("/src/shop", "main")
    Names(db, Attribution(key_of=repo_of(looked_up))).place("/src/shop", "main")
    named.place("", "")
    assert list(db.execute("SELECT cwd, branch, repo FROM place")) == [
        ("/src/shop", "main", "shop"),
        ("", "", ""),
    ]
    assert looked_up == ["/src/shop"]


def test_a_prompts_span_is_its_own_turn_and_a_subagents_is_not(
    db: sqlite3.Connection, named: Names
) -> None:
    prompt, before = named.span(1, "t-1", ""), named.span(1, "", "")
    subagent, elsewhere = named.span(1, "", "a1"), named.span(2, "t-1", "")
    assert dict(db.execute("SELECT id, turn FROM span")) == {
        prompt: prompt,
        before: None,
        subagent: None,
        elsewhere: elsewhere,
    }


def test_forgetting_a_full_cache_loses_no_name(
    named: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "_CACHED", 2)
    ids = {text: named.model(text) for text in "abcde"}
    assert {text: named.model(text) for text in "abcde"} == ids
