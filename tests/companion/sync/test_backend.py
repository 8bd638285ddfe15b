"""What a server's answers mean, and that only a server's own words are believed."""

import gzip
import json
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fault_server import faulty_server
from team_documents import document

from aicost.core.errors import SyncRejected
from aicost.core.team.documents import body_hash, canonical_bytes
from aicost.core.team.outbox import Answer, Behind, Later, Rejected, Sent
from aicost.sync.backend import About, Backend, check_address, open_client
from aicost.sync.source import Source

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINE = Source(team="acme", key=b"k" * 32, device="d1", token="tok-secret")
BODY = canonical_bytes(document())
URL = "https://team.example/aicost"


def backend(answer: Callable[[httpx.Request], httpx.Response], source: Source = MINE) -> Backend:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Backend(URL, source, client=client, now=lambda: NOW)


def answering(status: int, said: Any, **headers: str) -> Backend:
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    return backend(lambda _: httpx.Response(status, content=content, headers=headers))


def test_a_day_is_sent_as_the_contract_says() -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"status": "created", "revision": 1})

    with backend(take) as server:
        assert server.put(DAY, BODY) == Sent(201)
        address = server.address_of(DAY)
    (request,) = seen
    who = MINE.on(DAY)
    assert str(request.url) == address
    assert address == f"{URL}/v1/teams/acme/sources/{who.pseudonym}/days/2026-11-20"
    assert request.method == "PUT"
    assert gzip.decompress(request.content) == BODY
    assert request.headers["authorization"] == "Bearer tok-secret"
    assert request.headers["x-aicost-write"] == who.write_secret
    assert request.headers["x-aicost-device"] == MINE.device_on(DAY)
    assert request.headers["idempotency-key"] == f'"{body_hash(BODY)}"'
    assert request.headers["content-type"] == "application/vnd.aicost.day+json; version=1"


BUSY = {"error": "busy", "hint": ""}


@pytest.mark.parametrize(
    ("status", "said", "headers", "meant"),
    [
        (200, {"status": "unchanged", "revision": 3}, {}, Sent(200)),
        (201, {"status": "created"}, {}, Sent(201)),
        (200, b"<h1>Sign in</h1>", {}, Later(200)),
        (200, {"ok": True}, {}, Later(200)),
        (200, [1], {}, Later(200)),
        (302, b"", {"Location": "https://portal"}, Later(302)),
        (409, {"error": "later", "have_revision": 5}, {}, Behind(5)),
        (409, {"error": "later", "have_revision": "5"}, {}, Rejected(409, "later")),
        (409, {"error": "later", "have_revision": -1}, {}, Rejected(409, "later")),
        (408, BUSY, {}, Later(408)),
        (429, BUSY, {"Retry-After": "17"}, Later(429, 17.0)),
        (429, BUSY, {"Retry-After": "soon"}, Later(429)),
        (500, BUSY, {}, Later(500)),
        (503, b"", {"Retry-After": "Sat, 21 Nov 2026 12:01:00 GMT"}, Later(503, 60.0)),
        (503, BUSY, {"Retry-After": "999999999"}, Later(503, 86_400.0)),
        (413, {"error": "too large"}, {}, Rejected(413, "too large")),
        (413, b"nginx", {}, Later(413)),
        (403, b"<h1>proxy</h1>", {}, Later(403)),
        (
            422,
            {"error": "no", "faults": [{"field": "day", "why": "a day"}, 7]},
            {},
            Rejected(422, "day: a day"),
        ),
        (422, {"error": "no\x1b[31m", "faults": "x"}, {}, Rejected(422, "no[31m")),
    ],
)
def test_each_answer_means_one_thing(
    status: int, said: Any, headers: dict[str, str], meant: Answer
) -> None:
    answer = answering(status, said, **headers).put(DAY, BODY)
    if isinstance(meant, Rejected) and isinstance(answer, Rejected):
        assert (answer.status, "\x1b" in answer.why) == (meant.status, False)
        assert answer.why.startswith(meant.why[:2])
    else:
        assert answer == meant


@pytest.mark.parametrize("status", [401, 403, 404])
def test_who_is_not_welcome_stops(status: int) -> None:
    said = {"error": "this token is not known", "hint": "aicost team join"}
    with pytest.raises(SyncRejected) as error:
        answering(status, said).put(DAY, BODY)
    assert "this token is not known" in error.value.what
    assert error.value.hint == "aicost team join"


