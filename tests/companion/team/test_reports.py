"""Reports over HTTP: who may read, and that ranges give nothing to take apart."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256

import httpx
import pytest
from team_documents import document, row

from aicost.core.team.documents import body_hash, canonical_bytes
from aicost.team.access import join, make_invites
from aicost.team.app import team_app
from aicost.team.database import Database
from aicost.team.days import Slot, Source, own_source, put_day, secret_hash
from aicost.team.settings import TeamSettings

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
URL = "/v1/teams/acme/report"
RANGE = {"from": "2026-11-02", "to": "2026-11-29"}


def client_of(database: Database, settings: TeamSettings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=team_app(database, settings, lambda: NOW))
    return httpx.AsyncClient(transport=transport, base_url="http://team")


@pytest.fixture
def token(database: Database) -> str:
    with database.transaction() as change:
        found = join(change, make_invites(change, 1)[0], None)
    assert found is not None
    return found


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    for day, people in (("2026-11-10", "ABCDEF"), ("2026-11-19", "ABCD"), ("2026-11-20", "FGH")):
        for person in people:
            send(database, person, day)
    async with client_of(database, TeamSettings(team="acme")) as found:
        yield found


def send(database: Database, person: str, day: str) -> None:
    rows = (
        row(cost_list_microusd=9_000_000),
        row(tool="codex", provider="openai", model="gpt-6-sol", cost_list_microusd=3_000_000),
    )
    made = document(*rows, day=day)
    with database.transaction() as change:
        source = own_source(change, Source(person, "2026Q4", secret_hash(person), None))
        put_day(change, Slot(source, "", day), made, body_hash(canonical_bytes(made)))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_weeks_are_rows_with_what_is_withheld(client: httpx.AsyncClient, token: str) -> None:
    found = (await client.get(URL, params=RANGE, headers=bearer(token))).json()
    assert found["weeks"] == ["2026-W45", "2026-W46", "2026-W47"]
    assert [(one["key"], one["cost_usd"], one["sources"]) for one in found["rows"]] == [
        ("2026-W46", 72, 6),
        ("2026-W47", 84, 7),
    ]
    assert found["outcomes"]["2026-W46"]["active_developer_days"] == 6


async def test_a_group_adds_up_published_cells(client: httpx.AsyncClient, token: str) -> None:
    asked = {**RANGE, "group": "tool"}
    found = (await client.get(URL, params=asked, headers=bearer(token))).json()
    assert {one["key"]: one["cost_usd"] for one in found["rows"]} == {
        "claude-code": 117,
        "codex": 39,
    }


async def test_half_a_week_is_no_week(client: httpx.AsyncClient, token: str) -> None:
    asked = {"from": "2026-11-16", "to": "2026-11-19"}
    found = (await client.get(URL, params=asked, headers=bearer(token))).json()
    assert (found["weeks"], found["rows"]) == ([], [])


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"from": "x"}, 422), ({"to": ""}, 422), ({"group": "source"}, 422), ({"group": "day"}, 422)],
)
async def test_what_cannot_be_asked_is_refused(
    client: httpx.AsyncClient, token: str, changed: dict[str, str], status: int
) -> None:
    answer = await client.get(URL, params={**RANGE, **changed}, headers=bearer(token))
    assert answer.status_code == status


async def test_readers_need_a_token(database: Database, token: str) -> None:
    settings = TeamSettings(team="acme", reader_hash=sha256(b"lead").hexdigest())
    async with client_of(database, settings) as client:
        for who, status in (("lead", 200), (token, 401), ("x", 401)):
            answer = await client.get(URL, params=RANGE, headers=bearer(who))
            assert answer.status_code == status
        assert (await client.get(URL, params=RANGE)).status_code == 401
    async with client_of(database, TeamSettings(team="acme")) as client:
        answer = await client.get(URL, params=RANGE, headers=bearer("lead"))
        assert answer.status_code == 401
        other = await client.get(URL.replace("acme", "web"), params=RANGE, headers=bearer(token))
        assert other.status_code == 404


async def test_finance_gets_the_exact_sums_of_what_is_published(
    client: httpx.AsyncClient, token: str
) -> None:
    url = URL.replace("report", "focus.csv")
    answer = await client.get(url, params=RANGE, headers=bearer(token))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="focus-2026-W45-2026-W47.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(one["ChargePeriodStart"][:10], one["SkuId"], one["ListCost"]) for one in rows} == {
        ("2026-11-09", "claude-opus-4-6", "54"),
        ("2026-11-09", "gpt-6-sol", "18"),
        ("2026-11-16", "claude-opus-4-6", "63"),
        ("2026-11-16", "gpt-6-sol", "21"),
    }
    assert (await client.get(url, params=RANGE)).status_code == 401
    assert (await client.get(url, headers=bearer(token))).status_code == 422


async def test_no_range_is_too_long_to_answer(
    client: httpx.AsyncClient, token: str, database: Database
) -> None:
    """It would hold a thread for minutes, and keep an empty week for each since the year 1."""
    asked = {"from": "0001-01-01", "to": "9999-12-31"}
    answer = await client.get(URL, params=asked, headers=bearer(token))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["weeks"][-1] == "2026-W47"
    assert len(answer.json()["weeks"]) < 60
    with database.transaction(reading=True) as change:
        assert len(change.rows("SELECT week FROM published_week")) < 60
