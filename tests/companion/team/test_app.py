"""The server over HTTP, in both engines: each right, wrong, replayed and foreign request."""

import gzip
import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from team_documents import DAY, document, row

from aicost.core.team.documents import DayDocument, body_hash, canonical_bytes
from aicost.core.team.pseudonyms import epoch_of, identity_of
from aicost.team.access import make_invites
from aicost.team.app import team_app
from aicost.team.database import Database
from aicost.team.settings import TeamSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = TeamSettings(team="acme", cohorts=("pilot",), head_count=40, body_bytes=50_000)
ADA = identity_of(b"a" * 32, "acme", epoch_of(NOW.date()))
BOB = identity_of(b"b" * 32, "acme", epoch_of(NOW.date()))


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = team_app(database, SETTINGS, lambda: NOW)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://team") as found:
        yield found


@pytest.fixture
def codes(database: Database) -> list[str]:
    with database.transaction() as change:
        return make_invites(change, 3)


async def joined(client: httpx.AsyncClient, code: str, cohort: str | None = None) -> str:
    answer = await client.post("/v1/join", json={"code": code, "cohort": cohort})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def headers(token: str, who: Any = ADA, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "X-Aicost-Write": who.write_secret, **more}


def url(who: Any = ADA, day: str = DAY) -> str:
    return f"/v1/teams/acme/sources/{who.pseudonym}/days/{day}"


async def put(
    client: httpx.AsyncClient, token: str, day: DayDocument, who: Any = ADA, **more: str
) -> httpx.Response:
    body = canonical_bytes(day)
    sent = headers(token, who, **{"Content-Encoding": "gzip", **more})
    return await client.put(
        url(who, day.day),
        content=gzip.compress(body),
        headers={"Idempotency-Key": f'"{body_hash(body)}"', **sent},
    )


async def test_a_source_joins_sends_corrects_lists_and_deletes(
    client: httpx.AsyncClient, codes: list[str]
) -> None:
    token = await joined(client, codes[0], "pilot")
    first = await put(client, token, document())
    assert (first.status_code, first.json()) == (201, {"status": "created", "revision": 1})
    again = await put(client, token, document())
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    second = await put(client, token, document(row(requests=13), revision=2))
    assert (second.status_code, second.json()["status"]) == (200, "replaced")
    stale = await put(client, token, document())
    assert (stale.status_code, stale.json()["have_revision"]) == (409, 2)
    other = await put(client, token, document(row(requests=14), revision=2))
    assert (other.status_code, other.json()["have_revision"]) == (409, 2)
    base = url().rpartition("/")[0]
    asked = {"from": "2026-11-01", "to": "2026-11-30"}
    listed = await client.get(base, params=asked, headers=headers(token))
    assert listed.json() == {"days": {DAY: 2}}
    gone = await client.delete(base.rpartition("/")[0], headers=headers(token))
    assert gone.status_code == 204
    listed = await client.get(base, params=asked, headers=headers(token))
    assert listed.json() == {"days": {}}


async def test_an_invite_is_good_for_one(client: httpx.AsyncClient, codes: list[str]) -> None:
    await joined(client, codes[0])
    again = await client.post("/v1/join", json={"code": codes[0]})
    assert again.status_code == 403
    assert codes[0] not in again.text
    foreign = await client.post("/v1/join", json={"code": codes[1], "cohort": "wave9"})
    assert foreign.status_code == 422
    assert await joined(client, codes[1])


async def test_whoever_left_sends_no_more_and_can_still_delete(
    client: httpx.AsyncClient, codes: list[str]
) -> None:
    token = await joined(client, codes[0])
    await put(client, token, document())
    assert (await client.post("/v1/leave", headers=headers(token))).status_code == 204
    assert (await put(client, token, document(revision=2))).status_code == 401
    source = url().removesuffix(f"/days/{DAY}")
    write_only = {"X-Aicost-Write": ADA.write_secret}
    assert (await client.delete(source, headers=write_only)).status_code == 204


async def test_nobody_writes_or_reads_or_deletes_what_is_anothers(
    client: httpx.AsyncClient, codes: list[str], database: Database
) -> None:
    ada, bob = await joined(client, codes[0]), await joined(client, codes[1])
    await put(client, ada, document())
    with_own_secret = headers(bob, BOB)
    assert (
        await client.put(
            url(ADA), content=canonical_bytes(document(revision=9)), headers=with_own_secret
        )
    ).status_code == 403
    base = url(ADA).removesuffix(f"/{DAY}")
    asked = {"from": DAY, "to": DAY}
    assert (await client.get(base, params=asked, headers=with_own_secret)).status_code == 403
    assert (
        await client.delete(base.removesuffix("/days"), headers=with_own_secret)
    ).status_code == 403
    with database.transaction(reading=True) as change:
        assert change.rows("SELECT revision FROM source_day") == [(1,)]


async def test_one_token_is_one_source(client: httpx.AsyncClient, codes: list[str]) -> None:
    token = await joined(client, codes[0])
    assert (await put(client, token, document())).status_code == 201
    refused = await put(client, token, document(), BOB)
    assert refused.status_code == 403
    assert "import-key" in refused.json()["hint"]


