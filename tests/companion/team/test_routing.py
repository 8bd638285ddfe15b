"""What requests carry in headers and queries is looked at in one place."""

import pytest
from starlette.requests import Request

from aicost.team.bodies import Refused
from aicost.team.routing import day_of, token_of


def request(authorization: str | None = None, query: str = "") -> Request:
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    return Request({"type": "http", "headers": headers, "query_string": query.encode()})


@pytest.mark.parametrize("given", ["Bearer abc", "bearer abc", "BEARER abc"])
def test_a_token_is_a_bearers(given: str) -> None:
    assert token_of(request(given)) == "abc"


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_anything_else_is_nobodys(given: str | None) -> None:
    with pytest.raises(Refused) as refused:
        token_of(request(given))
    assert refused.value.status == 401
    assert refused.value.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    ("query", "day"), [("from=2026-11-20", "2026-11-20"), ("from=20261120", "2026-11-20")]
)
def test_a_day_is_read(query: str, day: str) -> None:
    assert day_of(request(query=query), "from") == day


@pytest.mark.parametrize("query", ["", "from=", "from=today", "from=2026-02-30", "to=2026-11-20"])
def test_what_is_no_day_is_refused(query: str) -> None:
    with pytest.raises(Refused) as refused:
        day_of(request(query=query), "from")
    assert refused.value.status == 422
