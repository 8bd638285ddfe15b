"""`aicost tag`: the user says what a turn or a session was for."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Literal, TypeVar

import msgspec

from aicost.core.categories import TaskCategory
from aicost.core.errors import ConfigError
from aicost.core.purpose import Tag
from aicost.daemon.answers import Params, Question, converted
from aicost.daemon.explaining import one_named
from aicost.daemon.reader import Reader
from aicost.daemon.server import Method, Notify
from aicost.report.documents import moment
from aicost.store.categories import place_of_turn
from aicost.store.explain import Named, named_by
from aicost.store.journal import Journal

T = TypeVar("T")
Query = Callable[[Callable[[], Tag]], Awaitable[Tag]]


class TagAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The parameters of `tag`."""

    action: Literal["set", "remove", "list"]
    id: str = ""  # of a turn or a session, or how it begins
    category: str = ""


def method(
    journal: Journal, reader: Reader, query: Query, question: Callable[[], Question]
) -> Method:
    """Return the daemon's method `tag`."""

    async def tag(params: Params, _notify: Notify) -> object:
        asked = converted(params, TagAsked)
        if asked.action == "list":
            return {"tags": [_fields(one) for one in journal.tags()]}
        await reader.catch_up()  # a prompt of just now can be named
        now = question()
        wanted = await query(lambda: _wanted(now, asked))
        if asked.action == "set":
            journal.tag(wanted)
            said = f"{_what(wanted)}: {wanted.category}"
        elif journal.untag(wanted.session_id, wanted.turn_id):
            said = f"{_what(wanted)}: no longer tagged"
        else:
            raise ConfigError(f"{_what(wanted)} has no tag", hint="aicost tag --list")
        await reader.use_tags(journal.tags())
        return {"text": said, "tag": _fields(wanted)}

    return tag


def category_named(text: str) -> TaskCategory:
    """Return the category of a name. Raises ConfigError, which names all."""
    try:
        return TaskCategory(text.lower())
    except ValueError as error:
        raise ConfigError(
            f"there is no category {text[:40]!r}",
            why=f"categories are {', '.join(TaskCategory)}",
            hint="aicost tag --help",
        ) from error


def _wanted(question: Question, asked: TagAsked) -> Tag:
    """Return the tag that is meant. Raises ConfigError for an id that names no turn or session."""
    category = category_named(asked.category) if asked.action == "set" else TaskCategory.OTHER
    found = [one for one in named_by(question.db, asked.id) if one.kind != "call"]
    named = one_named(asked.id, tuple(found))
    tag = Tag(session_id=named.id, turn_id="", category=category, at=question.now)
    return tag if named.kind == "session" else _of_turn(question.db, named, tag)


def _of_turn(db: sqlite3.Connection, named: Named, tag: Tag) -> Tag:
    return replace(tag, session_id=place_of_turn(db, named.id), turn_id=named.id)


def _what(tag: Tag) -> str:
    return f"turn {tag.turn_id[:8]}" if tag.turn_id else f"session {tag.session_id[:8]}"


def _fields(tag: Tag) -> Mapping[str, object]:
    return {
        "session_id": tag.session_id,
        "prompt_uuid": tag.turn_id or None,
        "category": str(tag.category),
        "at": moment(tag.at),
    }