@pytest.mark.parametrize(
    ("told", "skew_s"),
    [
        ("Sat, 21 Nov 2026 11:50:00 GMT", 600.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", -30.0),
        ("Sat, 21 Nov 2026 12:00:30", 0.0),
        ("yesterday", 0.0),
        ("", 0.0),
    ],
)
def test_the_servers_clock_is_compared_with_ours(told: str, skew_s: float) -> None:
    server = answering(200, {"status": "created"}, Date=told)
    server.put(DAY, BODY)
    assert server.skew_s == skew_s


def test_nobody_there_may_come_back() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert backend(refuse).put(DAY, BODY) == Later()
    with pytest.raises(SyncRejected, match="does not answer"):
        backend(refuse).about()


def test_an_answer_without_end_is_none() -> None:
    assert answering(200, b'{"status": "' + b"x" * 2**21).put(DAY, BODY) == Later(200)


ABOUT = {"team": "acme", "k": 5, "retention_months": 13, "who_sees_what": "…", "news": 1}


def test_a_promise_is_read_and_what_is_none_is_an_error() -> None:
    assert answering(200, ABOUT).about() == About(
        team="acme", k=5, retention_months=13, who_sees_what="…"
    )
    assert answering(200, ABOUT).promise() == (5, 13)
    joined = answering(201, {**ABOUT, "token": "t", "project_key": "00"}).join("code", None)
    assert (joined.token, joined.project_key) == ("t", "00")
    for said in ({}, {**ABOUT, "k": "5"}, b"<html>", {**ABOUT, "team": "../x"}):
        with pytest.raises(SyncRejected):
            answering(200, said).about()
    with pytest.raises(SyncRejected, match="in trouble"):
        answering(502, b"bad gateway").about()
    with pytest.raises(SyncRejected, match="not known"):
        answering(403, {"error": "this code is not known", "hint": 7}).join("x", None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://team.example/", "https://team.example"),
        ("HTTPS://Team.Example:8443/a/", "https://team.example:8443/a"),
        ("http://127.0.0.1:8471", "http://127.0.0.1:8471"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_addresses_are_kept_in_one_spelling(given: str, kept: str) -> None:
    assert check_address(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://team.example", "http://127.0.0.1.evil.example", "ftp://team.example",
        "team.example", "https://", "https://me:secret@team.example", "https://x/?token=secret",
        "https://x:port", "https://[x",
    ],
)  # fmt: skip
def test_what_is_no_safe_address_is_refused_and_no_secret_repeated(given: str) -> None:
    with pytest.raises(SyncRejected) as error:
        check_address(given)
    assert "secret" not in error.value.render()


def test_certificates_are_looked_at_and_proxies_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with open_client("aicost/1.0") as client:
        assert client.headers["user-agent"] == "aicost/1.0"
        assert client.timeout.connect == 10.0
        pool: Any = client._transport_for_url(httpx.URL("https://team.example"))
        assert "Proxy" in type(pool._pool).__name__
        assert pool._pool._ssl_context.verify_mode is ssl.CERT_REQUIRED
        assert pool._pool._ssl_context.check_hostname


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:8471", "http://localhost", "http://[::1]:1"])
def test_what_is_spoken_without_tls_goes_to_no_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, "http://10.0.0.1:9")
    with open_client("aicost/1.0") as client:
        pool: Any = client._transport_for_url(httpx.URL(url))
        assert "Proxy" not in type(pool._pool).__name__
        pool = client._transport_for_url(httpx.URL("http://team.example"))
        assert "Proxy" in type(pool._pool).__name__


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Make a certificate for this machine that no system trusts, as a company would."""
    made, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=acme", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


def test_a_companys_certificate_is_trusted_where_the_environment_says_so(
    certificate: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    with faulty_server(tmp_path, certificate=certificate) as server:
        server.now = NOW
        with Backend(server.url, MINE, client=open_client("aicost/1.0"), now=lambda: NOW) as ours:
            assert ours.put(DAY, BODY) == Later()
            with pytest.raises(SyncRejected) as error:
                ours.about()
            assert "CERTIFICATE_VERIFY_FAILED" in error.value.why
        assert server.puts == []
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
        with Backend(server.url, MINE, client=open_client("aicost/1.0"), now=lambda: NOW) as ours:
            assert ours.about().team == "acme"
    assert "127.0.0.1" not in caplog.text  # addresses hold pseudonyms


def test_a_real_server_takes_a_day_tells_forgets_and_lets_go(tmp_path: Path) -> None:
    with faulty_server(tmp_path) as server:
        server.now = NOW
        asking = Backend(server.url, client=httpx.Client(trust_env=False), now=lambda: NOW)
        assert asking.about().k == 5
        token = asking.join(server.invite(), None).token
        mine = Source(team="acme", key=b"k" * 32, device="d1", token=token)
        with Backend(server.url, mine, client=httpx.Client(), now=lambda: NOW) as backend:
            assert backend.put(DAY, BODY) == Sent(201)
            assert backend.put(DAY, BODY) == Sent(200)
            assert server.rows("SELECT day, revision FROM source_day") == [("2026-11-20", 1)]
            backend.forget("2026Q4")
            assert server.rows("SELECT * FROM source_day") == []
            backend.leave()
            with pytest.raises(SyncRejected, match="token"):
                backend.put(DAY, BODY)
        asking.close()
