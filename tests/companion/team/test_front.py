"""The page's addresses: a form, a cookie for the token, the figures, and the way out."""

from collections.abc import AsyncIterator
from hashlib import sha256

import httpx
import pytest
import team_weeks

from aicost.team.app import team_app
from aicost.team.database import Database
from aicost.team.settings import TeamSettings

SETTINGS = TeamSettings(
    team="acme", head_count=20, cohorts=("pilot",), reader_hash=sha256(b"lead & co").hexdigest()
)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    team_weeks.team(database, weeks=2)
    app = team_app(database, SETTINGS, lambda: team_weeks.NOW)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://team") as found:
        yield found


async def log_in(client: httpx.AsyncClient, token: str = "lead & co") -> httpx.Response:
    return await client.post("/login", data={"token": token})


async def test_one_logs_in_looks_and_logs_out(client: httpx.AsyncClient) -> None:
    before = await client.get("/")
    assert before.status_code == 401
    assert 'type="password"' in before.text
    assert "$" not in before.text
    answer = await log_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    page = await client.get("/")
    assert page.status_code == 200
    assert "Week by week" in page.text
    assert "Log out" in page.text
    out = await client.post("/logout")
    assert out.status_code == 303
    assert (await client.get("/")).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"token=", b"token=x", b"lead", b"token=%ff", b"a=1&" * 20, b"\xff\x00"]
)
async def test_what_is_no_token_opens_nothing(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/login", content=body)
    assert answer.status_code == 401
    assert "opens nothing" in answer.text
    assert not client.cookies
    assert (await client.get("/")).status_code == 401


async def test_guessing_is_slowed(client: httpx.AsyncClient) -> None:
    answers = [await log_in(client, f"guess {number}") for number in range(31)]
    assert [one.status_code for one in answers].count(401) == 30
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await log_in(client)).status_code == 429


async def test_a_proxy_may_bring_the_token(client: httpx.AsyncClient) -> None:
    page = await client.get("/", headers={"Authorization": "Bearer lead & co"})
    assert page.status_code == 200
    assert "Log out" not in page.text
    wrong = await client.get("/", headers={"Authorization": "Bearer x"})
    assert wrong.status_code == 401


async def test_every_answer_forbids_what_the_page_does_not_need(client: httpx.AsyncClient) -> None:
    await log_in(client)
    for answer in (await client.get("/"), await client.get("/?weeks=4"), await log_in(client, "x")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "weeks"), [("4", 4), ("13", 13), ("52", 52), ("", 13), ("5", 13), ("-1", 13)]
)
async def test_only_some_ranges_are_known(
    client: httpx.AsyncClient, asked: str, weeks: int
) -> None:
    await log_in(client)
    page = await client.get("/", params={"weeks": asked})
    assert f'<a href="?weeks={weeks}" aria-current="true">' in page.text
    assert page.text.count('<td colspan="5">nobody sent a day') == weeks - 2


async def test_a_big_form_is_not_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/login", content=b"token=" + b"x" * 5_000)).status_code == 413
