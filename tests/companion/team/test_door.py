"""The cookie: nobody else can make one, it ends, and scripts and other sites never have it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from starlette.requests import Request
from starlette.responses import Response

from aicost.team.access import join, leave, make_invites
from aicost.team.bodies import Refused
from aicost.team.database import Database
from aicost.team.door import COOKIE, SESSION_S, Door
from aicost.team.intake import Desk
from aicost.team.settings import TeamSettings

START = datetime(2026, 11, 26, tzinfo=UTC)


def request(cookie: str = "", scheme: str = "http", authorization: str = "") -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    if authorization:
        headers.append((b"authorization", authorization.encode()))
    scope = {"type": "http", "scheme": scheme, "headers": headers, "method": "GET", "path": "/"}
    return Request(scope | {"server": ("team", 80), "query_string": b""})


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def door_of(database: Database, clock: Clock, reader: str | None = "lead") -> Door:
    wanted = sha256(reader.encode()).hexdigest() if reader else None
    return Door(Desk(database, TeamSettings(team="acme", reader_hash=wanted)), clock)


def cookie_of(door: Door, scheme: str = "http") -> str:
    response = Response()
    door.open_session(request(scheme=scheme), response)
    return response.headers["set-cookie"]


def value_of(cookie: str) -> str:
    return cookie.partition("=")[2].partition(";")[0]


def test_a_cookie_holds_until_it_ends(database: Database) -> None:
    clock = Clock()
    door = door_of(database, clock)
    given = request(value_of(cookie_of(door)))
    assert door.has_session(given)
    clock.now += timedelta(seconds=SESSION_S - 1)
    assert door.has_session(given)
    clock.now += timedelta(seconds=1)
    assert not door.has_session(given)


def test_a_cookie_of_others_is_none(database: Database) -> None:
    door, other = door_of(database, Clock()), door_of(database, Clock())
    value = value_of(cookie_of(door))
    ends, _, signature = value.partition(".")
    wrong = [
        "", ".", "x", f"{ends}.", f".{signature}", f"{int(ends) + 1}.{signature}",
        value[:-1], "9" * 30 + "." + signature, "é.é", value_of(cookie_of(other)),
    ]  # fmt: skip
    assert not [one for one in wrong if door.has_session(request(one))]


def test_a_cookie_stays_with_the_browser_and_this_site(database: Database) -> None:
    door = door_of(database, Clock())
    plain, safe = cookie_of(door), cookie_of(door, "https")
    for cookie in (plain, safe):
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "lead" not in cookie
    assert "Secure" in safe
    assert "Secure" not in plain  # else a server without TLS could not be tried


async def test_a_token_opens_only_where_it_should(database: Database) -> None:
    with database.transaction() as change:
        token = join(change, make_invites(change, 1)[0], None)
    assert token
    own, members = door_of(database, Clock()), door_of(database, Clock(), reader=None)
    await own.check(request(authorization="Bearer lead"))
    await members.check(request(authorization=f"Bearer {token}"))
    for door, wrong in ((own, token), (members, "lead"), (own, ""), (members, "")):
        with pytest.raises(Refused) as refused:
            await door.check_token(wrong)
        assert refused.value.status == 401
    with pytest.raises(Refused):
        await own.check(request())
    with database.transaction() as change:
        leave(change, token)
    with pytest.raises(Refused):
        await members.check_token(token)