async def test_two_devices_of_a_source_do_not_replace_each_other(
    client: httpx.AsyncClient, codes: list[str], database: Database
) -> None:
    token = await joined(client, codes[0])
    assert (await put(client, token, document())).status_code == 201
    second = await put(client, token, document(), **{"X-Aicost-Device": "0123abcd"})
    assert second.status_code == 201
    with database.transaction(reading=True) as change:
        assert change.row("SELECT COUNT(*), COUNT(DISTINCT source) FROM source_day") == (2, 1)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        ({"Authorization": "Bearer made-up"}, 401),
        ({"X-Aicost-Write": ""}, 403),
        ({"X-Aicost-Write": "A" * 64}, 403),
        ({"X-Aicost-Device": "laptop of ada"}, 422),
        ({"Content-Encoding": "br"}, 415),
        ({"Content-Encoding": "gzip"}, 400),
    ],
)
async def test_a_wrong_header_changes_nothing(
    client: httpx.AsyncClient,
    codes: list[str],
    database: Database,
    changed: Mapping[str, str],
    status: int,
) -> None:
    token = await joined(client, codes[0])
    sent = {**headers(token), **changed}
    answer = await client.put(url(), content=canonical_bytes(document()), headers=sent)
    assert answer.status_code == status
    assert set(answer.json()) >= {"error", "hint"}
    with database.transaction(reading=True) as change:
        assert change.rows("SELECT * FROM source_day") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (url().replace("acme", "other"), 404),
        (url().replace(ADA.pseudonym, "ada"), 404),
        (url(day="2026-11-21"), 422),
        (url(day="someday"), 422),
        ("/v1/teams", 404),
    ],
)
async def test_a_wrong_address_is_refused(
    client: httpx.AsyncClient, codes: list[str], path: str, status: int
) -> None:
    token = await joined(client, codes[0])
    answer = await client.put(path, content=canonical_bytes(document()), headers=headers(token))
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("day", "status"),
    [("2026-09-24", 201), ("2026-09-23", 422), ("2026-11-24", 201), ("2026-11-25", 422)],
)
async def test_days_too_far_back_or_ahead_are_refused(
    client: httpx.AsyncClient, codes: list[str], day: str, status: int
) -> None:
    token = await joined(client, codes[0])
    who = identity_of(b"a" * 32, "acme", "any")
    assert (await put(client, token, document(day=day), who)).status_code == status


async def test_faults_are_named_without_their_values(
    client: httpx.AsyncClient, codes: list[str]
) -> None:
    token = await joined(client, codes[0])
    given = json.loads(canonical_bytes(document()))
    given["rows"][0]["model"] = "SECRET PROJECT"
    given["cohort"] = "pilot"
    given["host"] = "SECRET HOST"
    answer = await client.put(url(), json=given, headers=headers(token))
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["faults"]] == ["", "rows[0].model"]
    assert "SECRET" not in answer.text
    given = json.loads(canonical_bytes(document(cohort="wave2")))
    answer = await client.put(url(), json=given, headers=headers(token))
    assert [fault["field"] for fault in answer.json()["faults"]] == ["cohort"]


async def test_large_bodies_are_refused_also_when_they_are_packed_small(
    client: httpx.AsyncClient, codes: list[str]
) -> None:
    token = await joined(client, codes[0])
    plain = await client.put(url(), content=b" " * 50_001, headers=headers(token))
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 50_001
    packed = await client.put(
        url(), content=bomb, headers=headers(token, **{"Content-Encoding": "gzip"})
    )
    assert plain.status_code == packed.status_code == 413
    cut = gzip.compress(canonical_bytes(document()))[:-4]
    torn = await client.put(
        url(), content=cut, headers=headers(token, **{"Content-Encoding": "gzip"})
    )
    assert torn.status_code == 400


async def test_whoever_sends_too_often_is_told_when_to_come_again(database: Database) -> None:
    settings = TeamSettings(team="acme", puts_per_minute=2)
    transport = httpx.ASGITransport(app=team_app(database, settings, lambda: NOW))
    with database.transaction() as change:
        code = make_invites(change, 1)[0]
    async with httpx.AsyncClient(transport=transport, base_url="http://team") as client:
        token = await joined(client, code)
        statuses = [(await put(client, token, document())).status_code for _ in range(3)]
        last = await put(client, token, document())
    assert statuses == [201, 200, 429]
    assert 1 <= int(last.headers["Retry-After"]) <= 30


async def test_it_says_to_what_one_would_join(client: httpx.AsyncClient) -> None:
    about = (await client.get("/v1/about")).json()
    assert (about["k"], about["team"], about["head_count"]) == (5, "acme", 40)
    assert "one source" in about["who_sees_what"]


async def test_metrics_count_routes_and_name_no_source(
    client: httpx.AsyncClient, codes: list[str]
) -> None:
    token = await joined(client, codes[0])
    await put(client, token, document())
    text = (await client.get("/metrics")).text
    assert 'aicost_team_documents_total{result="created"} 1.0' in text
    assert 'method="PUT"' in text
    assert ADA.pseudonym not in text


async def test_the_log_says_route_status_and_time_and_nothing_else(
    client: httpx.AsyncClient, codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await joined(client, codes[0])
    await put(client, token, document(row(project="secret-label")))
    await client.put(url(), content=b"SECRET", headers=headers(token))
    told = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("aicost")
    )
    assert "PUT /v1/teams/{team}/sources/{pseudonym}/days/{day} 201" in told
    for secret in (token, codes[0], ADA.pseudonym, ADA.write_secret, "secret-label", "SECRET"):
        assert secret not in told


async def test_a_database_that_is_gone_is_an_answer(tmp_path: Any) -> None:
    folder = tmp_path / "gone"
    app = team_app(Database.at(str(folder / "team.db")), SETTINGS, lambda: NOW)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://team") as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert str(folder) not in answer.text
    assert answer.headers["Retry-After"]


async def test_health_is_told(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json()["status"] == "ok"
    assert (await client.post("/healthz")).status_code == 405
