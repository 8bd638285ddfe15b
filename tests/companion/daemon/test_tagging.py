"""The daemon's method `tag`: which turn is meant, and what categories there are."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from log_builders import BOOK, calls_read, event, recorded, user_line
from log_builders import file_read as lines_read

from aicost.core.categories import TaskCategory
from aicost.core.errors import ConfigError
from aicost.core.purpose import Tag
from aicost.daemon.answers import Question
from aicost.daemon.reader import Reader
from aicost.daemon.tagging import category_named, method
from aicost.store.journal import Journal
from aicost.store.ledger import Ledger


class FakeReader:
    """A reader that has nothing to read, and writes tags at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def catch_up(self) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def use_tags(self, tags: tuple[Tag, ...]) -> None:
        self._ledger.write_tags(tags)


async def asked(ledger: Ledger, journal: Journal, **params: str) -> dict[str, Any]:
    async def query(work: Callable[[], Tag]) -> Tag:
        return work()

    def question() -> Question:
        return Question(db=ledger.db, book=BOOK, zone=ZoneInfo("UTC"), now=datetime.now(UTC))

    async def notify(_said: object) -> None:
        raise AssertionError

    tag = method(journal, cast(Reader, FakeReader(ledger)), query, question)
    return cast("dict[str, Any]", await tag(params, notify))


async def test_a_turn_is_known_with_its_session(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    with recorded(lines_read(user_line("t-1")), calls_read(event(1))) as ledger:
        said = await asked(ledger, journal, action="set", id="t-1", category="Bugfix")
        assert said["tag"]["session_id"] == "s-1"
        (tag,) = journal.tags()
        assert (tag.session_id, tag.turn_id, tag.category) == ("s-1", "t-1", TaskCategory.BUGFIX)
        rows = ledger.db.execute("SELECT * FROM tag").fetchall()
        assert rows == [("s-1", "t-1", "bugfix")]
        await asked(ledger, journal, action="remove", id="t-1")
        assert journal.tags() == ()
        assert (await asked(ledger, journal, action="list"))["tags"] == []
    journal.close()


async def test_a_call_is_no_task(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    with recorded(calls_read(event(1))) as ledger, pytest.raises(ConfigError):
        await asked(ledger, journal, action="set", id="msg_1", category="bugfix")
    journal.close()


@pytest.mark.parametrize("category", TaskCategory)
def test_categories_go_by_name(category: TaskCategory) -> None:
    assert category_named(category.upper()) is category


@pytest.mark.parametrize("text", ["", "bug", "x" * 200])
def test_what_is_no_category_names_all(text: str) -> None:
    with pytest.raises(ConfigError, match="there is no category") as caught:
        category_named(text)
    assert "dependency-upgrade" in caught.value.why
